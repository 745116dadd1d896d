"""The copy of the cards that a wallbox keeps, for when it does not hear us.

Document: OCPP 1.6 edition 2, 3.5.2, 5.10, 5.15 and 9.3. The wallbox keeps a version
with its list: the upper bits of ours rise, the lower 16 are a checksum of what is in
it, so that after a restart nothing is sent which is there already. For OCPP 2 a card's
kind is in it as well: of another kind it is another card.
"""

from collections.abc import Mapping, Sequence
import json
import logging
import zlib

from ...model import Refused, Unsupported
from ...protocols.ocpp.types import Json, Payload
from .kinds import KIND
from .profile import Configuration
from .reading import integer
from .upkeep import Card, Upkeep

_LOGGER = logging.getLogger(__name__)

_PROFILE = "localauthlistmanagement"
_SUM_BITS = 16
_SUM = (1 << _SUM_BITS) - 1
_HIGHEST = 0x7FFE
_USUAL_LENGTH = 20
"""Cards in one message where the wallbox does not say how many it takes."""
LONGEST_TAG = 36
"""Of a card, by OCPP 2."""
_LONGEST_16 = 20

type Cards = Mapping[str, Mapping[str, Json]]
"""What is known of each card: its number and its idTagInfo, for OCPP 2 with kinds."""


def keeps_list(configuration: Configuration) -> bool:
    """Say whether a wallbox can keep a list."""
    profiles = configuration.get("SupportedFeatureProfiles") or ""
    return _PROFILE in profiles.replace(" ", "").lower()


class LocalList:
    """The list of one wallbox."""

    def __init__(self, wallbox: Upkeep, name: str) -> None:
        """Know nothing of what it has; the log calls it by its name."""
        self._wallbox = wallbox
        self._name = name
        self.version: int | None = None
        """What it said or accepted last; None before."""
        self._placed: Cards | None = None
        self._cut = False

    async def put(self, cards: Cards, configuration: Configuration) -> None:
        """Let the wallbox have just these cards; raises `DeviceError`.

        Only what has changed is sent where the wallbox still has what it was sent.
        """
        if not keeps_list(configuration):
            raise Unsupported("it keeps no list")
        cards = self._fitting(cards, configuration)
        there = await self._read_version()
        if there >> _SUM_BITS and there & _SUM == _checksum(cards):
            self.version, self._placed = there, cards
            return
        enabled = configuration.get("LocalAuthListEnabled")
        if cards and enabled is not None and enabled.lower() == "false":
            await self._wallbox.change_configuration("LocalAuthListEnabled", "true")
        before = self._placed if there == self.version else None
        if before is not None and _are_others(before, cards):
            before = None  # a change would not find it
        self._placed = None
        length = integer(configuration.get("SendLocalListMaxLength")) or _USUAL_LENGTH
        try:
            await self._send(there, cards, before, max(1, length))
        except Unsupported:
            raise
        except Refused:
            if before is None:
                raise
            await self._send(there, cards, None, max(1, length))
        self._placed = cards

    async def take_back(self, configuration: Configuration) -> None:
        """Empty a list of ours, and leave one that somebody else has sent."""
        if keeps_list(configuration) and await self._read_version() >> _SUM_BITS:
            await self.put({}, configuration)

    async def give(self, cards: Sequence[Card]) -> int:
        """Let the wallbox have a list that is nobody's copy; returns its version.

        Its upper bits are 0, by which it is told from ours.
        """
        version = (await self._read_version() & _SUM) % _SUM + 1
        self._placed = None
        await self._wallbox.send_local_list(version, cards)
        self.version = version
        return version

    async def _read_version(self) -> int:
        answer = await self._wallbox.ask("GetLocalListVersion", {})
        version = integer(answer.get("listVersion"))
        if version is None:
            raise Refused("GetLocalListVersion: no version")
        if version < 0:
            raise Unsupported("it keeps no list")
        return version

    async def _send(
        self, there: int, cards: Cards, before: Cards | None, length: int
    ) -> None:
        """Send the whole list, or what differs from ``before``, in parts that fit."""
        entries = _entries(cards, before)
        parts = [entries[at : at + length] for at in range(0, len(entries), length)]
        rising = (there >> _SUM_BITS) % _HIGHEST
        kind = "Full" if before is None else "Differential"
        for number, part in enumerate(parts or [[]], 1):
            last = number >= len(parts)
            # A list that is not complete yet must not look like one that is.
            checksum = _checksum(cards) ^ (0 if last else 1)
            version = (rising + number) << _SUM_BITS | checksum
            payload: dict[str, Json] = {"listVersion": version, "updateType": kind}
            if part:
                payload["localAuthorizationList"] = part
            await self._wallbox.demand("SendLocalList", payload)
            self.version = version
            kind = "Differential"

    def _fitting(self, cards: Cards, configuration: Configuration) -> Cards:
        """Return as many cards as there is room for, those that may charge first."""
        longest = _LONGEST_16 if self._wallbox.dialect is None else LONGEST_TAG
        known = sorted(
            (tag for tag in cards if 0 < len(tag) <= longest),
            key=lambda tag: (cards[tag]["status"] != "Accepted", tag),
        )
        room = integer(configuration.get("LocalAuthListMaxLength"))
        if room is not None and len(known) > room > 0:
            if not self._cut:
                _LOGGER.warning(
                    "%s: has room for %s of %s cards", self._name, room, len(known)
                )
            self._cut = True
            known = known[:room]
        return {tag: cards[tag] for tag in known}


def _checksum(cards: Cards) -> int:
    shown = json.dumps({tag: dict(info) for tag, info in cards.items()}, sort_keys=True)
    return zlib.crc32(shown.encode()) & _SUM


def _are_others(before: Cards, cards: Cards) -> bool:
    """Say whether one that was there is now of another kind, or of none."""
    return any(
        info.get(KIND) != cards.get(tag, {}).get(KIND) for tag, info in before.items()
    )


def _entries(cards: Cards, before: Cards | None) -> list[Json]:
    """Return what is sent; a card without a word about it is to be forgotten."""
    before = before or {}
    changed: Sequence[Payload] = [
        {"idTag": tag, "idTagInfo": dict(info)}
        for tag, info in cards.items()
        if before.get(tag) != info
    ]
    gone: Sequence[Payload] = [{"idTag": tag} for tag in before if tag not in cards]
    return [dict(entry) for entry in (*changed, *gone)]
