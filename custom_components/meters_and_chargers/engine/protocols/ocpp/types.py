"""The words between the frame layer, the server and what answers a wallbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type Payload = Mapping[str, Json]


class Verbatim(dict[str, Json]):
    """A payload with the text it came in, which is what is sent on."""

    def __init__(self, payload: Payload, text: str) -> None:
        """Take a payload that was read and its own text."""
        super().__init__(payload)
        self.text = text


class Version(StrEnum):
    """A version of OCPP over JSON, as the standard numbers it."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"


class CallError(Exception):
    """A CALLERROR: raised by a handler to send one, by `Link.call` on getting one."""

    def __init__(self, code: str, description: str = "") -> None:
        """Remember the code as OCPP 1.6 spells it."""
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Call:
    """A CALL from a wallbox; ``raw`` is its frame as it came."""

    action: str
    payload: Payload
    raw: str
    answered: Payload | None = None
    """What somebody else has answered it, where that is what counts."""


class Link(Protocol):
    """One open connection to a wallbox."""

    @property
    def charger_id(self) -> str:
        """The identity from the address the wallbox dialled."""

    @property
    def peer(self) -> str:
        """The socket's own peer address, never a forwarded one."""

    @property
    def version(self) -> Version:
        """What the two have agreed to speak."""

    async def call(self, action: str, payload: Payload) -> Payload:
        """Ask the wallbox; one call is in flight at a time, others wait.

        Raises `CallError` for a CALLERROR, `Silent` after the time-out,
        `Unreachable` when the connection is or gets closed, `BadAnswer` for an
        answer that is no object.
        """

    async def close(self) -> None:
        """Close the connection (1001, at most 2 s)."""


class Handler(Protocol):
    """What answers one wallbox."""

    def opened(self, link: Link) -> None:
        """Take over a new connection.

        One before it may still be there, half open as a rule: `closed` follows then.
        """

    def closed(self, link: Link) -> None:
        """Note that a connection ended; the one of now, or one that was replaced."""

    async def called(self, link: Link, call: Call) -> Payload | None:
        """Answer a call; None sends nothing. Raises `CallError` to refuse."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client certificate that was verified; ``serial`` is hexadecimal, capitals."""

    name: str
    serial: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a wallbox shows of itself before it may talk; empty is a wrong password."""

    encrypted: bool = False
    forwarded: bool = False
    """Whether somebody in between has passed it on."""
    password: bytes | None = field(default=None, repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)
    """What its password is where a shorter name of it is meant, with a colon after."""
    certificate: Certificate | None = None
    address: str = ""
    """Host, port and path that it has dialled, without its identity; or empty."""


NOTHING_SHOWN = Shown()


class Unauthorised(Exception):
    """A wallbox that has not proved who it is; ``reason`` may be logged."""

    def __init__(self, reason: str) -> None:
        """Say what is missing."""
        super().__init__(reason)
        self.reason = reason


class Gate(Protocol):
    """Decides who may connect."""

    def admit(
        self, charger_id: str, peer: str, shown: Shown = NOTHING_SHOWN
    ) -> Handler | None:
        """Return what answers this wallbox; None refuses it with 404.

        Raises `Unauthorised`, which refuses it with 401.
        """
