"""What of an account can be read and steered in the house, and where it should be."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from math import ceil, floor

from ...model import DeviceError
from . import group, meter, pico
from .group import Members
from .rest import Account
from .rest_answers import AccountDevice, LoadGroup, Settings

_METERS = {
    6: "module for Kamstrup meters",
    7: "3-phase meter 80 A",
    9: "3-phase meter, transformer edition",
    10: "module for Landis+Gyr meters",
    12: "3-phase meter 80 A, second Wi-Fi",
}
"""The maker's numbers of kinds that have Modbus TCP and are in a local network.

Source: "Modbus TCP", section on devices, older edition included, and MeterFamilyType of
the description of the REST API.
"""
_LOWEST_A = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A device of the account that can be set up, or a load group."""

    family: str
    serials: tuple[int, ...]
    ids: tuple[str, ...]
    """Its ids in the account, in the order of the serial numbers."""
    name: str
    hosts: tuple[str, ...]
    """Where it may be, the likeliest first."""
    modbus: bool | None
    """Whether Modbus TCP is switched on, in a group at one station at least."""
    answers: Mapping[str, int]
    """What its set-up would ask, as far as the account says it; A, or yes and no."""
    group_id: str = ""

    @property
    def key(self) -> str:
        """The identity under which others refer to it once it is set up."""
        return f"{self.family}_{self.serials[0]}"


async def inventory(account: Account) -> tuple[tuple[Offer, ...], int]:
    """Return what can be set up, and of how many stations too little could be read.

    Raises `DeviceError` when the account does not say what it contains.
    """
    stations = await account.stations()
    known = {one.serial for one in stations}
    offers = [
        await _meter(account, one)
        for one in await account.devices()
        if one.family in _METERS and one.serial not in known
    ]
    told: list[tuple[AccountDevice, Settings]] = []
    for one in sorted(stations, key=lambda one: one.serial):
        with suppress(DeviceError):
            told.append((one, await account.settings(one.id)))
    by_group: dict[str, list[tuple[AccountDevice, Settings]]] = {}
    for one, settings in told:
        by_group.setdefault(settings.group_id, []).append((one, settings))
    alone = by_group.pop("", [])
    offers += [_station(one, settings) for one, settings in alone]
    if len(told) < len(stations):
        # Whoever could not be read may belong to any of the groups.
        return tuple(offers), len(stations) - len(alone)
    if by_group:
        groups = await _groups(account)
        offers += [
            _load_group(members, groups.get(group_id), group_id)
            for group_id, members in by_group.items()
        ]
    return tuple(offers), 0


async def _meter(account: Account, device: AccountDevice) -> Offer:
    modbus = None
    with suppress(DeviceError):
        modbus = await account.modbus(device.id)
    return Offer(
        family=meter.FAMILY.key,
        serials=(device.serial,),
        ids=(device.id,),
        name=device.name,
        hosts=Members(device.serial).names,
        modbus=modbus,
        answers={},
    )


async def _groups(account: Account) -> Mapping[str, LoadGroup]:
    with suppress(DeviceError):
        return {one.id: one for one in await account.groups()}
    return {}


def _station(device: AccountDevice, settings: Settings) -> Offer:
    return Offer(
        family=pico.FAMILY.key,
        serials=(device.serial,),
        ids=(device.id,),
        name=settings.name or device.name,
        hosts=_hosts([(device, settings)]),
        modbus=settings.modbus,
        answers=_answers([settings], settings.maximum_a, 16),
    )


def _load_group(
    members: Sequence[tuple[AccountDevice, Settings]],
    found: LoadGroup | None,
    group_id: str,
) -> Offer:
    settings = [one for _, one in members]
    switches = {one.modbus for one in settings}
    return Offer(
        family=group.FAMILY_KEY,
        serials=tuple(one.serial for one, _ in members),
        ids=tuple(one.id for one, _ in members),
        name="" if found is None else found.name,
        hosts=_hosts(members),
        modbus=True if True in switches else False if switches == {False} else None,
        answers=_answers(settings, None if found is None else found.fuse_a, 32),
        group_id=group_id,
    )


def _hosts(members: Iterable[tuple[AccountDevice, Settings]]) -> tuple[str, ...]:
    """Return addresses in the house, then names; those with Modbus first."""
    likeliest = sorted(members, key=lambda one: one[1].modbus is not True)
    addresses = [one.host for _, one in likeliest if _is_local(one.host)]
    names = [
        settings.dns_name.lower() or Members(device.serial).names[0]
        for device, settings in likeliest
    ]
    return tuple(dict.fromkeys(addresses + names))


def _is_local(host: str) -> bool:
    """Whether it is an address of a private network: no current goes anywhere else."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_private and not address.is_unspecified


def _answers(
    settings: Iterable[Settings], maximum_a: float | None, else_a: int
) -> Mapping[str, int]:
    """Return the bounds and what the firmware takes; unknown ones as a form proposes.

    In the maker's description the smallest current is described as the largest; its
    name, and the same value of the station's status, say what it is.
    """
    settings = tuple(settings)
    told = [one.minimum_a for one in settings if one.minimum_a]
    lowest = max(_LOWEST_A, ceil(max(told))) if told else 8
    highest = floor(maximum_a) if maximum_a else else_a
    return {
        "minimum_current": lowest,
        "maximum_current": max(lowest, highest),
        "by_phase": int(all(one.by_phase for one in settings)),
    }
