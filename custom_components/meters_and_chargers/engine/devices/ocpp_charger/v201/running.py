"""Which transaction of OCPP 2 is which of ours: theirs have texts for names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....protocols.ocpp.types import Json
from ..station import Station
from .begun import Begun, fitting

_MAX_KNOWN = 50
"""Transactions whose course is remembered; of an older one only the number is."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a transaction's first event tells of how it began."""

    time: str
    meter_wh: int | None
    raw: str = field(default="", repr=False)
    """Its frame; empty where it was too long to be kept."""


@dataclass(slots=True)
class Running:
    """The course of one transaction, as far as we have followed it."""

    name: str
    number: int | None = None
    """What 1.6 would call it; None until it is booked."""
    evse: int = 0
    """0 as long as no car is plugged in."""
    tag: str | None = field(default=None, repr=False)
    """The card it is authorised with."""
    began: Beginning | None = None
    """Kept until it has an EVSE and an authorisation."""
    over: bool = False
    """Whether it ended before a restart of ours without either."""
    signed: list[Json] = field(default_factory=list, repr=False)
    """Meter values that the meter has signed before the transaction was booked."""
    newest: int | None = None
    """The highest sequence number so far."""
    missing: int = 0
    """Sequence numbers that never came."""

    def written(self) -> dict[str, Any]:
        """Return what must outlive a restart of ours until it is booked."""
        began = self.began
        return {
            "evse": self.evse,
            "tag": self.tag,
            "began": began and [began.time, began.meter_wh, *fitting([began.raw])],
            "signed": fitting(self.signed),
        }

    def take(self, written: Mapping[str, Any]) -> None:
        """Take over what `written` has returned before a restart of ours."""
        if written:
            self.evse = self.evse or written["evse"]
            self.tag = written["tag"]
            self.began = written["began"] and Beginning(*written["began"])
            self.signed = list(written["signed"])

    def follows(self, sequence: int | None) -> bool:
        """Note an event's number; False for one that is repeated or late."""
        if sequence is None or self.newest is None:
            self.newest = sequence
            return True
        if sequence <= self.newest:
            if sequence < self.newest and self.missing:
                self.missing -= 1
            return False
        self.missing += sequence - self.newest - 1
        self.newest = sequence
        return True


class Names:
    """Finds transactions by their name, and names by the number of the journal."""

    def __init__(self, station: Station) -> None:
        """Work for one wallbox."""
        self.begun = Begun(station)
        self._charger_id = station.charger_id
        self._journal = station.journal
        self._known: dict[str, Running] = {}

    @property
    def missing(self) -> int:
        """Events of the last transactions that never came."""
        return sum(running.missing for running in self._known.values())

    async def find(self, name: str) -> Running:
        """Return a transaction, perhaps a new one; raises `JournalError`."""
        running = self._known.pop(name, None)
        if running is None:
            running = Running(name)
            running.number = await self._journal.named_transaction(
                self._charger_id, name
            )
            if running.number is not None:
                booked = await self._journal.find_transaction(
                    self._charger_id, running.number
                )
                running.evse = (booked.connector if booked else None) or 0
            running.take(self.begun.waiting(name))
            running.over = self.begun.is_over(name)
        self._known[name] = running
        if len(self._known) > _MAX_KNOWN:
            del self._known[next(iter(self._known))]
        return running

    async def book(self, running: Running, number: int | None = None) -> int:
        """Keep a transaction's number, a free one by itself; raises `JournalError`."""
        running.number = await self._journal.name_transaction(
            self._charger_id, running.name, number
        )
        return running.number

    async def settle(self, running: Running, *, ended: bool) -> None:
        """Keep a transaction that waits, or no more; raises `JournalError`."""
        something = running.began is not None or running.tag is not None
        waits = running.number is None and something
        if waits and ended:
            await self.begun.end(running.name)
        else:
            await self.begun.keep(running.name, running.written() if waits else {})

    async def name(self, number: int | None) -> str | None:
        """Return how the wallbox calls a transaction; raises `JournalError`."""
        if number is None:
            return None
        return await self._journal.transaction_name(self._charger_id, number)
