"""A car at a charging station: how it follows what the station allows."""

from collections import deque
from dataclasses import dataclass, field

VOLTAGE_V = 230.0
OBEY_S = 3
RISE_A_PER_S = 4.0
START_S = 15
PHASE_CHANGE_S = 40
# A control pilot cannot offer less (IEC 61851-1).
LOWEST_OFFER_A = 6.0


@dataclass(slots=True)
class Car:
    """A car and its station, one step a second; currents in A, energies in Wh."""

    name: str = "car"
    connected: bool = True
    max_a: float = 16.0
    capacity_wh: float | None = None
    phases: int = 3
    first_phase: int = 0
    """The phase of the house (0 is L1) that its station calls L1."""
    enabled: bool = False
    limit_a: float = 0.0
    current_a: float = 0.0
    energy_wh: float = 0.0
    sun_wh: float = 0.0
    """The part of its energy that the grid did not deliver; kept by its house."""
    starts: int = 0
    phase_changes: int = 0
    _second: int = 0
    _start_in: int = START_S
    _hold: int = 0
    _coming: deque[tuple[int, float]] = field(default_factory=deque)

    def set_limit(self, amperes: float) -> None:
        """Offer a current per phase, A; the car obeys it 3 s later."""
        self._coming.append((self._second + OBEY_S, float(amperes)))

    def set_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - the value itself
        """Allow charging, or end it at once."""
        self.enabled = enabled

    def set_phases(self, phases: int) -> None:
        """Charge on L1 alone (1) or on all (3); a change pauses charging for 40 s."""
        if phases not in (1, 3):
            raise ValueError(f"a car charges on 1 or 3 phases, not {phases}")
        if phases == self.phases:
            return
        self.phases = phases
        self.phase_changes += 1
        self._hold = PHASE_CHANGE_S

    @property
    def finished(self) -> bool:
        """Whether the car has taken all it can hold."""
        return self.capacity_wh is not None and self.energy_wh >= self.capacity_wh

    @property
    def phase_power_w(self) -> tuple[float, float, float]:
        """Power on each phase of its station, W."""
        power = VOLTAGE_V * self.current_a
        return (power, power, power) if self.phases == 3 else (power, 0.0, 0.0)

    @property
    def power_w(self) -> float:
        """Power on all phases, W."""
        return VOLTAGE_V * self.current_a * self.phases

    def step(self) -> None:
        """Live one second: obey what is due, then draw current."""
        while self._coming and self._coming[0][0] <= self._second:
            self.limit_a = self._coming.popleft()[1]
        self._second += 1
        self._draw()
        self.energy_wh += self.power_w / 3600

    def _draw(self) -> None:
        if self._hold:
            self._hold -= 1
            self._start_in = START_S
            self.current_a = 0.0
        elif not (self.enabled and self.connected) or self.finished:
            self._start_in = START_S
            self.current_a = 0.0
        elif self._start_in:
            self._start_in -= 1
            self.starts += not self._start_in
        elif (target := min(self.limit_a, self.max_a)) < LOWEST_OFFER_A:
            self.current_a = 0.0
        else:
            self.current_a = min(target, self.current_a + RISE_A_PER_S)
