"""Outputs that the user's MIB files name, or BACnet; nothing else is ever written.

The manual says that SNMP can set, e.g. a digital output (SOCOMEC, instruction manual
DIRIS Digiware M-50/M-70, annex I), and names no object: none is written without a file.
By BACnet an output is an object that says of itself that it is one (the same, annex on
BACnet), and which its device lists.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...model import BadAnswer
from ...protocols.snmp import SnmpSession, Value, WritingSession
from .mib import Output

MOST = 256
"""Outputs of one gateway; more than any could have."""


class NotTaken(BadAnswer):
    """What was written is not what is read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryOutput:
    """One output by BACnet: an object of a module, or of the gateway itself."""

    module: int
    """Its address; 0 for the gateway."""
    number: int
    name: str

    @property
    def key(self) -> str:
        """What tells it from others of the same gateway."""
        return f"bacnet_{self.module}_{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One output of a gateway: an instance of an object of the files."""

    name: str
    oid: str
    on: int
    off: int

    @property
    def key(self) -> str:
        """What tells it from others of the same gateway."""
        return self.oid

    def state(self, value: Value | None) -> bool | None:
        """Return whether it is on; None for what is neither on nor off."""
        if not isinstance(value, int):
            return None
        return {self.on: True, self.off: False}.get(value)


async def find_outputs(
    session: SnmpSession, outputs: Iterable[Output]
) -> tuple[Place, ...]:
    """Find which of the outputs the gateway has; raises `DeviceError` subclasses."""
    places: list[Place] = []
    for output in outputs:
        if output.row:
            found = dict(await session.walk(output.oid))
        else:
            oid = f"{output.oid}.0"
            answered = await session.get([oid])
            found = {key: value for key, value in answered.items() if value is not None}
        for oid, value in found.items():
            instance = oid.removeprefix(f"{output.oid}.")
            name = f"{output.name} {instance}" if output.row else output.name
            place = Place(name=name, oid=oid, on=output.on, off=output.off)
            if place.state(value) is not None:
                places.append(place)
    return tuple(places[:MOST])


async def read_outputs(
    session: SnmpSession, places: Iterable[Place]
) -> Mapping[Place, bool | None]:
    """Read outputs; one that the gateway answers with an error is missing."""
    known = {place.oid: place for place in places}
    found = await session.get(known)
    return {known[oid]: known[oid].state(value) for oid, value in found.items()}


async def switch_output(session: WritingSession, place: Place, *, on: bool) -> None:
    """Switch one output, and read it back.

    Raises `NotTaken` when it says another state, `NotAllowed` when it may not be
    written, other `DeviceError` subclasses when nobody answers.
    """
    await session.set(place.oid, place.on if on else place.off)
    said = (await read_outputs(session, [place])).get(place)
    check_taken(said=said, on=on)


def check_taken(*, said: bool | None, on: bool) -> None:
    """Raise `NotTaken` when an output says something else than it was told."""
    if said is not on:
        raise NotTaken("on" if said else "off" if said is False else "nothing")
