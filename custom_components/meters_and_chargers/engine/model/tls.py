"""What a look at an encrypted port brings, and what a family says about one."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Modbus over TLS: its port, and a read that every device of a family answers."""

    port: int = 802
    address: int = 0
    count: int = 1


class Finding(StrEnum):
    """What listens on a port."""

    ANSWERS = "answers"
    """The read was answered: we are accepted."""
    REFUSES = "refuses"
    """TLS, but no values; not accepted or another fault, it can't be told which."""
    PLAIN = "plain"
    """Modbus without TLS."""
    OTHER = "other"
    """Something that speaks neither."""
    SILENT = "silent"
    """The connection stands, but no answer came in time."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a bare TLS handshake and one read brought."""

    finding: Finding
    certificate: bytes = b""
    """The device's own certificate (DER), not verified; empty if none was seen."""
