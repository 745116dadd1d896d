"""The recorded days the fake house lives through."""

from array import array
import csv
from dataclasses import dataclass
from functools import cache
import gzip
from pathlib import Path
from typing import Literal

type DayName = Literal["clear", "cloud"]

DAY_SECONDS = 86_400
SUN = "pv_w"
HOUSE = ("house_l1_w", "house_l2_w", "house_l3_w")

_TRACES = Path(__file__).with_name("traces")


@dataclass(frozen=True, slots=True)
class Day:
    """Sun and household of each second since midnight, W."""

    sun_w: array[float]
    house_w: tuple[array[float], array[float], array[float]]

    def surplus_w(self, second: int, roof: float = 1.0) -> float:
        """Sun that the household leaves over, W; negative when it takes more.

        `roof` is how much larger the roof is than the recorded one.
        """
        sun_w = roof * self.sun_w[second]
        return sun_w - sum(phase[second] for phase in self.house_w)


@cache
def load_day(name: DayName) -> Day:
    """Read a day from its file; each file is read once."""
    sun, *house = read_columns(trace_file(name), SUN, *HOUSE)
    if len(sun) != DAY_SECONDS:
        raise ValueError(f"day {name} has {len(sun)} seconds")
    return Day(sun, (house[0], house[1], house[2]))


def trace_file(name: DayName) -> Path:
    """Where a recorded day is."""
    return _TRACES / f"day_{name}.csv.gz"


def read_columns(path: Path, *names: str) -> list[array[float]]:
    """Read columns of a CSV file with a header, packed by gzip or not.

    Raises ValueError where a column is missing or a cell is not a number.
    """
    columns = [array("d") for _ in names]
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="ascii") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if missing := set(names) - set(header):
            raise ValueError(f"{path.name} has no column {', '.join(sorted(missing))}")
        places = [header.index(name) for name in names]
        for row in rows:
            for column, place in zip(columns, places, strict=True):
                column.append(float(row[place]))
    return columns
