"""The properties of the charging decisions with many more examples than `scripts/test`.

Every property of tests/engine/charging runs in a process of its own. One that takes
longer than it may is ended and counts as unfinished, which is no pass.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
import json
import os
from pathlib import Path
import re
import subprocess
import sys
import time

ROOT = Path(__file__).parent.parent
FOLDER = Path("tests/engine/charging")
PYTHON = ROOT / ".venv/bin/python"
EXAMPLES = 10_000
GOALS = {"failed": 0, "unfinished": 0}
_RUN = ("-q", "--tb=short", "--show-capture=no", "-p", "no:cacheprovider", "--no-cov")
_NAME = re.compile(r"^@THOROUGH\ndef (test_\w+)\(", re.MULTILINE)


def properties() -> list[str]:
    """Return the names of all tests that try as many examples as they are told."""
    return [
        f"{path.relative_to(ROOT)}::{name}"
        for path in sorted((ROOT / FOLDER).glob("test_charging_*properties.py"))
        for name in _NAME.findall(path.read_text())
    ]


def run(test: str, examples: int, minutes: float) -> dict[str, object]:
    """Run one property; returns what became of it."""
    environment = os.environ | {"CHARGING_EXAMPLES": str(examples)}
    begun = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 - our own tests by our own interpreter
            [PYTHON, "-m", "pytest", test, *_RUN],
            cwd=ROOT,
            env=environment,
            timeout=minutes * 60,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        outcome, said = "unfinished", ""
    else:
        outcome = "failed" if done.returncode else "passed"
        said = done.stdout if done.returncode else ""
    seconds = round(time.monotonic() - begun, 1)
    name = test.partition("::")[2]
    print(f"{outcome:10} {seconds:8.1f} s {examples:6} examples  {name}", flush=True)
    if said:
        print(said[-4000:], flush=True)
    return {"test": name, "outcome": outcome, "seconds": seconds}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="invariants", description=__doc__)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of each")
    parser.add_argument("--minutes", type=float, default=60, help="of each, at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="those with this in their name")
    options = parser.parse_args()
    tests = [one for one in properties() if options.only in one]
    with ThreadPoolExecutor(options.jobs) as pool:
        told = list(
            pool.map(lambda one: run(one, options.examples, options.minutes), tests)
        )
    figures: dict[str, object] = {"properties": len(told), "examples": options.examples}
    for outcome in ("passed", *GOALS):
        figures[outcome] = sum(one["outcome"] == outcome for one in told)
    figures["seconds"] = {str(one["test"]): one["seconds"] for one in told}
    good = bool(told) and all(figures[key] == goal for key, goal in GOALS.items())
    print(json.dumps({"figures": figures, "goals": GOALS, "ok": good}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
