"""From what a charger may have to what it is told, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .charger import Charger
from .circuits import NAMES, Bound, Rooms
from .decision import Command
from .follow import probe_ma, step_for
from .memory import NOTHING, ChargerMemory
from .phases import told
from .reason import Reason
from .share import by_priority
from .state import Mode
from .surplus import Wish

FREELY = (
    Reason.OFF,
    Reason.NO_VEHICLE,
    Reason.DISABLED,
    Reason.AUTH_PENDING,
    Reason.FAULT,
)
"""After a stop for one of these nothing has to rest before the next start."""
URGENT_GAP_MS = 2_000
SUSTAINED_MS = 30_000


@dataclass(frozen=True, slots=True)
class Aim:
    """The limit a charger should have now, in mA, and why."""

    charger: Charger
    target_ma: int
    reason: Reason
    until_ms: int | None = None
    urgent: bool = False
    """Off, stale, the fuse or a new maximum: no write interval holds it up."""
    fuse: bool = False
    bound: Bound | None = None
    """What keeps it below its wish."""
    figures: Mapping[str, int | str] = field(default_factory=dict)
    """What its sentence names."""
    wish: Wish | None = None
    """What it comes from."""
    granted_ma: int = 0
    """What was left of that."""

    @property
    def rises(self) -> bool:
        """Whether the limit would go up on any phase."""
        gains = sum(self.charger.phases) > sum(self.charger.told_phases)
        return self.target_ma > self.charger.limit_ma or (gains and self.switches)

    @property
    def switches(self) -> bool:
        """Whether a charger goes on with other phases."""
        charger = self.charger
        return charger.charging and charger.changes_phases and self.target_ma > 0


def aim(wish: Wish, granted_ma: int, now_ms: int, *, may_rise: bool) -> Aim:
    """Turn what was granted into the next limit: down at once, up with patience."""
    charger = wish.charger
    limit = charger.limit_ma
    if charger.charging and charger.changes_phases and granted_ma > 0:
        return _switch(wish)
    if charger.changes_phases and charger.memory.switch.refused:
        # It has to be seen on them first.
        granted_ma = min(granted_ma, charger.lowest_ma)
    late = granted_ma == limit < wish.current_ma and not may_rise
    if granted_ma > limit or late:
        return _rise(wish, granted_ma, now_ms, may_rise=may_rise)
    wish = replace(wish, charger=_forget_headroom(charger))
    keep = Aim(wish.charger, limit, wish.reason, wish.until_ms)
    if granted_ma < charger.floor(min(wish.current_ma, limit)):
        return replace(keep, target_ma=granted_ma, urgent=True, fuse=True)
    if limit > charger.highest_ma:
        return replace(keep, target_ma=granted_ma, urgent=True)
    if granted_ma > 0 and (
        charger.memory.step is not None or limit - granted_ma < charger.worth_ma
    ):
        return keep
    return replace(keep, target_ma=granted_ma)


def fit(aims: Sequence[Aim], rooms: Rooms) -> dict[str, Aim]:
    """Let limits rise only into room that nobody else may still be using."""
    fitted = {one.charger.key: one for one in aims}
    for one in aims:
        _occupy(rooms, one)
    for charger in by_priority([one.charger for one in aims]):
        wanted = fitted[charger.key]
        if not wanted.rises:
            continue
        rooms.put(charger, NOTHING)
        wanted = _fit(wanted, rooms.bound(charger))
        _occupy(rooms, wanted)
        fitted[charger.key] = wanted
    return fitted


def emit(wanted: Aim, now_ms: int, *, may_rise: bool) -> tuple[Command | None, Charger]:
    """The command, if one is due, and the charger that remembers it."""
    charger = wanted.charger
    target = wanted.target_ma
    if not (charger.online and _is_due(wanted, now_ms, may_rise=may_rise)):
        return None, charger
    memory = _commanded(wanted, now_ms)
    command = Command(charger.key, charger.on_phases(target), wanted.urgent)
    return command, replace(charger, memory=memory)


def _fit(wanted: Aim, bound: Bound) -> Aim:
    """Let one rise as far as there is room, if that is worth it."""
    charger = wanted.charger
    most = charger.floor(bound.free_ma)
    if charger.charging and charger.changes_phases:
        return wanted if most >= wanted.target_ma else _stay(wanted)
    target = min(wanted.target_ma, most)
    if target < max(charger.lowest_ma, charger.limit_ma + charger.worth_ma):
        wanted = replace(wanted, reason=NAMES[bound.kind], until_ms=None, bound=bound)
        target = charger.limit_ma
    return replace(wanted, target_ma=target)


def _switch(wish: Wish) -> Aim:
    """Go on with other phases at the minimum: the car starts anew."""
    charger = _forget_headroom(wish.charger)
    for_fuse = wish.reason is Reason.SWITCHING
    return Aim(
        charger, charger.lowest_ma, Reason.SWITCHING, urgent=for_fuse, fuse=for_fuse
    )


def _stay(wanted: Aim) -> Aim:
    """Keep the phases at the minimum, until the new ones are free."""
    charger = replace(wanted.charger, phases=wanted.charger.told_phases)
    target = min(wanted.target_ma, charger.limit_ma)
    return replace(wanted, charger=charger, target_ma=target)


def _rise(wish: Wish, granted_ma: int, now_ms: int, *, may_rise: bool) -> Aim:
    """Wait with an increase until it is worth a write and likely to last."""
    charger, memory = wish.charger, wish.charger.memory
    limit = charger.limit_ma
    keep = Aim(charger, limit, wish.reason, wish.until_ms)
    if not may_rise:
        return replace(keep, reason=Reason.AGEING)
    if charger.switching:
        return replace(keep, charger=_forget_headroom(charger))
    worth_it = granted_ma - limit >= charger.worth_ma and memory.step is None
    # Nor is a limit patient that the user's new minimum has overtaken.
    at_least = limit < charger.lowest_ma
    if not (worth_it or at_least):
        return replace(keep, charger=_forget_headroom(charger))
    probes = not charger.measured and not charger.draws
    if at_least or probes:
        return replace(keep, target_ma=granted_ma)
    if charger.mode is Mode.FAST and not memory.eager:
        return _sustained(keep, granted_ma, now_ms)
    return _sunny(keep, granted_ma, now_ms)


def _sunny(keep: Aim, granted_ma: int, now_ms: int) -> Aim:
    """Follow the sun up once the last write has settled, later after the fuse."""
    fuse_at = keep.charger.memory.fuse_reduced_at_ms
    if fuse_at is not None and now_ms - fuse_at < SUSTAINED_MS:
        return replace(keep, reason=Reason.FUSE, until_ms=fuse_at + SUSTAINED_MS)
    if not keep.charger.settled(now_ms):
        return keep
    return replace(keep, target_ma=granted_ma)


def _sustained(keep: Aim, granted_ma: int, now_ms: int) -> Aim:
    """Raise to the least that was granted throughout the last while."""
    memory = keep.charger.memory
    since = memory.headroom_since_ms
    least = granted_ma if since is None else min(granted_ma, memory.headroom_ma)
    since = now_ms if since is None else since
    memory = replace(memory, headroom_since_ms=since, headroom_ma=least)
    keep = replace(keep, charger=replace(keep.charger, memory=memory))
    until = since + SUSTAINED_MS
    if now_ms < until:
        return replace(keep, reason=Reason.FUSE, until_ms=until)
    return replace(keep, target_ma=least)


def _forget_headroom(charger: Charger) -> Charger:
    memory = replace(charger.memory, headroom_since_ms=None, eager=False)
    return replace(charger, memory=memory)


def _occupy(rooms: Rooms, other: Aim) -> None:
    """Take the most a charger may draw before or after its command."""
    charger = other.charger
    told = charger.on_used(other.target_ma)
    one, two, three = map(max, charger.aside_ma, told, strict=True)
    rooms.put(charger, (one, two, three), told)


def _is_due(wanted: Aim, now_ms: int, *, may_rise: bool) -> bool:
    """Whether the target differs from what was told, and enough time has passed."""
    charger, memory = wanted.charger, wanted.charger.memory
    at = memory.commanded_at_ms
    if not charger.known:
        return wanted.urgent or may_rise
    if wanted.target_ma == charger.limit_ma and not wanted.switches:
        raised = not memory.astray and (charger.read_ma or 0) < wanted.target_ma
        # Of a limit that nobody knows what is safe is told in any case.
        lost = charger.read_ma is None and wanted.urgent
        return charger.lost_write(now_ms) and (may_rise or not raised or lost)
    if at is None:
        return True
    gap = URGENT_GAP_MS if wanted.urgent else charger.settings.write_interval_ms
    return now_ms - at >= gap


def _commanded(wanted: Aim, now_ms: int) -> ChargerMemory:
    """The memory after a command."""
    charger, memory, target = wanted.charger, wanted.charger.memory, wanted.target_ma
    previous = charger.limit_ma if charger.known else charger.rating_ma
    if not charger.settled(now_ms):
        previous = max(previous, memory.previous_ma)
    if wanted.switches:
        previous = target
    probes = target - charger.limit_ma == probe_ma(charger)
    repeated = target == charger.limit_ma and not wanted.switches
    step = memory.step if repeated else step_for(charger, target, now_ms)
    if wanted.switches:
        step = None
    after = replace(
        memory,
        commanded_ma=target,
        commanded_at_ms=now_ms,
        previous_ma=previous,
        fuse_reduced_at_ms=now_ms if wanted.fuse else memory.fuse_reduced_at_ms,
        eager=memory.eager and repeated,
        headroom_since_ms=None,
        change_since_ms=None,
        drawing=memory.drawing and target > 0,
        step=step,
        probed_at_ms=now_ms if probes else memory.probed_at_ms,
        changed_at_ms=memory.changed_at_ms if repeated else now_ms,
        switch=told(charger, target, now_ms),
    )
    if not charger.charging and target > 0:
        return replace(
            after,
            started_at_ms=now_ms,
            starts_today=memory.starts_today + 1,
            surplus_since_ms=None,
            probed_at_ms=None,
        )
    if charger.charging and target == 0:
        stopped = None if charger.stopped in FREELY else now_ms
        return replace(
            after, stopped_at_ms=stopped, started_at_ms=None, short_since_ms=None
        )
    return after
