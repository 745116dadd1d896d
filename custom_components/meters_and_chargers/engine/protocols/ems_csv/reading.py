"""One file of measured values, read row by row.

EMS CSV: SOCOMEC, DIRIS Digiware M-50 & M-70, instruction manual, annex III-3. The plain
table is ours: the layout of the maker's own "CSV" is not published.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
import re
from typing import BinaryIO

from .cells import Cells, Format, Malformed, zone_of

GOOD = 192
"""The quality of a value that holds."""
_AVERAGES = {"avg", "loadcurve"}
"""Data types that never are counters."""
_COUNTER = re.compile(r"[kMG]?(W|VA|VAr)h", re.IGNORECASE)
_MOST_CHANNELS = 10_000
_MOST_LETTERS = 250
_EMS_FILE = {"datatype", "timezone", "sitename", "servername"}
_EMS_CHANNELS = {"indexkey", "key", "name", "coef", "unit"}
_EMS_ROWS = {"indexkey", "date", "value", "quality"}
_PLAIN = {"time", "circuit", "quantity", "unit", "value"}


@dataclass(frozen=True, slots=True)
class Channel:
    """One measured value: ``key`` names it over all files and gateways."""

    key: str
    quantity: str
    circuit: str
    unit: str
    counts: bool = False
    """Whether it is the index of a counter, and no average."""
    coefficient: float = 1.0

    @property
    def name(self) -> str:
        """How its owner knows it."""
        return f"{self.circuit} {self.quantity}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """One value; ``moment`` is in UTC."""

    channel: Channel
    moment: datetime
    value: float


class Reading:
    """Reads one file; what is known of it grows with its rows.

    Raises `Malformed` from the start and from `rows`: then nothing of the file holds.
    """

    def __init__(
        self, file: BinaryIO, zone: tzinfo | None, kept: Format | None = None
    ) -> None:
        """Read the headings.

        ``zone`` is that of the times; None takes what the file says.
        """
        self._cells = Cells(file, kept)
        self._rows = iter(self._cells)
        self._zone = zone
        self.skipped = 0
        """Rows of another quality than good."""
        heading = _columns(next(self._rows, []))
        self._heading = heading
        self._ems = heading.keys() >= _EMS_FILE
        if not self._ems and not heading.keys() >= _PLAIN:
            raise Malformed("layout_unknown", self._cells.line)

    @property
    def format(self) -> Format:
        """How the file is written, as far as it was read."""
        return self._cells.format

    def rows(self) -> Iterator[Row]:
        """Yield the values that hold, in the order of the file."""
        yield from self._of_ems() if self._ems else self._of_table()

    # EMS CSV

    def _of_ems(self) -> Iterator[Row]:
        said = self._cell_by_name(next(self._rows, []), self._heading)
        if self._zone is None and (zone := zone_of(said["timezone"])) is not None:
            self._zone = zone
        if self._zone is None:
            raise Malformed("zone", self._cells.line)
        columns = self._part(_EMS_CHANNELS)
        averages = _plain_letters(said["datatype"]) in _AVERAGES
        channels: dict[str, Channel] = {}
        for row in self._rows:
            if (then := _columns(row)).keys() >= _EMS_ROWS:
                yield from self._values(then, channels)
                return
            if len(channels) >= _MOST_CHANNELS:
                raise Malformed("too_many", self._cells.line)
            cells = self._cell_by_name(row, columns)
            if cells["indexkey"] in channels:
                raise Malformed("index_twice", self._cells.line)
            channels[cells["indexkey"]] = self._channel(cells, averages=averages)
        raise Malformed("no_rows", self._cells.line)

    def _part(self, names: set[str]) -> Mapping[str, int]:
        """Return where the columns of a part stand."""
        columns = _columns(next(self._rows, []))
        if not columns.keys() >= names:
            raise Malformed("layout_unknown", self._cells.line)
        return columns

    def _channel(self, cells: Mapping[str, str], *, averages: bool) -> Channel:
        coefficient = self._cells.number(cells["coef"], "coefficient")
        if coefficient <= 0:
            raise Malformed("coefficient", self._cells.line)
        if not cells["key"]:
            raise Malformed("key", self._cells.line)
        quantity, _, circuit = cells["name"].partition(" of ")
        unit = cells["unit"]
        return Channel(
            key=cells["key"],
            quantity=quantity,
            circuit=circuit,
            unit=unit,
            counts=not averages and _is_counter(unit),
            coefficient=coefficient,
        )

    def _values(
        self, columns: Mapping[str, int], channels: Mapping[str, Channel]
    ) -> Iterator[Row]:
        for row in self._rows:
            cells = self._cell_by_name(row, columns)
            if (channel := channels.get(cells["indexkey"])) is None:
                raise Malformed("index_unknown", self._cells.line)
            if (found := self._row(cells, channel, "date")) is not None:
                yield found

    def _row(self, cells: Mapping[str, str], channel: Channel, time: str) -> Row | None:
        """Return a value; None where it does not hold."""
        moment = self._cells.moment(cells[time], self._zone)
        quality = cells.get("quality", str(GOOD))
        if self._cells.number(quality, "quality") != GOOD:
            self.skipped += 1
            return None
        value = self._cells.number(cells["value"], "value")
        return Row(channel, moment, value / channel.coefficient)

    # The plain table

    def _of_table(self) -> Iterator[Row]:
        channels: dict[str, Channel] = {}
        for row in self._rows:
            cells = self._cell_by_name(row, self._heading)
            names = (cells["circuit"], cells["quantity"], cells["unit"])
            key = "|".join(("table", *names))
            if key not in channels:
                if not cells["quantity"]:
                    raise Malformed("key", self._cells.line)
                if len(channels) >= _MOST_CHANNELS:
                    raise Malformed("too_many", self._cells.line)
                circuit, quantity, unit = names
                counts = _is_counter(unit)
                channels[key] = Channel(key, quantity, circuit, unit, counts)
            if (found := self._row(cells, channels[key], "time")) is not None:
                yield found

    def _cell_by_name(
        self, row: list[str], columns: Mapping[str, int]
    ) -> dict[str, str]:
        """Return the cells of a row; a heading that repeats is no cell."""
        if len(row) <= max(columns.values()) or max(map(len, row)) > _MOST_LETTERS:
            raise Malformed("row", self._cells.line)
        return {name: row[at] for name, at in columns.items()}


def _plain_letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _is_counter(unit: str) -> bool:
    return _COUNTER.fullmatch(unit) is not None


def _columns(row: Iterable[str]) -> dict[str, int]:
    """Return where named columns stand."""
    named = {_plain_letters(cell): at for at, cell in enumerate(row)}
    known = _EMS_FILE | _EMS_CHANNELS | _EMS_ROWS | _PLAIN
    return {name: at for name, at in named.items() if name in known}
