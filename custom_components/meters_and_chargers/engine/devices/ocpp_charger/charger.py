"""A wallbox that speaks OCPP."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
import logging
import time
from typing import override

from ...journal import Journal
from ...model import (
    DeviceError,
    Refused,
    Setpoint,
)
from ...protocols.ocpp.types import Call, Link, Payload, Version
from .admission import Admission
from .change import Change
from .connector import Connector
from .credentials import Credentials
from .foreign import Foreign
from .forgotten import Forgotten
from .incoming import Incoming
from .known import FAMILY_KEY, Listener
from .ladder import Learnt
from .limit import CallLater, call_later_on_loop
from .limits import Limits
from .pause import Pauses
from .quirks import Pause, Quirk, Quirks
from .sampling import Sampling
from .station import Station, utc_now
from .steering import Steering
from .tokens import Gate
from .transactions import Transactions
from .upkeep import Card, Firmware
from .v201 import Dialect
from .witness import Wishes

_LOGGER = logging.getLogger(__name__)

_LEAST_CHANGE_MA = 500
"""Many wallboxes write each profile to their flash memory."""


class OcppCharger(Steering):
    """One wallbox, whether it is connected or not."""

    def __init__(  # noqa: PLR0913  # three clocks, four bounds and who may charge, each with a default
        self,
        charger_id: str,
        journal: Journal,
        *,
        maximum_a: int = 16,
        minimum_a: int = 6,
        phases: int = 3,
        step_ma: int = 100,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        call_later: CallLater = call_later_on_loop,
        gate: Gate | None = None,
        quirks: Quirks | None = None,
        learnt: Learnt | None = None,
    ) -> None:
        """Take the bounds its owner gave; `load` brings what is known already."""
        super().__init__()
        setpoint = Setpoint(
            minimum_ma=minimum_a * 1000,
            maximum_ma=maximum_a * 1000,
            step_ma=step_ma,
            least_change_ma=_LEAST_CHANGE_MA,
        )
        self._call_later = call_later
        self.limits = Limits(
            self,
            self._read_configuration,
            self._tell,
            self._spawn,
            setpoint=setpoint,
            phases=phases,
            quirks=quirks,
            learnt=learnt,
            now=now,
            monotonic=monotonic,
            call_later=call_later,
        )
        self._sampling = Sampling(self)
        self._station = Station(
            charger_id, journal, now, monotonic, self.limits.new_connector
        )
        self._transactions = Transactions(self._station)
        self._forgotten = Forgotten(
            self._transactions, self._spawn, call_later, self._tell
        )
        self._dialect: Dialect | None = None
        self.version: Version | None = None
        """What it speaks, as it spoke last; None before."""
        self._admission = self._new_admission(gate or Gate())
        self.pauses = self._new_pauses()
        self._incoming = Incoming(self._station, self._transactions, self._admission)
        self.wishes = Wishes()
        self.credentials = Credentials(self, self._spawn)
        self.foreign = Foreign(
            self,
            self,
            self.limits,
            self._put_again,
            self._spawn,
            self._tell,
            call_later,
        )

    def _new_admission(self, gate: Gate) -> Admission:
        admission = Admission(
            self,
            self._station,
            gate,
            self._read_card_settings,
            self._spawn,
            self._call_later,
        )
        admission.join(lambda: self._tell(self._all_changed()))
        return admission

    def _new_pauses(self) -> Pauses:
        return Pauses(
            self,
            self._station,
            usual=lambda: self.quirk.pause or Pause.ZERO,
            may_start=self._admission.accepts,
            spawn=self._spawn,
            call_later=self._call_later,
            tell=lambda one: self._tell(Change(connectors=frozenset({one.number}))),
        )

    # What its owner chose

    @property
    def quirk(self) -> Quirk:
        """What is done otherwise with it than with most."""
        return self.limits.ladder.quirk

    def use(self, quirks: Quirks) -> None:
        """Know other quirks from now on; what it was tried with before is forgotten."""
        self.limits.quirks = quirks
        self._look_up()

    @property
    def needs_card(self) -> bool:
        """Whether only known cards may charge."""
        return self._admission.needs_card

    def share_profiles(self, *, shared: bool) -> None:
        """Put limits so that they hold beside what somebody else puts, or not."""
        self.limits.shared = shared
        self._look_up()

    async def load(self) -> None:
        """Take over what the journal knows; raises `JournalError`."""
        await self._station.load()
        await self._transactions.load()
        await self._admission.load()
        self._look_up()
        self.pauses.load()

    async def close(self) -> None:
        """Ask and wait for nothing any more; the connection is not touched."""
        self.link = None
        self._admission.leave()
        self._stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Handler

    def opened(self, link: Link) -> None:
        """Take over a new connection; what was measured on one half open counts."""
        if self.link is not None:
            self._stop()  # nobody answers there, and a limit may have run out
        self.link = link
        self.health.good()
        self.dialect, self.version = None, link.version
        self._settings = self._settings or None  # asked again if it told none
        if link.version is not Version.V16:
            self.dialect = self._translator()
        self.limits.connected()
        self._connected()
        for connector in self._station.by_number.values():
            self._forgotten.watch(connector)  # it may never say its status again
        self._tell(self._all_changed())

    def closed(self, link: Link) -> None:
        """Note that the connection ended; what was measured is no longer fresh."""
        if link is not self.link:
            return  # a newer one has taken over
        self.link = None
        self.health.failed()
        self._stop()
        values = self._station.values
        values.update(dict.fromkeys(values))
        for connector in self._station.by_number.values():
            connector.offered_ma = connector.measured_at = None
        self._tell(self._all_changed(points=frozenset(values)))

    async def called(self, link: Link, call: Call) -> Payload | None:
        """Answer a call; raises `CallError` for an action that we don't know."""
        self.health.good()
        if call.action == "SignCertificate":
            return await self.credentials.answer(call)
        speaks_16 = link.version is Version.V16
        speaker = self._incoming if speaks_16 else self._translator()
        answer, change = await speaker.answer(call)
        if self.wishes.witness is not None and speaks_16:
            answer = await self.wishes.witness.heard(call, answer)
        if link is self.link:
            self._follow_up(call, change)
        if change.points or change.connectors or change.charger or change.occurrences:
            self._tell(change)
        return answer

    # Requests

    def accepts(self, tag: str) -> bool:
        """Say whether a card may charge now."""
        return self._admission.accepts(tag)

    def is_known(self, tag: str) -> bool:
        """Say whether a card is in the list of who may charge, and may now."""
        return self._admission.label(tag) is not None and self.accepts(tag)

    def note_sun(self, connector: int, sun_wh: float, of_wh: float) -> None:
        """Add what its running session took from the sun, of how much; Wh."""
        if (session := self.connector(connector).session) is not None:
            self._station.journal.note_sun(session.transaction.id, sun_wh, of_wh)

    async def remote_stop(self, connector: int) -> None:
        """Stop the transaction that runs on a connector."""
        transaction = self.connector(connector).transaction
        if transaction is None:
            raise Refused(f"no transaction runs on connector {connector}")
        await self.remote_stop_transaction(transaction)

    @override
    async def update_firmware(self, firmware: Firmware, at: datetime) -> None:
        """Let it fetch and install a firmware, and follow what it says of it."""
        await super().update_firmware(firmware, at)
        self._station.firmware_status = "requested"
        self._tell(Change(connectors=frozenset({0})))

    async def give_cards(self, cards: Sequence[Card]) -> int:
        """Replace its list by hand; returns its version, raises `DeviceError`."""
        return await self._admission.give(cards)

    async def forget_cards(self) -> None:
        """Take back the list of cards that it was sent; raises `DeviceError`."""
        await self._admission.forget()

    async def request_boot(self) -> None:
        """Ask for a BootNotification, of a wallbox that waits to be accepted."""
        await self.trigger("BootNotification")

    # Inside

    def _translator(self) -> Dialect:
        """Return what translates; it knows the wallbox over all its connections."""
        if self._dialect is None:
            self._dialect = Dialect(
                self._station,
                self._transactions,
                self._incoming.answer,
                self.say,
                self._admission.kind_of,
            )
        return self._dialect

    def _stop(self) -> None:
        """Let nothing wait for a connection that is gone."""
        for connector in self._station.by_number.values():
            connector.limit.stop()
        self._admission.stop()
        self.limits.stop()
        self.foreign.stop()
        self.pauses.stop()
        self._settle_no_more()
        self._forgotten.stop()

    def _follow_up(self, call: Call, change: Change) -> None:
        """Do what a message asks for besides its answer."""
        action = call.action
        if action == "BootNotification":
            self._look_up()
            self._has_booted()
        if action == "StatusNotification":
            self._reported |= change.connectors
        for number in change.connectors:
            connector = self.connector(number)
            self._forgotten.watch(connector)
            if number:
                again = partial(self._put_again, connector)
                self.limits.follow(connector, again)
            self.pauses.follow(connector, action)
            ends = self._admission.to_be_ended(connector)
            # It does not know the number yet, and most end a refused one themselves.
            if ends and action != "StartTransaction":
                self._spawn(self._end(connector))

    def _look_up(self) -> None:
        """Take what is known of the wallbox that it says it is."""
        self._sampling.leave_out = self.limits.look_up().leave_out

    async def _end(self, connector: Connector) -> None:
        """End a transaction whose card may not have it, or no more of it."""
        try:
            await self.remote_stop(connector.number)
        except DeviceError as err:
            _LOGGER.debug("%s: charges on: %s", self.charger_id, err)


__all__ = ["FAMILY_KEY", "Listener", "OcppCharger"]
