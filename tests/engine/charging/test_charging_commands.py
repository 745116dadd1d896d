"""When a charger is told something, and what `decide` promises its caller."""

from dataclasses import replace
from itertools import pairwise

from charging_house import House, settings_for

from custom_components.meters_and_chargers.engine.charging import (
    ChargerMemory,
    ChargerSettings,
    ChargerState,
    Command,
    Memory,
    Mode,
    Reason,
    State,
    decide,
)

ONE = ChargerSettings(key="a")


def test_empty_memory_is_a_value() -> None:
    """The memory compares by value, and starts without arguments."""
    assert Memory() == Memory()
    assert Memory(chargers=(ChargerMemory("a"),)) != Memory()


def test_site_without_chargers() -> None:
    """A site with nothing to steer has nothing to say."""
    decision = decide(settings_for(), Memory(), State(None, ()), 0)
    assert (decision.commands, decision.reasons) == ((), {})


def test_off_is_told_at_once() -> None:
    """Off means 0 in the next call, without a grid meter too."""
    house = House(
        settings_for(ONE), modes={"a": Mode.OFF}, limits={"a": 9_000}, meter=False
    )
    assert house.tick().commands == (Command("a", (0, 0, 0), urgent=True),)
    assert house.reason() is Reason.OFF
    house.run(20)
    assert (len(house.writes), house.reason()) == (1, Reason.OFF)


def test_command_names_only_the_phases_the_charger_loads() -> None:
    """A charger on one phase gets 0 on the others."""
    one = ChargerSettings(key="a", phases=(False, False, True))
    house = House(settings_for(one), modes={"a": Mode.FAST}).run(2)
    assert house.tick().commands == (Command("a", (0, 0, 16_000)),)


def test_unchanged_limit_is_not_written_again() -> None:
    """A steady house sees one write."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}).run(300)
    assert [limit for _, _, limit in house.writes] == [16_000]


def test_lost_write_is_repeated_after_ten_seconds() -> None:
    """A charger that still reports its old limit is told again."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}, deaf={"a"}).run(40)
    assert [second for second, _, _ in house.writes] == [2, 12, 22, 32]
    assert {limit for _, _, limit in house.writes} == {16_000}


def test_lost_increase_is_not_repeated_without_a_fresh_meter() -> None:
    """Repeating an increase is an increase; repeating a reduction is none."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}, deaf={"a"}).run(6)
    house.meter = False
    house.run(3)
    house.limits["a"] = 16_000
    house.memory = replace(
        house.memory,
        chargers=(replace(house.memory.chargers[0], commanded_at_ms=-20_000),),
    )
    house.limits["a"] = 7_000
    house.writes = []
    house.run(1)
    assert house.writes == []


def test_charger_without_read_back_is_not_told_twice() -> None:
    """What it obeys is not known, and silence is no sign that it obeys less."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}, limits={"a": 0}).run(3)
    writes = len(house.writes)
    assert writes
    house.limits["a"] = None
    house.deaf.add("a")
    house.run(40)
    assert len(house.writes) == writes


def measureless(limit: int | None) -> House:
    """Return a house whose car takes 6 A unseen; its charger's limit is one of two."""
    house = House(settings_for(ONE), modes={"a": Mode.MIN_SOLAR}, unmeasured={"a"})
    house.base_ma = (3_000, 3_000, 3_000)
    house.run(120)
    assert house.writes == [(2, "a", 6_000)]
    house.limits["a"], house.writes = limit, []
    return house


def test_limit_that_is_not_known_any_more_is_told_again() -> None:
    """Who reported its limit and reports none has lost it: told until it does again."""
    house = measureless(None)
    house.deaf = {"a"}
    house.run(35)
    assert [(at, limit) for at, _, limit in house.writes] == [
        (second, 6_000) for second in (120, 130, 140, 150)
    ]
    house.deaf = set()
    house.run(60)
    assert (len(house.writes), house.limit()) == (5, 6_000)


def test_limit_that_is_not_known_any_more_outlasts_another_wish() -> None:
    """Another bound does not make it one that never reported."""
    house = measureless(None)
    house.deaf = {"a"}
    house.run(5)
    house.settings = settings_for(replace(ONE, maximum_ma=15_000))
    house.run(30)
    assert [at for at, _, _ in house.writes] == [120, 130, 140, 150]


def test_unknown_limit_is_told_again_without_a_meter() -> None:
    """What the failsafe leaves is told as well: it may have a higher one."""
    house = measureless(6_000)
    house.meter = False
    house.run(20)
    assert (house.reason(), house.writes) == (Reason.METER_STALE, [])
    house.limits["a"] = None
    house.run(1)
    assert (house.limit(), house.reason()) == (6_000, Reason.METER_STALE)


def test_small_rounding_by_the_charger_is_no_lost_write() -> None:
    """A read-back within a quarter of an ampere is the limit that was told."""
    fine = ChargerSettings(key="a", step_ma=100)
    house = House(settings_for(fine), modes={"a": Mode.FAST}).run(4)
    house.limits["a"] = 15_800
    house.run(30)
    assert len(house.writes) == 1


def test_write_interval_between_changes() -> None:
    """Changes for the sun keep the charger's write interval."""
    slow = ChargerSettings(key="a", write_interval_ms=15_000)
    house = House(settings_for(slow), base_ma=(-12_200,) * 3).run(121)
    for ampere in (11, 10, 9, 8):
        house.base_ma = (-ampere * 1000 - 200,) * 3
        house.run(10)
    seconds = [second for second, _, _ in house.writes]
    assert all(later - sooner >= 15 for sooner, later in pairwise(seconds))
    assert house.limit() < 12_000


def test_odd_bounds_are_rounded_into_the_range() -> None:
    """Minimum and maximum that are no multiples of the step are rounded inwards."""
    odd = ChargerSettings(key="a", minimum_ma=6_500, maximum_ma=15_900)
    house = House(settings_for(odd), modes={"a": Mode.FAST}).run(10)
    assert house.limit() == 15_000
    house.base_ma = (18_900, 0, 0)
    house.run(2)
    assert house.limit() == 7_000


def test_charger_without_phases_is_never_started() -> None:
    """A charger that loads no phase has no headroom."""
    none = ChargerSettings(key="a", phases=(False, False, False))
    house = House(settings_for(none), modes={"a": Mode.FAST}).run(10)
    assert house.limit() == 0


def test_unknown_limit_is_made_known() -> None:
    """A solar charger whose limit nobody knows is told 0 once the meter is trusted."""
    house = House(settings_for(ONE), limits={"a": None}).run(2)
    assert house.writes == []
    house.run(1)
    assert house.writes == [(2, "a", 0)]


def test_unknown_limit_falls_back_to_zero() -> None:
    """Without a meter and without a known limit nothing may be offered."""
    house = House(
        settings_for(ONE), limits={"a": None}, modes={"a": Mode.FAST}, meter=False
    ).run(12)
    assert house.writes == [(9, "a", 0)]


def test_states_of_unknown_chargers_are_ignored() -> None:
    """Only chargers that the site knows get commands and reasons."""
    state = State(None, (ChargerState("x", Mode.FAST, True, (0, 0, 0)),))
    decision = decide(settings_for(ONE), Memory(), state, 0)
    assert set(decision.reasons) == {"a"}


def test_charger_found_charging_is_adopted() -> None:
    """After a restart a car in mid-charge goes on at the limit read back."""
    house = House(settings_for(ONE), limits={"a": 10_000}, base_ma=(-10_200,) * 3).run(
        200
    )
    assert house.writes == []
    assert (house.limit(), house.reason()) == (10_000, Reason.SOLAR)
