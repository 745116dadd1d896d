"""What a message changed, as told to whoever listens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ...model import Point


class Kind(StrEnum):
    """Something that happened at one moment."""

    BOOTED = "booted"
    TRANSACTION_STARTED = "transaction_started"
    TRANSACTION_STOPPED = "transaction_stopped"
    FIRMWARE = "firmware"
    LOG_UPLOAD = "log_upload"
    CARD_ACCEPTED = "card_accepted"
    CARD_REFUSED = "card_refused"
    CARD_LEARNED = "card_learned"
    SECURITY = "security"
    """Its fact ``event`` is one of `SECURITY_EVENTS`."""


CARDS = (Kind.CARD_ACCEPTED, Kind.CARD_REFUSED, Kind.CARD_LEARNED)
ACTIVITIES = tuple(kind for kind in Kind if kind not in (*CARDS, Kind.SECURITY))

_SHORT_TAG = 4


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened; ``connector`` is 0 where it is not known."""

    kind: Kind
    connector: int
    data: Mapping[str, str | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one message brought."""

    points: frozenset[Point] = frozenset()
    """Values that were reported anew, also unchanged ones."""
    connectors: frozenset[int] = frozenset()
    """Connectors whose state is another; 0 is the wallbox itself."""
    charger: bool = False
    """Whether it is online, who it is or which connectors it has."""
    occurrences: tuple[Occurrence, ...] = ()

    @classmethod
    def of(cls, first: Change, second: Change) -> Change:
        """Return what two parts of one message brought together."""
        return cls(
            points=first.points | second.points,
            connectors=first.connectors | second.connectors,
            charger=first.charger or second.charger,
            occurrences=first.occurrences + second.occurrences,
        )


def redact(id_tag: str) -> str:
    """Return the last two characters of an id tag, none of a very short one."""
    return id_tag[-2:] if len(id_tag) > _SHORT_TAG else ""
