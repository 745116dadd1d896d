"""Plans: when they charge, what they say, and when they are over."""

from dataclasses import replace

from charging_house import House, settings_for
from hypothesis import given
from hypothesis import strategies as st
from properties import THOROUGH
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Plan,
    Price,
    Reason,
)
from custom_components.meters_and_chargers.engine.charging.plan import (
    LEAST_GAP_MS,
    Slot,
    preview,
)

HOUR = 3_600_000
ONE = ChargerSettings(key="a")
FULL_W = 11_040


def hours(*prices: int) -> tuple[Price, ...]:
    """Return prices of an hour each from 0 on."""
    return tuple(Price(n * HOUR, (n + 1) * HOUR, one) for n, one in enumerate(prices))


def slots(*parts: tuple[float, float]) -> tuple[Slot, ...]:
    """Return slots given in hours."""
    return tuple(Slot(round(a * HOUR), round(b * HOUR)) for a, b in parts)


@pytest.mark.parametrize(
    ("prices", "missing_wh", "expected"),
    [
        ((), 10_000, [(7, 8)]),
        ((9, 9, 9), 10_000, [(7, 8)]),
        ((5, 4, 3, 9, 9, 9, 9, 9), 10_000, [(2, 3)]),
        ((5, 4, 3, 3, 9, 9, 9, 9), 10_000, [(3, 4)]),
        ((9, 9, 1, 9, 9, 2, 9, 9), 20_000, [(2, 3), (5, 6)]),
        ((9, 9, 1, 2, 9, 9, 9, 9), 15_000, [(2, 3.5)]),
        ((9, 9, 2, 1, 9, 9, 9, 9), 15_000, [(2.5, 4)]),
        ((9, 1, 9, 2, 9, 9, 9, 9), 15_000, [(1, 2), (3.5, 4)]),
        ((9, 9, 2, 1, 1, 2, 9, 9), 35_000, [(2.5, 6)]),
        ((9, 9, 1, 9, 9, 9, 9, 9), 100_000, [(0, 10)]),
        ((5,) * 8, 5_000, [(7.5, 8)]),
    ],
    ids=[
        "no prices",
        "short prices",
        "the cheapest",
        "of equals the latest",
        "two slots",
        "goes on into the next",
        "ends with the cheaper",
        "the second is cut",
        "three and a half",
        "too much for the time",
        "all alike",
    ],
)
def test_slots(
    prices: tuple[int, ...], missing_wh: int, expected: list[tuple[float, float]]
) -> None:
    """The cheapest times before eight o'clock at 10 kW, by the hour."""
    plan = Plan(8 * HOUR, 99_999)
    found = preview(plan, missing_wh, 10_000, hours(*prices), 0)
    assert found.slots == slots(*expected)


def test_late_by_what_is_missing() -> None:
    """What full power from now on can't do is how late it will be."""
    found = preview(Plan(HOUR, 0), 25_000, 10_000, (), 0)
    assert (found.start_ms, found.ready_ms, found.late_ms) == (
        0,
        5 * HOUR // 2,
        3 * HOUR // 2,
    )
    past = preview(Plan(HOUR, 0), 10_000, 10_000, (), 3 * HOUR)
    assert (past.start_ms, past.late_ms) == (3 * HOUR, 3 * HOUR)


def test_cost_is_that_of_the_slots() -> None:
    """In thousandths of a cent; unknown where a price is."""
    prices = hours(30_000, 10_000, 20_000)
    assert preview(Plan(3 * HOUR, 0), 15_000, 10_000, prices, 0).cost == 200_000
    assert preview(Plan(4 * HOUR, 0), 15_000, 10_000, prices, 0).cost is None
    assert preview(Plan(3 * HOUR, 0), 15_000, 10_000, (), 0).cost is None


def test_nothing_missing_is_no_slot() -> None:
    """Neither without need nor without power is there anything to show."""
    for missing, power in ((0, 10_000), (-5, 10_000), (10_000, 0)):
        found = preview(Plan(HOUR, 0), missing, power, (), 0)
        assert (found.slots, found.start_ms, found.ready_ms) == ((), None, None)


def test_no_short_pause_between_slots() -> None:
    """A gap of ten minutes is closed by beginning later."""
    minute = 60_000
    prices = (
        Price(0, 20 * minute, 1),
        Price(20 * minute, 30 * minute, 9),
        Price(30 * minute, 50 * minute, 2),
        Price(50 * minute, 60 * minute, 9),
    )
    found = preview(Plan(HOUR, 0), 40_000 // 6 * 10 // 10, 10_000, prices, 0)
    assert len(found.slots) == 1
    assert found.slots[0].end_ms == 50 * minute


@given(
    st.lists(
        st.tuples(st.integers(1, 90), st.integers(-500, 40_000)),
        min_size=0,
        max_size=30,
    ),
    st.integers(1, 60_000),
    st.integers(1_000, 22_000),
    st.integers(1, 40 * 60),
    st.integers(0, 120),
)
@THOROUGH
def test_slots_are_enough_in_time_and_apart(
    minutes: list[tuple[int, int]],
    missing_wh: int,
    power_w: int,
    ready_min: int,
    wall_min: int,
) -> None:
    """They give the energy, end in time if that is possible, and have no short gaps."""
    prices, at = [], 0
    for lasts, price in minutes:
        prices.append(Price(at * 60_000, (at + lasts) * 60_000, price))
        at += lasts
    plan, wall = Plan(ready_min * 60_000, 0), wall_min * 60_000
    found = preview(plan, missing_wh, power_w, prices, wall)
    needed = -(-missing_wh * HOUR // power_w)
    assert sum(one.end_ms - one.start_ms for one in found.slots) == needed
    assert found.start_ms is not None
    assert found.ready_ms is not None
    assert found.start_ms >= wall
    assert found.ready_ms == max(found.ready_ms, found.start_ms + needed)
    assert found.ready_ms - plan.ready_at_ms <= found.late_ms
    assert found.late_ms == max(0, wall + needed - plan.ready_at_ms)
    for before, after in zip(found.slots, found.slots[1:], strict=False):
        assert after.start_ms - before.end_ms >= LEAST_GAP_MS


def planned(ready_s: int, energy_wh: int, **others: object) -> House:
    """Return a house at night with a plan; nothing has been charged."""
    house = House(
        settings_for(ONE), base_ma=(500, 500, 500), session_wh={"a": 0}, **others
    )
    house.plans["a"] = Plan(house.wall_ms(ready_s), energy_wh)
    return house


def live(house: House, seconds: int) -> House:
    """Let time pass and count what the car gets."""
    drawn = 0.0
    for _ in range(seconds):
        house.tick()
        drawn += 3 * 230 * (house.limit() or 0) / 1000 / 3600
        if drawn >= 1:
            house.session_wh["a"] = (house.session_wh["a"] or 0) + int(drawn)
            drawn -= int(drawn)
    return house


def test_without_prices_it_starts_as_late_as_it_can() -> None:
    """11 kW for 920 Wh are five minutes; until then the reason says when."""
    house = live(planned(1_000, 920), 600)
    assert (house.limit(), house.reason()) == (0, Reason.PLAN_LATER)
    assert (house.until_s(), house.figures()) == (
        700,
        {"start": house.wall_ms(700), "ready": house.wall_ms(1_000)},
    )
    live(house, 250)
    assert (house.limit(), house.reason()) == (16_000, Reason.PLAN)
    assert house.figures() == {"ready": house.wall_ms(1_000)}
    live(house, 170)
    assert (house.session_wh["a"] or 0) >= 920
    assert house.reason() is not Reason.PLAN
    assert (house.limit(), house.reason()) == (6_000, Reason.STOP_DELAY)


def test_sun_goes_on_meanwhile() -> None:
    """A plan for the evening keeps nothing from the sun, and needs less for it."""
    house = planned(3_600, 1_840)
    house.base_ma = (-10_200, -10_200, -10_200)
    live(house, 600)
    assert house.reason() is Reason.SOLAR
    house.base_ma = (500, 500, 500)
    live(house, 400)
    assert house.limit() == 0
    start = house.figures()["start"]
    assert isinstance(start, int)
    assert start > house.wall_ms(3_000)


def test_cheap_slots_are_taken() -> None:
    """It charges in the cheap slots and waits between them."""
    house = planned(6_000, 5_000)
    house.prices = tuple(
        Price(house.wall_ms(1_000 * n), house.wall_ms(1_000 * (n + 1)), price)
        for n, price in enumerate((9, 1, 9, 1, 9, 9))
    )
    live(house, 1_300)
    assert (house.limit(), house.reason()) == (0, Reason.PLAN_LATER)
    live(house, 200)
    assert (house.limit(), house.reason()) == (16_000, Reason.PLAN)
    live(house, 1_300)
    assert (house.limit(), house.reason()) == (0, Reason.PLAN_LATER)
    live(house, 1_500)
    assert 5_000 <= (house.session_wh["a"] or 0) <= 5_300


def test_plan_that_can_not_be_met_says_so() -> None:
    """It charges at once and past its time, until the energy is there."""
    house = live(planned(600, 3_680), 120)
    assert (house.limit(), house.reason()) == (16_000, Reason.PLAN_LATE)
    late = house.figures()["late"]
    assert isinstance(late, int)
    assert abs(late - 600_000) < 30_000
    live(house, 900)
    assert house.reason() is Reason.PLAN_LATE
    live(house, 600)
    assert house.reason() is not Reason.PLAN_LATE
    assert 3_680 <= (house.session_wh["a"] or 0) < 4_300


def test_late_plan_is_known_whatever_limits_it() -> None:
    """A fuse is named first, and its plan is at risk all the same."""
    house = planned(600, 3_680)
    house.base_ma = (12_000, 12_000, 12_000)
    live(house, 60)
    assert house.reason() is Reason.FUSE
    assert house.decision is not None
    assert house.decision.chargers["a"].plan_at_risk


def test_slow_car_makes_it_late() -> None:
    """What the car really draws counts once it charges."""
    house = planned(2_000, 3_680)
    house.draws["a"] = 8_000
    live(house, 850)
    assert house.reason() is Reason.PLAN
    live(house, 100)
    assert house.reason() is Reason.PLAN_LATE


def test_small_car_is_seen_before_the_plan_begins() -> None:
    """A car that takes clearly less than the sun offers needs longer."""
    house = planned(20_000, 11_040, draws={"a": 6_000})
    house.base_ma = (-12_200, -12_200, -12_200)
    live(house, 200)
    house.base_ma = (500, 500, 500)
    later = []
    for _ in range(100):
        live(house, 1)
        later.append(house.memory.chargers[0].session.plan_until_ms)
    assert later[-1] is None
    live(house, 10_400)
    assert house.reason() in (Reason.PLAN, Reason.PLAN_LATER)


def test_plan_goes_before_price_and_boost_before_plan() -> None:
    """One reason, in this order."""
    house = planned(600, 3_680)
    house.settings = settings_for(replace(ONE, max_price=100))
    house.prices = (Price(house.wall_ms(0), house.wall_ms(9_000), 50),)
    assert live(house, 100).reason() is Reason.PLAN_LATE
    house.boost_until_s["a"] = 200
    assert live(house, 50).reason() is Reason.BOOST
    del house.plans["a"]
    house.boost_until_s.clear()
    assert live(house, 5).reason() is Reason.PRICE


def test_changed_plan_is_looked_at_anew() -> None:
    """A later time stops what has begun; in mode fast a plan says nothing."""
    house = live(planned(400, 1_200), 200)
    assert house.reason() is Reason.PLAN
    house.plans["a"] = Plan(house.wall_ms(9_000), 1_200)
    live(house, 2)
    assert house.reason() is not Reason.PLAN
    house.modes["a"] = Mode.FAST
    live(house, 40)
    assert (house.limit(), house.reason()) == (16_000, Reason.FAST)


def test_plan_of_the_last_car_is_over() -> None:
    """Unplugged after its time: the next car is not charged by it."""
    house = live(planned(300, 50_000, plugged={"a": True}), 400)
    assert house.reason() is Reason.PLAN_LATE
    house.plugged["a"] = False
    live(house, 10)
    house.plugged["a"], house.session_wh["a"] = True, 0
    live(house, 400)
    assert (house.limit(), house.reason()) == (0, Reason.NO_SURPLUS)


def test_plan_that_is_done_stays_done() -> None:
    """A plan for a charge level changes a little: no new start; more is a new one."""
    house = planned(600, 500)
    house.session_wh["a"] = 500
    house.run(5)
    assert house.reason() is Reason.NO_SURPLUS
    house.plans["a"] = Plan(house.wall_ms(600), 900)
    house.run(5)
    assert house.reason() is Reason.NO_SURPLUS
    house.plans["a"] = Plan(house.wall_ms(600), 2_000)
    house.run(5)
    assert house.reason() is Reason.PLAN_LATER


def test_energy_that_nobody_counts_ends_with_the_time() -> None:
    """It counts as nothing charged until the plan's time and then ends."""
    house = planned(600, 920)
    house.session_wh["a"] = None
    house.run(500)
    assert house.reason() is Reason.PLAN
    house.run(110)
    assert house.reason() in (Reason.MIN_ON, Reason.STOP_DELAY)


def test_charger_without_power_has_no_plan() -> None:
    """One that can't reach its minimum waits for ever."""
    house = planned(600, 920)
    house.settings = settings_for(replace(ONE, step_ma=20_000))
    house.run(100)
    assert (house.limit(), house.reason()) == (0, Reason.NO_SURPLUS)
