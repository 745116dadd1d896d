"""How old or wrong samples of the grid meter are dealt with."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    ChargerState,
    GridSample,
    Memory,
    Mode,
    Reason,
    State,
    decide,
)

ONE = ChargerSettings(key="a")
TWO = ChargerSettings(key="b")


def fast_house(**others: int) -> House:
    """Return a house whose car has charged at 16 A for a minute."""
    house = House(settings_for(ONE, **others), modes={"a": Mode.FAST})
    return house.run(61)


def test_warm_up_waits_for_two_samples() -> None:
    """At start nothing rises until two fresh samples have come."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST})
    house.run(2)
    assert (house.limit(), house.reason()) == (0, Reason.WARM_UP)
    house.run(1)
    assert (house.limit(), house.reason()) == (16_000, Reason.STARTING)


def test_warm_up_without_any_sample_keeps_all() -> None:
    """Before the first sample a charging car keeps its limit."""
    house = House(settings_for(ONE), limits={"a": 12_000}, meter=False)
    house.run(8)
    assert (house.limit(), house.reason()) == (12_000, Reason.WARM_UP)


def test_never_a_sample_is_stale_in_the_end() -> None:
    """A meter that never answers leads to the failsafe budget too."""
    house = House(settings_for(ONE), limits={"a": 12_000}, meter=False)
    house.run(10)
    assert (house.limit(), house.reason()) == (10_000, Reason.METER_STALE)


def test_ageing_blocks_increases() -> None:
    """After two missed samples nothing rises, with the reason told."""
    house = fast_house()
    house.base_ma = (16_000, 0, 0)
    house.run(2)
    assert house.limit() == 8_000
    house.base_ma = (0, 0, 0)
    house.run(24)
    house.meter = False
    house.run(8)
    assert (house.limit(), house.reason()) == (8_000, Reason.AGEING)


def test_stale_command_comes_with_the_call_that_sees_it() -> None:
    """The first call with a sample older than 8 s falls back to 10 A."""
    house = fast_house()
    house.meter = False
    house.run(8)
    assert house.limit() == 16_000
    house.run(1)
    assert (house.limit(), house.reason()) == (10_000, Reason.METER_STALE)


def test_stale_is_reached_at_ten_seconds_at_the_latest() -> None:
    """With a slower meter the fallback comes after 10 s, not after four periods."""
    house = fast_house(grid_period_ms=4_000, failsafe_ma=12_000)
    assert house.limit() == 12_000
    house.meter = False
    house.run(10)
    assert house.reason() is Reason.METER_SLOW
    house.run(1)
    assert house.reason() is Reason.METER_STALE


@pytest.mark.parametrize(
    ("failsafe", "fuse", "limit"),
    [
        (10_000, 25_000, 10_000),
        (0, 25_000, 0),
        (20_000, 25_000, 12_000),
        (5_000, 25_000, 0),
    ],
)
def test_failsafe_budget(failsafe: int, fuse: int, limit: int) -> None:
    """The budget is what is set, at most half the fuse; below the minimum it pauses."""
    house = fast_house(failsafe_ma=failsafe, fuse_ma=fuse)
    house.meter = False
    house.run(12)
    assert house.limit() == limit


def test_stale_budget_is_shared() -> None:
    """Two chargers have the budget together: the second does not fit any more."""
    house = House(
        settings_for(ONE, TWO, fuse_ma=40_000), modes={"a": Mode.FAST, "b": Mode.FAST}
    )
    house.run(60)
    assert (house.limit("a"), house.limit("b")) == (16_000, 16_000)
    house.meter = False
    house.run(12)
    assert (house.limit("a"), house.limit("b")) == (10_000, 0)


def test_stale_starts_nothing() -> None:
    """A charger at 0 stays at 0 however large the budget."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST})
    house.run(1)
    house.meter = False
    house.run(30)
    assert (house.limit(), house.writes) == (0, [])


def test_stale_does_not_raise_a_charger_to_its_last_command() -> None:
    """What the charger reports below its command bounds the fallback."""
    house = fast_house()
    house.limits["a"] = 7_000
    house.deaf = {"a"}
    house.meter = False
    house.run(12)
    assert house.writes[-1][2] == 7_000


def test_stale_without_read_back_falls_back() -> None:
    """A charger whose limit cannot be read back falls back from its last command."""
    house = fast_house()
    memory = house.memory
    state = State(house.sample, (ChargerState("a", Mode.FAST, True, None),))
    decision = decide(house.settings, memory, state, 70_000)
    assert [one.limit_ma for one in decision.commands] == [(10_000, 10_000, 10_000)]


def test_lost_stops_the_solar_charger() -> None:
    """After a minute without the meter solar charging ends, fast charging does not."""
    house = House(
        settings_for(ONE, TWO, failsafe_ma=12_000, fuse_ma=40_000),
        modes={"a": Mode.SOLAR, "b": Mode.FAST},
        base_ma=(-30_000, -30_000, -30_000),
    )
    house.run(121)
    house.meter = False
    house.run(59)
    assert (house.limit("a"), house.limit("b")) == (6_000, 6_000)
    house.run(3)
    assert (house.limit("a"), house.limit("b")) == (0, 6_000)
    assert house.reason("a") is Reason.METER_LOST
    assert house.reason("b") is Reason.METER_STALE


def test_recovery_takes_two_samples_and_ten_seconds() -> None:
    """After the meter is back nothing rises for 10 s, then the normal rules hold."""
    house = fast_house()
    house.meter = False
    house.run(12)
    house.meter = True
    house.run(2)
    assert (house.limit(), house.reason()) == (10_000, Reason.RECOVERING)
    until = house.until_s()
    assert until is not None
    house.run(int(until) - house.second)
    assert house.reason() is Reason.RECOVERING
    house.run(1)
    assert house.reason() is Reason.FUSE
    house.run(31)
    assert house.limit() == 16_000


def test_a_gap_between_two_calls_counts_as_stale() -> None:
    """A sample that comes after a long gap starts the recovery."""
    house = fast_house()
    house.second += 101
    house.run(1)
    assert house.reason() is Reason.RECOVERING


def test_an_old_sample_does_not_recover() -> None:
    """A sample delivered too late is no sign that the meter works again."""
    house = fast_house()
    house.meter = False
    house.run(12)
    now = house.second * 1000
    late = replace(house.measure(), at_ms=now - 5_000)
    state = replace(house.state(), grid=late)
    decision = decide(house.settings, house.memory, state, now)
    assert decision.reasons["a"].reason is Reason.RECOVERING
    assert decision.reasons["a"].until_ms is None


@pytest.mark.parametrize(
    "wrong",
    [
        GridSample(0, 0, (250_001, 0, 0)),
        GridSample(0, 0, (0, 0, -250_001)),
        GridSample(0, 172_501),
        GridSample(0, -172_501, (0, 0, 0)),
    ],
)
def test_absurd_samples_count_as_missing(wrong: GridSample) -> None:
    """Ten times the fuse cannot be: the age goes on from the last good sample."""
    house = fast_house()
    last = house.sample
    assert last is not None
    memory = house.memory
    for now in range(last.at_ms + 1_000, last.at_ms + 10_000, 1_000):
        state = replace(house.state(), grid=replace(wrong, at_ms=now))
        decision = decide(house.settings, memory, state, now)
        memory = decision.memory
    assert decision.reasons["a"].reason is Reason.METER_STALE
    assert memory.grid.sample == last


def test_samples_of_the_future_are_rejected() -> None:
    """A sample that claims to be taken later than now is not believed."""
    site = settings_for(ONE)
    state = State(GridSample(5_000, 0, (0, 0, 0)), ())
    assert decide(site, Memory(), state, 4_999).memory.grid.sample is None
    assert decide(site, Memory(), state, 5_000).memory.grid.sample is not None


def test_older_samples_are_ignored() -> None:
    """A sample older than the last one changes nothing."""
    site = settings_for(ONE)
    newer = GridSample(5_000, 0, (0, 0, 0))
    memory = decide(site, Memory(), State(newer, ()), 5_000).memory
    older = State(GridSample(4_000, 99, (1, 1, 1)), ())
    assert decide(site, memory, older, 6_000).memory.grid.sample == newer


def test_slow_meter_never_gives_more_than_the_failsafe_budget() -> None:
    """A meter slower than 2.5 s guards no fuse: both chargers share the budget."""
    house = House(
        settings_for(
            ONE, TWO, fuse_ma=63_000, grid_period_ms=3_000, failsafe_ma=14_000
        ),
        modes={"a": Mode.FAST, "b": Mode.FAST},
    )
    house.run(120)
    assert (house.limit("a"), house.limit("b")) == (7_000, 7_000)
    assert house.reason("a") is Reason.METER_SLOW


def test_slow_meter_lowers_a_charger_found_above_the_budget() -> None:
    """A charger found at 16 A behind a slow meter is lowered without delay."""
    house = House(
        settings_for(ONE, grid_period_ms=5_000),
        limits={"a": 16_000},
        modes={"a": Mode.FAST},
    )
    house.run(1)
    assert house.limit() == 10_000


def test_slow_meter_steers_by_the_sun_below_the_budget() -> None:
    """Solar charging works with a slow meter as long as it stays in the budget."""
    house = House(
        settings_for(ONE, grid_period_ms=4_000), base_ma=(-8_200, -8_200, -8_200)
    )
    house.run(120)
    assert (house.limit(), house.reason()) == (8_000, Reason.SOLAR)


def test_slow_meter_without_room_names_itself() -> None:
    """A charger that does not fit the budget waits because of the slow meter."""
    house = House(
        settings_for(ONE, grid_period_ms=4_000, failsafe_ma=5_000),
        modes={"a": Mode.FAST},
    )
    house.run(20)
    assert (house.limit(), house.reason()) == (0, Reason.METER_SLOW)
