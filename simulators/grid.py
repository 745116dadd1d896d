"""What can be measured where a house is connected to the grid."""

from collections.abc import Iterator, Sequence
from math import hypot

PHASES = ("l1", "l2", "l3")

# Counters of a meter that has hung on the wall for some years, Wh, varh, VAh:
# total, L1, L2, L3. The total is less than the sum, phases being netted in it.
_START = {
    "energy_import": (12_345_678.9, 4_315_226.1, 4_502_118.4, 3_988_907.7),
    "energy_export": (8_765_432.1, 3_120_554.8, 2_998_701.2, 3_106_749.5),
    "reactive_energy_import": (1_204_517.3, 410_022.6, 455_310.9, 391_806.2),
    "reactive_energy_export": (201_933.8, 80_417.5, 71_002.1, 66_120.4),
    "apparent_energy_import": (12_604_811.0, 4_401_930.2, 4_611_508.8, 4_080_114.6),
    "apparent_energy_export": (8_801_240.6, 3_140_877.9, 3_015_442.3, 3_122_006.1),
}


class Grid:
    """Power, current and energy of the connection; import is positive.

    W, var, VA, V, A, Hz; counters in Wh, varh, VAh as total, L1, L2, L3.
    """

    def __init__(self) -> None:
        """Start without load, with counters of a meter in use."""
        self.power_w = [0.0, 0.0, 0.0]
        self.reactive_var = [0.0, 0.0, 0.0]
        self.voltage_v = [230.0, 230.0, 230.0]
        self.frequency_hz = 50.0
        self.counters = {name: list(values) for name, values in _START.items()}

    def set(self, power_w: Sequence[float], reactive_var: Sequence[float]) -> None:
        """Set what flows on each phase, W and var."""
        self.power_w[:] = power_w
        self.reactive_var[:] = reactive_var

    @property
    def total_power_w(self) -> float:
        """Power of all phases, one netted against the other, W."""
        return sum(self.power_w)

    def current_a(self, phase: int) -> float:
        """Current of a phase, without direction, A."""
        return self._rows()[phase + 1][2] / self.voltage_v[phase]

    def count(self, seconds: float) -> None:
        """Let what flows run through the counters for a time, s."""
        hours = seconds / 3600
        for index, (power, reactive, apparent) in enumerate(self._rows()):
            direction = "import" if power >= 0 else "export"
            self.counters[f"energy_{direction}"][index] += abs(power) * hours
            self.counters[f"apparent_energy_{direction}"][index] += apparent * hours
            direction = "import" if reactive >= 0 else "export"
            self.counters[f"reactive_energy_{direction}"][index] += (
                abs(reactive) * hours
            )

    def values(self) -> Iterator[tuple[str, float]]:
        """Yield every value with its name: `power`, `power_l1`, `energy_import` ..."""
        yield "frequency", self.frequency_hz
        for index, (power, reactive, apparent) in enumerate(self._rows()):
            end = f"_{PHASES[index - 1]}" if index else ""
            yield f"power{end}", power
            yield f"power_import{end}", max(power, 0.0)
            yield f"power_export{end}", max(-power, 0.0)
            yield f"reactive_power_import{end}", max(reactive, 0.0)
            yield f"reactive_power_export{end}", max(-reactive, 0.0)
            yield f"apparent_power_import{end}", apparent if power >= 0 else 0.0
            yield f"apparent_power_export{end}", apparent if power < 0 else 0.0
            yield f"power_factor{end}", power / apparent if apparent else 1.0
            for name, counter in self.counters.items():
                yield f"{name}{end}", counter[index]
            if index:
                voltage = self.voltage_v[index - 1]
                yield f"voltage{end}", voltage
                yield f"current{end}", apparent / voltage

    def _rows(self) -> list[tuple[float, float, float]]:
        """Active, reactive and apparent power of total, L1, L2, L3; W, var, VA."""
        pairs = [
            (sum(self.power_w), sum(self.reactive_var)),
            *zip(self.power_w, self.reactive_var, strict=True),
        ]
        return [(power, reactive, hypot(power, reactive)) for power, reactive in pairs]
