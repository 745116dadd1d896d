"""Who may put files, how the way is encrypted, who is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

type OnDone = Callable[[Path], None]
"""Is told of a whole file; from the server's own thread."""
type OnPassword = Callable[[bool], None]
"""Is told of a log-in, and whether it was right; from the server's own thread."""
type OnRefused = Callable[[OSError], None]
"""Is told why a file found no room; from the server's own thread."""


class Encryption(StrEnum):
    """What a server takes: no TLS, TLS or none, TLS alone.

    TLS from the first byte and TLS after AUTH are told apart by who speaks first.
    """

    OFF = "off"
    DETECT = "detect"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server listens and whom it lets in."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    encryption: Encryption = Encryption.OFF
    files: tuple[Path, Path] | None = None
    """The certificate it shows and its key; None without encryption."""
    passive_ports: range | None = None
    """Of the connections for files; None takes any that is free."""


class FtpListener(Protocol):
    """A server that listens."""

    port: int

    def stop(self) -> None:
        """Close every connection; a file under way is forgotten."""
