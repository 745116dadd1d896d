"""What one decision costs for a garage of twenty wallboxes, beside one for one wallbox.

The shipped `decide` steers both through the same hour of a recorded day, one look each
second, in a plant whose cars obey: in one hour all charge as fast as the fuses let
them, in the other by the sun. Half of the cars come in its middle, one after another.
"""

import argparse
from itertools import cycle
import json
import sys
import time
from typing import override

from simulators.engine import load_engine

load_engine()

from custom_components.meters_and_chargers.engine.charging import (  # noqa: E402 - load_engine comes first
    ChargerSettings,
    CircuitSettings,
    Decision,
    Mode,
    Settings,
    State,
)
from simulators.car import Car  # noqa: E402 - same
from simulators.day import load_day  # noqa: E402 - same
from simulators.plant import Managed, Station, Triple, rows  # noqa: E402 - same

GOALS = {"fast_20_p99_ms": 5.0, "solar_20_p99_ms": 5.0}
CHARGERS = 20
MODES = {
    "fast": (Mode.FAST,),
    "solar": (Mode.SOLAR, Mode.MIN_SOLAR),
}
NOON_S = 12 * 3600
# A roof of a garage: all can charge by the sun, some of the time.
ROOF = 8.0
_PHASES = (
    (True, True, True),
    (True, True, True),
    (True, False, False),
    (False, True, False),
    (False, False, True),
)


class Timed(Managed):
    """Notes what each decision took of the processor; ms."""

    def __init__(self, settings: Settings, stations: dict[str, Station]) -> None:
        """Begin with nothing noted."""
        super().__init__(settings, stations)
        self.took_ms: list[float] = []

    @override
    def look(self, state: State, now_ms: int) -> Decision:
        begun = time.thread_time()
        decision = super().look(state, now_ms)
        self.took_ms.append(1000 * (time.thread_time() - begun))
        return decision


def garage(chargers: int, modes: tuple[Mode, ...]) -> Timed:
    """Build a site whose wallboxes hang on two circuits below one fuse."""
    fuse_ma = 16_000 + chargers * 7_000
    half_ma = max(16_000, fuse_ma * 6 // 10)
    settings = Settings(
        fuse_ma=(fuse_ma, fuse_ma, fuse_ma),
        grid_period_ms=1000,
        circuits=tuple(
            CircuitSettings(key=key, fuse_ma=(half_ma, half_ma, half_ma))
            for key in ("left", "right")
        ),
        chargers=tuple(
            ChargerSettings(
                key=f"box{number}",
                phases=phases,
                circuit=circuit,
                priority=number % 3,
                switches_phases=sum(phases) > 1 and number % 2 == 0,
            )
            for number, phases, circuit in zip(
                range(chargers), cycle(_PHASES), cycle(("left", "right")), strict=False
            )
        ),
    )
    stations = {
        one.key: Station(
            car=Car(name=one.key, phases=sum(one.phases), connected=number % 2 == 0),
            phases=one.phases,
            mode=mode,
            measures=number % 4 != 3,  # noqa: PLR2004 - a quarter knows no currents
            switches=one.switches_phases,
        )
        for number, (one, mode) in enumerate(
            zip(settings.chargers, cycle(modes), strict=False)
        )
    }
    return Timed(settings, stations)


def live(site: Timed, seconds: int) -> Timed:
    """Let a site live through the middle of the day."""
    day = load_day("cloud")
    late = [one for one in site.plant.stations.values() if not one.car.connected]
    pause_s = max(1, seconds // (2 * len(late))) if late else seconds
    for second, (sun_w, *house_w) in enumerate(rows(day, NOON_S, NOON_S + seconds)):
        if late and second > seconds // 4 and second % pause_s == 0:
            late.pop().plug(connected=True)
        one, two, three = house_w
        household: Triple = (one, two, three)
        site.step((ROOF * sun_w, *household))
    return site


def percentile(values: list[float], percent: float) -> float:
    """Return what so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="decide", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600, help="of each")
    options = parser.parse_args()
    figures: dict[str, float] = {"seconds": options.seconds}
    for name, modes in MODES.items():
        for chargers in (1, CHARGERS):
            site = live(garage(chargers, modes), options.seconds)
            told = f"{name}_{chargers}"
            for percent in (50, 99, 100):
                ms = percentile(site.took_ms, percent)
                figures[f"{told}_p{percent}_ms"] = round(ms, 3)
            figures[f"{told}_commands"] = len(site.log)
            figures[f"{told}_kwh"] = round(site.plant.car_wh / 1000, 2)
        ratio = figures[f"{name}_{CHARGERS}_p50_ms"] / figures[f"{name}_1_p50_ms"]
        figures[f"{name}_{CHARGERS}_to_1"] = round(ratio, 1)
    # Decisions that command nothing would be cheap.
    busy = all(figures[f"{name}_{CHARGERS}_commands"] > CHARGERS for name in MODES)
    good = busy and all(figures[name] <= goal for name, goal in GOALS.items())
    print(json.dumps({"figures": figures, "goals": GOALS, "ok": good}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
