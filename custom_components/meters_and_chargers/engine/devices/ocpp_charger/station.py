"""What is known of one wallbox."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
import logging

from ...journal import ChargerRecord, Journal, JournalError
from ...model import Point
from .connector import STATUSES, Connector

_LOGGER = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the wall clock's time."""
    return datetime.now(UTC)


class Station:
    """The state which messages change and requests read."""

    def __init__(
        self,
        charger_id: str,
        journal: Journal,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        new_connector: Callable[[int], Connector],
    ) -> None:
        """Start with one connector and nothing known."""
        self.journal = journal
        self.now = now
        self.monotonic = monotonic
        self.record = ChargerRecord(id=charger_id)
        self.values: dict[Point, float | None] = {}
        self.facts: dict[str, str] = {}
        """What outlives a restart of ours, by name."""
        self.firmware_status = ""
        """How the last update of its firmware went on."""
        self._new_connector = new_connector
        self.by_number = {number: new_connector(number) for number in (0, 1)}

    @property
    def charger_id(self) -> str:
        """The identity in the address the wallbox dials."""
        return self.record.id

    @property
    def connectors(self) -> tuple[int, ...]:
        """The numbers of its connectors."""
        return tuple(sorted(number for number in self.by_number if number))

    async def load(self) -> None:
        """Take over who it is and how many connectors it has from the journal."""
        record = await self.journal.known_charger(self.charger_id)
        if record is not None:
            self.record = record
            self.expect(record.connectors)
        self.facts = await self.journal.facts(self.charger_id)
        for number, connector in self.by_number.items():
            status = self.facts.get(_status_of(number))
            if status in STATUSES:
                connector.status, connector.is_restored = status, True

    def introduce(self, maker: str, model: str, serial: str) -> None:
        """Take over who it is where it has not said so itself."""
        if not self.record.maker and not self.record.model:
            self.record = replace(self.record, maker=maker, model=model, serial=serial)

    def expect(self, connectors: int) -> bool:
        """Note how many connectors there are; returns whether some are new."""
        if connectors in self.by_number:
            return False  # they are numbered without gaps
        missing = set(range(1, connectors + 1)) - set(self.by_number)
        for number in missing:
            self.by_number[number] = self._new_connector(number)
        return bool(missing)

    def seen(self, number: int) -> tuple[Connector, bool]:
        """Return a connector that was named, and whether it is new.

        They are numbered from 1 without gaps.
        """
        new = self.expect(number)
        return self.by_number[number], new

    async def says(self, connector: Connector, status: str) -> None:
        """Take the status that the wallbox says, and keep it over a restart."""
        connector.status, connector.is_restored = status, False
        await self.keep(_status_of(connector.number), status)

    async def keep(self, name: str, fact: str) -> None:
        """Keep a fact, an empty one no more; a failure is no reason to stop."""
        if self.facts.get(name, "") == fact:
            return
        self.facts[name] = fact
        try:
            await self.journal.keep_fact(self.charger_id, name, fact)
        except JournalError as err:
            _LOGGER.debug("%s: %s was not kept: %s", self.charger_id, name, err)

    async def remember(self, **changes: str | int) -> None:
        """Keep who it is; a wallbox tells again, so a failure is no reason to stop."""
        self.record = replace(
            self.record,
            connectors=self.connectors[-1],
            last_seen=self.now(),
            **changes,  # type: ignore[arg-type]  # each is the type of its field
        )
        try:
            await self.journal.remember_charger(self.record)
        except JournalError as err:
            _LOGGER.debug("%s could not be remembered: %s", self.charger_id, err)


def _status_of(number: int) -> str:
    return f"status {number}"
