"""Check this tree: `scripts/validate`."""

from pathlib import Path
import sys

from . import check

problems = check(Path(__file__).parent.parent)
print(*problems or ["valid"], sep="\n")
sys.exit(bool(problems))
