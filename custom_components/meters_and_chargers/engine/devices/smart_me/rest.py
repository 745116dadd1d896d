"""The owner's smart-me account: what a Pico does not say by Modbus, and its groups.

All of it goes through the maker's cloud; nothing that works locally needs it. Names of
fields are those of the maker's description of the interface; on the wire they begin
with a capital letter, and its enumerations are numbers.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
import time
from typing import cast
from urllib.parse import quote

from aiohttp import ClientSession
from yarl import URL

from ...model import BadAnswer, Mark, Setpoint, TooOften, Unsupported
from ...protocols.http_json import HttpJson
from .currents import PhaseCurrents
from .steering import Keeping, Steering, local_day

BASE = URL("https://api.smart-me.com")
PACE_S = 60.0
"""A Pico's values change once a minute there; a program that asks more often than every
30 s reports that it is limited. The maker names no figure."""
LONGEST_PAUSE_S = 3600.0
_LONGEST = 1024 * 1024
"""Bytes of an answer: an account may hold a hundred devices of some 2 kB."""
_LOADED_A = 1.0
"""More than a station needs for itself."""


@dataclass(frozen=True, slots=True)
class Call:
    """A path of the interface, who knows it, and how sure it is."""

    path: str
    source: str
    mark: Mark


_MAKER = "smart-me, description of the REST API (OpenAPI, v1, August 2026)"
DEVICES = Call("/Devices", f"{_MAKER}: Device", Mark.DOCUMENTED)
STATIONS = Call("/Pico", f"{_MAKER}: Pico, Device", Mark.DOCUMENTED)
STATUS = Call("/pico/charging/{}", f"{_MAKER}: PicoChargingData", Mark.DOCUMENTED)
SETTINGS = Call("/pico/settings/{}", f"{_MAKER}: PicoSettingsDto", Mark.DOCUMENTED)
GROUPS = Call(
    "/pico/loadmanagementgroup",
    f"{_MAKER}: PicoLoadmanagementGroupDto",
    Mark.DOCUMENTED,
)
SET_CURRENT = Call(
    "/pico/loadmanagementgroup/current/{}?current={}",
    f"{_MAKER}: PicoLoadmanagementSetDynamicCurrent, in mA, by any serial of a group",
    Mark.DOCUMENTED,
)
SET_PHASES = Call(
    "/pico/loadmanagementgroup/threephasecurrent/{}?PhaseL1={}&PhaseL2={}&PhaseL3={}",
    f"{_MAKER}: PicoLoadmanagementSetDynamicCurrent, in mA, by the group's id",
    Mark.DOCUMENTED,
)


class State(IntEnum):
    """What a station does, in the maker's words and numbers."""

    BOOTING = 0
    READY_NO_CAR_CONNECTED = 1
    READY_CAR_CONNECTED = 2
    STARTED_WAIT_FOR_CAR = 3
    CHARGING = 4
    INSTALLATION = 5
    AUTHORIZE = 6
    OFFLINE = 7


# What a state says of the car; whether one is there while a started charging waits
# for it is not said.
_CAR_CONNECTED = {
    State.READY_NO_CAR_CONNECTED: False,
    State.READY_CAR_CONNECTED: True,
    State.CHARGING: True,
}
_CHARGING = {
    State.READY_NO_CAR_CONNECTED: False,
    State.READY_CAR_CONNECTED: False,
    State.STARTED_WAIT_FOR_CAR: False,
    State.CHARGING: True,
    State.AUTHORIZE: False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDevice:
    """One device of the account: a meter, or a Pico of `Account.stations`."""

    id: str
    serial: int
    name: str
    family: int | None
    """The maker's number of the kind of device; 70 is a charging station."""
    state: State | None
    """Of a charging station only."""
    currents_a: tuple[float, float, float] | None
    """On L1, L2, L3, where the device says so. Whether a Pico does is not known."""

    @property
    def car_connected(self) -> bool | None:
        """Whether a car is plugged in; None where the state does not say."""
        return None if self.state is None else _CAR_CONNECTED.get(self.state)

    @property
    def phases(self) -> int | None:
        """On how many phases a charging station charges; None when it can't be told."""
        if self.state is not State.CHARGING or self.currents_a is None:
            return None
        return sum(current >= _LOADED_A for current in self.currents_a) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a station does; None is what it does not say. A, W, Wh, s in the field."""

    state: State | None
    power_w: float | None
    energy_wh: float | None
    """Of this charging."""
    duration_s: float | None
    allowed_a: float | None
    """What the station may draw at present."""
    dynamic_a: float | None
    """What it or its group was told last, by whatever way."""
    minimum_a: float | None
    maximum_a: float | None
    group_a: float | None
    """The fuse of its group."""
    group_name: str
    """Empty for a station in no group."""
    value_date: str
    """When this was measured, as the interface writes it (UTC)."""

    @property
    def car_connected(self) -> bool | None:
        """Whether a car is plugged in; None where the state does not say."""
        return None if self.state is None else _CAR_CONNECTED.get(self.state)

    @property
    def charging(self) -> bool | None:
        """Whether it charges; None where the state does not say."""
        return None if self.state is None else _CHARGING.get(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a station is set up, as far as it helps to reach and to steer it."""

    serial: str
    name: str
    minimum_a: float | None
    maximum_a: float | None
    group_id: str
    modbus: bool | None
    host: str
    """Its address in the house; may be empty."""
    dns_name: str
    by_phase: bool
    """Whether it can be told a current for each phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadGroup:
    """A load group of Picos."""

    id: str
    name: str
    fuse_a: float | None
    stations: int | None
    changes_phases: bool | None
    """Whether it may change between one and three phases."""


class Account:
    """Asks the account no more often than it answers, and tells its stations.

    All methods raise `DeviceError` subclasses: `NotAllowed` for a key that is refused
    or that has no right to this, `TooOften` while it is to be left alone.
    """

    def __init__(
        self,
        session: ClientSession,
        key: str,
        base: URL = BASE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use somebody's client session and the owner's API key; asks nothing yet."""
        self._http = HttpJson(session, base, key, scheme="ApiKey", longest=_LONGEST)
        self._clock = clock
        self._answers: dict[str, tuple[float, object]] = {}
        """What each path said, and when it was asked."""
        self._quiet_until = float("-inf")
        self._refusals = 0

    async def devices(self) -> tuple[AccountDevice, ...]:
        """Return all devices of the account."""
        return tuple(map(_device, _list(await self._get(DEVICES.path))))

    async def stations(self) -> tuple[AccountDevice, ...]:
        """Return the Picos of the account."""
        return tuple(map(_device, _list(await self._get(STATIONS.path))))

    async def status(self, device_id: str) -> Status:
        """Return what a Pico does; its values are up to a minute old."""
        return _status(_fields(await self._get(_path(STATUS, device_id))))

    async def settings(self, device_id: str) -> Settings:
        """Return how a Pico is set up."""
        return _settings(_fields(await self._get(_path(SETTINGS, device_id))))

    async def groups(self) -> tuple[LoadGroup, ...]:
        """Return the load groups of the account."""
        return tuple(map(_group, _list(await self._get(GROUPS.path))))

    def station(
        self,
        serial: int,
        setpoint: Setpoint,
        keeping: Keeping | None = None,
        *,
        today: Callable[[], int] = local_day,
    ) -> Steering:
        """Steer a station, or the group it is in, by one current on all phases."""
        put = partial(self._set_current, serial)
        return Steering(put, setpoint, keeping, clock=self._clock, today=today)

    def group(
        self,
        group_id: str,
        setpoint: Setpoint,
        keeping: Keeping | None = None,
        *,
        today: Callable[[], int] = local_day,
    ) -> Steering:
        """Steer a group by a current for each phase.

        It refuses them while not all of its stations can change their phases.
        """
        put = partial(self._set_phases, group_id)
        return Steering(put, setpoint, keeping, clock=self._clock, today=today)

    async def _set_current(self, serial: int, currents: PhaseCurrents) -> None:
        if not currents.are_alike:
            raise Unsupported("a station takes one current for all phases here")
        await self._post(_path(SET_CURRENT, serial, currents.l1_ma))

    async def _set_phases(self, group_id: str, currents: PhaseCurrents) -> None:
        await self._post(_path(SET_PHASES, group_id, *currents))

    async def _get(self, path: str) -> object:
        """Ask, or say again what was said less than a minute ago: it is the same."""
        asked_at, answer = self._answers.get(path, (float("-inf"), None))
        now = self._clock()
        if now - asked_at < PACE_S:
            return answer
        answer = await self._ask(lambda: self._http.get(path))
        self._answers[path] = now, answer
        return answer

    async def _post(self, path: str) -> None:
        await self._ask(lambda: self._http.post(path))

    async def _ask[T](self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask unless it is to be left alone; each refusal in turn doubles the pause."""
        left = self._quiet_until - self._clock()
        if left > 0:
            raise TooOften(f"not asked for another {left:.0f} s", left)
        try:
            answer = await ask()
        except TooOften as err:
            pause = max(err.retry_after_s or 0, PACE_S * 2**self._refusals)
            self._quiet_until = self._clock() + min(pause, LONGEST_PAUSE_S)
            self._refusals += 1
            raise
        self._refusals = 0
        return answer


def _path(call: Call, *values: object) -> str:
    """Put values into a path, none of which can add another part to it."""
    return call.path.format(*(quote(str(value), safe="") for value in values))


def _list(answer: object) -> list[Mapping[str, object]]:
    if not isinstance(answer, list):
        raise BadAnswer("no list")
    return [_fields(one) for one in answer]


def _fields(answer: object) -> Mapping[str, object]:
    """Return an object's fields by the names of the description."""
    if not isinstance(answer, dict):
        raise BadAnswer("no object")
    fields = cast("dict[str, object]", answer)
    return {name[:1].lower() + name[1:]: value for name, value in fields.items()}


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _number(
    fields: Mapping[str, object], name: str, scale: float = 1.0
) -> float | None:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value * scale


def _whole(fields: Mapping[str, object], name: str) -> int | None:
    value = fields.get(name)
    return value if type(value) is int else None


def _flag(fields: Mapping[str, object], name: str) -> bool | None:
    value = fields.get(name)
    return value if isinstance(value, bool) else None


def _state(fields: Mapping[str, object], name: str) -> State | None:
    """Return a state by number, or by name as older programs were told it."""
    value = fields.get(name)
    for state in State:
        if value == state and type(value) is int:
            return state
        if (
            isinstance(value, str)
            and value.lower() == state.name.replace("_", "").lower()
        ):
            return state
    return None


def _device(fields: Mapping[str, object]) -> AccountDevice:
    device_id, serial = _text(fields, "id"), _whole(fields, "serial")
    if not device_id or serial is None:
        raise BadAnswer("a device without id or serial number")
    currents = [_number(fields, f"currentL{phase}") for phase in (1, 2, 3)]
    known = [current for current in currents if current is not None]
    return AccountDevice(
        id=device_id,
        serial=serial,
        name=_text(fields, "name"),
        family=_whole(fields, "familyType"),
        state=_state(fields, "chargingStationState"),
        currents_a=(known[0], known[1], known[2])
        if len(known) == len(currents)
        else None,
    )


def _status(fields: Mapping[str, object]) -> Status:
    return Status(
        state=_state(fields, "state"),
        power_w=_number(fields, "activeChargingPower", 1000),
        energy_wh=_number(fields, "activeChargingEnergy", 1000),
        duration_s=_number(fields, "duration"),
        allowed_a=_number(fields, "maxAllowedChargingCurrent"),
        dynamic_a=_number(fields, "maxDynamicCurrent"),
        minimum_a=_number(fields, "minStationCurrent"),
        maximum_a=_number(fields, "maxStationCurrent"),
        group_a=_number(fields, "maxLoadmanagementGroupCurrent"),
        group_name=_text(fields, "loadmanagementGroupName"),
        value_date=_text(fields, "valueDate"),
    )


def _settings(fields: Mapping[str, object]) -> Settings:
    return Settings(
        serial=_text(fields, "serialNumber"),
        name=_text(fields, "name"),
        minimum_a=_number(fields, "minCurrent"),
        maximum_a=_number(fields, "maxCurrent"),
        group_id=_text(fields, "loadmanagementGroupId"),
        modbus=_flag(fields, "modbusTcp"),
        host=_text(fields, "internalIp"),
        dns_name=_text(fields, "dnsName"),
        by_phase=_flag(fields, "supportsLoadmanagementGroupChangePhases") is True,
    )


def _group(fields: Mapping[str, object]) -> LoadGroup:
    if not (group_id := _text(fields, "id")):
        raise BadAnswer("a group without id")
    return LoadGroup(
        id=group_id,
        name=_text(fields, "name"),
        fuse_a=_number(fields, "maxCurrent"),
        stations=_whole(fields, "numberOfStations"),
        changes_phases=_flag(fields, "enable1To3PhaseChange"),
    )
