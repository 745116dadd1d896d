"""Lets cards charge at one wallbox, and ends what they may not have."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
import json
import logging

from ...journal import JournalError, Transaction
from ...model import DeviceError, Unsupported
from .card_cache import Answers, CardCache
from .change import Kind, Occurrence
from .connector import AVAILABLE, Connector
from .kinds import GROUP_KIND, KIND, guessed
from .limit import CallLater, Timer
from .local_list import Cards, LocalList, keeps_list
from .profile import Configuration
from .reading import snake, text
from .requests import OWN_TAG
from .station import Station
from .tokens import Gate, Offline, Policy, Verdict, folded
from .upkeep import Card, Upkeep

_LOGGER = logging.getLogger(__name__)

_AGAIN_S = 30.0
"""How long a wallbox may take to end a transaction before it is told again."""
_RETRY_S = (60.0, 300.0, 1800.0)
_FACT = "cards"
"""The journal keeps under it which cars and transactions have had their share."""

_LOCAL, _UNKNOWN = "LocalAuthorizeOffline", "AllowOfflineTxForUnknownId"
_OFFLINE_KEYS: Mapping[Offline, Mapping[str, str]] = {
    Offline.UNCHANGED: {},
    Offline.NOBODY: {_LOCAL: "false", _UNKNOWN: "false"},
    Offline.KNOWN: {_LOCAL: "true", _UNKNOWN: "false"},
    Offline.EVERYBODY: {_LOCAL: "true", _UNKNOWN: "true"},
}
_ASKED_FIRST = {"AuthorizeRemoteTxRequests": "false"}
"""A start by Home Assistant is not asked about again, whatever the maker chose."""


class Admission:
    """Asks the gate for one wallbox, and brings it what it needs without us."""

    def __init__(
        self,
        wallbox: Upkeep,
        station: Station,
        gate: Gate,
        read: Callable[[], Awaitable[Configuration]],
        spawn: Callable[[Coroutine[None, None, None]], None],
        call_later: CallLater,
    ) -> None:
        """Work for one wallbox; ``spawn`` runs what takes its time."""
        self._wallbox = wallbox
        self._station = station
        self._gate = gate
        self._read = read
        self._spawn = spawn
        self._call_later = call_later
        self._list = LocalList(wallbox, station.charger_id)
        self._cache = CardCache(wallbox, station)
        self._turn = asyncio.Lock()
        self._refused: dict[int, int] = {}
        """The transaction on a connector whose card was refused at its start."""
        self._told: dict[int, tuple[int, float]] = {}
        """The transaction on a connector that was to be ended, and when; s."""
        self._read_last: Configuration | None = None
        self._taken: dict[str, str] = {}
        """What was set since the configuration was read last."""
        self._failures = 0
        """In a row; each connection begins with one more attempt."""
        self._retry: Timer | None = None
        self._waits = False
        """Whether a turn comes that sees the newest rules."""

    @property
    def needs_card(self) -> bool:
        """Whether nobody charges without a card that somebody knows."""
        policy = self._gate.tokens.policy(self._station.charger_id)
        return policy is not Policy.EVERYBODY

    def join(self, tell: Callable[[], None]) -> None:
        """Hear of other rules from now on, and tell of them."""

        def changed() -> None:
            self.refresh()
            tell()

        self._gate.join(self._station, changed)

    async def load(self) -> None:
        """Take over what was so before a restart; raises `JournalError`."""
        facts = await self._station.journal.facts(self._station.charger_id)
        self._cache.load(facts)
        kept = json.loads(facts.get(_FACT) or "{}")
        self._refused = {
            int(number): transaction
            for number, transaction in kept.get("refused", {}).items()
        }
        for number in kept.get("spent", ()):
            connector, _ = self._station.seen(number)
            connector.spent = True

    async def _remember(self) -> None:
        """Keep what `load` takes over; without it a car might be started again."""
        by_number = self._station.by_number
        spent = [number for number, one in by_number.items() if one.spent]
        kept = json.dumps({"refused": self._refused, "spent": spent})
        try:
            await self._station.journal.keep_fact(self._station.charger_id, _FACT, kept)
        except JournalError as err:
            _LOGGER.debug("%s: not kept: %s", self._station.charger_id, err)

    def leave(self) -> None:
        """Hear of nothing any more."""
        self._gate.leave(self._station)

    # What it says

    def present(
        self, tag: str, *, live: bool, kind: str = ""
    ) -> tuple[Verdict, tuple[Occurrence, ...]]:
        """Decide about a card that was held to the wallbox, and tell of it."""
        verdict = self._decide(tag)
        learned = live and self._gate.presented(tag, self._station.charger_id, kind)
        if folded(tag) == folded(OWN_TAG):
            return verdict, ()  # that is no card
        return verdict, (self._presented(verdict, 0, learned=learned),)

    async def start(
        self, transaction: Transaction, *, live: bool, kind: str = ""
    ) -> tuple[Verdict, tuple[Occurrence, ...]]:
        """Decide about the card of a transaction that has begun."""
        tag, number = transaction.id_tag, transaction.connector or 0
        verdict = self._decide(tag, number)
        learned = live and self._gate.presented(tag, self._station.charger_id, kind)
        if verdict.accepted:
            self._refused.pop(number, None)
            return verdict, ()
        if self._refused.get(number) != transaction.id:
            self._refused[number] = transaction.id
            await self._remember()
        return verdict, (self._presented(verdict, number, learned=learned),)

    def accepts(self, tag: str) -> bool:
        """Say whether a card may charge now."""
        return self._decide(tag).accepted

    def label(self, tag: str) -> str | None:
        """Return what its owner calls a card."""
        token = self._gate.tokens.find(tag)
        return None if token is None else token.label

    def kind_of(self, tag: str) -> str:
        """Return of which kind OCPP 2 is to take a card."""
        return self._gate.kind_of(tag)

    def _decide(self, tag: str, connector: int | None = None) -> Verdict:
        return self._gate.decide(
            tag, self._station.charger_id, self._station.now(), connector=connector
        )

    def _presented(self, verdict: Verdict, number: int, *, learned: bool) -> Occurrence:
        """Tell of a card by its label; one without is in no list."""
        label = {"label": verdict.label}
        if learned:
            return Occurrence(Kind.CARD_LEARNED, number, label)
        if verdict.accepted:
            return Occurrence(Kind.CARD_ACCEPTED, number, label)
        reason = snake(verdict.status.value)
        return Occurrence(Kind.CARD_REFUSED, number, {**label, "reason": reason})

    # What it charges

    def to_be_ended(self, connector: Connector) -> bool:
        """Say whether the wallbox is to be told now to end what runs on a connector."""
        number, session = connector.number, connector.session
        if connector.spent and connector.status == AVAILABLE:
            self._spend(connector, spent=False)
        if session is None or session.transaction.wire_id <= 0:
            return False
        transaction = session.transaction
        over = self._refused.get(number) == transaction.id
        token = self._gate.tokens.find(transaction.id_tag)
        if token is not None and token.limit_wh is not None:
            used_up = (session.energy_wh or 0) >= token.limit_wh
            if used_up and not connector.spent:
                self._spend(connector, spent=True)
            over |= used_up
        if not over:
            return False
        now = self._station.monotonic()
        told, told_at = self._told.get(number, (None, 0.0))
        if told == transaction.id and now - told_at < _AGAIN_S:
            return False
        self._told[number] = transaction.id, now
        return True

    def _spend(self, connector: Connector, *, spent: bool) -> None:
        connector.spent = spent
        self._spawn(self._remember())

    # What it needs without us

    def refresh(self) -> None:
        """Bring a connected wallbox what was chosen."""
        self.stop()
        if self._wallbox.link is not None and not self._waits:
            self._waits = True
            self._spawn(self.settle())

    def stop(self) -> None:
        """Try nothing again for now."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    async def settle(self) -> None:
        """Bring the wallbox what was chosen; what fails is tried again later."""
        self.stop()
        async with self._turn:
            self._waits = False
            await self._settle()

    async def _settle(self) -> None:
        keys, cards, lists = self._keys(), self._cards(), self._gate.tokens.rules.lists
        answers = Answers(
            not self.needs_card, {folded(tag): cards[tag] for tag in cards}
        )
        if not keys and lists is None and not self._cache.is_due(answers):
            return
        configuration = await self._read()
        work = [partial(self._set, *key, configuration) for key in keys.items()]
        if lists and (cards or keeps_list(configuration)):
            work.append(partial(self._list.put, self._listed(cards), configuration))
        elif lists is False:
            work.append(partial(self._list.take_back, configuration))
        work.append(partial(self._clear_cache, answers, configuration))
        failures: list[DeviceError] = []
        for each in work:
            # A setting that is refused is no reason to withhold the others.
            try:
                await each()
            except DeviceError as err:
                failures.append(err)
        if failures:
            self._failed(failures[0])
        elif self._failures:
            _LOGGER.info("%s: has its cards again", self._station.charger_id)
            self._failures = 0

    async def _clear_cache(
        self, answers: Answers, configuration: Configuration
    ) -> None:
        pause_s = await self._cache.settle(answers, configuration)
        if pause_s is not None and self._wallbox.link is not None:
            self._retry = self._call_later(pause_s, self.refresh)

    async def give(self, cards: Sequence[Card]) -> int:
        """Let the wallbox have a list by hand; returns its version.

        It stays until we keep its list, as `Rules.lists` says. Raises `DeviceError`.
        """
        async with self._turn:
            return await self._list.give(cards)

    async def forget(self) -> None:
        """Take back the list that the wallbox was sent; raises `DeviceError`."""
        self.leave()
        self.stop()
        if self._wallbox.link is not None and self._gate.tokens.rules.lists:
            async with self._turn:
                await self._list.put({}, await self._read())

    def _keys(self) -> Mapping[str, str]:
        keys = _OFFLINE_KEYS[self._gate.tokens.rules.offline]
        return {**keys, **_ASKED_FIRST} if self.needs_card else keys

    async def _set(self, key: str, value: str, configuration: Configuration) -> None:
        """Set a key once if it is otherwise; one that the wallbox lacks is left."""
        if configuration is not self._read_last:
            self._read_last = configuration
            self._taken.clear()
        present = self._taken.get(key, configuration.get(key))
        if present is not None and present.lower() != value:
            await self._wallbox.change_configuration(key, value)
            self._taken[key] = value

    def _cards(self) -> Cards:
        tokens = self._gate.tokens.rules.tokens
        return {token.tag: self._decide(token.tag).info() for token in tokens}

    def _listed(self, cards: Cards) -> Cards:
        """Return cards as a list has them: that of OCPP 2 names their kinds."""
        if self._wallbox.dialect is None:
            return cards
        named = {}
        for tag, info in cards.items():
            kinds = {KIND: tag, GROUP_KIND: text(info.get("parentIdTag"))}
            # A guess is left out: a list of guesses alone is as it was.
            said = {
                name: kind
                for name, one in kinds.items()
                if (kind := self.kind_of(one)) != guessed(one)
            }
            named[tag] = {**info, **said}
        return named

    def _failed(self, err: DeviceError) -> None:
        if self._wallbox.link is None:
            return  # it is tried when it connects
        if not self._failures:
            _LOGGER.warning(
                "%s: its cards or what it does without us could not be set: %s",
                self._station.charger_id,
                err,
            )
        if not isinstance(err, Unsupported) and self._failures < len(_RETRY_S):
            delay_s = _RETRY_S[self._failures]
            self._retry = self._call_later(delay_s, self.refresh)
        self._failures += 1
