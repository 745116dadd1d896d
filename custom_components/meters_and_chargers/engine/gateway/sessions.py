"""The transactions that a backend knows of: both numbers, and where they run."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Running:
    """A transaction that runs on a connector."""

    session: int
    began_s: int


class Sessions:
    """Maps numbers; a transaction is known from its beginning to its end there."""

    def __init__(self) -> None:
        """Know none."""
        self.running: dict[int, Running] = {}
        """By connector."""
        self.refused: set[int] = set()
        """Whose cards the backend does not take, and which run on without energy."""
        self._numbers: dict[int, int | None] = {}

    def load(self, numbers: Mapping[int, int | None]) -> None:
        """Take over what the queue knows."""
        self._numbers = dict(numbers)

    def knows(self, session: int) -> bool:
        """Say whether the backend hears of a transaction."""
        return session in self._numbers

    def begin(self, connector: int, session: int, began_s: int) -> None:
        """Note one that runs; its number comes later."""
        self._numbers.setdefault(session, None)
        self.running[connector] = Running(session, began_s)

    def name(self, session: int, backend_id: int | None) -> int | None:
        """Note how the backend calls it; returns where it runs."""
        if session in self._numbers:
            self._numbers[session] = backend_id
        return self.where(session)

    def end(self, session: int) -> int | None:
        """Forget one; returns where it ran."""
        connector = self.where(session)
        if connector is not None:
            del self.running[connector]
        self._numbers.pop(session, None)
        self.refused.discard(session)
        return connector

    def where(self, session: int) -> int | None:
        """Return the connector on which a transaction runs."""
        for connector, running in self.running.items():
            if running.session == session:
                return connector
        return None

    def number(self, session: int) -> int | None:
        """Return how the backend calls a transaction."""
        return self._numbers.get(session)

    def called(self, backend_id: int | None) -> int | None:
        """Return the running transaction which the backend calls so."""
        if backend_id is None:
            return None
        return next(
            (
                one.session
                for one in self.running.values()
                if self._numbers.get(one.session) == backend_id
            ),
            None,
        )
