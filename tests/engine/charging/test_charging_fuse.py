"""The main fuse: headroom, overloads, pauses, cool-down and the way back."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    ChargerState,
    GridSample,
    Mode,
    Reason,
    State,
    decide,
)

ONE = ChargerSettings(key="a")
TWO = ChargerSettings(key="b", priority=1)
LAZY = ChargerSettings(key="a", write_interval_ms=10_000)


def fast_house(*chargers: ChargerSettings, seconds: int = 61, **others: int) -> House:
    """Return a house whose cars charge in fast mode."""
    chargers = chargers or (ONE,)
    modes = dict.fromkeys((one.key for one in chargers), Mode.FAST)
    return House(settings_for(*chargers, **others), modes=modes).run(seconds)


def test_first_start_comes_at_once() -> None:
    """After the warm-up a fast charger starts with all the headroom there is."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}, base_ma=(9_000, 15_000, 0))
    house.run(3)
    assert house.limit() == 9_000
    house.run(2)
    assert house.reason() is Reason.FUSE


def test_full_power_is_told_as_fast() -> None:
    """With room for the maximum the reason is the mode."""
    assert fast_house().reason() is Reason.FAST


def test_reduction_comes_with_the_sample() -> None:
    """The call that sees the overload lowers by the excess on the worst phase."""
    house = fast_house()
    house.base_ma = (0, 13_500, 2_000)
    house.run(2)
    assert (house.limit(), house.reason()) == (10_000, Reason.FUSE)


def test_reductions_ignore_dead_band_and_write_interval() -> None:
    """Each reduction for the fuse goes with the sample that shows its need."""
    house = fast_house(LAZY)
    house.base_ma = (9_000, 0, 0)
    house.run(2)
    assert house.limit() == 15_000
    house.base_ma = (9_900, 0, 0)
    house.run(2)
    assert house.limit() == 14_000


def test_reductions_keep_two_seconds_apart() -> None:
    """Even a reduction for the fuse does not follow a write within 2 s."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}).run(3)
    now = house.second * 1000
    heavy = GridSample(now, 0, (30_000, 0, 0))
    state = replace(house.state(), grid=heavy)
    early = decide(house.settings, house.memory, state, now)
    assert early.commands == ()
    later = decide(house.settings, early.memory, state, now + 1_000)
    assert [one.limit_ma for one in later.commands] == [(10_000, 10_000, 10_000)]


def test_export_gives_no_more_than_the_fuse() -> None:
    """However much sun there is, the limits stay below the fuse less its margin."""
    house = fast_house(ONE, TWO)
    house.base_ma = (-30_000, -30_000, -30_000)
    house.run(60)
    assert (house.limit("a"), house.limit("b")) == (8_000, 16_000)


def test_increase_waits_for_thirty_seconds_of_headroom() -> None:
    """The limit rises to the least headroom of the last 30 s."""
    house = fast_house()
    house.base_ma = (14_000, 0, 0)
    house.run(2)
    assert house.limit() == 10_000
    house.base_ma = (10_000, 0, 0)
    house.run(10)
    house.base_ma = (12_000, 0, 0)
    house.run(10)
    house.base_ma = (9_000, 0, 0)
    house.run(8)
    assert (house.limit(), house.reason()) == (10_000, Reason.FUSE)
    until = house.until_s()
    assert until is not None
    house.run(int(until) - house.second + 1)
    assert house.limit() == 12_000


def test_headroom_that_goes_starts_the_wait_again() -> None:
    """A house load within the 30 s starts the wait from the beginning."""
    house = fast_house()
    house.base_ma = (14_000, 0, 0)
    house.run(2)
    house.base_ma = (0, 0, 0)
    house.run(20)
    house.base_ma = (14_000, 0, 0)
    house.run(2)
    house.base_ma = (0, 0, 0)
    house.run(28)
    assert house.limit() == 10_000
    house.run(4)
    assert house.limit() == 16_000


def test_minimum_is_kept_inside_the_margin() -> None:
    """At the minimum the margin may be used: below the fuse nobody is paused."""
    house = fast_house()
    house.base_ma = (18_800, 0, 0)
    house.run(120)
    assert (house.limit(), house.reason()) == (6_000, Reason.FUSE)


@pytest.mark.parametrize(
    ("base", "paused_after"), [(21_000, 10), (28_000, 3), (31_000, 0)]
)
def test_pause_when_the_minimum_is_too_much(base: int, paused_after: int) -> None:
    """The larger the overload, the sooner the charger stops."""
    house = fast_house(seconds=60)
    house.base_ma = (base, 0, 0)
    house.run(1)
    house.run(paused_after - 1 if paused_after > 1 else 0)
    if paused_after:
        assert house.limit() == 6_000
        house.run(2)
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_PAUSE)


def test_pause_takes_the_lowest_priority_first() -> None:
    """One pause ends the overload, so the more important car goes on."""
    house = fast_house(ONE, TWO)
    house.base_ma = (16_000, 0, 0)
    house.run(20)
    assert (house.limit("a"), house.limit("b")) == (0, 6_000)


def test_pause_takes_all_that_are_needed() -> None:
    """When the house alone fills the fuse, everybody on the phase stops at once."""
    other = ChargerSettings(key="c", phases=(False, True, False))
    house = fast_house(ONE, TWO, other, fuse_ma=40_000)
    house.base_ma = (50_000, 0, 0)
    house.run(2)
    assert (house.limit("a"), house.limit("b")) == (0, 0)
    assert house.limit("c") > 0


def test_overloads_on_two_phases_pause_no_more_than_needed() -> None:
    """A pause for one phase counts for the next phase too."""
    house = fast_house(ONE, TWO)
    house.base_ma = (16_000, 16_000, 0)
    house.run(20)
    assert (house.limit("a"), house.limit("b")) == (0, 6_000)


def test_resume_after_a_minute_with_two_amperes_to_spare() -> None:
    """After a pause the headroom must hold the minimum and 2 A for 60 s."""
    house = fast_house()
    house.base_ma = (40_000, 0, 0)
    house.run(2)
    assert house.limit() == 0
    house.base_ma = (17_000, 0, 0)
    house.run(400)
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_PAUSE)
    house.base_ma = (16_000, 0, 0)
    house.run(2)
    assert house.reason() is Reason.FUSE_RESUME
    until = house.until_s()
    assert until is not None
    house.base_ma = (17_000, 0, 0)
    house.run(2)
    assert house.reason() is Reason.FUSE_PAUSE
    house.base_ma = (16_000, 0, 0)
    house.run(60)
    assert house.limit() == 0
    house.run(3)
    assert house.limit() == 8_000


def test_full_fuse_keeps_a_charger_from_starting() -> None:
    """Without room for the minimum a charger waits, and then needs 2 A more."""
    house = fast_house(seconds=0)
    house.base_ma = (19_000, 0, 0)
    house.run(10)
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_FULL)
    house.base_ma = (15_000, 0, 0)
    house.run(70)
    assert house.limit() == 9_000


def test_long_overload_is_followed_by_a_cool_down() -> None:
    """After 3 s above the fuse its usable part shrinks by the overshoot for 300 s."""
    house = fast_house()
    house.base_ma = (28_000, 0, 0)
    house.run(6)
    house.base_ma = (0, 0, 0)
    house.run(290)
    assert (house.limit(), house.memory.phases[0].cool_ma) == (0, 19_000)
    house.run(90)
    assert (house.limit(), house.memory.phases[0].cool_ma) == (16_000, 0)


def test_cool_down_lowers_the_limit() -> None:
    """During the cool-down the limit and its reason show what is left of the fuse."""
    house = fast_house()
    house.base_ma = (20_000, 0, 0)
    house.draws = {"a": 9_000}
    house.run(2)
    assert house.limit() == 6_000
    house.run(4)
    house.base_ma = (5_000, 0, 0)
    house.memory = replace(
        house.memory,
        phases=(
            replace(house.memory.phases[0], cool_ma=4_000, cool_until_ms=200_000),
            *house.memory.phases[1:],
        ),
    )
    house.run(40)
    assert (house.reason(), house.until_s()) == (Reason.COOL_DOWN, 200)
    assert house.limit() == 15_000
    house.run(140)
    assert (house.limit(), house.reason()) == (16_000, Reason.FAST)


def test_a_short_overload_needs_no_cool_down() -> None:
    """One sample above the fuse is forgotten."""
    house = fast_house()
    house.base_ma = (12_000, 0, 0)
    house.run(20)
    assert house.memory.phases[0].cool_until_ms is None
    assert house.memory.phases[0].over_since_ms is None


def test_total_power_counts_on_each_phase() -> None:
    """With the total power alone all of the house may hang on any one phase."""
    house = fast_house(seconds=0)
    house.total_only = True
    house.base_ma = (5_000, 5_000, 4_000)
    house.run(60)
    assert house.limit() == 10_000


def test_total_export_gives_no_headroom() -> None:
    """Export by the total power does not count for the fuse."""
    house = fast_house(ONE, TWO, seconds=0)
    house.total_only = True
    house.base_ma = (-20_000, -20_000, -20_000)
    house.run(90)
    assert (house.limit("a"), house.limit("b")) == (8_000, 16_000)


def test_car_that_does_not_obey_is_base_load() -> None:
    """What a car draws above its settled limit is taken from the others."""
    house = fast_house(ONE, TWO, fuse_ma=40_000)
    disobedient = replace(house, limits=dict(house.limits))
    house.base_ma = (8_000, 0, 0)
    house.run(2)
    assert (house.limit("a"), house.limit("b")) == (15_000, 16_000)
    now = house.second * 1000 + 10_000
    sample = GridSample(now, 0, (40_000, 32_000, 32_000))
    states = tuple(
        replace(one, limit_ma=(house.limit(one.key) or 0,) * 3)
        for one in disobedient.state().chargers
    )
    memory = replace(
        house.memory,
        grid=replace(house.memory.grid, sample=replace(sample, at_ms=now - 1)),
    )
    decision = decide(house.settings, memory, State(sample, states), now)
    assert [(one.charger, one.limit_ma[0]) for one in decision.commands] == [
        ("a", 14_000)
    ]


def test_car_that_has_not_obeyed_yet_is_not_lowered_twice() -> None:
    """Within the settle time the old current still counts as the car's own."""
    house = fast_house()
    house.base_ma = (14_000, 0, 0)
    house.run(2)
    now = house.second * 1000
    state = house.state()
    late = replace(state.chargers[0], measured_ma=(16_000, 16_000, 16_000))
    sample = GridSample(now, 0, (30_000, 16_000, 16_000))
    decision = decide(house.settings, house.memory, State(sample, (late,)), now)
    assert decision.commands == ()


def test_newer_measurement_is_not_set_against_an_older_sample() -> None:
    """A car seen falling before the grid shows it does not look like house load."""
    house = fast_house()
    house.base_ma = (14_000, 0, 0)
    house.run(2)
    now = house.second * 1000
    sample = GridSample(now - 1_500, 0, (30_000, 16_000, 16_000))
    decision = decide(
        house.settings, house.memory, replace(house.state(), grid=sample), now
    )
    assert decision.commands == ()


def test_measurement_nearest_to_the_sample_counts() -> None:
    """Of the last measurements the one taken with the sample is used."""
    house = fast_house(seconds=101)
    start = house.second * 1000

    def see(now: int, measured: int, at: int, sample: GridSample | None) -> int:
        one = ChargerState(
            "a", Mode.FAST, True, (16_000,) * 3, (measured,) * 3, measured_at_ms=at
        )
        decision = decide(house.settings, house.memory, State(sample, (one,)), now)
        house.memory = decision.memory
        return len(decision.commands)

    assert see(start, 16_000, start, house.sample) == 0
    assert see(start, 16_000, start, house.sample) == 0
    sample = GridSample(start + 100, 0, (23_000, 16_000, 16_000))
    assert see(start + 1_000, 8_000, start + 900, sample) == 0


def test_offline_charger_keeps_its_reservation() -> None:
    """A charger out of reach keeps what it was last told; the other gets the rest."""
    house = fast_house(ONE, TWO, fuse_ma=32_000)
    assert (house.limit("a"), house.limit("b")) == (15_000, 16_000)
    house.offline = {"b"}
    house.draws = {"b": 0}
    house.run(60)
    assert (house.limit("a"), house.limit("b")) == (15_000, 16_000)
    assert house.reason("b") is Reason.CHARGER_OFFLINE
    assert all(key != "b" for second, key, _ in house.writes if second > 61)


def test_offline_charger_tells_since_when() -> None:
    """It stays the time at which it went; the next time is another."""
    house = fast_house(ONE, TWO, fuse_ma=32_000)
    went = house.wall_ms(house.second)
    for _ in range(2):
        house.offline = {"b"}
        house.run(1)
        first = house.figures("b")
        house.run(30)
        assert house.figures("b") == first == {"since": went, "limit": 16_000}
        house.offline = set()
        house.run(5)
        assert "since" not in house.figures("b")
        went = house.wall_ms(house.second)


def test_charger_missing_from_the_state_is_offline() -> None:
    """A charger nobody reports reserves its maximum until it was told something."""
    house = fast_house(ONE, TWO, seconds=0)
    for second in range(5):
        state = State(
            GridSample(second * 1000, 0, (0, 0, 0)),
            (ChargerState("a", Mode.FAST, True, (0, 0, 0), (0, 0, 0)),),
        )
        decision = decide(house.settings, house.memory, state, second * 1000)
        house.memory = decision.memory
        for command in decision.commands:
            assert command.limit_ma == (8_000, 8_000, 8_000)
    assert house.memory.chargers[0].commanded_ma == 8_000
    assert decision.reasons["b"].reason is Reason.CHARGER_OFFLINE


def test_unknown_limit_reserves_the_maximum() -> None:
    """Before its first command a charger may be at its maximum already."""
    house = fast_house(ONE, TWO, seconds=0)
    house.limits = {"a": 0, "b": None}
    house.run(3)
    assert (house.limit("a"), house.limit("b")) == (8_000, 16_000)


def test_other_cars_must_have_come_down_before_one_goes_up() -> None:
    """Room that another car is still leaving is not given away."""
    house = fast_house(ONE, fuse_ma=22_000)
    house.settings = settings_for(ONE, TWO, fuse_ma=22_000)
    house.modes["b"] = Mode.FAST
    house.run(6)
    assert (house.limit("a"), house.limit("b")) == (6_000, 0)
    assert house.reason("b") is Reason.FUSE
    house.run(10)
    assert (house.limit("a"), house.limit("b")) == (6_000, 15_000)


def test_solar_charging_waits_after_a_reduction_for_the_fuse() -> None:
    """After the fuse lowered it, a solar charger rises no sooner than 30 s later."""
    house = House(settings_for(ONE), base_ma=(-30_000, -30_000, -30_000)).run(121)
    assert house.limit() == 16_000
    house.base_ma = (14_000, -50_000, -50_000)
    house.run(2)
    assert house.limit() == 10_000
    house.base_ma = (-30_000, -30_000, -30_000)
    house.run(28)
    assert (house.limit(), house.reason()) == (10_000, Reason.FUSE)
    house.run(4)
    assert house.limit() == 16_000


def test_chosen_mode_is_acted_on_at_once_but_not_soon_after_the_fuse() -> None:
    """The user need not wait for sustained headroom, only the fuse's 30 s."""
    house = fast_house()
    house.base_ma = (14_000, 0, 0)
    house.run(2)
    reduced = house.writes[-1][0]
    house.base_ma = (0, 0, 0)
    house.run(2)
    house.modes["a"] = Mode.MIN_SOLAR
    house.run(10)
    house.modes["a"] = Mode.FAST
    house.run(reduced + 30 - house.second)
    assert (house.limit(), house.reason()) == (6_000, Reason.FUSE)
    house.run(1)
    assert house.limit() == 16_000
    house.modes["a"] = Mode.MIN_SOLAR
    house.run(10)
    house.modes["a"] = Mode.FAST
    house.run(1)
    assert house.limit() == 16_000


def test_start_seen_late_is_not_taken_for_the_house() -> None:
    """A wallbox that measures every ten seconds is not lowered for its own car."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}).run(3)
    assert house.limit() == 16_000
    now = house.second * 1000 + 1_000
    late = replace(
        house.state().chargers[0], measured_ma=(0, 0, 0), measured_at_ms=now - 5_000
    )
    memory = replace(house.memory.chargers[0], measurements=())
    seen = replace(
        house.state(),
        grid=GridSample(now, 15_870, (23_000, 23_000, 23_000)),
        chargers=(late,),
    )
    before = replace(house.memory, chargers=(memory,))
    assert decide(house.settings, before, seen, now).commands == ()
    over = replace(seen, grid=GridSample(now, 17_940, (26_000, 26_000, 26_000)))
    lowered = decide(house.settings, before, over, now).commands
    assert [one.limit_ma for one in lowered] == [(14_000, 14_000, 14_000)]
