"""What is written, held, repeated and left behind, on a clock that a test turns."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from custom_components.meters_and_chargers.engine.devices.smart_me import (
    Keeping,
    OnStop,
    PhaseCurrents,
    Steering,
)
from custom_components.meters_and_chargers.engine.model import (
    OutOfRange,
    Refused,
    Setpoint,
    Silent,
)

SETPOINT = Setpoint(minimum_ma=6000, maximum_ma=16_000, step_ma=1000)
ALL = PhaseCurrents.alike(10_000)
L3 = PhaseCurrents(0, 0, 10_000)
PAUSE = PhaseCurrents.alike(0)


class Station:
    """Takes currents; its clock and its day are turned by hand."""

    def __init__(self) -> None:
        """Begin at a time and a day."""
        self.now = 5000.0
        self.day = 1
        self.taken: list[PhaseCurrents] = []
        self.fails: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()

    async def put(self, currents: PhaseCurrents) -> None:
        """Take currents, or fail."""
        await self.answers.wait()
        if self.fails is not None:
            raise self.fails
        self.taken.append(currents)


@pytest.fixture
def station() -> Station:
    """Return a station that takes all."""
    return Station()


@pytest.fixture
def steer(station: Station) -> Callable[[Keeping | None], Steering]:
    """Return how a station is steered, by settings."""

    def steer(keeping: Keeping | None = None) -> Steering:
        return Steering(
            station.put,
            SETPOINT,
            keeping,
            clock=lambda: station.now,
            today=lambda: station.day,
        )

    return steer


type Steer = Callable[[Keeping | None], Steering]


async def test_held_wish_is_shown_and_written_at_its_time(
    station: Station, steer: Steer
) -> None:
    """A change inside the ten minutes waits, is seen with its time, and is written."""
    steering = steer(Keeping(reassert_s=None))
    await steering.set(ALL)
    station.now += 100
    await steering.set(L3)
    assert station.taken == [ALL]
    assert steering.told == ALL
    assert (steering.held, steering.held_until) == (L3, 5600.0)
    station.now = 5599.9
    await steering.tend()
    assert station.taken == [ALL]
    station.now = 5600.0
    await steering.tend()
    assert station.taken == [ALL, L3]
    assert (steering.held, steering.held_until) == (None, None)
    assert (steering.changes_today, steering.memory.total) == (1, 1)
    station.day += 1
    assert (steering.changes_today, steering.memory.total) == (0, 1)


@pytest.mark.parametrize("newer", [PhaseCurrents.alike(6000), PAUSE])
async def test_newest_wish_replaces_a_held_one(
    station: Station, steer: Steer, newer: PhaseCurrents
) -> None:
    """What may be written at once ends what waits: it is not written later."""
    steering = steer(Keeping(reassert_s=None))
    await steering.set(ALL)
    await steering.set(L3)
    await steering.set(newer)
    assert steering.held is None
    station.now += 3600
    await steering.tend()
    assert station.taken == [ALL, newer]


async def test_urgent_drop_does_not_wait_for_ten_minutes(
    station: Station, steer: Steer
) -> None:
    """It is written at once, counted, and the way back has to wait."""
    steering = steer(None)
    await steering.set(ALL)
    station.now += 1
    await steering.set(L3, urgent=True)
    await steering.set(ALL)
    assert station.taken == [ALL, L3]
    assert steering.memory.urgent == 1
    assert steering.held_until == 5601.0


async def test_last_word_is_repeated_slowly(station: Station, steer: Steer) -> None:
    """Every 60 s by default, also what is told while another wish is held."""
    steering = steer(None)
    await steering.tend()
    await steering.set(ALL)
    await steering.set(L3)
    for seconds in (59, 1, 59, 1):
        station.now += seconds
        await steering.tend()
    assert station.taken == [ALL] * 3


async def test_repeating_can_be_turned_off(station: Station, steer: Steer) -> None:
    """Without an interval nothing is written twice."""
    steering = steer(Keeping(reassert_s=None))
    await steering.set(ALL)
    station.now += 3600
    await steering.tend()
    assert station.taken == [ALL]


@pytest.mark.parametrize("seconds", [0, 29, 601])
def test_interval_out_of_range_is_refused(seconds: int) -> None:
    """Between 30 and 600 s: more often could wear the station's memory."""
    with pytest.raises(OutOfRange):
        Keeping(reassert_s=seconds)
    assert Keeping(reassert_s=30).reassert_s == 30
    assert Keeping(reassert_s=600).reassert_s == 600


async def test_nothing_of_others_is_repeated(station: Station, steer: Steer) -> None:
    """A station that says something else was told so by another, who is not fought."""
    steering = steer(None)
    await steering.set(ALL)

    async def say(currents: PhaseCurrents | None) -> PhaseCurrents | None:
        return currents

    for said in (ALL, None, L3):
        await steering.look(partial(say, said))
    assert steering.told == L3
    assert steering.changes_today == 1
    station.now += 100
    await steering.tend()
    await steering.set(ALL)
    assert station.taken == [ALL]
    assert steering.held == ALL


async def test_nothing_from_before_a_restart_is_repeated(
    station: Station, steer: Steer
) -> None:
    """What it was told by the run before is known, and its phases may be fresh."""
    steering = steer(None)
    steering.assume(ALL)
    station.now += 100
    await steering.tend()
    await steering.set(L3)
    assert not station.taken
    assert steering.held_until == 5600.0
    other = steer(None)
    other.recall(steering.memory)
    assert other.told == ALL
    await other.set(L3)
    assert other.held_until == 5600.0


@pytest.mark.parametrize(
    ("keeping", "left"),
    [
        (Keeping(), None),
        (Keeping(on_stop=OnStop.RELEASE), PhaseCurrents.alike(16_000)),
        (Keeping(on_stop=OnStop.CURRENT, stop_ma=6000), PhaseCurrents.alike(6000)),
        (Keeping(on_stop=OnStop.CURRENT), PAUSE),
    ],
)
async def test_station_is_left_as_its_owner_wants(
    station: Station, steer: Steer, keeping: Keeping, left: PhaseCurrents | None
) -> None:
    """Keep, all that is allowed, or a current of its own, and no wish is left held."""
    steering = steer(keeping)
    await steering.set(ALL)
    await steering.set(L3)
    assert await steering.stop() is (left is not None)
    assert station.taken == [ALL, *([left] if left else [])]
    assert steering.held is None


async def test_station_that_was_told_nothing_is_left_alone(
    station: Station, steer: Steer
) -> None:
    """A stop writes only where there is something of ours to release."""
    assert not await steer(Keeping(on_stop=OnStop.RELEASE)).stop()
    assert not station.taken


async def test_release_keeps_the_ten_minutes(station: Station, steer: Steer) -> None:
    """A stop can't wait: the current goes to the phases in use."""
    steering = steer(Keeping(on_stop=OnStop.RELEASE))
    await steering.set(L3)
    assert await steering.stop()
    assert station.taken[-1] == PhaseCurrents(0, 0, 16_000)
    await steering.set(PhaseCurrents(0, 6000, 10_000), urgent=True)
    station.now += 600
    await steering.set(PhaseCurrents(0, 6000, 10_000))
    assert not await steering.stop()
    station.now += 600
    assert await steering.stop()
    assert station.taken[-1] == PhaseCurrents.alike(16_000)


async def test_dead_station_holds_up_no_stop(station: Station, steer: Steer) -> None:
    """A stop ends in time, whether the station is silent or refuses."""
    steering = steer(Keeping(on_stop=OnStop.RELEASE))
    await steering.set(ALL)
    station.fails = Silent("no answer")
    assert not await steering.stop()
    station.answers.clear()
    async with asyncio.timeout(5):
        assert not await steering.stop(limit_s=0.05)


def test_current_at_the_stop_must_be_allowed(steer: Steer) -> None:
    """A current that the station can't be told is refused with the settings."""
    with pytest.raises(OutOfRange):
        steer(Keeping(on_stop=OnStop.CURRENT, stop_ma=32_000))
    steering = steer(None)
    with pytest.raises(OutOfRange):
        steering.keep(Keeping(stop_ma=7500))
    assert steering.keeping.stop_ma == 0


async def test_refused_write_changes_nothing(station: Station, steer: Steer) -> None:
    """What was not taken is neither shown nor counted, and the last goes on."""
    steering = steer(None)
    await steering.set(ALL)
    station.now += 600
    station.fails = Refused("no")
    with pytest.raises(Refused):
        await steering.set(L3)
    assert steering.told == ALL
    assert steering.memory.total == 0
    station.fails = None
    await steering.tend()
    assert station.taken == [ALL, ALL]


async def test_write_without_answer_may_have_moved_the_phases(
    station: Station, steer: Steer
) -> None:
    """The old current is shown, but neither repeated nor gone back to at once."""
    steering = steer(None)
    await steering.set(ALL)
    station.now += 600
    station.fails = Silent("no answer")
    with pytest.raises(Silent):
        await steering.set(L3)
    station.fails = None
    assert steering.told == ALL
    station.now += 100
    await steering.tend()
    await steering.set(ALL)
    assert station.taken == [ALL]
    await steering.set(L3)
    assert station.taken == [ALL, L3]
    assert steering.memory.total == 1


async def test_held_wish_survives_a_station_that_is_away(
    station: Station, steer: Steer
) -> None:
    """Its time has come but nobody answers: it is tried again."""
    steering = steer(None)
    await steering.set(ALL)
    await steering.set(L3)
    station.now += 600
    station.fails = Silent("no answer")
    with pytest.raises(Silent):
        await steering.tend()
    assert steering.held == L3
    assert steering.held_until == station.now
    station.fails = None
    await steering.tend()
    assert station.taken == [ALL, L3]
    assert steering.held is None


@pytest.mark.parametrize("wanted", [PhaseCurrents.alike(17_000), L3])
async def test_out_of_range_ends_before_anything_is_held(
    station: Station, wanted: PhaseCurrents
) -> None:
    """A current outside the owner's bounds on one phase refuses all of them."""
    narrow = Setpoint(minimum_ma=11_000, maximum_ma=16_000, step_ma=1000)
    steering = Steering(station.put, narrow, clock=lambda: station.now)
    with pytest.raises(OutOfRange):
        await steering.set(wanted)
    assert not station.taken
    assert steering.held is None


async def test_stopped_write_counts_as_one_without_answer(
    station: Station, steer: Steer
) -> None:
    """Who wrote was ended in the middle: the relays may have moved."""
    steering = steer(None)
    await steering.set(ALL)
    station.now += 600
    station.answers.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await steering.set(L3)
    station.answers.set()
    await steering.set(ALL)
    assert station.taken == [ALL]
    assert steering.held == ALL
