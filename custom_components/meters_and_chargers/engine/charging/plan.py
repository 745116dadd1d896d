"""When a plan charges: the cheapest hours before its time, else the latest ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from .state import Plan, Price

LEAST_GAP_MS = 900_000
"""A pause that is shorter is not worth a stop and a start."""
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to charge in, by the wall clock; the end is not in it."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How a plan would be carried out from now on."""

    slots: tuple[Slot, ...] = ()
    late_ms: int = 0
    """How long after its time the plan has its energy, at full power from now on."""
    cost: int | None = None
    """In thousandths of a cent; None where a price is not known."""

    @property
    def start_ms(self) -> int | None:
        """When charging begins, by the wall clock; None if nothing is missing."""
        return self.slots[0].start_ms if self.slots else None

    @property
    def ready_ms(self) -> int | None:
        """When the energy is there, by the wall clock."""
        return self.slots[-1].end_ms if self.slots else None


def preview(
    plan: Plan, missing_wh: int, power_w: int, prices: Sequence[Price], wall_ms: int
) -> Preview:
    """Choose the times to charge in: cheapest first, of equal prices the latest.

    Without a price for all of the time that is left it is the latest start, since
    prices may still come. If the time is too short, it is all of it and longer.
    """
    slots, late_ms = choose(plan, missing_wh, power_w, prices, wall_ms)
    return Preview(slots, late_ms, _cost(slots, prices, power_w) if slots else None)


def choose(
    plan: Plan, missing_wh: int, power_w: int, prices: Sequence[Price], wall_ms: int
) -> tuple[tuple[Slot, ...], int]:
    """The slots and the delay of a `preview`, as often as every second."""
    if missing_wh <= 0 or power_w <= 0:
        return (), 0
    needed = -(-missing_wh * _HOUR_MS // power_w)
    latest = plan.ready_at_ms - needed
    if latest <= wall_ms:
        return (Slot(wall_ms, wall_ms + needed),), wall_ms - latest
    known = _between(prices, wall_ms, plan.ready_at_ms)
    known_ms = sum([one.end_ms - one.start_ms for one in known])
    if known_ms < plan.ready_at_ms - wall_ms:
        return (Slot(latest, plan.ready_at_ms),), 0
    return tuple(_close(_cheapest(known, needed))), 0


def _between(prices: Sequence[Price], start_ms: int, end_ms: int) -> list[Price]:
    """The parts of the price slots within a time, each instant at most once."""
    parts: list[Price] = []
    at = start_ms
    for one in prices:
        if one.end_ms <= at or one.start_ms >= end_ms:
            continue
        part = one
        if one.start_ms < at or one.end_ms > end_ms:
            part = Price(max(one.start_ms, at), min(one.end_ms, end_ms), one.price)
        parts.append(part)
        at = part.end_ms
    return parts


def _cheapest(known: Sequence[Price], needed_ms: int) -> list[Slot]:
    """The cheapest parts that together last as long as needed, in their order.

    All of them last longer.
    """
    chosen: list[Slot] = []
    order = iter(sorted(known, key=lambda one: (one.price, -one.start_ms)))
    while needed_ms > 0:
        one = next(order)
        lasts = min(needed_ms, one.end_ms - one.start_ms)
        chosen.append(_cut(Slot(one.start_ms, one.end_ms), lasts, chosen))
        needed_ms -= lasts
    return _joined(chosen)


def _cut(part: Slot, needed_ms: int, chosen: Sequence[Slot]) -> Slot:
    """The end of a slot; its beginning if that goes on from a chosen one."""
    if needed_ms == part.end_ms - part.start_ms:
        return part
    follows = any(one.end_ms == part.start_ms for one in chosen)
    leads = any(one.start_ms == part.end_ms for one in chosen)
    if follows and not leads:
        return Slot(part.start_ms, part.start_ms + needed_ms)
    return Slot(part.end_ms - needed_ms, part.end_ms)


def _joined(slots: Sequence[Slot]) -> list[Slot]:
    """The slots in order, those that touch as one."""
    blocks: list[Slot] = []
    for one in sorted(slots, key=lambda one: one.start_ms):
        if blocks and blocks[-1].end_ms == one.start_ms:
            blocks[-1] = Slot(blocks[-1].start_ms, one.end_ms)
        else:
            blocks.append(one)
    return blocks


def _close(blocks: list[Slot]) -> list[Slot]:
    """Move what ends shortly before the next block up to it."""
    moved = blocks[-1:]
    for one in reversed(blocks[:-1]):
        gap = moved[0].start_ms - one.end_ms
        if gap < LEAST_GAP_MS:
            moved[0] = Slot(one.start_ms + gap, moved[0].end_ms)
        else:
            moved.insert(0, one)
    return moved


def _cost(slots: Sequence[Slot], prices: Sequence[Price], power_w: int) -> int | None:
    """What the energy of some slots costs; None where a price is not known."""
    cost = known_ms = 0
    for one in slots:
        for part in _between(prices, one.start_ms, one.end_ms):
            lasts = part.end_ms - part.start_ms
            cost += part.price * power_w * lasts
            known_ms += lasts
    if known_ms < sum(one.end_ms - one.start_ms for one in slots):
        return None
    return cost // (_HOUR_MS * 1000)
