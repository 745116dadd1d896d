"""What a charger may draw at last: the lowest of all limits, and whose that is."""

from dataclasses import dataclass
from enum import StrEnum

from .profiles import Allowed


class Limiter(StrEnum):
    """Whose limit it is."""

    BACKEND = "backend"
    LOCAL = "local"
    """The charging controller, or a person here."""
    HOUSE = "house"
    HARDWARE = "hardware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What bounds a connector here; mA of each phase, None for nothing."""

    hardware_ma: int
    minimum_ma: int = 6000
    """Below it there is only a pause."""
    local_ma: int | None = None
    house_ma: int | None = None
    phases: int = 3

    @property
    def lowest(self) -> tuple[int, Limiter]:
        """The lowest of them, and whose it is; of equal ones the nearest to the car."""
        found = [(self.hardware_ma, Limiter.HARDWARE)]
        if self.house_ma is not None:
            found.append((self.house_ma, Limiter.HOUSE))
        if self.local_ma is not None:
            found.append((self.local_ma, Limiter.LOCAL))
        return min(found, key=lambda one: one[0])


@dataclass(frozen=True, slots=True)
class Effective:
    """What a connector may draw: mA of each phase, 0 for a pause, and who says so."""

    current_ma: int
    phases: int
    by: Limiter


def left_ma(allowed: Allowed | None, minimum_ma: int) -> int | None:
    """Return what the backend alone leaves, 0 for a pause; mA."""
    if allowed is None:
        return None
    current_ma = allowed.current()
    return current_ma if current_ma >= minimum_ma else 0


def effective(
    allowed: Allowed | None, bounds: Bounds, *, enabled: bool = True
) -> Effective:
    """Return the lowest of the backend's and of what holds here.

    ``enabled`` is whether the backend lets the connector be used at all.
    """
    current_ma, by = bounds.lowest
    phases = bounds.phases
    if not enabled:
        current_ma, by = 0, Limiter.BACKEND
    elif allowed is not None:
        phases = min(phases, allowed.phases)
        if (backends_ma := allowed.current()) < current_ma:
            current_ma, by = backends_ma, Limiter.BACKEND
    if current_ma < bounds.minimum_ma:
        current_ma = 0
    return Effective(current_ma, phases, by)
