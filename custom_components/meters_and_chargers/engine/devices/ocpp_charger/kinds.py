"""What kind of card a number is: OCPP 2 says it each time, OCPP 1.6 has no word."""

import re

from ...protocols.ocpp.types import Json

KINDS = frozenset(
    {"Central", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "eMAID"}
)
"""Those of 2.0.1 that a card can be of; a newer word would not fit its schema."""

KIND, GROUP_KIND = "card kind", "group kind"
"""Say in a message of 1.6 that is translated of which kind its card and group are."""

_CARD = re.compile(r"[0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20}")
"""The number of an ISO 14443 card has 4, 7 or 10 bytes."""
_VICINITY_CARD = re.compile(r"[0-9A-Fa-f]{16}")


def kind_said(word: Json) -> str:
    """Return a kind as a wallbox has said it, empty for what is none of a card."""
    return word if isinstance(word, str) and word in KINDS else ""


def guessed(tag: str) -> str:
    """Return the kind that the form of a number suggests: a card's, or one of ours."""
    if _CARD.fullmatch(tag):
        return "ISO14443"
    return "ISO15693" if _VICINITY_CARD.fullmatch(tag) else "Central"
