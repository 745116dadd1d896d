"""Whom a search of the network asks, and what it finds; opens nothing itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from itertools import islice

from .engine.model import Identity

MOST_HOSTS = 1024
_WIDEST = 22
"""The prefix of a network of that many addresses."""
_LOCAL = tuple(
    IPv4Network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A device that answered, and where."""

    host: str
    port: int
    identity: Identity

    @property
    def title(self) -> str:
        """How it is named before its owner gives it a name."""
        identity = self.identity
        return f"{identity.maker} {identity.model} {identity.serial} ({self.host})"


def hosts_near(own: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Return the hosts to ask, given our own IPv4 addresses and prefix lengths.

    Those of the private networks we are in, 1,024 at most. Of a wider network these
    are the ones around our own address.
    """
    hosts: dict[str, None] = {}
    for address, prefix in own:
        ours = IPv4Interface((address, max(prefix, _WIDEST)))
        if any(ours.network.subnet_of(local) for local in _LOCAL):
            hosts |= dict.fromkeys(str(host) for host in ours.network.hosts())
    return tuple(islice(hosts, MOST_HOSTS))
