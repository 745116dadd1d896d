"""A wallbox that speaks OCPP 2, for everybody else one that speaks OCPP 1.6."""

from collections.abc import Awaitable, Callable
import logging

from ....model import DeviceError
from ....protocols.ocpp.types import Call, Payload
from ..change import Change
from ..incoming import Answer
from ..reading import MAX_CONNECTOR
from ..station import Station
from ..transactions import Transactions
from . import words
from .incoming import Incoming
from .reports import Reports
from .requests import Requests
from .running import Names
from .variables import FOR_LIMITS, Variables

_LOGGER = logging.getLogger(__name__)


class Dialect:
    """Both ways of one wallbox; it lives as long as its charger.

    What it says is answered, and what it is asked is thought, in the words of 1.6:
    so entities, transactions and limits are the same whatever the version.
    """

    limit_keys = FOR_LIMITS
    """The configuration keys that a limit needs."""

    def __init__(
        self,
        station: Station,
        transactions: Transactions,
        answer: Callable[[Call], Awaitable[Answer]],
        say: words.Say,
        kind_of: words.KindOf,
    ) -> None:
        """Have calls of 1.6 answered by ``answer``; send by ``say``.

        ``kind_of`` knows of which kind a card is.
        """
        self._station = station
        self._transactions = transactions
        self._reports = Reports()
        self._names = Names(station)
        self._incoming = Incoming(
            station, self._names, answer, self._reports.take, kind_of
        )
        self._requests = Requests(
            say, self._incoming, self._names, self._reports, station.now
        )

    @property
    def variables(self) -> Variables:
        """The device model, as far as it was reported."""
        return self._reports.variables

    @property
    def missing_events(self) -> int:
        """Events of the last transactions that never came."""
        return self._names.missing

    async def answer(self, call: Call) -> Answer:
        """Answer one call; raises `CallError` for an action that we don't know."""
        return await self._incoming.answer(call)

    async def ask(self, action: str, payload: Payload) -> Payload:
        """Ask, in the words of either version; raises `DeviceError`."""
        return await self._requests.ask(action, payload)

    async def charging_profiles(self, connector: int | None = None) -> list[Payload]:
        """Return the charging profiles a wallbox has; raises `DeviceError`."""
        return await self._requests.charging_profiles(connector)

    async def close_lost(self) -> Change:
        """Close transactions of which a wallbox says that it has them no more."""
        change = Change()
        for number in self._station.connectors:
            connector = self._station.by_number[number]
            running = connector.transaction
            if running is None or not await self._has_lost(running):
                continue
            # Another one may have begun meanwhile.
            if connector.transaction == running:
                await self._transactions.close(connector, "forgotten")
                here = Change(connectors=frozenset({number}))
                change = Change.of(change, here)
                change = Change.of(change, await self._incoming.forget(number))
        return change

    async def _has_lost(self, transaction: int) -> bool:
        """Say whether a wallbox knows for certain nothing more of a transaction."""
        try:
            name = await self._names.name(transaction)
            if name is None:
                return True  # it is of a time when the wallbox spoke 1.6
            status = await self._requests.transaction_status(name)
        except DeviceError as err:
            _LOGGER.debug(
                "%s: no transaction status: %s", self._station.charger_id, err
            )
            return False
        ongoing, waits = status.get("ongoingIndicator"), status.get("messagesInQueue")
        return ongoing is False and waits is False

    async def take_stock(self) -> bool:
        """Have the device model reported; returns whether it names new connectors."""
        try:
            await self._requests.inventory()
        except DeviceError as err:
            _LOGGER.debug("%s: no inventory: %s", self._station.charger_id, err)
        highest = min(self.variables.highest_evse, MAX_CONNECTOR)
        return self._station.expect(highest)
