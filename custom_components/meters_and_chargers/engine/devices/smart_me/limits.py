"""The ten-minute rule: a station's relays are not worn by whoever writes, and how.

"Switching between 1-phase and 3-phase is limited to every 10 minutes", and intensive
use of the relays is at the owner's risk (smart-me, "Modbus TCP"). The newer edition
says that the device limits nothing: so it is done here. All functions are pure; times
are milliseconds of a monotonic clock, days are numbers of the local day.
"""

from dataclasses import dataclass, replace

from .currents import PhaseCurrents

LOCK_MS = 600_000


@dataclass(frozen=True, slots=True)
class PhaseMemory:
    """What is remembered of a station's phases."""

    told: PhaseCurrents | None = None
    """What it was last told."""
    in_use: PhaseCurrents | None = None
    """The last that was no pause: a pause opens no other phase's relay."""
    changed_at_ms: int | None = None
    """When the phases last changed, or began to be known."""
    day: int = 0
    changes: int = 0
    """On `day`."""
    total: int = 0
    urgent: int = 0
    """Of all changes those inside the ten minutes: a fuse needed them, or another
    program made them."""

    def changes_on(self, day: int) -> int:
        """Return how often the phases changed on a day, this one or the last."""
        return self.changes if day == self.day else 0


@dataclass(frozen=True, slots=True)
class Step:
    """What may be written now, and what has to wait as `waits_until` says."""

    now: PhaseCurrents | None
    later: PhaseCurrents | None = None


def moves(memory: PhaseMemory, wanted: PhaseCurrents) -> bool:
    """Whether other phases would be used than at last; a pause uses none."""
    if wanted.paused or memory.in_use is None:
        return False
    return wanted.pattern != memory.in_use.pattern


def waits_until(memory: PhaseMemory, wanted: PhaseCurrents, now_ms: int) -> int | None:
    """Return until when a wish has to wait; None when it may be written now."""
    if memory.changed_at_ms is None or not moves(memory, wanted):
        return None
    free_ms = memory.changed_at_ms + LOCK_MS
    return free_ms if now_ms < free_ms else None


def admit(
    memory: PhaseMemory, wanted: PhaseCurrents, now_ms: int, *, urgent: bool = False
) -> Step:
    """Say what of a wish may be written now.

    An urgent one protects a fuse: what it lowers is written at once, also where a
    phase is dropped. What it raises besides waits like any other.
    """
    if waits_until(memory, wanted, now_ms) is None:
        return Step(wanted)
    known = memory.told or memory.in_use
    if urgent and known is not None:
        least = known.lower_of(wanted)
        if least == wanted:
            return Step(wanted)
        if least != known:
            return Step(least, wanted)
    return Step(None, wanted)


def wrote(
    memory: PhaseMemory, told: PhaseCurrents, now_ms: int, day: int
) -> PhaseMemory:
    """Remember what a station was told, or is seen to have been told by another."""
    changed = moves(memory, told)
    early = waits_until(memory, told, now_ms) is not None
    seen = replace(
        memory,
        told=told,
        in_use=memory.in_use if told.paused else told,
        day=day,
        changes=memory.changes_on(day) + changed,
        total=memory.total + changed,
        urgent=memory.urgent + early,
    )
    if changed or (memory.in_use is None and not told.paused):
        return replace(seen, changed_at_ms=now_ms)
    return seen


def may_have_written(
    memory: PhaseMemory, told: PhaseCurrents, now_ms: int, day: int
) -> PhaseMemory:
    """Remember a write without an answer: the relays may have moved, or not."""
    return replace(wrote(memory, told, now_ms, day), told=memory.told)
