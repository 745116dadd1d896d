"""Lets cards charge at one wallbox, and ends what they may not have."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
import logging

from ...journal import Transaction
from ...model import DeviceError, Unsupported
from .change import Kind, Occurrence, redact
from .connector import AVAILABLE, Connector
from .limit import CallLater, Timer
from .local_list import Cards, LocalList, keeps_list
from .profile import Configuration
from .reading import snake
from .requests import Requests
from .station import Station
from .tokens import Gate, Offline, Policy, Verdict

_LOGGER = logging.getLogger(__name__)

_AGAIN_S = 30.0
"""How long a wallbox may take to end a transaction before it is told again."""
_RETRY_S = (60.0, 300.0, 1800.0)

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
        wallbox: Requests,
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

    @property
    def needs_card(self) -> bool:
        """Whether only known cards may charge."""
        return self._gate.tokens.policy(self._station.charger_id) is Policy.KNOWN

    def join(self, tell: Callable[[], None]) -> None:
        """Hear of other rules from now on, and tell of them."""

        def changed() -> None:
            self.refresh()
            tell()

        self._gate.join(self._station, changed)

    def leave(self) -> None:
        """Hear of nothing any more."""
        self._gate.leave(self._station)

    # What it says

    def present(self, tag: str) -> tuple[Verdict, Occurrence]:
        """Decide about a card that was held to the wallbox, and tell of it."""
        verdict = self._decide(tag)
        self._gate.presented(tag, self._station.charger_id)
        return verdict, self._presented(tag, verdict, 0)

    def start(
        self, transaction: Transaction, *, live: bool
    ) -> tuple[Verdict, tuple[Occurrence, ...]]:
        """Decide about the card of a transaction that has begun."""
        tag, number = transaction.id_tag, transaction.connector or 0
        verdict = self._decide(tag, number)
        if live:
            self._gate.presented(tag, self._station.charger_id)
        if verdict.accepted:
            self._refused.pop(number, None)
            return verdict, ()
        self._refused[number] = transaction.id
        return verdict, (self._presented(tag, verdict, number),)

    def label(self, tag: str) -> str | None:
        """Return what its owner calls a card."""
        token = self._gate.tokens.find(tag)
        return None if token is None else token.label

    def _decide(self, tag: str, connector: int | None = None) -> Verdict:
        return self._gate.decide(
            tag, self._station.charger_id, self._station.now(), connector=connector
        )

    def _presented(self, tag: str, verdict: Verdict, number: int) -> Occurrence:
        strange = self._gate.tokens.is_strange(tag, self._station.charger_id)
        return Occurrence(
            Kind.UNKNOWN_CARD if strange else Kind.RFID_PRESENTED,
            number,
            {
                "tag": redact(tag),
                "label": verdict.label,
                "status": snake(verdict.status.value),
            },
        )

    # What it charges

    def to_be_ended(self, connector: Connector) -> bool:
        """Say whether the wallbox is to be told now to end what runs on a connector."""
        number, session = connector.number, connector.session
        if connector.status == AVAILABLE:
            connector.spent = False
        if session is None or session.transaction.wire_id <= 0:
            return False
        transaction = session.transaction
        over = self._refused.get(number) == transaction.id
        token = self._gate.tokens.find(transaction.id_tag)
        if token is not None and token.limit_wh is not None:
            used_up = (session.energy_wh or 0) >= token.limit_wh
            connector.spent |= used_up
            over |= used_up
        if not over:
            return False
        now = self._station.monotonic()
        told, told_at = self._told.get(number, (None, 0.0))
        if told == transaction.id and now - told_at < _AGAIN_S:
            return False
        self._told[number] = transaction.id, now
        return True

    # What it needs without us

    def refresh(self) -> None:
        """Bring a connected wallbox what was chosen."""
        self.stop()
        if self._wallbox.link is not None:
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
            await self._settle()

    async def _settle(self) -> None:
        keys, cards = self._keys(), self._cards()
        if not keys and cards is None:
            return
        configuration = await self._read()
        work = [partial(self._set, *key, configuration) for key in keys.items()]
        if cards or (cards is not None and keeps_list(configuration)):
            work.append(partial(self._list.put, cards, configuration))
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

    def _cards(self) -> Cards | None:
        rules = self._gate.tokens.rules
        if rules.lists is None:
            return None
        return {
            token.tag: self._decide(token.tag).info()
            for token in rules.tokens
            if rules.lists
        }

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
