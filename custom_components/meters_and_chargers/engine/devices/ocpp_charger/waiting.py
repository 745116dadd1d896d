"""A wallbox that nobody has accepted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from ...protocols.ocpp.types import Call, Link, Payload
from . import reading
from .limit import CallLater, Timer
from .profile import zulu

ASK_AGAIN_S = 30
KNOCK_S = 10.0
"""How long a new wallbox may take to say who it is."""

_LOCAL = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A wallbox nobody knows, which waits to be accepted."""

    charger_id: str
    peer: str
    maker: str = ""
    model: str = ""
    serial: str = ""
    first_seen: datetime
    attempts: int = 1


def is_local(peer: str) -> bool:
    """Say whether an address is of this machine or a private network."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in _LOCAL)


class Waiting:
    """Answers a wallbox's BootNotification with Pending and nothing else."""

    def __init__(
        self,
        knock: Knock,
        *,
        now: Callable[[], datetime],
        call_later: CallLater,
        on_knock: Callable[[Knock], None],
        on_opened: Callable[[Waiting], None],
    ) -> None:
        """Report by ``on_knock`` who it is, as soon as it has said so."""
        self.knock = knock
        self.link: Link | None = None
        self.address = ""
        """What it has dialled, as `Shown` has it."""
        self._now = now
        self._call_later = call_later
        self._on_knock = on_knock
        self._on_opened = on_opened
        self._timer: Timer | None = None

    @property
    def has_gone(self) -> bool:
        """Whether it is not connected, and has not just been refused."""
        return self.link is None and self._timer is None

    def opened(self, link: Link) -> None:
        """Take over a new connection."""
        self.stop()
        self.link = link
        self._timer = self._call_later(KNOCK_S, self._report)
        self._on_opened(self)

    def closed(self, link: Link) -> None:
        """Note that the connection ended."""
        if link is self.link:
            self.link = None
            self.stop()

    async def called(self, link: Link, call: Call) -> Payload | None:
        """Answer a BootNotification; everything else has to wait."""
        if call.action != "BootNotification" or link is not self.link:
            return None
        boot = reading.boot(call.payload)
        self.knock = replace(
            self.knock, maker=boot.maker, model=boot.model, serial=boot.serial
        )
        self.stop()
        self._report()
        return {
            "status": "Pending",
            "currentTime": zulu(self._now()),
            "interval": ASK_AGAIN_S,
        }

    def refused(self, again_s: float) -> None:
        """Report one that may not even wait, and not again for some seconds."""
        if self._timer is None:
            self._timer = self._call_later(again_s, self._forget_timer)
            self._report()

    def stop(self) -> None:
        """Report nothing by itself any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget_timer(self) -> None:
        self._timer = None

    def _report(self) -> None:
        self._on_knock(self.knock)
