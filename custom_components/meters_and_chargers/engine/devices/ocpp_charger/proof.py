"""Finds out whether a limit that a wallbox accepted is obeyed."""

from collections.abc import Callable, Coroutine
import logging

from ...model import PHASES, DeviceError, Phase, Point, Quantity, Refused
from .connector import Connector
from .known import Known
from .ladder import Ladder
from .limit import MIN_INTERVAL_S, RENEW_S, CallLater, Timer
from .profile import ALL_PHASES, AMPERE, LASTS_S, VOLTS
from .requests import Schedule
from .sender import Here, Sender

_LOGGER = logging.getLogger(__name__)

_MOST_BEHIND_S = 90.0
"""A clock further behind is wrong: values may be dated by when their interval began."""
_MOST_AHEAD_S = LASTS_S - RENEW_S - MIN_INTERVAL_S
"""By one further ahead a limit would end before it is sent again, even after a loss."""
SETTLE_S = 30.0
"""How long a car may take to follow its limit."""
_FRESH_S = 15.0
"""What is measured sooner may be of before."""
_AHEAD_S = 60
_TOLERANCE_MA = 1000
_TOLERANCE = 0.1
_ROUNDING_MA = 500
_FLOWS_A = 1.0
_FLOWS_AGAIN_A = 2.0
"""On a phase that was not used: one about the other is not counted now and then."""


class Proof:
    """Looks once a limit has held for a while and a car charges.

    The wallbox's own composite schedule counts where it tells one, else what it
    measures. What is not obeyed is sent again in the next form.
    """

    def __init__(  # whom to ask, what to look at, clocks
        self,
        wallbox: Known,
        sender: Sender,
        ladder: Ladder,
        spawn: Callable[[Coroutine[None, None, None]], None],
        monotonic: Callable[[], float],
        call_later: CallLater,
        phases: int,
    ) -> None:
        """Wait for a limit; ``phases`` is how many the wallbox has."""
        self._wallbox = wallbox
        self._monotonic = monotonic
        self._sender = sender
        self._ladder = ladder
        self._spawn = spawn
        self._call_later = call_later
        self._phases = phases
        self._waits: dict[int, tuple[Timer, object]] = {}
        self._flowed: dict[int, list[bool]] = {}
        """On which phases the car of a running transaction draws."""
        self._tells_schedule = True

    def here(self, number: int) -> Here:
        """Return what of a connector a limit may have to name."""
        transaction = self._wallbox.connector(number).transaction
        if transaction is None:
            self._flowed.pop(number, None)
            return Here(None, self._phases, self._clock_is_wrong)
        currents = self._currents(number)
        flowed = self._flowed.get(number, [True] * ALL_PHASES)
        if len(currents) == ALL_PHASES:
            flowing = [
                one > (_FLOWS_A if before else _FLOWS_AGAIN_A)
                for one, before in zip(currents, flowed, strict=True)
            ]
            if any(flowing):
                self._flowed[number] = flowed = flowing
        phases = min(sum(flowed), self._phases)
        return Here(transaction, phases, self._clock_is_wrong)

    @property
    def _clock_is_wrong(self) -> bool:
        """Whether the times of live values say so."""
        connectors = map(self._wallbox.connector, self._wallbox.connectors)
        lags_s = [one.freshness.lag_s or 0.0 for one in connectors]
        return not all(-_MOST_AHEAD_S <= lag_s <= _MOST_BEHIND_S for lag_s in lags_s)

    def connected(self) -> None:
        """Take nothing for granted: the wallbox may be another one."""
        self._tells_schedule = True

    def stop(self) -> None:
        """Wait for nothing any more."""
        for timer, _ in self._waits.values():
            timer.cancel()
        self._waits.clear()

    def watch(self, connector: Connector) -> None:
        """Look at a connector whose state or limit is another."""
        number, wanted = connector.number, self._question(connector)
        if number in self._waits:
            timer, asked = self._waits[number]
            if asked == wanted:
                return
            timer.cancel()
            del self._waits[number]
        if wanted is not None:
            self._wait(connector, wanted)

    def _wait(self, connector: Connector, question: object) -> None:
        began = self._monotonic()

        def look() -> None:
            del self._waits[connector.number]
            self._spawn(self._look(connector, began))

        timer = self._call_later(SETTLE_S, look)
        self._waits[connector.number] = timer, question

    def _question(self, connector: Connector) -> tuple[int, object] | None:
        """Return what is to be found out; None where nothing is, or can't be now."""
        form, limit_ma = self._sender.form(connector.number), connector.limit_ma
        if (
            connector.status != "charging"
            or form is None
            or limit_ma is None
            or not connector.limit.is_certain
            # The wallbox draws no more by itself.
            or limit_ma >= connector.setpoint.maximum_ma
            or not self._ladder.needs_proof(form)
        ):
            return None
        return limit_ma, form.bare

    async def _look(self, connector: Connector, began: float) -> None:
        question = self._question(connector)
        if question is None:
            return
        limit_ma = question[0]
        try:
            obeyed = await self._schedule_fits(connector.number, limit_ma)
        except DeviceError as err:
            _LOGGER.debug("%s: no schedule: %s", self._wallbox.charger_id, err)
            obeyed = None
        if obeyed is None:
            obeyed = self._current_fits(connector, limit_ma, began)
        if self._question(connector) != question:
            obeyed = None  # it was about another limit
        if obeyed:
            self._sender.obeyed(connector.number)
        elif obeyed is False and await self._sender.ignored(connector.number):
            try:
                await connector.limit.again()
            except DeviceError as err:
                _LOGGER.debug("%s: no limit: %s", self._wallbox.charger_id, err)
        self.watch(connector)

    async def _schedule_fits(self, number: int, limit_ma: int) -> bool | None:
        """Say whether the wallbox itself allows no more; None where it is silent."""
        if not self._tells_schedule:
            return None
        try:
            schedule = await self._wallbox.composite_schedule(number, _AHEAD_S)
        except Refused:
            allowed_ma = None
        else:
            allowed_ma = _allowed_ma(schedule)
        if allowed_ma is None:
            self._tells_schedule = False
            return None
        return allowed_ma <= limit_ma + _ROUNDING_MA

    def _current_fits(
        self, connector: Connector, limit_ma: int, began: float
    ) -> bool | None:
        measured_at = connector.measured_at
        if measured_at is None or measured_at < began + _FRESH_S:
            return None
        if (drawn_a := self._drawn_a(connector.number)) is None:
            return None
        most_ma = limit_ma + max(_TOLERANCE_MA, limit_ma * _TOLERANCE)
        return drawn_a * 1000 <= most_ma

    def _drawn_a(self, number: int) -> float | None:
        """Return the highest current of a phase, by the power where none is known."""
        if currents := self._currents(number):
            return max(currents)
        power = self._value(Quantity.POWER, Phase.TOTAL, number)
        return None if power is None else power / VOLTS / self._phases

    def _currents(self, number: int) -> list[float]:
        found = [self._value(Quantity.CURRENT, phase, number) for phase in PHASES]
        return [one for one in found if one is not None]

    def _value(self, quantity: Quantity, phase: Phase, number: int) -> float | None:
        return self._wallbox.values.get(Point(quantity, phase, str(number)))


def _allowed_ma(schedule: Schedule) -> float | None:
    if not schedule.periods:
        return None
    period = schedule.periods[0]
    if schedule.unit == AMPERE:
        return period.limit * 1000
    return period.limit * 1000 / VOLTS / (period.phases or ALL_PHASES)
