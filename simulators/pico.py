"""A fake smart-me Pico charging station, plain Modbus TCP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pymodbus.constants import ExcCodes

from .car import Car
from .modbus_device import ModbusDevice

# Wire addresses: the maker's register numbers 0x2000, 0x206E and 0x2071 less one.
_SERIAL = 0x1FFF
_DYNAMIC_CURRENT = 0x206D
_PHASE_CURRENTS = 0x2070
_HIGHEST_AMPERES = 499
"""A number of one phase up to this counts as amperes, a larger one as milliamperes."""

type Currents = tuple[int, int, int]
"""mA on L1, L2, L3."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one car gets: mA, on one phase (0 is L1) or on all three (None)."""

    current_ma: int
    phase: int | None = None


def shares(currents: Currents, cars: int, minimum_ma: int) -> list[Share | None]:
    """Share currents among active cars as the maker's document says; None is nothing.

    All charge on three phases when that leaves each its minimum. Otherwise each
    charges on one, where most is left for it. Whole amperes are given.
    """
    least = min(currents)
    if cars and least // cars >= minimum_ma:
        amperes, more = divmod(least // 1000, cars)
        return [Share(1000 * (amperes + (index < more))) for index in range(cars)]
    on_phase: list[list[int]] = [[], [], []]
    for car in range(cars):
        left = [
            current // (len(there) + 1)
            for current, there in zip(currents, on_phase, strict=True)
        ]
        if max(left) >= minimum_ma:
            on_phase[left.index(max(left))].append(car)
    given: list[Share | None] = [None] * cars
    for phase, there in enumerate(on_phase):
        for car in there:
            current_ma = currents[phase] // len(there) // 1000 * 1000
            given[car] = Share(current_ma, phase)
    return given


class Pico(ModbusDevice):
    """A station that offers its car the dynamic current, the same on all phases, mA.

    Only the serial can be read and only the dynamic current be written: nothing else
    of its registers is documented. Below `minimum_ma` it doesn't charge. `by_phase`
    is a firmware that takes a current for each phase. `together` is whether it takes
    them in one request, `readable` whether it says what it was told: both are not
    known of a real one.
    """

    def __init__(
        self,
        car: Car,
        *,
        serial: int = 6303,
        minimum_ma: int = 6000,
        by_phase: bool = False,
        port: int = 0,
    ) -> None:
        """Plug a car into a station; it charges when a current is first written."""
        super().__init__(
            ((_SERIAL, 2), (_DYNAMIC_CURRENT, 2), (_PHASE_CURRENTS, 6)), port
        )
        self.car = car
        self.serial = serial
        self.minimum_ma = minimum_ma
        self.by_phase = by_phase
        self.together = True
        self.dynamic_ma: int | None = None
        """What was last written for all phases."""
        self.currents_ma: Currents | None = None
        """What was last written, by whatever register."""
        self.share: Share | None = None
        self.relay_moves = 0
        """Changes between phases while a car charges or may charge."""
        self.took: Callable[[], None] = self._offer_own
        """Called after a write; a group shares what it got."""
        self._phases_before: int | None = None
        self._ever = False
        self._own_phases = car.phases
        self._own_first = car.first_phase
        self._readable = False
        self.registers = {_SERIAL: serial >> 16, _SERIAL + 1: serial & 0xFFFF}
        self.clear_faults()

    @property
    def readable(self) -> bool:
        """Whether it says what it was told."""
        return self._readable

    @readable.setter
    def readable(self, readable: bool) -> None:
        self._readable = readable
        self.clear_faults()

    def clear_faults(self) -> None:
        """End every fault; what was written stays unreadable unless `readable`."""
        super().clear_faults()
        if not self._readable:
            self.refuse(_DYNAMIC_CURRENT, 2)
        if not (self._readable and self.by_phase):
            self.refuse(_PHASE_CURRENTS, 6)

    def written(self, address: int, values: Sequence[int]) -> ExcCodes | None:
        """Take currents, mA; refuse every other write."""
        numbers = [
            high << 16 | low
            for high, low in zip(values[::2], values[1::2], strict=False)
        ]
        if address == _DYNAMIC_CURRENT:
            if len(values) != 2:
                return ExcCodes.ILLEGAL_VALUE
            (self.dynamic_ma,) = numbers
            self._take((self.dynamic_ma,) * 3)
            return None
        phase, odd = divmod(address - _PHASE_CURRENTS, 2)
        if not self.by_phase or odd or not 0 <= phase < 3:
            return ExcCodes.ILLEGAL_ADDRESS
        if len(values) not in ((2, 6) if self.together and not phase else (2,)):
            return ExcCodes.ILLEGAL_VALUE
        told = list(self.currents_ma or (0, 0, 0))
        told[phase : phase + len(numbers)] = map(_milliamperes, numbers)
        self._take((told[0], told[1], told[2]))
        return None

    def tell(self, currents: Currents) -> None:
        """Tell the station by another way than Modbus; mA."""
        self._take(currents)

    def offer(self, share: Share | None) -> None:
        """Let the car charge as it is given, or not at all."""
        self.share = share
        if share is not None:
            if self._ever and share.phase != self._phases_before:
                self.relay_moves += 1
            self._ever, self._phases_before = True, share.phase
            three = share.phase is None
            self.car.set_phases(self._own_phases if three else 1)
            self.car.first_phase = (self._own_first + (share.phase or 0)) % 3
            self.car.set_limit(share.current_ma / 1000)
        self.car.set_enabled(share is not None)

    def _take(self, currents: Currents) -> None:
        self.currents_ma = currents
        if self._readable:
            self.put(_DYNAMIC_CURRENT, max(currents))
            for phase, current in enumerate(currents):
                self.put(_PHASE_CURRENTS + 2 * phase, current)
        self.took()

    def _offer_own(self) -> None:
        if self.currents_ma is not None:
            self.offer(shares(self.currents_ma, 1, self.minimum_ma)[0])


def _milliamperes(number: int) -> int:
    return number * 1000 if number <= _HIGHEST_AMPERES else number
