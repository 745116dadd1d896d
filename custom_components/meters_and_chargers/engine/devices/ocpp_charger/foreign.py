"""Finds charging profiles in a wallbox that are not ours: they bind it unseen."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
import logging

from ...model import DeviceError
from ...protocols.ocpp.types import Payload
from .change import Change
from .connector import Connector
from .known import Known
from .limit import CallLater, Timer
from .limits import Limits
from .own_profiles import OwnProfiles
from .profile import AMPERE, MAXIMUM, PURPOSE, TRANSACTION, VOLTS
from .reading import integer, text
from .requests import Period, Schedule, schedule_of

_LOGGER = logging.getLogger(__name__)

LOOK_S = 20.0
"""Limits that were owed are in it by then."""
AGAIN_S = 600.0
"""How soon it is looked whether what was found is gone."""
_AHEAD_S = 60
_ROUNDING_MA = 500
_STEPS_MA = 3500
"""Some wallboxes know a few currents only, and take the next lower one."""
_RATED_A = (10, 13, 16, 20, 25, 32, 40, 50, 63, 80)
"""What wallboxes and their fuses are built for: that may be its own maximum."""
_PURPOSES = (MAXIMUM, PURPOSE, TRANSACTION)
"""Who limits the house itself, such as the grid's operator, uses others."""
_LISTED = 5
_MAX_WORD = 40


class Foreign:
    """Looks some time after a connection, and when limits don't act.

    A wallbox of OCPP 2 reports its profiles. One of 1.6 is given away by its
    composite schedule, or by having no room although nothing of ours lies in it.
    """

    def __init__(  # whom to ask, what is ours, clocks
        self,
        wallbox: Known,
        own: OwnProfiles,
        limits: Limits,
        put_again: Callable[[Connector], Awaitable[None]],
        spawn: Callable[[Coroutine[None, None, None]], None],
        tell: Callable[[Change], None],
        call_later: CallLater,
    ) -> None:
        """Have looked at nothing yet; ``put_again`` sends the limit of a connector."""
        self.found: str | None = None
        """What was found, in the words of OCPP; None before the first look."""
        self._wallbox = wallbox
        self._own = own
        self._limits = limits
        self._put_again = put_again
        self._spawn = spawn
        self._tell = tell
        self._call_later = call_later
        self._timer: Timer | None = None
        self._doubt = ""
        wallbox.subscribe(self._heard)

    def soon(self) -> None:
        """Look when its limits had time to be restored."""
        self._look_after(LOOK_S)

    def stop(self) -> None:
        """Look no more; what was found stays known."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def clear(self) -> None:
        """Remove all profiles, whoever put them, and put ours again.

        Raises `DeviceError` when the wallbox was not told, or did not say yes to all:
        it may have removed them all the same, so ours are put again then, too.
        """
        async with self._limits.turn:
            told = self._wallbox.link is not None
            try:
                await self._own.clear_all_profiles()
            except DeviceError, asyncio.CancelledError:
                if told:
                    self._emptied()
                    self._spawn(self._put_all_again())
                raise
            self._emptied()
        self.found = ""
        self.soon()
        self._tell(Change(charger=True))
        await self._put_all_again()

    def _emptied(self) -> None:
        """Owe all of ours: should the line break now, they go on the next one."""
        self._limits.emptied()
        for number in self._wallbox.connectors:
            self._wallbox.connector(number).limit.lose()

    async def _put_all_again(self) -> None:
        if self._wallbox.link is not None:
            known = map(self._wallbox.connector, self._wallbox.connectors)
            await asyncio.gather(*map(self._put_again, known))

    def _heard(self, change: Change) -> None:
        """Look also when it begins to be in doubt whether a limit acts."""
        ladder = self._limits.ladder
        doubt = ladder.trouble or str(ladder.in_doubt or "")
        if change.charger and doubt != self._doubt:
            self._doubt = doubt
            if doubt and self._wallbox.link is not None:
                self.soon()

    def _look_after(self, delay_s: float) -> None:
        self.stop()
        self._timer = self._call_later(delay_s, lambda: self._spawn(self._look()))

    async def _look(self) -> None:
        if self._limits.shared:
            return  # they are meant to be there
        found = await self._search()
        if self._wallbox.link is None:
            return
        if found != self.found:
            self.found = found
            self._tell(Change(charger=True))
        if found:
            self._look_after(AGAIN_S)

    async def _search(self) -> str:
        if (dialect := self._wallbox.dialect) is not None:
            try:
                return self._others(await dialect.charging_profiles())
            except DeviceError as err:
                _LOGGER.debug("%s: no profiles: %s", self._wallbox.charger_id, err)
        found = [await self._lower(number) for number in self._wallbox.connectors]
        return "; ".join(filter(None, found)) or self._full()

    def _others(self, profiles: Iterable[Payload]) -> str:
        """Name the reported profiles that we did not send."""
        found = []
        for profile in profiles:
            connector = integer(profile.get("connectorId")) or 0
            number = integer(profile.get("chargingProfileId"))
            purpose = text(profile.get("chargingProfilePurpose"))
            if purpose not in _PURPOSES or self._own.is_ours(connector, number):
                continue
            schedule = schedule_of(profile.get("chargingSchedule"))
            if purpose == MAXIMUM and not self._is_low(schedule, self._maximum_ma):
                continue
            level = integer(profile.get("stackLevel"))
            found.append(f"{purpose[:_MAX_WORD]} {number}, stackLevel {level}")
        return "; ".join(found[:_LISTED])

    async def _lower(self, number: int) -> str:
        """Say what a connector may have, where that is less than by us."""
        ours = self._ours_ma(number)
        if ours is None:
            return ""
        try:
            schedule = await self._wallbox.composite_schedule(number, _AHEAD_S)
        except DeviceError as err:
            _LOGGER.debug("%s: no schedule: %s", self._wallbox.charger_id, err)
            return ""
        # A limit may have been sent meanwhile.
        if ours != self._ours_ma(number) or not self._is_low(schedule, *ours):
            return ""
        first = schedule.periods[0].limit
        return f"GetCompositeSchedule {number}: {first:g} {schedule.unit[:_MAX_WORD]}"

    @property
    def _maximum_ma(self) -> int:
        return self._wallbox.connector(1).setpoint.maximum_ma

    def _ours_ma(self, number: int) -> tuple[int, int] | None:
        """Return what we allow and how much less is no wonder; None if not known."""
        if not self._own.has_left(number):
            return self._maximum_ma, _ROUNDING_MA
        limit, sender = self._wallbox.connector(number).limit, self._limits.sender
        if limit.waits or limit.accepted_ma is None:
            return None  # it is another one by now, or of an earlier run
        if sender.fallback_ma is not None:
            return min(limit.accepted_ma, sender.fallback_ma), _STEPS_MA
        return (limit.accepted_ma, _STEPS_MA) if sender.cleared else None

    @staticmethod
    def _is_low(
        schedule: Schedule, most_ma: int, margin_ma: int = _ROUNDING_MA
    ) -> bool:
        """Say whether a schedule allows less, and not just what is built for."""
        if not schedule.periods:
            return False
        return all(
            allowed_ma < most_ma - margin_ma
            and all(abs(allowed_ma - one * 1000) > _ROUNDING_MA for one in _RATED_A)
            for allowed_ma in _readings_ma(schedule.unit, schedule.periods[0])
        )

    def _full(self) -> str:
        """Say that it has no room for a form that it took before."""
        ladder, wallbox = self._limits.ladder, self._wallbox
        most = integer(wallbox.configuration.get("MaxChargingProfilesInstalled"))
        ours = any(map(self._own.has_left, wallbox.connectors))
        if not most or ours or not (ladder.trouble and ladder.took_before):
            return ""
        return f"SetChargingProfile: Rejected, MaxChargingProfilesInstalled {most}"


def _readings_ma(unit: str, period: Period) -> list[float]:
    """Return what a limit may mean on a phase: of a power all phases are not said."""
    if unit == AMPERE:
        return [period.limit * 1000]
    phases = [period.phases] if period.phases else [1, 3]
    return [period.limit * 1000 / VOLTS / one for one in phases]
