"""Cells of a CSV file: how they are written is found out, not assumed."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
import csv
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
import io
import re
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HEAD = 65_536
_DELIMITERS = ";,\t"
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:([.,])\d{1,18})?")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)
_YEARS = range(2000, 2100)
_MOST_H = 14


class Malformed(ValueError):
    """A file that can't be read: ``reason`` is a key, ``line`` counts from 1."""

    def __init__(self, reason: str, line: int = 0) -> None:
        """Say what is wrong, and where."""
        super().__init__(f"{reason} in line {line}")
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Format:
    """How a file writes its cells; ``decimal`` is empty until a fraction was seen."""

    encoding: str
    delimiter: str
    decimal: str = ""


def sniffed(head: bytes, kept: Format | None) -> Format:
    """Return how a file is written, by its beginning.

    What its beginning leaves open is as in ``kept``. Raises `Malformed`.
    """
    encoding = _encoding(head, kept)
    text = getincrementaldecoder(encoding)().decode(head)
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: first.count(mark) for mark in _DELIMITERS}
    delimiter = max(counts, key=counts.__getitem__)
    if not counts[delimiter]:
        raise Malformed("layout_unknown", 1)
    # Fractions and columns can't be told apart by the same sign.
    return Format(encoding, delimiter, "." if delimiter == "," else "")


def _encoding(head: bytes, kept: Format | None) -> str:
    if head.startswith(BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    try:
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "latin-1"
    if head.isascii() and kept is not None and kept.encoding == "latin-1":
        return kept.encoding
    return "utf-8"


class Cells:
    """The rows of a file, one after the other; blank ones are left out."""

    def __init__(self, file: BinaryIO, kept: Format | None) -> None:
        """Look at the beginning; raises `Malformed`."""
        head = file.read(_HEAD)
        file.seek(0)
        self.format = sniffed(head, kept)
        self.line = 0
        self._text = io.TextIOWrapper(file, encoding=self.format.encoding, newline="")

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the cells of each row, stripped; raises `Malformed`."""
        reader = csv.reader(self._text, delimiter=self.format.delimiter)
        try:
            for row in reader:
                self.line = reader.line_num
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield cells
        except UnicodeError as err:
            raise Malformed("encoding", reader.line_num + 1) from err
        except csv.Error as err:
            raise Malformed("row", reader.line_num + 1) from err

    def number(self, text: str, reason: str) -> float:
        """Return a number; raises `Malformed` with a reason where it is none."""
        if (found := _NUMBER.fullmatch(text)) is None:
            raise Malformed(reason, self.line)
        if (sign := found[1]) is not None and sign != self.format.decimal:
            if self.format.decimal:
                raise Malformed("decimal", self.line)
            self.format = replace(self.format, decimal=sign)
        return float(text.replace(",", "."))

    def moment(self, text: str, zone: tzinfo | None) -> datetime:
        """Return a moment in UTC; raises `Malformed`.

        ``zone`` is that of times which do not name theirs.
        """
        try:
            found = datetime.fromisoformat(text)
        except ValueError as err:
            raise Malformed("date", self.line) from err
        if found.year not in _YEARS:
            raise Malformed("date", self.line)
        if found.tzinfo is None:
            if zone is None:
                raise Malformed("zone", self.line)
            found = found.replace(tzinfo=zone)
        return found.astimezone(UTC)


def zone_of(text: str) -> tzinfo | None:
    """Return the time zone of a name such as ``UTC`` or ``UTC+1``; None if unknown."""
    if text.upper() in ("UTC", "GMT"):
        return UTC
    if (offset := _OFFSET.fullmatch(text)) is not None:
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        if ahead > timedelta(hours=_MOST_H):
            return None
        return timezone(-ahead if offset[1] == "-" else ahead)
    try:
        return ZoneInfo(text)
    except ValueError, ZoneInfoNotFoundError, OSError:
        return None
