"""What of OCPP 2 waits for its car or its card, over a restart of ours.

A transaction that has begun, and is none of ours yet, stands nowhere else: its first
event is answered, and the wallbox says it no more. All of it is one fact of the
journal, with the tags of the starts that we have asked for and whose events are to
come. Sequence numbers are not kept, as little as those of a transaction that runs: they
begin anew.
"""

from collections.abc import Mapping
import json
import logging
from typing import Any

from ....journal import JournalError
from ....protocols.ocpp.types import Json
from ..station import Station

_LOGGER = logging.getLogger(__name__)

_FACT = "begun"
_MAX_OF_EACH = 20
"""Of a wallbox: those that wait, those that ended without a car, and our starts."""
_MAX_CHARACTERS = 40_000
"""Of the first event's text, and of what was signed: 2 MB of one wallbox at most."""


def fitting(texts: list[Json]) -> list[Json]:
    """Return the first ones, as far as they fit."""
    left = _MAX_CHARACTERS
    for index, one in enumerate(texts):
        left -= len(json.dumps(one))
        if left < 0:
            return texts[:index]
    return texts[:]


class Begun:
    """Keeps it for one wallbox."""

    def __init__(self, station: Station) -> None:
        """Take over what was kept before a restart of ours."""
        self._station = station
        self._written: str | None = station.facts.get(_FACT, "")
        """None where nobody knows, as of a write that was given up."""
        kept = json.loads(self._written or "{}")
        self.starts: dict[str, str] = kept.get("starts", {})
        """The tags of the starts we asked for, by their number."""
        self._waiting: dict[str, Mapping[str, Any]] = kept.get("waiting", {})
        self._over: dict[str, None] = dict.fromkeys(kept.get("over", ()))

    def waiting(self, name: str) -> Mapping[str, Any]:
        """Return what was kept of a transaction, empty where it does not wait."""
        return self._waiting.get(name, {})

    def is_over(self, name: str) -> bool:
        """Say whether a transaction has ended without having been one of ours."""
        return name in self._over

    async def asked(self, number: int, tag: str) -> None:
        """Keep the tag of a start; a failure is no reason not to ask for it."""
        self.starts[str(number)] = tag
        _bound(self.starts)
        try:
            await self._write()
        except JournalError as err:
            _LOGGER.debug("%s: a start is not kept: %s", self._station.charger_id, err)

    async def keep(self, name: str, waiting: Mapping[str, Any]) -> None:
        """Keep what waits, or with nothing forget it; raises `JournalError`."""
        if waiting:
            self._waiting[name] = waiting
            _bound(self._waiting)
        else:
            self._waiting.pop(name, None)
        await self._write()

    async def end(self, name: str) -> None:
        """Keep but the name of what waits no more; raises `JournalError`."""
        self._over[name] = None
        _bound(self._over)
        await self.keep(name, {})

    async def _write(self) -> None:
        kept = {
            "starts": self.starts,
            "waiting": self._waiting,
            "over": list(self._over),
        }
        text = json.dumps(kept) if any(kept.values()) else ""
        if text != self._written:
            station, self._written = self._station, None
            await station.journal.keep_fact(station.charger_id, _FACT, text)
            self._written = text


def _bound(kept: dict[str, Any]) -> None:
    """Forget the oldest."""
    if len(kept) > _MAX_OF_EACH:
        del kept[next(iter(kept))]
