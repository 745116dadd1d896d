"""The budget of a gateway: its rates, a ban, and what follows it."""

import asyncio

import pytest

from custom_components.meters_and_chargers.engine.model import TooOften
from custom_components.meters_and_chargers.engine.protocols.budget import Budget, Lane
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands."""
    return Clock()


@pytest.fixture
def budget(clock: Clock) -> Budget:
    """Return a budget of 150 kbit and 20 requests a second."""
    return Budget(bits_per_s=150_000, requests_per_s=20, clock=clock, sleep=clock.sleep)


@pytest.fixture
def expected_logs() -> list[str]:
    """The budget says once that it leaves a gateway alone."""
    return ["as when its firewall blocks us"]


async def _take(lane: Lane, times: int, bits: int) -> None:
    for _ in range(times):
        await lane.take(bits)


@pytest.mark.parametrize(("bits", "seconds"), [(100, 10.0), (15_000, 20.0)])
async def test_two_paths_share_both_rates(
    budget: Budget, clock: Clock, bits: int, seconds: float
) -> None:
    """200 requests of two paths take 10 s by their number, 20 s by 15 kbit each."""
    begun = clock.now
    one, other = budget.lane(), budget.lane()
    await asyncio.gather(_take(one, 100, bits), _take(other, 100, bits))
    assert seconds - 1 <= clock.now - begun <= seconds + 1
    assert budget.lasts_s(200, 200 * bits) == pytest.approx(seconds)


async def test_never_more_than_the_rate_after_a_pause(
    budget: Budget, clock: Clock
) -> None:
    """A long pause does not save up for a burst that a firewall could mind."""
    lane = budget.lane()
    clock.now += 3600
    begun = clock.now
    await _take(lane, 10, 100)
    assert clock.now == begun
    await _take(lane, 10, 100)
    assert clock.now >= begun + 0.45


async def test_a_request_larger_than_the_bucket_goes_and_is_paid_for(
    budget: Budget, clock: Clock
) -> None:
    """Two seconds' worth of bits go at once, and hold the next one back."""
    lane = budget.lane()
    begun = clock.now
    await lane.take(300_000)
    assert clock.now == begun
    await lane.take(100)
    assert clock.now >= begun + 1.4


async def test_silence_of_all_paths_is_a_ban(budget: Budget, clock: Clock) -> None:
    """35 s of nothing, refused at once with the time that is left; then half of it."""
    one, other = budget.lane(), budget.lane()
    one.answered()
    other.answered()
    one.silent()
    assert not budget.state.banned_for_s
    other.silent()
    assert budget.state.banned_for_s == 35
    with pytest.raises(TooOften) as refused:
        await one.take(100)
    assert refused.value.retry_after_s == 35
    clock.now += 35
    await one.take(100)
    assert budget.state.requests_per_s == 10
    assert budget.state.bits_per_s == 75_000
    assert budget.state.bans == 1


async def test_a_path_that_never_answered_is_no_ban(budget: Budget) -> None:
    """A wrong community or SNMP switched off is silence that we did not cause."""
    one, other = budget.lane(), budget.lane()
    one.silent()
    other.silent()
    assert budget.state.bans == 0
    one.answered()
    other.silent()
    assert budget.state.bans == 0


async def test_a_gateway_that_stays_away_is_banned_once(
    budget: Budget, clock: Clock
) -> None:
    """Who is switched off for hours does not halve the rate again and again."""
    lane = budget.lane()
    lane.answered()
    for _ in range(10):
        lane.silent()
        clock.now += 40
    assert budget.state.bans == 1
    assert budget.state.requests_per_s == 10


async def test_the_rate_comes_back(budget: Budget, clock: Clock) -> None:
    """Each hour without a ban doubles the rate, up to the full one; each ban halves."""
    seen: list[float] = []
    forget = budget.observe(lambda: seen.append(budget.state.requests_per_s))
    lane = budget.lane()
    for _ in range(5):
        lane.answered()
        lane.silent()
        clock.now += 40
    assert budget.state.requests_per_s == 2.5
    clock.now += 7200
    assert budget.state.requests_per_s == 10
    clock.now += 7200
    assert budget.state.requests_per_s == 20
    assert seen[:3] == [10, 5, 2.5]
    forget()


async def test_who_waits_when_the_ban_comes_is_refused(
    budget: Budget, clock: Clock
) -> None:
    """A request in the queue does not go out into the ban."""
    lane = budget.lane()
    lane.answered()
    await lane.take(300_000)

    async def banned_meanwhile() -> None:
        lane.silent()

    results = await asyncio.gather(
        lane.take(100), banned_meanwhile(), return_exceptions=True
    )
    assert isinstance(results[0], TooOften)


async def test_a_path_that_was_closed_no_longer_counts(budget: Budget) -> None:
    """Once Modbus is switched off, SNMP's silence alone is the gateway's."""
    modbus, snmp = budget.lane(), budget.lane()
    modbus.answered()
    snmp.answered()
    modbus.close()
    modbus.close()
    snmp.silent()
    assert budget.state.bans == 1
