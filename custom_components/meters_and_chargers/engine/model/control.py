"""What can be told to a device, within which bounds."""

from dataclasses import dataclass

from .errors import OutOfRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """A charging current: 0, or ``minimum_ma`` to ``maximum_ma`` in whole steps."""

    minimum_ma: int
    maximum_ma: int
    step_ma: int
    least_change_ma: int = 0
    """A smaller change is not written, unless it stops or protects something."""

    def check(self, value_ma: int) -> None:
        """Raise `OutOfRange` unless the value may be written; in mA."""
        if value_ma == 0:
            return
        if not self.minimum_ma <= value_ma <= self.maximum_ma:
            raise OutOfRange(
                f"{value_ma} mA is neither 0 nor between {self.minimum_ma} "
                f"and {self.maximum_ma} mA"
            )
        if value_ma % self.step_ma:
            raise OutOfRange(f"{value_ma} mA is no multiple of {self.step_ma} mA")
