"""How far a circuit's meter can be trusted now, judged by the age of its sample."""

from dataclasses import replace
from enum import Enum, auto

from .memory import GridMemory
from .settings import CircuitSettings
from .state import GridSample

SLOW_PERIOD_MS = 2_500
LOST_MS = 60_000
RECOVERY_MS = 10_000
GOOD_SAMPLES = 2
ABSURD_FACTOR = 10


class Freshness(Enum):
    """Only FRESH lets a limit rise; STALE and LOST call for the failsafe budget."""

    WARM_UP = auto()
    FRESH = auto()
    AGEING = auto()
    STALE = auto()
    LOST = auto()
    RECOVERING = auto()


def ageing_after_ms(circuit: CircuitSettings) -> int:
    """Age beyond which no limit may rise."""
    return max(2 * circuit.grid_period_ms, 3_000)


def stale_after_ms(circuit: CircuitSettings) -> int:
    """Age beyond which the failsafe budget applies."""
    return min(max(4 * circuit.grid_period_ms, 8_000), 10_000)


def is_slow(circuit: CircuitSettings) -> bool:
    """Whether the meter is too slow to guard a fuse."""
    return circuit.grid_period_ms > SLOW_PERIOD_MS


def observe(
    circuit: CircuitSettings,
    voltage_mv: int,
    memory: GridMemory,
    sample: GridSample | None,
    now_ms: int,
) -> tuple[GridMemory, bool]:
    """Take in what the meter says; also whether that was a new good sample."""
    started = now_ms if memory.started_at_ms is None else memory.started_at_ms
    last = memory.sample.at_ms if memory.sample else started
    if sample and not _is_good(circuit, voltage_mv, memory, sample, now_ms):
        sample = None
    until = sample.at_ms if sample else now_ms
    lapsed = until - last > stale_after_ms(circuit)
    memory = replace(
        memory,
        started_at_ms=started,
        lapsed=memory.lapsed or lapsed,
        good=0 if lapsed else memory.good,
        good_since_ms=None if lapsed else memory.good_since_ms,
    )
    if sample is None:
        return _recover(memory, now_ms), False
    fresh = now_ms - sample.at_ms <= ageing_after_ms(circuit)
    since = memory.good_since_ms
    memory = replace(
        memory,
        sample=sample,
        good=min(GOOD_SAMPLES, memory.good + fresh),
        good_since_ms=now_ms if fresh and since is None else since,
    )
    return _recover(memory, now_ms), True


def judge(circuit: CircuitSettings, memory: GridMemory, now_ms: int) -> Freshness:
    """The trust in the last good sample."""
    started = now_ms if memory.started_at_ms is None else memory.started_at_ms
    age = now_ms - (memory.sample.at_ms if memory.sample else started)
    if age > LOST_MS:
        return Freshness.LOST
    if age > stale_after_ms(circuit):
        return Freshness.STALE
    if memory.lapsed:
        return Freshness.RECOVERING
    if memory.good < GOOD_SAMPLES:
        return Freshness.WARM_UP
    if age > ageing_after_ms(circuit):
        return Freshness.AGEING
    return Freshness.FRESH


def recovered_at_ms(memory: GridMemory) -> int | None:
    """When trust returns at the earliest; None before the first good sample."""
    if memory.good_since_ms is None:
        return None
    return memory.good_since_ms + RECOVERY_MS


def _recover(memory: GridMemory, now_ms: int) -> GridMemory:
    """End a lapse once enough good samples and enough time have passed."""
    since = memory.good_since_ms
    if memory.good < GOOD_SAMPLES or since is None or now_ms - since < RECOVERY_MS:
        return memory
    return replace(memory, lapsed=False)


def _is_good(
    circuit: CircuitSettings,
    voltage_mv: int,
    memory: GridMemory,
    sample: GridSample,
    now_ms: int,
) -> bool:
    """Whether a sample is new, not of the future, and physically possible."""
    if sample.at_ms > now_ms:
        return False
    if memory.sample and sample.at_ms <= memory.sample.at_ms:
        return False
    largest = max(circuit.fuse_ma) * ABSURD_FACTOR
    if abs(sample.power_w) > 3 * largest * voltage_mv // 1_000_000:
        return False
    return sample.currents_ma is None or all(
        abs(current) <= fuse * ABSURD_FACTOR
        for current, fuse in zip(sample.currents_ma, circuit.fuse_ma, strict=True)
    )
