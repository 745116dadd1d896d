"""The charging current of each connector of a wallbox: wishes, phases, fallback."""

import asyncio
import logging
from typing import override

from ...model import DeviceError, Setpoint, Unreachable, Unsupported
from .change import Change
from .phases import ONE, THREE
from .profile import MAXIMUM, PURPOSE, Configuration
from .settling import Settling
from .witness import Wishes

_LOGGER = logging.getLogger(__name__)


class Steering(Settling):
    """Puts what is wished for each connector, and takes it back."""

    wishes: Wishes

    @property
    def setpoint(self) -> Setpoint:
        """The bounds of its charging currents: its owner's, as far as it knows them."""
        return self.limits.setpoint

    @property
    def switches_phases(self) -> bool:
        """Whether a limit can let a car charge on one phase alone."""
        return self.limits.phase_choice.is_there

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
        await limit.set(value_ma, protection=protection, phases=phases)
        self.pauses.resume(one)

    def obey(self) -> None:
        """Let each connector have what is left of its limit, if somebody bounds it."""
        if self.wishes.witness is not None:
            for number in self.connectors:
                self._spawn(self._obey(number))

    async def _obey(self, number: int) -> None:
        # Only now: since it was asked for, somebody may have wished for another one.
        one, most_ma = self.connector(number), self.setpoint.maximum_ma
        left_ma = self.wishes.left_ma(number, most_ma)
        told_ma = most_ma if one.limit_ma is None else one.limit_ma
        if left_ma == told_ma and not one.limit.waits:
            return
        try:
            await self._put_limit(number, left_ma, protection=True)
        except DeviceError as err:
            _LOGGER.debug("%s: a limit is owed: %s", self.charger_id, err)

    def put_again(self) -> None:
        """Put each limit once more: somebody else may have taken its place."""
        self.limits.sender.doubt()
        for number in self.connectors:
            self._spawn(self._put_again(self.connector(number)))

    async def keep_limit(self, connector: int) -> None:
        """Let the limit hold for good, although there is a fallback."""
        if self.link is not None and self.limits.sender.guards:
            self.limits.sender.keep(connector)
            await self.connector(connector).limit.again()

    @override
    async def clear_charging_profile(
        self, connector: int | None = None, purpose: str = PURPOSE
    ) -> None:
        """Remove our limits, of one connector or of all.

        Without a yes to all nobody knows which are gone: the next one is sent.
        """
        told = self.link is not None
        rare = self.left_purposes(connector).union(self.limits.sender.rare_purposes)
        try:
            await super().clear_charging_profile(connector, purpose)
            for other in sorted(rare - {purpose}):
                where = None if other == MAXIMUM else connector
                await super().clear_charging_profile(where, other)
        finally:  # also where nobody waits for it any more
            if told:
                self._forget_limits(connector)

    def _forget_limits(self, connector: int | None) -> None:
        self.limits.sender.doubt()
        numbers = self.connectors if connector is None else (connector,)
        for number in numbers:
            self.connector(number).limit.forget()
        self._tell(Change(connectors=frozenset(numbers)))

    @override
    def _configured(self, configuration: Configuration) -> None:
        self.limits.phase_choice.read(configuration)

    # What it does without us

    @property
    def fallback_refusal(self) -> str:
        """Why it can't fall back by itself, in its words; empty when it can."""
        return self.limits.sender.refusal

    @property
    def holds_fallback(self) -> bool:
        """Whether a fallback of ours may lie in it."""
        return not self.limits.sender.cleared

    async def fall_back_to(self, value_ma: int | None, *, left: bool = False) -> None:
        """Let it fall back to a charging current by itself when it hears nothing; mA.

        None takes that back, also one that is ``left`` of an earlier run. Returns when
        a wallbox that is connected was told. Raises `OutOfRange`.
        """
        if value_ma is not None:
            self.limits.chosen.check(value_ma)
        left_in = self.connectors if left else ()
        if self.limits.sender.want(value_ma, left_in) and self.link is not None:
            known = [self.connector(number) for number in self.connectors]
            await asyncio.gather(
                *(self._restore(one, one.limit.again()) for one in known)
            )
