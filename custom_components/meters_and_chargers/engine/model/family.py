"""What a family of devices declares about itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .device import Device, Identity
from .tls import Tls


class Mark(StrEnum):
    """How sure a table is."""

    DOCUMENTED = "documented"
    """The maker's own text or table."""
    AGREED = "agreed"
    """Two or more independent programs read it on real devices."""
    SINGLE_SOURCE = "single source"
    """One source; off by default."""
    TESTED = "tested"
    """One source, and a test at its owner's has shown that it is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusTcp:
    """How a family is reached; ``spacing_s`` keeps requests at least that far apart."""

    port: int = 502
    unit_id: int = 1
    spacing_s: float = 0.0
    tls: Tls | None = None
    """None for a family without encryption."""
    serial: bool = False
    """Whether it also answers on a serial line (RTU), under the same unit id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something the set-up has to ask, with its possible answers in amperes.

    Without ``options`` it is answered by yes (1) or no (0).
    """

    key: str
    options: tuple[int, ...] = ()
    default: int = 0


type Answers = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe[Session]:
    """How a search of the network tells that an unknown host is such a device."""

    identify: Callable[[Session], Awaitable[Identity]]
    """Asks as little as it takes to be sure; raises `DeviceError` for all others.

    The identity may name a sister family, so that a maker's devices share a probe.
    """
    hostname: str = ""
    """What it calls itself in DHCP, with wildcards; stands in the manifest as well."""
    mac: str = ""
    """Its maker's hardware addresses, likewise; in capitals, without colons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family[Session]:
    """One kind of device: how it is reached, what to ask, how it is opened."""

    key: str
    maker: str
    name: str
    transport: ModbusTcp
    open: Callable[[Session, Answers], Device]
    questions: tuple[Question, ...] = ()
    settings: tuple[Question, ...] = ()
    """What its options offer besides; each number has its word in the translations."""
    learn: Callable[[Device], Awaitable[Answers]] | None = None
    """Finds out once, at the set-up, what is then kept beside the answers. Writes
    nothing; raises `DeviceError`."""
    members: bool = False
    """Whether it is several devices that answer at one address; the set-up asks for
    their serial numbers, and keeps them as texts under ``members``."""
    intervals_s: tuple[int, ...] = ()
    """Choices for groups without an interval of their own; the first is proposed."""
    presence_interval_s: float = 10.0
    """How often a device without readings is asked whether it is there."""
    paths: tuple[str, ...] = ()
    """Ways in which it may be read besides this transport, or together with it; the
    first is proposed."""
    pushes: bool = False
    """Whether such a device can write its values to us."""
    probe: Probe[Session] | None = None
    """None where another family's probe finds it, or nothing can."""
