"""Who may charge: the cards that are known, and what each of them may.

[1.6] is OCPP 1.6 edition 2: 7.2 (AuthorizationStatus), 7.28 (IdToken: no case counts).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from ...protocols.ocpp.types import Json
from .kinds import guessed
from .profile import zulu
from .requests import OWN_TAG
from .station import Station

_LONGEST_PARENT = 20


class Policy(StrEnum):
    """Who may charge with a card that is not known."""

    EVERYBODY = "everybody"
    KNOWN = "known"
    BACKEND = "backend"
    """Only with a card; one that is not known is for a billing backend to decide."""


class Offline(StrEnum):
    """Who may charge while the wallbox does not hear us."""

    UNCHANGED = "unchanged"
    NOBODY = "nobody"
    KNOWN = "known"
    EVERYBODY = "everybody"


class Status(StrEnum):
    """The answers to a card, as OCPP 1.6 spells them."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT = "ConcurrentTx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A card: its number, its label and what it may."""

    tag: str = field(repr=False)
    label: str
    expiry: datetime | None = None
    """From when on it is no longer accepted."""
    parent: str = ""
    """Cards of one parent may end each other's transactions."""
    chargers: frozenset[str] = frozenset()
    """The identities of the wallboxes where it may charge; empty for all."""
    limit_wh: int | None = None
    """The energy of one transaction after which it is ended."""
    blocked: bool = False
    alone: bool = False
    """Whether it may charge only one car at a time."""
    kind: str = ""
    """What a wallbox of OCPP 2 has said that it is; empty where none has yet."""


@dataclass(frozen=True, slots=True)
class Held:
    """A card that is not known, as a wallbox has read it."""

    tag: str = field(repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a card is answered; ``token`` is None for one that is not known."""

    status: Status
    token: Token | None = None

    @property
    def accepted(self) -> bool:
        """Whether it may charge."""
        return self.status is Status.ACCEPTED

    @property
    def label(self) -> str | None:
        """What its owner calls the card."""
        return None if self.token is None else self.token.label

    def info(self) -> dict[str, Json]:
        """Return it as the idTagInfo of OCPP 1.6."""
        info: dict[str, Json] = {"status": self.status.value}
        if self.token is not None and self.token.expiry is not None:
            info["expiryDate"] = zulu(self.token.expiry)
        if self.token is not None and self.token.parent:
            info["parentIdTag"] = self.token.parent[:_LONGEST_PARENT]
        return info


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What was chosen for a server: its cards, and what holds for the others."""

    tokens: tuple[Token, ...] = ()
    policy: Policy = Policy.EVERYBODY
    policies: Mapping[str, Policy] = MappingProxyType({})
    """What holds instead at single wallboxes, by their identity."""
    offline: Offline = Offline.UNCHANGED
    lists: bool | None = None
    """Whether wallboxes get a copy of the cards; None if they never got one."""


class Tokens:
    """Decides about a card; changes nothing."""

    def __init__(self, rules: Rules | None = None) -> None:
        """Know these cards; without any everybody may charge."""
        self.rules = rules or Rules()
        self._by_tag = {folded(token.tag): token for token in self.rules.tokens}

    def find(self, tag: str) -> Token | None:
        """Return a known card."""
        return self._by_tag.get(folded(tag))

    def policy(self, charger: str) -> Policy:
        """Return what holds at a wallbox for cards that are not known."""
        return self.rules.policies.get(charger, self.rules.policy)

    def decide(
        self, tag: str, charger: str, at: datetime, *, busy: bool = False
    ) -> Verdict:
        """Say whether a card may charge at a wallbox.

        ``busy`` says that it charges elsewhere. What a known card may not, it may
        not where everybody may either.
        """
        token = self.find(tag)
        if token is None:
            policy = self.policy(charger)
            asked = policy is Policy.BACKEND and bool(folded(tag))
            free = policy is Policy.EVERYBODY or asked
            ours = folded(tag) == folded(OWN_TAG)
            return Verdict(status=Status.ACCEPTED if free or ours else Status.INVALID)
        status = Status.ACCEPTED
        if token.blocked or (token.chargers and charger not in token.chargers):
            status = Status.BLOCKED
        elif token.expiry is not None and at >= token.expiry:
            status = Status.EXPIRED
        elif busy and token.alone:
            status = Status.CONCURRENT
        return Verdict(status=status, token=token)


class Gate:
    """What all wallboxes of one server ask, and hear of when it changes."""

    def __init__(self) -> None:
        """Let everybody charge."""
        self.tokens = Tokens()
        self._wallboxes: dict[str, tuple[Station, Callable[[], None]]] = {}
        self._learners: dict[asyncio.Future[Held], str | None] = {}
        self.on_kind: Callable[[Token, str], None] | None = None
        """Keeps of which kind a known card is, said for the first time."""

    def join(self, station: Station, changed: Callable[[], None]) -> None:
        """Tell a wallbox of changes; a newer one with its identity replaces it."""
        self._wallboxes[station.charger_id] = station, changed

    def leave(self, station: Station) -> None:
        """Tell a wallbox no more."""
        known = self._wallboxes.get(station.charger_id)
        if known is not None and known[0] is station:
            del self._wallboxes[station.charger_id]

    def take(self, rules: Rules) -> None:
        """Let other rules hold from now on."""
        if rules == self.tokens.rules:
            return
        self.tokens = Tokens(rules)
        for _, changed in tuple(self._wallboxes.values()):
            changed()

    def decide(
        self, tag: str, charger: str, at: datetime, *, connector: int | None = None
    ) -> Verdict:
        """Decide about a card; ``connector`` is where its transaction has begun."""
        busy = connector is not None and self._is_busy(tag, charger, connector)
        return self.tokens.decide(tag, charger, at, busy=busy)

    def kind_of(self, tag: str) -> str:
        """Return of which kind OCPP 2 is to take a card: as was said, or a guess."""
        token = self.tokens.find(tag)
        return (token.kind if token else "") or guessed(tag)

    def presented(self, tag: str, charger: str, kind: str = "") -> bool:
        """Give a card that was held to a wallbox just now to who learns one.

        Returns whether anybody did. ``kind`` is what the wallbox says that it is.
        """
        if (token := self.tokens.find(tag)) is not None:
            # The guess says nothing new, and may be ours: a start's card comes back.
            new = kind and not token.kind and kind != guessed(token.tag)
            if new and self.on_kind is not None:
                self.on_kind(token, kind)
            return False
        if not tag:
            return False
        if folded(tag) == folded(OWN_TAG):
            return False
        waiting = [
            learner
            for learner, wanted in self._learners.items()
            if wanted in (None, charger) and not learner.done()
        ]
        for learner in waiting:
            learner.set_result(Held(tag, kind))
        return bool(waiting)

    @property
    def learns(self) -> bool:
        """Whether somebody waits for a card."""
        return bool(self._learners)

    async def learn(self, charger: str | None = None) -> Held:
        """Return the next card that is not known, of one wallbox or of any."""
        learner: asyncio.Future[Held] = asyncio.get_running_loop().create_future()
        self._learners[learner] = charger
        try:
            return await learner
        finally:
            del self._learners[learner]

    def _is_busy(self, tag: str, charger: str, number: int) -> bool:
        sessions: Iterable[tuple[str, int, str]] = (
            (key, connector.number, connector.session.transaction.id_tag)
            for key, (station, _) in self._wallboxes.items()
            for connector in station.by_number.values()
            if connector.session is not None
        )
        return any(
            folded(other) == folded(tag) and (key, connector) != (charger, number)
            for key, connector, other in sessions
        )


def folded(tag: str) -> str:
    """Return a tag so that equal ones are equal: case says nothing."""
    return tag.strip().casefold()
