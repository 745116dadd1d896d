"""On how many phases cars charge, where a wallbox can be told that."""

from collections.abc import Callable

from .profile import Configuration

ONE, THREE = 1, 3

_KEY = "ConnectorSwitch3to1PhaseSupported".lower()
"""OCPP 1.6, 9.4; ``SmartChargingCtrlr.Phases3to1`` of OCPP 2 is read by this name."""
_YES = frozenset({"true", "t", "1"})


class PhaseChoice:
    """Whether a wallbox switches phases: by its own word, unless it refuses at once."""

    def __init__(self, takes: Callable[[], bool]) -> None:
        """Begin without its word; ``takes`` says if its form of limits has room."""
        self._takes = takes
        self._says_so = False
        self._taken = self._refuses = False

    @property
    def is_there(self) -> bool:
        """Whether a limit may say on how many phases it is."""
        return self._says_so and not self._refuses and self._takes()

    def read(self, configuration: Configuration) -> None:
        """Take its word; one that could not be asked said nothing new."""
        if configuration:
            self._says_so = any(
                key.lower() == _KEY and (value or "").strip().lower() in _YES
                for key, value in configuration.items()
            )

    def booted(self) -> None:
        """Believe its word again: its firmware may be another one."""
        self._taken = self._refuses = False

    def taken(self) -> None:
        """Note that it took a number of phases: a later no is to something else."""
        self._taken = True

    def refused(self) -> bool:
        """Note a no to a number of phases; say whether it is told none any more."""
        self._refuses = not self._taken
        return self._refuses
