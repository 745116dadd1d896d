"""Our charging decisions beside evcc's, on the same recorded days and the same plant.

evcc's recorded commands (`simulators/traces/evcc`) are replayed through the plant and
must reproduce the figures published with them; then the days `simulators/days/bench_*`
go through the shipped `decide`. Each goal sets one of our figures against evcc's at an
interval of 30 s, as replayed in this run. Writes are evcc's enable and limit commands,
and our limits, of which 0 ends charging.
"""

import argparse
from collections.abc import Iterator
import csv
from dataclasses import dataclass
import gzip
import json
from pathlib import Path
import sys
import time

from simulators.engine import load_engine

load_engine()

from simulators import charging_day  # noqa: E402 - load_engine comes first
from simulators.day import load_day  # noqa: E402 - same
from simulators.plant import Plant, Station, rows  # noqa: E402 - same

EVCC = Path(charging_day.__file__).with_name("traces") / "evcc"
PEER_S = 30
MOST_WRITES_1A = 300
MORE_FROM_GRID_KWH = 0.15
LONGEST_BY_CAR_S = 12
# How far a replay may be from the published figure: its last digit. Seconds over the
# fuse are more delicate: evcc holds the current within the 0.01 A that decide, and the
# traces know tenths of a watt.
TOLERANCES = {
    "car_kwh": 0.1,
    "sun_used_percent": 0.1,
    "car_from_grid_kwh": 0.01,
    "starts": 0,
    "phase_changes": 0,
    "writes": 0,
    "over_s": 15,
    "longest_over_s": 1,
    "worst_over_a": 0.1,
    "over_a2s": 1,
}

type Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """One of our figures and what it is held against."""

    case: str
    figure: str
    ours: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether our figure is on the right side of the bound."""
        return self.ours >= self.bound if self.at_least else self.ours <= self.bound


def figures(plant: Plant) -> Figures:
    """Take the figures of a lived day."""
    return {
        "car_kwh": round(plant.car_wh / 1000, 2),
        "sun_used_percent": round(100 * plant.sun_used, 2),
        "car_from_grid_kwh": round(plant.car_from_grid_wh / 1000, 3),
        "starts": plant.starts,
        "phase_changes": plant.phase_changes,
        "writes": plant.writes,
        "over_s": plant.fuse.seconds_over,
        "longest_over_s": plant.fuse.longest_s,
        "longest_by_car_s": plant.longest_by_car_s,
        "worst_over_a": round(plant.fuse.largest_a, 2),
        "over_a2s": round(plant.fuse.square_a2s),
        "house_a2s": round(plant.house_fuse.square_a2s, 2),
    }


def replay(case: str) -> Figures:
    """Let one car do what evcc told it on that day."""
    station = Station()
    fuse_a = 20.0 if "fuse20" in case else 25.0
    plant = Plant((fuse_a, fuse_a, fuse_a), {"car": station})
    with gzip.open(EVCC / f"{case}.csv.gz", "rt", encoding="ascii") as file:
        commands = list(csv.DictReader(file))
    commands.reverse()
    for second, row in enumerate(
        rows(load_day("clear" if "clear" in case else "cloud"))
    ):
        while commands and int(commands[-1]["t_s"]) <= second:
            obey(station, **commands.pop())
        plant.live(row)
    return figures(plant)


def obey(station: Station, *, t_s: str, command: str, value: str) -> None:
    """Do what one line of evcc's commands says; `t_s` is when it was given."""
    del t_s
    if command == "phases":
        station.car.set_phases(int(value))
        return
    station.writes += 1
    if command == "enable":
        station.car.set_enabled(value == "true")
    else:
        station.car.set_limit(float(value))


def published() -> Iterator[tuple[str, Figures]]:
    """The figures that were published with evcc's commands, case by case."""
    with (EVCC / "table.csv").open(encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            case = row.pop("case")
            yield case, {name: float(text) for name, text in row.items() if text}


def differences(case: str, replayed: Figures, told: Figures) -> list[str]:
    """Where a replay is not what was published."""
    return [
        f"{case} {name}: {replayed[name]} replayed, {figure} published"
        for name, figure in told.items()
        if abs(replayed[name] - figure) > TOLERANCES[name] + 1e-9
    ]


def goals_of(case: str, ours: Figures, peer: Figures) -> list[Goal]:
    """What we want of one case, by evcc's figures of the same day."""
    if "fuse" in case:
        third = (peer["over_a2s"] - peer["house_a2s"]) / 3
        beyond = ours["over_a2s"] - ours["house_a2s"]
        energy = round(0.95 * peer["car_kwh"], 2)
        return [
            Goal(case, "a2s_beyond_house", round(beyond), round(third)),
            Goal(case, "car_kwh", ours["car_kwh"], energy, at_least=True),
            Goal(case, "longest_by_car_s", ours["longest_by_car_s"], LONGEST_BY_CAR_S),
        ]
    from_grid = round(peer["car_from_grid_kwh"] + MORE_FROM_GRID_KWH, 3)
    writes = 0.75 * peer["writes"] if case.endswith("mA") else MOST_WRITES_1A
    return [
        Goal(
            case,
            "sun_used_percent",
            ours["sun_used_percent"],
            peer["sun_used_percent"],
            at_least=True,
        ),
        Goal(case, "car_from_grid_kwh", ours["car_from_grid_kwh"], from_grid),
        Goal(case, "starts", ours["starts"], peer["starts"]),
        Goal(case, "phase_changes", ours["phase_changes"], peer["phase_changes"]),
        Goal(case, "writes", ours["writes"], writes),
    ]


def line(case: str, told: Figures) -> str:
    """One line of a table."""
    solar = (
        f"{told['car_kwh']:8.2f} {told['sun_used_percent']:7.2f}"
        f" {told['car_from_grid_kwh']:9.3f} {told['starts']:7}"
        f" {told['phase_changes']:7} {told['writes']:7}"
    )
    return (
        f"{case:34}{solar} {told['over_s']:7} {told['longest_over_s']:8}"
        f" {told['worst_over_a']:7.2f} {told['over_a2s']:7}"
    )


HEADER = (
    f"{'':34}{'car kWh':>8} {'sun %':>7} {'from grid':>9} {'starts':>7} {'phases':>7}"
    f" {'writes':>7} {'over s':>7} {'longest':>8} {'max A':>7} {'A²s':>7}"
)


def run() -> int:
    """Replay, run our own, and judge."""
    begun = time.perf_counter()
    print(f"evcc, replayed\n{HEADER}")
    replayed: dict[str, Figures] = {}
    wrong: list[str] = []
    for case, told in published():
        replayed[case] = replay(case)
        wrong += differences(case, replayed[case], told)
        print(line(case, replayed[case]))
    print("\n".join(wrong) or "all as published")
    replays_s = time.perf_counter() - begun
    print(f"\nours\n{HEADER}")
    ours: dict[str, Figures] = {}
    goals: list[Goal] = []
    lived_s = 0
    for path in sorted(charging_day.DAYS.glob("bench_*.yaml")):
        case = path.stem.replace("bench", "day")
        lived = charging_day.run(charging_day.load(path)).plant
        lived_s += lived.second
        ours[case] = figures(lived)
        goals += goals_of(case, ours[case], replayed[f"{case}_{PEER_S}s"])
        print(line(case, ours[case]))
    ours_s = time.perf_counter() - begun - replays_s
    print()
    for goal in goals:
        verdict = "met" if goal.met else "MISSED"
        sign = ">=" if goal.at_least else "<="
        print(
            f"{goal.case:28}{goal.figure:20}"
            f"{goal.ours:9} {sign} {goal.bound:9} {verdict}"
        )
    good = not wrong and all(goal.met for goal in goals)
    result = {
        "figures": {
            "ours": ours,
            "evcc_replayed": replayed,
            "times_real_speed": round(lived_s / ours_s),
            "seconds": round(replays_s + ours_s, 1),
        },
        "goals": {
            f"{goal.case} {goal.figure}": {
                "at_least" if goal.at_least else "at_most": goal.bound,
                "ours": goal.ours,
                "ok": goal.met,
            }
            for goal in goals
        },
        "replay_differs": wrong,
        "ok": good,
    }
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


def main() -> int:
    """Run from the command line."""
    argparse.ArgumentParser(prog="charging_day", description=__doc__).parse_args()
    return run()


if __name__ == "__main__":
    sys.exit(main())
