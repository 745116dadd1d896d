"""What the smart-me account answers, in our own types and the units of the field.

Names of fields are those of the maker's description of the interface; on the wire they
begin with a capital letter, and its enumerations are numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import cast

from ...model import BadAnswer

_LOADED_A = 1.0
"""More than a station needs for itself."""
_NO_ID = "00000000-0000-0000-0000-000000000000"
"""What stands for no group where the interface always has an id."""


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
    """What a station does; None is what it does not say, or said before it was lost."""

    state: State | None
    power_w: float | None
    energy_wh: float | None
    """Of this charging."""
    dynamic_a: float | None
    """What it or its group was told last, by whatever way."""

    @property
    def car_connected(self) -> bool | None:
        """Whether a car is plugged in; None where the state does not say."""
        return None if self.state is None else _CAR_CONNECTED.get(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a station is set up, as far as it helps to reach and to steer it."""

    serial: str
    name: str
    minimum_a: float | None
    maximum_a: float | None
    group_id: str
    """Empty for a station in no group."""
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


def _objects(answer: object) -> list[Mapping[str, object]]:
    if not isinstance(answer, list):
        raise BadAnswer("no list")
    return [fields_of(one) for one in answer]


def fields_of(answer: object) -> dict[str, object]:
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


def flag(fields: Mapping[str, object], name: str) -> bool | None:
    """Return a yes or no; None for anything else."""
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


def devices_of(answer: object) -> tuple[AccountDevice, ...]:
    """Return the devices, or the stations, of an account."""
    return tuple(map(_device, _objects(answer)))


def groups_of(answer: object) -> tuple[LoadGroup, ...]:
    """Return the load groups of an account."""
    return tuple(map(_group, _objects(answer)))


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


def status_of(answer: object) -> Status:
    """Return what a station does."""
    fields = fields_of(answer)
    state = _state(fields, "state")
    # What is said of a station that is lost was true before.
    present = {} if state is State.OFFLINE else fields
    return Status(
        state=state,
        power_w=_number(present, "activeChargingPower", 1000),
        energy_wh=_number(present, "activeChargingEnergy", 1000),
        dynamic_a=_number(fields, "maxDynamicCurrent"),
    )


def settings_of(answer: object) -> Settings:
    """Return how a station is set up."""
    fields = fields_of(answer)
    group_id = _text(fields, "loadmanagementGroupId")
    return Settings(
        serial=_text(fields, "serialNumber"),
        name=_text(fields, "name"),
        minimum_a=_number(fields, "minCurrent"),
        maximum_a=_number(fields, "maxCurrent"),
        group_id="" if group_id == _NO_ID else group_id,
        modbus=flag(fields, "modbusTcp"),
        host=_text(fields, "internalIp"),
        dns_name=_text(fields, "dnsName"),
        by_phase=flag(fields, "supportsLoadmanagementGroupChangePhases") is True,
    )


def _group(fields: Mapping[str, object]) -> LoadGroup:
    if not (group_id := _text(fields, "id")):
        raise BadAnswer("a group without id")
    return LoadGroup(
        id=group_id,
        name=_text(fields, "name"),
        fuse_a=_number(fields, "maxCurrent"),
    )
