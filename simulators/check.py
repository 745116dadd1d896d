"""Prove on a running demo that it charges from the sun and measures what is true."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
import datetime as dt
import sys
import time

from ocpp.v16.call import (  # type: ignore[import-untyped]  # has no types
    RemoteStopTransaction,
)

from .backend import Backend
from .charge_point import ChargePoint
from .hass import LOADER_LINE, HassError, HomeAssistant, Json, wait_until
from .house import House
from .modbus_device import Device
from .pico_group import PicoGroup
from .registry import Client, Declaration

CAR_WH = 100
EACH_CAR_WH = 10
SUN_SHARE = 0.8
WORST_PERCENT = 2.0
# What a car draws before its meter has shown it, which is read every 5 s.
UNBILLED_WH = 15
END_S = 300
SAMPLE_S = 2
# Kept back of the time for losing and finding the devices.
LOSSES_S = 90

# What is known of an OCPP wallbox, and of a DIRIS gateway, without asking them.
# And of a billing service, which is another device.
OURS = {
    "access",
    "backend_connected",
    "backend_error",
    "backend_limiter",
    "backend_oldest",
    "backend_queue",
    # The number of a stand-in's transaction, which goes on meanwhile.
    "transaction",
    "profile_writes_today",
    "security",
}

# Compared is with all that was true while the value may have been read: the house
# steps once a second, and reading and writing down takes some tenths more.
ENVELOPE_S = 1.5
# A value near zero is judged by this instead, or the meter's last digit would count
# as a large error: 100 W (VA, var), 0.5 A (about 100 W on a phase); a power factor
# by its full scale.
LEAST = {"W": 100.0, "VA": 100.0, "var": 100.0, "A": 0.5}


@dataclass(frozen=True)
class Installed:
    """A simulated device and the config entry it has in Home Assistant."""

    declared: Declaration | Client
    entry_id: str
    key: str
    device: Device | ChargePoint

    @property
    def title(self) -> str:
        """What its owner calls it."""
        return self.declared.title

    def truth(self, name: str) -> str:
        """Return the house's name of what one of its values shows; may be empty."""
        truths = self.declared.judged.truths
        return name if truths is None else truths.get(name, "")


@dataclass
class Result:
    """What the check has found so far."""

    failed: bool = False
    devices: int = 0
    devices_wanted: int = 0
    worst: dict[str, float] = field(default_factory=dict)
    car_wh: float = 0.0
    car_wh_from_sun: float = 0.0
    cars: dict[str, float] = field(default_factory=dict)
    chargers_from_sun: dict[str, float] = field(default_factory=dict)
    billed_wh: float = 0.0
    """What a billing service has booked of the first car."""
    seconds_over_fuse: int = 0
    log_problems: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, object]:
        """Give the figures and whether all goals are reached."""
        worst = max(self.worst.values(), default=None)
        ok = (
            not self.failed
            and 0 < self.devices == self.devices_wanted
            and worst is not None
            and worst <= WORST_PERCENT
            and self.car_wh >= CAR_WH
            and all(wh >= EACH_CAR_WH for wh in self.cars.values())
            and self.car_wh_from_sun >= SUN_SHARE * self.car_wh
            and all(
                wh >= SUN_SHARE * EACH_CAR_WH for wh in self.chargers_from_sun.values()
            )
            and abs(self.billed_wh - self.cars.get("car", 0.0)) <= UNBILLED_WH
            and not self.seconds_over_fuse
            and not self.log_problems
        )
        return {
            "ok": ok,
            "devices": self.devices,  # lost and found once
            "entities": len(self.worst),  # compared with the truth
            "car_wh": round(self.car_wh, 1),
            "car_wh_from_sun": round(self.car_wh_from_sun, 1),
            "cars": {name: round(wh, 1) for name, wh in self.cars.items()},
            "chargers_wh_from_sun": {
                name: round(wh, 1) for name, wh in self.chargers_from_sun.items()
            },
            "billed_wh": self.billed_wh,
            "seconds_over_fuse": self.seconds_over_fuse,
            "worst_entity_error_percent": None if worst is None else round(worst, 2),
            "log_problems": self.log_problems,
        }


@dataclass
class Log:
    """What the integration has written into Home Assistant's log, as it grows."""

    home: HomeAssistant
    problems: list[str]
    _seen: int = 0

    def usual(self) -> None:
        """Nothing worse than information may have been written since the last look."""
        self.problems += [text for level, text in self._new() if level != "INFO"]

    def change(self, what: str, lines: int = 1) -> None:
        """So many lines must have been written since the last look."""
        new = [text for _, text in self._new()]
        if len(new) < lines:
            self.problems.append(f"no line in the log: {what}")
        elif len(new) > lines:
            self.problems += new

    @property
    def waiting(self) -> int:
        """How many lines have been written since the last look."""
        return len(self._ours()) - self._seen

    def _new(self) -> list[tuple[str, str]]:
        ours = self._ours()
        new, self._seen = ours[self._seen :], len(ours)
        return new

    def _ours(self) -> list[tuple[str, str]]:
        return [
            (record.level, record.text)
            for record in self.home.records()
            if record.names_us and LOADER_LINE not in record.text
        ]


async def check(
    house: House,
    home: HomeAssistant,
    installed: Sequence[Installed],
    backend: Backend,
    result: Result,
) -> None:
    """Watch the charging, lose and find each device, and fill in the result."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    enough = begun + END_S - LOSSES_S
    result.devices_wanted = len(installed)
    log = Log(home, result.log_problems)
    watch = asyncio.create_task(_watch(house, home, installed, result))
    try:
        await _reach("the car charges", lambda: house.car_wh > 0, enough - clock())
        await _reach(
            f"{CAR_WH} Wh, {EACH_CAR_WH} Wh in each car",
            lambda: (
                house.car_wh >= CAR_WH
                and all(car.energy_wh >= EACH_CAR_WH for car in house.cars)
            ),
            enough - clock(),
        )
        log.usual()
        for one in installed:
            left = (begun + END_S - clock()) / (len(installed) - result.devices)
            await _lose_and_find(home, one, log, left)
            result.devices += 1
        result.billed_wh = await _bill(backend)
        log.usual()
    except HassError as err:
        _say(f"Failed: {err}")
        result.failed = True
        log.usual()
    finally:
        watch.cancel()
        await asyncio.wait((watch,))
        result.failed |= not watch.cancelled()
        result.car_wh = house.car_wh
        result.car_wh_from_sun = house.car_wh_from_sun
        result.cars = {car.name: car.energy_wh for car in house.cars}
        from_sun = {car.name: car.sun_wh for car in house.cars}
        result.chargers_from_sun = {
            one.declared.key: sum(from_sun[name] for name in one.declared.judged.cars)
            for one in installed
            if one.declared.judged.cars
        }
        result.seconds_over_fuse = house.fuse.seconds_over_by_car
        for name, percent in sorted(result.worst.items()):
            _say(f"{name}: at most {percent:.2f} % off the truth")
    if not watch.cancelled():
        await watch


async def _bill(backend: Backend) -> float:
    """Let the billing service end what it bills; returns what it has booked."""
    [identity] = backend.hubs
    for booked in backend.booked:
        if not booked.stops:
            await backend.ask(identity, RemoteStopTransaction(booked.number))

    async def ended() -> bool:
        return all(booked.stops for booked in backend.booked)

    await wait_until("what is billed has ended", ended, 30)
    return float(
        sum(
            booked.stops[0]["meter_stop"] - booked.start["meter_start"]
            for booked in backend.booked
        )
    )


async def _reach(what: str, reached: Callable[[], bool], seconds: float) -> None:
    """Wait for the house; too late is told here and judged by the figures."""

    async def look() -> bool:
        return reached()

    begun = asyncio.get_running_loop().time()
    try:
        await wait_until(what, look, seconds)
    except HassError as err:
        _say(str(err))
    else:
        _say(f"{what}: after {asyncio.get_running_loop().time() - begun:.0f} s")


async def _lose_and_find(
    home: HomeAssistant, one: Installed, log: Log, seconds: float
) -> None:
    """Stop a device until its entities say so, and start it until they are back."""
    clock = asyncio.get_running_loop().time
    entities = {
        entity["entity_id"]
        for entity in await home.entities()
        if entity["config_entry_id"] == one.entry_id
        and entity["disabled_by"] is None
        and entity["translation_key"] not in OURS
    }

    async def available() -> set[str]:
        states = await home.states()
        return {
            name
            for name in entities
            if states.get(name, {"state": "unavailable"})["state"] != "unavailable"
        }

    async def lost() -> bool:
        return not await available()

    async def found() -> bool:
        return await available() == entities

    if not await found():
        raise HassError(f"{one.title} has entities that are unavailable")
    end = clock() + seconds
    if isinstance(one.device, PicoGroup):
        await one.device.move(1)

        async def followed() -> bool:
            return log.waiting > 1 and await found()

        await wait_until(f"{one.title} is found elsewhere", followed, end - clock())
        log.change(f"loss and return of {one.title}", 2)
        took_s = seconds - (end - clock())
        _say(f"{one.title}: its master moved, found after {took_s:.0f} s")
        return
    await one.device.stop()
    try:
        await wait_until(f"{one.title} is lost", lost, end - clock())
    finally:
        await one.device.start()
    after_s = seconds - (end - clock())
    log.change(f"loss of {one.title}")
    await wait_until(f"{one.title} is found again", found, end - clock())
    took_s = seconds - (end - clock())
    log.change(f"return of {one.title}")
    _say(f"{one.title}: lost after {after_s:.0f} s, found after {took_s:.0f} s")


async def _watch(
    house: House, home: HomeAssistant, installed: Sequence[Installed], result: Result
) -> None:
    """Compare what Home Assistant shows with what was true, until cancelled."""
    while True:
        # A wallbox's entities come with its first values.
        shown = await _shown(house, home, installed)
        for entity_id, state in (await home.states()).items():
            if entity_id not in shown:
                continue
            name, fresh_s = shown[entity_id]
            # Counters are polled slowly and have no truth of a second.
            if state["attributes"].get("state_class") != "measurement":
                continue
            percent = _error_percent(house, name, state, fresh_s)
            if percent is not None:
                result.worst[name] = max(percent, result.worst.get(name, 0))
        await asyncio.sleep(SAMPLE_S)


async def _shown(
    house: House, home: HomeAssistant, installed: Sequence[Installed]
) -> dict[str, tuple[str, float]]:
    """Say for each entity by which name the house knows it, and how long it holds."""
    known = {one.entry_id: one for one in installed}
    shown: dict[str, tuple[str, float]] = {}
    for entity in await home.entities():
        if (one := known.get(entity["config_entry_id"])) is not None:
            name = one.truth(entity["unique_id"].removeprefix(f"{one.key}_"))
            if name in house.truths:
                shown[entity["entity_id"]] = name, one.declared.judged.fresh_s
    return shown


def _error_percent(
    house: House, name: str, state: Json, fresh_s: float
) -> float | None:
    """Say how far a state is off; None when it shows nothing or is too old."""
    try:
        value = float(state["state"])
    except ValueError:  # unavailable, unknown
        return None
    reported = dt.datetime.fromisoformat(state["last_reported"]).timestamp()
    at = max(reported, time.time() - fresh_s)
    # Half a second at a time meets every step of the house.
    moments = (at - half / 2 for half in range(int(2 * ENVELOPE_S) + 1))
    truths = [truth[name] for moment in moments if (truth := house.truth_at(moment))]
    if not truths:
        return None
    nearest = min(max(value, min(truths)), max(truths))
    least = LEAST.get(state["attributes"].get("unit_of_measurement"), 1.0)
    return 100 * abs(value - nearest) / max(abs(nearest), least)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
