"""How the line to a billing backend stands, and when it is dialled again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
import logging
from random import uniform

from ..protocols.ocpp import Payload
from ..protocols.ocpp.client import Failure
from ..protocols.ocpp.scalars import text

_LOGGER = logging.getLogger(__name__)

PAUSES_S = (5.0, 300.0)
"""The first and the longest before it is dialled again."""
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Line:
    """How the line stands."""

    connected: bool = False
    """Whether the backend has accepted the charge point on an open connection."""
    failure: Failure | None = None
    """Why it is not, as last seen."""
    since: datetime | None = None


class Watch:
    """Follows a line; a failure is logged once, and its end once."""

    def __init__(self, name: str, changed: Callable[[], None]) -> None:
        """Begin without a line; ``name`` is for the log."""
        self.line = Line()
        self._name = name
        self._changed = changed

    def stands(self, *, connected: bool, failure: Failure | None) -> None:
        """Note how the line stands."""
        before = self.line
        if (before.connected, before.failure) == (connected, failure):
            return
        self.line = Line(connected, failure, datetime.now(UTC))
        if failure is not None and (before.failure is None or before.connected):
            _LOGGER.info("%s: no backend: %s", self._name, failure)
        elif connected and before.failure is not None:
            _LOGGER.info("%s: the backend is back", self._name)
        self._changed()


class Pauses:
    """How long to wait before dialling: each time longer, never like clockwork."""

    def __init__(self, first_s: float, most_s: float) -> None:
        """Begin with the first pause."""
        self._first_s, self._most_s = first_s, most_s
        self._next_s = first_s

    def answered(self) -> None:
        """Begin anew: the backend has answered."""
        self._next_s = self._first_s

    def take(self, wanted_s: float | None = None) -> float:
        """Return the next pause, the one that a backend wants where it names any."""
        pause_s = wanted_s
        if pause_s is None:
            pause_s = self._next_s
            self._next_s = min(self._next_s * 2, self._most_s)
        return pause_s * uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # no secret


def verdict(answer: Payload) -> Failure | None:
    """Read the answer to a BootNotification."""
    status = text(answer.get("status"))
    if status == "Accepted":
        return None
    return Failure.PENDING if status == "Pending" else Failure.REJECTED
