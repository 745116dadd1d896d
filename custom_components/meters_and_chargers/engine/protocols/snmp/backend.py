"""What a session needs of a library: one attempt at one request, never a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...model import BadAnswer, NotAllowed

type Value = int | float | str | bytes
"""Numbers as they are, an OID as a str, any other string as bytes."""


class Rejected(BadAnswer):
    """The agent answered with an error of its own instead of rows."""


class NotInStep(NotAllowed):
    """SNMP v3: user, key or the agent's clock don't fit; which of them isn't told."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What one step of a walk brought; ``last`` when nothing of the root follows."""

    rows: Sequence[tuple[str, Value]]
    last: bool


class Walk(Protocol):
    """A walk over all rows below one OID."""

    async def more(self) -> Rows:
        """Ask for the next rows; after an error the same ones are asked for again."""


class Backend(Protocol):
    """One agent, asked one thing at a time.

    Every method makes one attempt and raises `DeviceError` subclasses: `Silent` when
    nothing came, `PortClosed` and `Unreachable` by the network's word, `NotInStep`,
    `Rejected`. What doesn't belong to the request is never taken for its answer.
    """

    slow: bool
    """Whether it costs many times the processor time of the other."""

    async def open(self) -> None:
        """Begin anew: for v3, ask who the agent is and how late it is there.

        Walks go on where they were.
        """

    async def refresh(self) -> None:
        """SNMP v3: ask how late it is at the agent."""

    async def get(self, oids: Sequence[str]) -> Mapping[str, Value | None]:
        """Get values; None where the agent says that it has none.

        What is missing it did not answer. SNMP v1 can't tell one from the other: a
        single OID is then None, several are all missing.
        """

    def walk(self, root: str, repetitions: int) -> Walk:
        """Begin a walk; 0 repetitions ask by GETNEXT, row by row."""

    def close(self) -> None:
        """Close the socket."""
