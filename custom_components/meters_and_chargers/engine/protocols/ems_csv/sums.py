"""The running total of a counter, however late and in whatever order its hours come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .hours import Spread, risen

_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Counted:
    """An hour of a counter: what it showed at the end, what it counted up to then."""

    hour: int
    state: float
    total: float


def recount(
    known: Iterable[Counted], brought: Mapping[int, Spread]
) -> tuple[Counted, ...]:
    """Return the hours that change when those which a file brought are put in.

    ``known`` are the hours from the last one before them on, in order. A total begins
    with 0 at the first value of all; one that is found later to have come before goes
    into all that follow.
    """
    hours = {one.hour: one for one in known}
    changed: list[Counted] = []
    total = 0.0
    before: Counted | None = None
    """The hour before, as it was; None where it is another now."""
    state: float | None = None
    for hour in sorted(hours.keys() | brought.keys()):
        old, new = hours.get(hour), brought.get(hour)
        if new is not None:
            total += new.rise + (0.0 if state is None else risen(state, new.first))
            state = new.last
        elif old is not None:
            if state is None:
                total = old.total
            elif before is not None:
                total += old.total - before.total
            else:
                total += risen(state, old.state)
            state = old.state
        if state is None:
            continue
        same = old is not None and abs(old.total - total) < _SAME
        if new is not None or not same:
            changed.append(Counted(hour, state, total))
        before = old if new is None else None
    return tuple(changed)
