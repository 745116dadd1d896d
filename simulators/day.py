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

_TRACES = Path(__file__).with_name("traces")


@dataclass(frozen=True, slots=True)
class Day:
    """Sun and household of each second since midnight, W."""

    sun_w: array[float]
    house_w: tuple[array[float], array[float], array[float]]

    def surplus_w(self, second: int) -> float:
        """Sun that the household leaves over, W; negative when it takes more."""
        return self.sun_w[second] - sum(phase[second] for phase in self.house_w)


@cache
def load_day(name: DayName) -> Day:
    """Read a day from its file; each file is read once."""
    columns = tuple(array("d") for _ in range(4))
    with gzip.open(_TRACES / f"day_{name}.csv.gz", "rt", encoding="ascii") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            for column, value in zip(columns, row, strict=True):
                column.append(float(value))
    sun, *house = columns
    if len(sun) != DAY_SECONDS:
        raise ValueError(f"day {name} has {len(sun)} seconds")
    return Day(sun, (house[0], house[1], house[2]))
