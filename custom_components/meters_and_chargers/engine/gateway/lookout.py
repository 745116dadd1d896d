"""Looks at a backend's profiles anew when they say something else."""

import asyncio
from collections.abc import Callable

from .profiles import Profiles

_MOST_S = 3600.0
"""What is announced may be a day ahead, and clocks are set."""
_LEAST_S = 0.1


class Lookout:
    """Calls back each time when what the profiles allow may be something else."""

    def __init__(
        self,
        profiles: Profiles,
        now: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """Look at nothing yet; the time is in seconds since 1970."""
        self._profiles = profiles
        self._now = now
        self._changed = changed
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """Find out when to call back, which may be another time than before."""
        self.stop()
        now = self._now()
        change_s = self._profiles.next_change(int(now)) or now + _MOST_S
        delay_s = min(max(change_s - now, _LEAST_S), _MOST_S)
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._look_again)

    def stop(self) -> None:
        """Call back no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look_again(self) -> None:
        self._changed()
        self.look()
