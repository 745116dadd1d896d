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
    Unreachable,
    Unsupported,
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
from .limit import CallLater, Limit, Told, call_later_on_loop
from .limits import Limits
from .own_profiles import OwnProfiles
from .pause import Pauses
from .phases import ONE, THREE
from .profile import MAXIMUM, PURPOSE
from .quirks import Pause, Quirk, Quirks
from .sampling import Sampling
from .settling import Settling
from .station import Station, utc_now
from .tokens import Gate
from .transactions import Transactions
from .upkeep import Card, Firmware
from .v201 import Dialect
from .witness import Wishes

_LOGGER = logging.getLogger(__name__)

_LEAST_CHANGE_MA = 500
"""Many wallboxes write each profile to their flash memory."""


class OcppCharger(OwnProfiles, Settling):
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
        self.setpoint = Setpoint(
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
            setpoint=self.setpoint,
            phases=phases,
            quirks=quirks,
            learnt=learnt,
            now=now,
            monotonic=monotonic,
            call_later=call_later,
        )
        self._sender = self.limits.sender
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

    # Requests about a connector

    @property
    def switches_phases(self) -> bool:
        """Whether a limit can let a car charge on one phase alone."""
        return self._phase_choice.is_there and self.limits.ladder.takes_phases

    def phases_told(self, connector: int) -> int | None:
        """Return for how many phases its limit is; None where it has none.

        One that names none is for three (OCPP 1.6, `ChargingSchedulePeriod`).
        """
        limit = self.connector(connector).limit
        return None if limit.accepted_ma is None else limit.phases or THREE

    async def set_limit(
        self,
        connector: int,
        value_ma: int,
        *,
        protection: bool = False,
        phases: int | None = None,
    ) -> None:
        """Set the charging current; returns when the wallbox has accepted it.

        A newer limit replaces this one as long as it waits. ``protection`` lets a
        reduction go at once. Without ``phases`` they stay as they are.
        """
        self.setpoint.check(value_ma)
        if phases is not None and (
            phases not in (ONE, THREE) or not self.switches_phases
        ):
            raise Unsupported(f"the wallbox can't choose {phases} phases")
        left_ma = self.wishes.take(connector, value_ma)
        await self._put_limit(connector, left_ma, protection=protection, phases=phases)

    async def _put_limit(
        self,
        connector: int,
        value_ma: int,
        *,
        protection: bool,
        phases: int | None = None,
    ) -> None:
        one = self.connector(connector)
        if await self.pauses.takes(one, value_ma):
            return
        limit = one.limit
        if self.link is None:
            limit.owe(value_ma, phases)
            raise Unreachable("the wallbox is not connected")
        try:
            await limit.set(value_ma, protection=protection, phases=phases)
        except Refused:
            told = Told(value_ma, phases)
            if phases is None or not self._does_without(limit, told):
                raise
            await limit.set(value_ma, protection=True)
        if limit.phases is not None:
            self._phase_choice.taken()
        self.pauses.resume(one)

    def _does_without(self, limit: Limit, refused: Told) -> bool:
        """Say whether to send a refused limit without its number of phases.

        The wallbox may not know that, and the limit may be for a fuse; but on all
        phases only less than it has, and nothing of before another wish.
        """
        held_ma = limit.accepted_ma
        return (
            self._phase_choice.refused()
            and limit.is_newest(refused)
            and held_ma is not None
            and refused.value_ma < held_ma
        )

    def obey(self) -> None:
        """Let each connector have what is left of its limit now."""
        for number in self.connectors:
            told_ma = self.connector(number).limit_ma
            value_ma = self.wishes.left_ma(number, told_ma, self.setpoint.maximum_ma)
            if value_ma is not None:
                self._spawn(self._obey(number, value_ma))

    async def _obey(self, number: int, value_ma: int) -> None:
        try:
            await self._put_limit(number, value_ma, protection=True)
        except DeviceError as err:
            _LOGGER.debug("%s: a limit is owed: %s", self.charger_id, err)

    def share_profiles(self, *, shared: bool) -> None:
        """Put limits so that they hold beside what somebody else puts, or not."""
        self.limits.shared = shared
        self._look_up()

    def put_again(self) -> None:
        """Put each limit once more: somebody else may have taken its place."""
        self.limits.sender.emptied()
        for number in self.connectors:
            self._spawn(self._put_again(self.connector(number)))

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

    async def keep_limit(self, connector: int) -> None:
        """Let the limit hold for good, although there is a fallback."""
        if self.link is not None and self._sender.guards:
            self._sender.keep(connector)
            await self.connector(connector).limit.again()

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

    @override
    async def clear_charging_profile(
        self, connector: int | None = None, purpose: str = PURPOSE
    ) -> None:
        """Remove our limits, of one connector or of all.

        Without a yes to all nobody knows which are gone: the next one is sent.
        """
        told = self.link is not None
        rare = self.left_purposes(connector).union(self._sender.rare_purposes)
        try:
            await super().clear_charging_profile(connector, purpose)
            for other in sorted(rare - {purpose}):
                where = None if other == MAXIMUM else connector
                await super().clear_charging_profile(where, other)
        finally:  # also where nobody waits for it any more
            if told:
                self._forget_limits(connector)

    def _forget_limits(self, connector: int | None) -> None:
        self._sender.emptied()
        numbers = self.connectors if connector is None else (connector,)
        for number in numbers:
            self.connector(number).limit.forget()
        self._tell(Change(connectors=frozenset(numbers)))

    # What it does without us

    @property
    def fallback_refusal(self) -> str:
        """Why it can't fall back by itself, in its words; empty when it can."""
        return self._sender.refusal

    @property
    def holds_fallback(self) -> bool:
        """Whether a fallback of ours may lie in it."""
        return not self._sender.cleared

    async def fall_back_to(self, value_ma: int | None, *, left: bool = False) -> None:
        """Let it fall back to a charging current by itself when it hears nothing; mA.

        None takes that back, also one that is ``left`` of an earlier run. Returns when
        a wallbox that is connected was told. Raises `OutOfRange`.
        """
        if value_ma is not None:
            self.setpoint.check(value_ma)
        left_in = self.connectors if left else ()
        if self._sender.want(value_ma, left_in) and self.link is not None:
            known = [self.connector(number) for number in self.connectors]
            await asyncio.gather(
                *(self._restore(one, one.limit.again()) for one in known)
            )

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
                self._station, self._transactions, self._incoming.answer, self.say
            )
        return self._dialect

    def _stop(self) -> None:
        """Let nothing wait for a connection that is gone."""
        for number, connector in self._station.by_number.items():
            connector.limit.stop(self._sender.falls_back_to(number))
        self._admission.stop()
        self.limits.proof.stop()
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
