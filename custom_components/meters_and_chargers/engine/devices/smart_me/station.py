"""What a Pico and a load group of them have in common, however they are told."""

from collections.abc import Awaitable, Callable
import time

from ...model import PHASES, Answers, OutOfRange, Setpoint, Unsupported
from .currents import PhaseCurrents
from .limits import PhaseMemory
from .steering import Keeping, Put, Steering, at_once, local_day

BY_PHASE_FROM = "0.0.53"
"""The first firmware that takes a current for each phase."""


class Station:
    """A charger of which only what it was last told is sure to be known.

    Its phases change every ten minutes at most, whoever writes: see `Steering`, whose
    `memory`, `held`, `tend` and `stop` are its owner's business.
    """

    shares = False
    """Whether it is a group: its setpoint is what all its cars share, and which car
    gets how much on which phases is the group's own business."""

    def __init__(
        self,
        answers: Answers,
        put: Put,
        keeping: Keeping | None = None,
        *,
        by_phase: bool = False,
        prepare: Callable[[], Awaitable[None]] = at_once,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], int] = local_day,
    ) -> None:
        """Keep to the bounds its owner gave, in A; ``put`` tells it.

        ``by_phase`` says that its firmware is sure to be `BY_PHASE_FROM` or newer.
        """
        self.setpoint = Setpoint(
            minimum_ma=answers["minimum_current"] * 1000,
            maximum_ma=answers["maximum_current"] * 1000,
            step_ma=1000,
        )
        self.by_phase = by_phase
        self.steering = Steering(
            put, self.setpoint, keeping, prepare=prepare, clock=clock, today=today
        )

    @property
    def currents(self) -> PhaseCurrents | None:
        """The limit of each phase last written or read back; None when not known."""
        return self.steering.told

    @property
    def limit_ma(self) -> int | None:
        """The limit on each phase that it uses; None before the first write.

        Of a group the largest limit of a phase.
        """
        if self.currents is None:
            return None
        return max(self.currents) if self.shares else self.currents.offered_ma

    @property
    def limit_is_assumed(self) -> bool:
        """Unless it says more, it is what was written."""
        return True

    def assume_limit(self, value_ma: int) -> None:
        """Take over the limit known from before a restart, on all phases; mA.

        One that a station can't have been told is left out.
        """
        try:
            currents = PhaseCurrents.alike(value_ma)
        except OutOfRange:
            return
        self.steering.assume(currents)

    def recall(self, memory: PhaseMemory) -> None:
        """Take over `steering.memory` from before a restart, on the present clock."""
        self.steering.recall(memory)

    @property
    def plugged(self) -> bool | None:
        """It can't tell by Modbus."""
        return None

    @property
    def faulted(self) -> bool:
        """Nor this."""
        return False

    @property
    def switches_phases(self) -> bool:
        """Whether it can be told to charge on one phase alone.

        A group chooses itself, by the number of its cars.
        """
        return self.by_phase and not self.shares

    @property
    def phases(self) -> int | None:
        """On how many phases it was last told to charge; a pause changes nothing."""
        in_use = self.steering.memory.in_use
        if in_use is None or not self.switches_phases:
            return None
        return len(PHASES) if all(in_use) else 1

    async def set_limit(
        self, value_ma: int, *, phases: int | None = None, urgent: bool = False
    ) -> None:
        """Write the charging current of all phases, or of L1 alone; mA.

        It is held while the phases may not change; ``urgent`` is for `Steering.set`.
        Raises `OutOfRange`, and `Unsupported` for phases it can't choose.
        """
        self.setpoint.check(value_ma)
        if phases == 1:
            await self.set_currents(PhaseCurrents(value_ma, 0, 0), urgent=urgent)
        elif phases in (None, len(PHASES)):
            await self.steering.set(PhaseCurrents.alike(value_ma), urgent=urgent)
        else:
            raise Unsupported(f"the station can't choose {phases} phases")

    async def set_currents(
        self, currents: PhaseCurrents, *, urgent: bool = False
    ) -> None:
        """Write the charging current of each phase.

        Raises `Unsupported` unless the firmware is known to take it, `OutOfRange`
        outside the setpoint, both before anything is sent.
        """
        if not self.by_phase:
            raise Unsupported(
                f"currents for each phase need firmware {BY_PHASE_FROM} or newer"
            )
        for value in currents:
            self.setpoint.check(value)
        await self.steering.set(currents, urgent=urgent)
