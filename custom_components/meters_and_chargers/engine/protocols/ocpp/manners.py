"""How one wallbox wants to be talked to, and why one can't be talked to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .types import Version

PING_S = 20.0
"""Some wallboxes drop a connection that is idle for 30 s."""
CALL_TIMEOUT_S = 60.0
"""Some wallboxes take this long for a charging profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What is done for one wallbox that its handshake does not say."""

    version: Version | None = None
    """What it is to speak: 1.6 whatever it offers, also where it offers nothing;
    another one before all others, where it offers that."""
    aliases: frozenset[str] = frozenset()
    """Other identities under which it dials."""
    address: str = ""
    """The address from which it dials without any identity; empty where it has one."""
    ping_s: float | None = PING_S
    """How long it may be quiet; None for ever."""
    timeout_s: float = CALL_TIMEOUT_S
    """How long it may take to answer."""
    reply_delay_s: float = 0.0
    """How long its own calls are left without an answer."""


class Refusal(StrEnum):
    """Why a wallbox can't connect."""

    NO_IDENTITY = "the address that it dials has no identity at its end"
    HANDSHAKE = "its WebSocket handshake is incomplete"
    NO_VERSION = "it does not name its OCPP version (subprotocol ocpp1.6)"
    OTHER_VERSION = "it offers none of OCPP 1.6, 2.0.1 and 2.1"


def whose(said: str, peer: str, known: Mapping[str, Manners]) -> str:
    """Return the wallbox that dials as ``said``; empty where nobody can tell.

    One that says nothing is the only one that is expected from its address.
    """
    if said in known:
        return said
    # As a listener for both kinds of addresses writes one of the older kind.
    peer = peer.removeprefix("::ffff:")
    if said:
        found = [key for key, manners in known.items() if said in manners.aliases]
    else:
        found = [key for key, manners in known.items() if manners.address == peer]
    return found[0] if len(found) == 1 else said
