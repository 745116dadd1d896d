"""Transactions that a wallbox has forgotten about."""

from collections.abc import Callable, Coroutine

from .change import Change
from .connector import AVAILABLE, Connector
from .limit import CallLater, Timer
from .transactions import Transactions

FORGOTTEN_S = 60.0
"""How long a connector may be available with a transaction still open."""


class Forgotten:
    """Closes them after a while; the wallbox's own end still counts."""

    def __init__(
        self,
        transactions: Transactions,
        spawn: Callable[[Coroutine[None, None, None]], None],
        call_later: CallLater,
        tell: Callable[[Change], None],
    ) -> None:
        """Wait for none yet."""
        self._transactions = transactions
        self._spawn = spawn
        self._call_later = call_later
        self._tell = tell
        self._closing: dict[int, Timer] = {}

    def watch(self, connector: Connector) -> None:
        """Look at a connector whose state is another."""
        said = connector.status == AVAILABLE and not connector.is_restored
        forgotten = said and connector.session is not None
        timer = self._closing.get(connector.number)
        if forgotten and timer is None:
            self._closing[connector.number] = self._call_later(
                FORGOTTEN_S, lambda: self._spawn(self._close(connector))
            )
        elif timer is not None and not forgotten:
            self._closing.pop(connector.number).cancel()

    def stop(self) -> None:
        """Wait for nothing any more."""
        for timer in self._closing.values():
            timer.cancel()
        self._closing.clear()

    async def _close(self, connector: Connector) -> None:
        self._closing.pop(connector.number, None)
        if connector.status == AVAILABLE and await self._transactions.close(
            connector, "forgotten"
        ):
            self._tell(Change(connectors=frozenset({connector.number})))
