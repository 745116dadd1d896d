"""The instantaneous table of a simulated DIRIS gateway, served to net-snmp's agent.

Run as a program it speaks the agent's `pass_persist` protocol on stdin and stdout; what
the table holds stands in a JSON file, read again when it has changed. Needs nothing but
the interpreter.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
import json
from pathlib import Path
import sys

ROOT = (1, 3, 6, 1, 4, 1, 4555, 10, 20, 20, 1)
FIRST_COLUMN = 10_000
UNSUPPORTED = frozenset({10_003, 10_017})
"""Columns that no simulated module measures: the gateway answers 0."""

type Oid = tuple[int, ...]


def oid(service: int, module: int, load: int) -> str:
    """Return where one value stands."""
    return ".".join(map(str, (*ROOT, service, module, load)))


def value(service: int, module: int, load: int) -> int:
    """Return a value that stands in one place only, or 0 where none is measured."""
    if service in UNSUPPORTED:
        return 0
    return (service - FIRST_COLUMN + 1) * 100_000 + module * 100 + load


def write(
    path: Path,
    loads: Iterable[tuple[int, int]],
    columns: Iterable[int],
    values: Mapping[str, int | str],
    writable: Iterable[str] = (),
    stuck: Iterable[str] = (),
) -> None:
    """Say what the table holds: ``values`` by OID differ from the usual ones.

    A str is one on the wire as well. ``writable`` OIDs take numbers, ``stuck`` ones
    say that they do.
    """
    told = {
        "loads": list(loads),
        "columns": list(columns),
        "values": dict(values),
        "writable": list(writable),
        "stuck": list(stuck),
    }
    _put(path, told)


def _put(path: Path, told: Mapping[str, object]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(told), encoding="ascii")
    new.replace(path)


class _Table:
    """Rows in the order of their OIDs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._rows: list[Oid] = []
        self._values: dict[Oid, int | str] = {}

    def answer(self, command: str, asked: Oid) -> str:
        """Answer one request by the lines that the agent expects."""
        self._look()
        if command == "getnext":
            after = bisect_right(self._rows, asked)
            asked = self._rows[after] if after < len(self._rows) else ()
        if asked not in self._values:
            return "NONE\n"
        dotted = ".".join(map(str, asked))
        found = self._values[asked]
        kind = "string" if isinstance(found, str) else "integer"
        return f".{dotted}\n{kind}\n{found}\n"

    def write(self, dotted: str, number: str) -> str:
        """Take a number, where one may be written."""
        told = json.loads(self._path.read_text(encoding="ascii"))
        if dotted in told["stuck"]:
            return "DONE\n"
        if dotted not in told["writable"]:
            return "not-writable\n"
        told["values"][dotted] = int(number)
        _put(self._path, told)
        return "DONE\n"

    def _look(self) -> None:
        seen = self._path.stat().st_mtime_ns
        if seen == self._seen:
            return
        self._seen = seen
        told = json.loads(self._path.read_text(encoding="ascii"))
        self._values = {
            (*ROOT, service, *load): value(service, *load)
            for service in told["columns"]
            for load in told["loads"]
        }
        for dotted, other in told["values"].items():
            self._values[tuple(map(int, dotted.split(".")))] = other
        self._rows = sorted(self._values)


def main() -> None:
    """Answer the agent until it closes our stdin."""
    table = _Table(Path(sys.argv[1]))
    while line := sys.stdin.readline():
        if not (command := line.strip()):
            continue  # the agent sends an empty line after a value
        if command == "PING":
            answer = "PONG\n"
        elif command == "set":
            dotted = sys.stdin.readline().strip().strip(".")
            answer = table.write(dotted, sys.stdin.readline().split()[-1])
        else:
            dotted = sys.stdin.readline().strip().strip(".")
            answer = table.answer(command, tuple(map(int, dotted.split("."))))
        sys.stdout.write(answer)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
