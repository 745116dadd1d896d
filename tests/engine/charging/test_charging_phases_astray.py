"""A wallbox on other phases than a site told it last."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    PhaseUse,
    Reason,
)

ONE = ChargerSettings(key="a", step_ma=100, switches_phases=True)
BARE = replace(ONE, switches_phases=False)
"""The same wallbox loaded anew, before it has said that it switches."""


def on_one(**others: object) -> House:
    """Return a house whose car takes the minimum on one phase, as told long ago."""
    house = House(
        settings_for(ONE, residual_w=0),
        modes={"a": Mode.MIN_SOLAR},
        limits={"a": 6_000},
        phases={"a": 1},
        base_ma=(-1_000, 0, 0),
        **others,
    ).run(700)
    assert (house.memory.chargers[0].switch.told, house.switches) == (1, [])
    return house


def told_without_number(house: House) -> House:
    """Let it be told more without a number, which takes its car to three phases."""
    house.settings = replace(house.settings, chargers=(BARE,))
    house.base_ma = (-9_000, -9_000, -9_000)
    house.writes = []
    while not house.writes:
        house.tick()
    house.phases["a"] = 3
    house.run(5)
    house.settings = replace(house.settings, chargers=(ONE,))
    return house


def test_limit_without_a_number_leaves_no_number() -> None:
    """After it the wallbox is found anew, and the gap begins with that limit."""
    house = told_without_number(on_one())
    at = house.writes[0][0]
    house.base_ma = (-1_000, 0, 0)
    house.run(590)
    assert (house.memory.chargers[0].switch.told, house.switches) == (3, [])
    house.run(60)
    assert [count for _, _, count in house.switches] == [1]
    assert house.switches[0][0] - at >= 600


def test_gap_outlasts_a_pause_without_a_choice() -> None:
    """Paused as the choice is back, it still knows when its phases may have changed."""
    house = told_without_number(on_one(mute={"a"}))
    at = house.writes[0][0]
    house.settings = replace(house.settings, chargers=(BARE,))
    house.modes["a"] = Mode.OFF
    house.run(5)
    house.settings = replace(house.settings, chargers=(ONE,))
    house.run(5)
    assert house.memory.chargers[0].switch.changed_at_ms == at * 1000


def test_number_outlasts_a_time_without_a_choice() -> None:
    """While nothing is told meanwhile, what it was told last still holds."""
    house = on_one(mute={"a"})
    house.settings = replace(house.settings, chargers=(BARE,))
    house.run(10)
    house.settings = replace(house.settings, chargers=(ONE,))
    house.run(5)
    assert (house.memory.chargers[0].switch.told, house.switches) == (1, [])


def test_change_under_way_ends_without_a_choice() -> None:
    """A wallbox that says no more that it switches is not waited for for ever."""
    house = on_one()
    house.base_ma = (-8_000, -8_000, -8_000)
    house.stuck = {"a"}
    while not house.switches:
        house.tick()
    house.settings = replace(house.settings, chargers=(BARE,))
    assert house.memory.chargers[0].switch.settling
    house.run(200)
    assert not house.memory.chargers[0].switch.settling
    assert (house.limit() or 0) > 6_000


def beside_one() -> House:
    """Return a house with a wallbox told 10 A on L1, resting, and another on L2."""
    told = replace(ONE, phase_use=PhaseUse.ONE, maximum_ma=10_000)
    second = ChargerSettings(key="b", step_ma=100, phases=(False, True, False))
    house = House(
        settings_for(told, second, fuse_ma=20_000, residual_w=0),
        modes={"a": Mode.FAST, "b": Mode.OFF},
        phases={"a": 1},
        draws={"a": 0},
    ).run(100)
    assert (house.limit("a"), house.phases["a"]) == (10_000, 1)
    house.deaf, house.stuck = {"a"}, {"a"}
    return house


@pytest.mark.parametrize("offline", [{"a"}, set()])
def test_word_of_more_phases_than_told_is_believed(offline: set[str]) -> None:
    """Told L1 it fell back to three: what it may draw on L2 nobody else gets."""
    house = beside_one()
    house.offline = offline
    house.phases["a"] = 3
    house.modes["b"] = Mode.FAST
    house.run(40)
    assert house.limit("b") == 9_000


def test_fallback_of_one_out_of_reach_takes_back_what_was_given() -> None:
    """Who has got all of L2 is lowered once the other says that it may use it."""
    house = beside_one()
    house.modes["b"] = Mode.FAST
    house.offline = {"a"}
    house.run(40)
    assert house.limit("b") == 16_000
    house.phases["a"], house.limits["a"] = 3, 8_000
    house.run(4)
    assert house.limit("b") == 11_000
    assert house.explanation("a").figures["limit"] == 10_000


def test_what_is_drawn_on_phases_not_told_is_the_house_s() -> None:
    """While the word is new, others are lowered for what is measured as ever."""
    house = beside_one()
    house.modes["b"] = Mode.FAST
    house.run(40)
    assert house.limit("b") == 16_000
    house.phases["a"], house.draws = 3, {}
    house.run(3)
    assert house.limit("b") == 9_000


def refusing(**others: object) -> House:
    """Return a house whose wallbox took numbers before and takes none any more."""
    house = House(
        settings_for(ONE, residual_w=0),
        modes={"a": Mode.FAST},
        limits={"a": 6_000},
        phases={"a": 3},
        **others,
    ).run(700)
    house.stuck = {"a"}
    return house


def seconds_over(house: House, seconds: int) -> list[int]:
    """Let time pass; when L2 carried more than its fuse."""
    since, over = house.second, []
    for _ in range(seconds):
        house.tick()
        if house.measure().currents_ma[1] > house.settings.fuse_ma[1]:
            over.append(house.second - since)
    return over


@pytest.mark.parametrize(
    ("hidden", "longest_s"), [("nothing", 11), ("mute", 11), ("unmeasured", 16)]
)
def test_phase_that_is_not_left_for_the_fuse_is_a_pause(
    hidden: str, longest_s: int
) -> None:
    """Told to leave L2 for the fuse it does not: paused once that had time to show.

    Unseen it takes one more write's time until L2 is known to be too full.
    """
    house = refusing(**{} if hidden == "nothing" else {hidden: {"a"}})
    house.base_ma = (5_000, 24_000, 5_000)
    over = seconds_over(house, 240)
    assert [count for _, _, count in house.switches] == [1]
    assert over == list(range(1, longest_s + 1))
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_PAUSE)


@pytest.mark.parametrize("hidden", ["nothing", "mute", "unmeasured"])
def test_who_refused_phases_begins_at_the_minimum(hidden: str) -> None:
    """After the gap it is tried again, with 6 A and no longer than the first time."""
    house = refusing(**{} if hidden == "nothing" else {hidden: {"a"}})
    house.base_ma = (5_000, 24_000, 5_000)
    house.run(240)
    house.writes = []
    over = seconds_over(house, 800)
    assert [limit for _, _, limit in house.writes] == [6_000, 0]
    assert len(over) <= 12
    house.stuck = set()
    house.run(800)
    assert (house.phases["a"], house.limit()) == (1, 16_000)


def test_phase_that_is_left_for_the_fuse_is_no_pause() -> None:
    """It obeys, and the house alone has too much: it goes on with the other phase."""
    house = refusing()
    house.stuck = set()
    house.base_ma = (5_000, 26_000, 5_000)
    house.run(240)
    assert (house.phases["a"], house.limit()) == (1, 16_000)
    assert min(limit for _, _, limit in house.writes) == 6_000
