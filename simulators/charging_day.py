"""Lives a day, described in YAML, through the shipped `decide`.

The description names sun and household (`clear`, `cloud`, or CSV files beside it with
one row a second), the site's settings, and chargers with their cars; `days/` has
examples. Settings have the names and units of the engine's `Settings` and
`ChargerSettings`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Settings,
)

from .car import Car
from .day import HOUSE, SUN, Day, read_columns, trace_file
from .plant import Managed, Plant, Station, Triple, rows

DAYS = Path(__file__).with_name("days")
_DAY = ("why", "sun", "house", "from", "to", "settings", "chargers", "changes")
_STATION = ("mode", "measures", "car")
_CAR = ("connected", "max_a", "capacity_wh", "phases")


@dataclass(frozen=True, slots=True)
class Change:
    """Something people do: a car comes or goes, or a mode is chosen."""

    at_s: int
    charger: str
    connected: bool | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class ChargingDay:
    """A day as its file describes it; `stations` makes new ones for each run."""

    why: str
    day: Day
    begin_s: int
    end_s: int
    settings: Settings
    described: tuple[Mapping[str, Any], ...]
    changes: tuple[Change, ...]

    def stations(self) -> dict[str, Station]:
        """Put each car at its charger."""
        return {
            one.key: Station(
                car=Car(name=one.key, **more.get("car", {})),
                phases=one.phases,
                mode=_mode(more.get("mode", Mode.SOLAR)),
                measures=more.get("measures", True),
                switches=one.switches_phases,
            )
            for one, more in zip(self.settings.chargers, self.described, strict=True)
        }


@dataclass(slots=True)
class Film:
    """What a plot shows, second by second; W, and A by charger."""

    begin_s: int
    sun_w: list[float] = field(default_factory=list)
    house_w: list[float] = field(default_factory=list)
    grid_w: list[float] = field(default_factory=list)
    limits_a: dict[str, list[float]] = field(default_factory=dict)
    currents_a: dict[str, list[Triple]] = field(default_factory=dict)

    def expose(self, plant: Plant, sun_w: float, house_w: float) -> None:
        """Add one second."""
        self.sun_w.append(sun_w)
        self.house_w.append(house_w)
        self.grid_w.append(sum(plant.grid_w))
        for key, station in plant.stations.items():
            self.limits_a.setdefault(key, []).append(station.limit_ma / 1000)
            self.currents_a.setdefault(key, []).append(station.currents_a)


def load(path: Path) -> ChargingDay:
    """Read a description; raises ValueError that says what is wrong with it."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as err:
        raise ValueError(f"{path.name} is not YAML: {err}") from err
    _check(found, "the day", _DAY)
    described = tuple(found.get("chargers") or ())
    settings = _settings(found.get("settings", {}), described)
    day = _trace(path.parent, found)
    changes = [_change(one, settings) for one in found.get("changes") or ()]
    return ChargingDay(
        why=found.get("why", path.stem),
        day=day,
        begin_s=_second(found.get("from", 0)),
        end_s=min(_second(found.get("to", 1440)), len(day.sun_w)),
        settings=settings,
        described=described,
        changes=tuple(sorted(changes, key=lambda one: one.at_s)),
    )


def run(described: ChargingDay, film: Film | None = None) -> Managed:
    """Live through the day; a film, if given, is exposed every second."""
    house = Managed(described.settings, described.stations())
    changes = list(described.changes)
    for second, row in enumerate(
        rows(described.day, described.begin_s, described.end_s), described.begin_s
    ):
        while changes and changes[0].at_s <= second:
            _do(changes.pop(0), house.plant.stations)
        house.step(row)
        if film is not None:
            film.expose(house.plant, row[0], sum(row[1:]))
    return house


def table(plant: Plant) -> str:
    """Write the day's figures for people."""
    from_grid, car = plant.car_from_grid_wh / 1000, plant.car_wh / 1000
    fuse = plant.fuse
    figures = (
        ("cars, from the sun", f"{car - from_grid:.2f} kWh"),
        ("cars, from the grid", f"{from_grid:.2f} kWh"),
        ("sun used at home", f"{100 * plant.sun_used:.1f} %"),
        ("starts", f"{plant.starts}"),
        ("phase changes", f"{plant.phase_changes}"),
        ("writes", f"{plant.writes}"),
        ("over the fuse", f"{fuse.seconds_over} s, {fuse.square_a2s:.0f} A²s"),
        ("  without the cars", f"{plant.house_fuse.square_a2s:.0f} A²s"),
        ("longest overload", f"{fuse.longest_s} s, {fuse.largest_a:.1f} A at most"),
        ("  because of the cars", f"{plant.longest_by_car_s} s"),
    )
    lines = [f"{name:24}{figure:>22}" for name, figure in figures]
    for key, station in plant.stations.items():
        energy = f"{station.car.energy_wh / 1000:.2f} kWh"
        lines.append(f"{key:24}{energy:>22}")
    return "\n".join(lines)


def _settings(given: Any, chargers: tuple[Any, ...]) -> Settings:
    """Make the engine's settings; what is not given has the engine's default."""
    _check(given, "settings", [one.name for one in fields(Settings)])
    fuse = given.get("fuse_ma")
    if not isinstance(fuse, list) or [type(one) for one in fuse] != [int] * 3:
        raise ValueError("settings need fuse_ma with three whole figures, mA")
    more = {**_typed("settings", Settings, given, "fuse_ma"), "fuse_ma": tuple(fuse)}
    return Settings(**{**more, "chargers": tuple(map(_charger, chargers))})


def _charger(given: Any) -> ChargerSettings:
    names = [one.name for one in fields(ChargerSettings)]
    _check(given, "a charger", names, _STATION)
    if type(given.get("key")) is not str:
        raise ValueError("a charger needs a key: its name")
    _check(given.get("car", {}), "a car", _CAR)
    phases = tuple(given.get("phases", (True, True, True)))
    if len(phases) != 3 or not any(phases):
        raise ValueError("a charger's phases are three of true and false")
    if given.get("car", {}).get("phases", 3) not in (1, sum(phases)):
        raise ValueError(f"a car's phases are 1 or the charger's {sum(phases)}")
    _mode(given.get("mode", Mode.SOLAR))
    more = {name: given[name] for name in names if name in given}
    more = _typed("a charger", ChargerSettings, more, "key", "phases", "circuit")
    return ChargerSettings(**{**more, "phases": phases})


def _typed(what: str, kind: Any, given: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """The engine counts in whole mA, W and ms; some settings are choices."""
    defaults = {one.name: one.default for one in fields(kind)}
    typed = dict(given)
    for name, value in given.items():
        if name in but:
            continue
        wanted = type(defaults[name])
        if issubclass(wanted, StrEnum):
            if str(value) not in list(wanted):
                raise ValueError(f"{what}: {name} is one of {', '.join(wanted)}")
            typed[name] = wanted(str(value))
        elif wanted is bool and type(value) is not bool:
            raise ValueError(f"{what}: {name} is true or false, not {value!r}")
        elif wanted is not bool and type(value) is not int:
            raise ValueError(f"{what}: {name} is a whole number, not {value!r}")
    return typed


def _trace(folder: Path, found: Mapping[str, Any]) -> Day:
    sun = read_columns(_file(folder, found.get("sun", "clear")), SUN)[0]
    one, two, three = read_columns(_file(folder, found.get("house", "clear")), *HOUSE)
    if len(sun) != len(one):
        raise ValueError(f"the sun has {len(sun)} seconds, the house {len(one)}")
    return Day(sun, (one, two, three))


def _file(folder: Path, name: Any) -> Path:
    return trace_file(name) if name in ("clear", "cloud") else folder / str(name)


def _change(given: Any, settings: Settings) -> Change:
    _check(given, "a change", ("at", "charger", "connected", "mode"))
    key = given.get("charger")
    if key not in [one.key for one in settings.chargers]:
        raise ValueError(f"a change names the charger {key!r}, which is not there")
    return Change(
        _second(given.get("at")),
        key,
        given.get("connected"),
        _mode(given["mode"]) if "mode" in given else None,
    )


def _mode(given: Any) -> Mode:
    if given not in list(Mode):
        raise ValueError(f"no mode {given!r}; there are {', '.join(Mode)}")
    return Mode(given)


def _do(change: Change, stations: Mapping[str, Station]) -> None:
    station = stations[change.charger]
    if change.connected is not None:
        station.plug(connected=change.connected)
    if change.mode is not None:
        station.mode = change.mode


def _second(given: Any) -> int:
    """Turn HH:MM into seconds; YAML itself reads some of them as minutes."""
    if isinstance(given, int):
        return given * 60
    try:
        hours, minutes = str(given).split(":")
        return int(hours) * 3600 + int(minutes) * 60
    except ValueError as err:
        raise ValueError(f"a time is HH:MM, not {given!r}") from err


def _check(given: Any, what: str, *known: Any) -> None:
    """Refuse what is no mapping, or has keys that nobody would read."""
    if not isinstance(given, dict):
        raise ValueError(f"{what} is not a list of names and values")  # noqa: TRY004 - a wrong file, not a wrong call
    names = {name for group in known for name in group}
    if unknown := set(given) - names:
        raise ValueError(
            f"{what} can't have {', '.join(sorted(map(str, unknown)))};"
            f" there are {', '.join(sorted(names))}"
        )
