"""Whether a meter value is of now or from a wallbox's queue."""

from datetime import datetime

OLD_S = 120.0
"""A value this old is history, unless the wallbox's clock is known to be wrong."""

_STEADY_S = 2.0
_SPACING_S = 2.0
_STEADY_SAMPLES = 2


class Freshness:
    """Judges the times of one connector's samples.

    A queue is sent faster than it was filled. Where times and arrivals keep pace
    over three samples, the values are of now and the wallbox's clock is wrong.
    """

    def __init__(self) -> None:
        """Start without knowing anything."""
        self._newest: datetime | None = None
        self._arrived: datetime | None = None
        self._lag_s = 0.0
        self._steady = 0

    def reset(self) -> None:
        """Forget the times: the wallbox's clock may have been set."""
        self._newest = None
        self._arrived = None
        self._steady = 0

    @property
    def lag_s(self) -> float | None:
        """How far the wallbox's clock is behind ours; None where values don't tell."""
        return self._lag_s if self._steady >= _STEADY_SAMPLES else None

    def is_live(self, time: datetime | None, now: datetime) -> bool:
        """Say whether a sample may be shown; one without a time is of now."""
        if time is None:
            return True
        lag_s = (now - time).total_seconds()
        keeps_pace = self._keeps_pace(lag_s, now)
        if not keeps_pace and (
            lag_s > OLD_S or (self._newest is not None and time < self._newest)
        ):
            return False
        self._newest = time
        return True

    def _keeps_pace(self, lag_s: float, now: datetime) -> bool:
        if self._arrived is not None:
            spacing_s = (now - self._arrived).total_seconds()
            if spacing_s >= _SPACING_S and abs(lag_s - self._lag_s) <= _STEADY_S:
                self._steady += 1
            elif spacing_s >= _SPACING_S or abs(lag_s - self._lag_s) > _STEADY_S:
                self._steady = 0
        self._arrived, self._lag_s = now, lag_s
        return self._steady >= _STEADY_SAMPLES
