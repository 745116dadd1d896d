"""Cards that a wallbox remembers by itself, and when it has to forget them.

Documents: OCPP 1.6 edition 2, 3.5.1 (Authorization Cache) and 5.3 (ClearCache); OCPP
2.0.1 has the same, switched by AuthCacheCtrlr.Enabled. What we have answered may lie in
a cache for ever: once we would answer a card otherwise that may charge, all of it is
cleared. The answers for which it was last right are kept in the journal, so that a
wallbox that is away hears of it when it is back, also after a restart of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
import logging
from typing import Self

from ...journal import JournalError
from ...protocols.ocpp.types import Json
from .profile import Configuration
from .station import Station
from .upkeep import Upkeep

_LOGGER = logging.getLogger(__name__)

_FACT = "answered cards"
_PAUSE_S = 30.0
"""Between two times of one wallbox: many keep their cache in flash."""
_ACCEPTED: Mapping[str, Json] = {"status": "Accepted"}


def keeps_cache(configuration: Configuration) -> bool:
    """Say whether a wallbox remembers cards."""
    return (configuration.get("AuthorizationCacheEnabled") or "").lower() == "true"


@dataclass(frozen=True, slots=True)
class Answers:
    """What each card is answered; without any, everybody may charge."""

    free: bool = True
    """Whether a card may charge that is not known."""
    known: Mapping[str, Mapping[str, Json]] = field(default_factory=dict, repr=False)
    """The idTagInfo of each known card."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `written` has made."""
        kept = json.loads(text)
        return cls(kept["free"], kept["known"])

    def written(self) -> str:
        """Return it as a text."""
        known = {tag: dict(info) for tag, info in self.known.items()}
        return json.dumps({"free": self.free, "known": known}, sort_keys=True)

    def take_back(self, before: Answers) -> bool:
        """Say whether a card that might charge before is answered otherwise now."""
        if before.free and not self.free:
            return True
        return any(
            (was := before._of(tag)) is not None
            and was["status"] == "Accepted"
            and was != self._of(tag)
            for tag in before.known.keys() | self.known.keys()
        )

    def _of(self, tag: str) -> Mapping[str, Json] | None:
        return self.known.get(tag, _ACCEPTED if self.free else None)


class CardCache:
    """The cache of one wallbox."""

    def __init__(self, wallbox: Upkeep, station: Station) -> None:
        """Believe that it has heard nothing from us."""
        self._wallbox = wallbox
        self._station = station
        self._answered = Answers()
        self._cleared_at: float | None = None

    def load(self, facts: Mapping[str, str]) -> None:
        """Take over what it was answered before a restart of ours."""
        if text := facts.get(_FACT):
            self._answered = Answers.read(text)

    def is_due(self, answers: Answers) -> bool:
        """Say whether `settle` has something to do."""
        return answers != self._answered

    async def settle(
        self, answers: Answers, configuration: Configuration
    ) -> float | None:
        """Have cleared what is no longer right; raises `DeviceError`.

        Returns how long to wait where it was cleared just now; s.
        """
        if not self.is_due(answers) or not keeps_cache(configuration):
            return None
        if answers.take_back(self._answered):
            now = self._station.monotonic()
            if self._cleared_at is not None and now < self._cleared_at + _PAUSE_S:
                return self._cleared_at + _PAUSE_S - now
            await self._wallbox.clear_cache()
            self._cleared_at = now
        self._answered = answers
        try:
            await self._station.journal.keep_fact(
                self._station.charger_id, _FACT, answers.written()
            )
        except JournalError as err:
            # It is cleared once more after a restart.
            _LOGGER.debug("%s: not kept: %s", self._station.charger_id, err)
        return None
