"""Pauses a car by ending its transaction, where a limit of 0 is no pause."""

from collections.abc import Callable, Coroutine
import logging

from ...journal import Transaction
from ...model import DeviceError, Refused
from .connector import AVAILABLE, Connector
from .limit import CallLater, Timer
from .quirks import Pause
from .requests import Requests
from .station import Station

_LOGGER = logging.getLogger(__name__)

_END_S = 30.0
"""How long a wallbox may take to end a transaction before it is told again."""
_START_AGAIN_S = (5.0, 30.0, 120.0)
"""Pauses between the attempts to start a car that was paused."""
_MOST_ENDS = 3
"""Transactions that are ended in one pause: who begins more is told 0 A."""
_PLUGGED = frozenset({"preparing", "finishing"})


class Pauses:
    """The pauses of one wallbox, by connector; they outlive a restart of ours."""

    def __init__(
        self,
        wallbox: Requests,
        station: Station,
        *,
        usual: Callable[[], Pause],
        may_start: Callable[[str], bool],
        spawn: Callable[[Coroutine[None, None, None]], None],
        call_later: CallLater,
        tell: Callable[[Connector], None],
    ) -> None:
        """``usual`` is how it is paused unless its owner says otherwise.

        ``may_start`` says whether a card may charge now, ``tell`` of a pause.
        """
        self._chosen: Pause | None = None
        self._wallbox = wallbox
        self._station = station
        self._usual = usual
        self._may_start = may_start
        self._spawn = spawn
        self._call_later = call_later
        self._tell = tell
        self._wanted: dict[int, int] = {}
        """The newest limit that was asked for; mA."""
        self._told: dict[int, tuple[int, float]] = {}
        """The transaction of a connector that was told to end, and when; s."""
        self._ends: dict[int, int] = {}
        """How many transactions were ended in a pause."""
        self._attempts: dict[int, Timer] = {}

    @property
    def usual(self) -> Pause:
        """How it is paused unless its owner says otherwise."""
        return self._usual()

    @property
    def mode(self) -> Pause:
        """How a car that charges is paused."""
        return self._chosen or self._usual()

    def load(self) -> None:
        """Go on with the pauses of before a restart."""
        for connector in self._station.by_number.values():
            connector.paused = connector.card_waits = bool(self._card(connector))

    async def choose(self, mode: Pause | None) -> None:
        """Pause like this from now on; None for the wallbox's own way."""
        self._chosen = None if mode is None else Pause(mode)
        if self.mode is not Pause.STOP:
            for connector in tuple(self._station.by_number.values()):
                await self.forget(connector)

    async def forget(self, connector: Connector) -> None:
        """Begin nothing again: its owner has ended it, the car is gone, or charges."""
        if connector.card_waits:
            self._try_no_more(connector.number)
            connector.paused = connector.card_waits = False
            await self._station.keep(_card_of(connector.number), "")
            self._tell(connector)

    async def takes(self, connector: Connector, value_ma: int) -> bool:
        """Pause by an end, where that is how; else the limit itself is to be sent.

        Raises `Unreachable` where the wallbox is told only when it is back.
        """
        number, running = connector.number, connector.session
        self._wanted[number] = value_ma
        if value_ma or self.mode is not Pause.STOP:
            return False
        if connector.paused:
            return self._ends.get(number, 0) <= _MOST_ENDS
        if running is None or not _can_begin_again(running.transaction):
            return False
        connector.paused = connector.card_waits = True
        self._ends[number] = 0
        self._told[number] = running.transaction.id, self._station.monotonic()
        await self._station.keep(_card_of(number), running.transaction.id_tag)
        self._tell(connector)
        ends = await self._end(connector, running.transaction)
        return ends or self._wanted[number] != value_ma  # another one, meanwhile

    def resume(self, connector: Connector) -> None:
        """Let a paused car charge again, with the card that began."""
        if connector.paused and self._wanted.get(connector.number):
            connector.paused = False
            self._try_no_more(connector.number)
            self._tell(connector)
            self._spawn(self._start(connector))

    def follow(self, connector: Connector, action: str) -> None:
        """Keep to a pause; forget it with the car, and when it is over."""
        if not connector.card_waits:
            return
        running = connector.session
        if running is None:
            if connector.status == AVAILABLE and not connector.is_restored:
                self._spawn(self.forget(connector))
        elif not connector.paused:
            if not self._ends_now(connector, running.transaction):
                self._spawn(self.forget(connector))
        elif action != "StartTransaction":
            # Before its answer the wallbox does not know the number.
            self._spawn(self._end_again(connector, running.transaction))

    def stop(self) -> None:
        """Try nothing while there is no connection."""
        for number in tuple(self._attempts):
            self._try_no_more(number)

    def settle(self) -> None:
        """Tell a wallbox that is back what it was to be told."""
        for connector in tuple(self._station.by_number.values()):
            goes_on = connector.card_waits and not connector.paused
            if goes_on and connector.number not in self._attempts:
                self._spawn(self._start(connector))
            self.resume(connector)
            self.follow(connector, "")

    def _try_no_more(self, number: int) -> None:
        if (timer := self._attempts.pop(number, None)) is not None:
            timer.cancel()

    def _card(self, connector: Connector) -> str:
        return self._station.facts.get(_card_of(connector.number), "")

    def _ends_now(self, connector: Connector, transaction: Transaction) -> bool:
        """Say whether it has just been told to end."""
        told, at = self._told.get(connector.number, (None, 0.0))
        since_s = self._station.monotonic() - at
        return told == transaction.id and since_s < _END_S

    async def _end(self, connector: Connector, transaction: Transaction) -> bool:
        """End what runs; returns whether the wallbox says that it does."""
        number = connector.number
        self._ends[number] = self._ends.get(number, 0) + 1
        try:
            await self._wallbox.remote_stop_transaction(transaction.wire_id)
        except Refused as err:
            _LOGGER.debug("%s: paused by 0 A: %s", self._station.charger_id, err)
            return False
        except DeviceError:
            self._told.pop(number, None)  # nobody knows: told anew when it is back
            raise
        self._told[number] = transaction.id, self._station.monotonic()
        return True

    async def _end_again(self, connector: Connector, transaction: Transaction) -> None:
        """End what has begun in a pause; who begins for ever is told 0 A."""
        number = connector.number
        if self._ends_now(connector, transaction):
            return
        # Not twice while the answer is on its way.
        self._told[number] = transaction.id, self._station.monotonic()
        if _can_begin_again(transaction):
            await self._station.keep(_card_of(number), transaction.id_tag)
        try:
            often = self._ends.get(number, 0) >= _MOST_ENDS
            if often or not await self._end(connector, transaction):
                self._ends[number] = _MOST_ENDS + 1
                if self._wanted.get(number):
                    return  # it is to charge by now
                await connector.limit.set(0, protection=True)
        except DeviceError as err:
            _LOGGER.debug("%s: not paused: %s", self._station.charger_id, err)

    async def _start(self, connector: Connector, attempt: int = 0) -> None:
        """Start it with its card, again for a while if the wallbox isn't ready."""
        tag, running = self._card(connector), connector.session
        if not connector.card_waits or connector.paused:
            return
        over = running is not None and not self._ends_now(
            connector, running.transaction
        )
        if over or attempt >= len(_START_AGAIN_S):
            await self.forget(connector)
            return
        allowed = self._may_start(tag) and not connector.spent
        if running is None and allowed and connector.status in _PLUGGED:
            try:
                await self._wallbox.remote_start(connector.number, tag)
            except DeviceError as err:
                _LOGGER.debug("%s: not resumed: %s", self._station.charger_id, err)
        if self._wallbox.link is None:
            return  # it goes on with the next connection
        self._attempts[connector.number] = self._call_later(
            _START_AGAIN_S[attempt],
            lambda: self._spawn(self._start(connector, attempt + 1)),
        )


def _can_begin_again(transaction: Transaction) -> bool:
    """Say whether it can be ended by us, and its card is known."""
    return bool(transaction.id_tag) and transaction.wire_id > 0


def _card_of(number: int) -> str:
    """Return the name of the fact that holds the card of a pause."""
    return f"paused {number}"
