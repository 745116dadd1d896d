"""Tables in the documents that are generated: compared, or written by scripts/tables.

A comment stands above each, such as <!-- read: ksem -->.
"""

import os
from pathlib import Path
import re

DOCS = Path(__file__).parent.parent / "docs"
WRITES = bool(os.environ.get("WRITE_TABLES"))
"""Whether tables that are missing or old are written instead of refused."""


def marked(mark: str) -> Path:
    """Return the one page on which a comment stands."""
    found = [
        path
        for path in sorted(DOCS.rglob("*.md"))
        if _comment(mark) in path.read_text()
    ]
    assert len(found) == 1, f"{_comment(mark)} stands on {len(found)} pages"
    return found[0]


def check(mark: str, lines: list[str]) -> None:
    """Compare the table below a comment with what it should be, or write it there."""
    page = marked(mark)
    text = page.read_text()
    table = re.compile(re.escape(_comment(mark)) + r"\n(?:\|.*\n)*")
    wanted = "\n".join((_comment(mark), *lines, ""))
    if WRITES:
        page.write_text(table.sub(lambda _: wanted, text))
        return
    found = table.search(text)
    assert found is not None
    assert found[0] == wanted, "not as generated: run scripts/tables"


def _comment(mark: str) -> str:
    return f"<!-- {mark} -->"
