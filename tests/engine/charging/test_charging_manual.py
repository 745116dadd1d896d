"""Limits that somebody sets in the charger itself."""

from dataclasses import replace

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

ONE = ChargerSettings(key="a")
SUN = (-12_200, -12_200, -12_200)


def fast_house(**others: object) -> House:
    """Return a house whose car has charged fast for two minutes."""
    return House(settings_for(ONE), modes={"a": Mode.FAST}, **others).run(120)


def set_twice(house: House, limit: int) -> House:
    """Set a limit by hand, and again after it was fought."""
    house.limits["a"] = limit
    house.run(30)
    house.limits["a"] = limit
    house.run(30)
    return house


def test_a_lower_limit_is_fought_once_and_then_left() -> None:
    """The first time it is set back; the second time it is the most there is."""
    house = fast_house()
    before = len(house.writes)
    house.limits["a"] = 8_000
    house.run(30)
    assert (house.limit(), len(house.writes)) == (16_000, before + 1)
    house.limits["a"] = 8_000
    house.run(600)
    assert (house.limit(), house.reason()) == (8_000, Reason.MANUAL)
    assert house.figures() == {"limit": 8_000}
    assert len(house.writes) == before + 1


def test_a_charger_that_gives_less_than_told_is_left() -> None:
    """One that answers each write with its own 13 A is written twice, not for ever."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST})
    for _ in range(300):
        house.tick()
        house.limits["a"] = min(house.limit() or 0, 13_000)
    assert house.reason() is Reason.MANUAL
    assert [limit for _, _, limit in house.writes] == [16_000, 16_000]


def test_the_sun_goes_on_below_it() -> None:
    """It bounds and nothing more: with less sun the car gets less."""
    house = House(settings_for(ONE), base_ma=SUN).run(200)
    assert house.limit() == 12_000
    set_twice(house, 8_000)
    assert (house.limit(), house.reason()) == (8_000, Reason.MANUAL)
    house.base_ma = (-7_200, -7_200, -7_200)
    house.run(60)
    assert (house.limit(), house.reason()) == (7_000, Reason.SOLAR)
    house.base_ma = SUN
    house.run(60)
    assert (house.limit(), house.reason()) == (8_000, Reason.MANUAL)


def test_nothing_by_hand_is_nothing() -> None:
    """Who sets less than the minimum by hand has paused the charger."""
    for mode in (Mode.FAST, Mode.MIN_SOLAR, Mode.SOLAR):
        house = House(settings_for(ONE), modes={"a": mode}, base_ma=SUN).run(200)
        set_twice(house, 0)
        house.run(600)
        assert (house.limit(), house.reason()) == (0, Reason.MANUAL)
        assert house.figures() == {"limit": 0}


def test_a_higher_limit_is_left_too() -> None:
    """Set against ours a second time it stays, without sun and above the maximum."""
    for limit in (10_000, 20_000):
        house = House(settings_for(ONE, fuse_ma=40_000), base_ma=(500, 500, 500))
        house.run(60)
        house.memory = replace(house.memory)
        house.modes["a"] = Mode.MIN_SOLAR
        house.run(60)
        set_twice(house, limit)
        writes = len(house.writes)
        house.run(600)
        assert (house.limit(), house.reason()) == (limit, Reason.MANUAL)
        assert len(house.writes) == writes


def test_the_fuse_goes_before_the_hand() -> None:
    """What was set by hand is reserved, and lowered when the house needs the fuse."""
    house = House(
        settings_for(ONE, ChargerSettings(key="b"), fuse_ma=40_000),
        modes={"a": Mode.MIN_SOLAR, "b": Mode.FAST},
        base_ma=(500, 500, 500),
    ).run(60)
    set_twice(house, 20_000)
    assert (house.limit("a"), house.limit("b")) == (20_000, 16_000)
    house.base_ma = (8_000, 500, 500)
    house.run(2)
    assert (house.limit("a") or 0) + (house.limit("b") or 0) <= 31_000
    house.base_ma = (500, 500, 500)
    house.run(200)
    assert all(limit <= 16_000 for _, _, limit in house.writes)


@pytest.mark.parametrize("end", ["mode", "maximum", "plug"])
def test_it_ends_with_the_mode_or_the_car(end: str) -> None:
    """Another mode, another bound or another car is the way back."""
    house = set_twice(fast_house(plugged={"a": True}), 8_000)
    assert house.reason() is Reason.MANUAL
    if end == "mode":
        house.modes["a"] = Mode.MIN_SOLAR
        house.run(10)
        house.modes["a"] = Mode.FAST
    elif end == "maximum":
        house.settings = settings_for(replace(ONE, maximum_ma=15_000))
    else:
        house.plugged["a"] = False
        house.run(10)
        house.plugged["a"] = True
    house.run(100)
    assert (house.limit() or 0, house.reason()) == (
        15_000 if end == "maximum" else 16_000,
        Reason.FAST,
    )


def test_lost_writes_are_nobody_s_will() -> None:
    """A charger that hears nothing still reports an old limit: it is told again."""
    house = House(settings_for(ONE, fuse_ma=40_000), base_ma=SUN).run(200)
    house.deaf = {"a"}
    for ampere in (-9_200, -11_200, -8_200, -10_200):
        house.base_ma = (ampere, ampere, ampere)
        house.run(60)
    assert house.limit() == 12_000
    assert house.reason() is not Reason.MANUAL
    house.deaf = set()
    house.run(60)
    assert house.limit() != 12_000


def test_slow_answers_are_nobody_s_will() -> None:
    """A charger whose word comes half a minute late is not taken for another's."""
    house = House(settings_for(ONE, fuse_ma=40_000), base_ma=SUN).run(200)
    told: list[int | None] = [house.limit()] * 30
    for n in range(600):
        ampere = -9_200 - 1_000 * (n // 40 % 4)
        house.base_ma = (ampere, ampere, ampere)
        real = house.limits["a"]
        house.limits["a"] = told[-30]
        house.tick()
        written = [limit for at, _, limit in house.writes if at == house.second - 1]
        house.limits["a"] = written[-1] if written else real
        told.append(house.limits["a"])
        assert house.reason() is not Reason.MANUAL


def test_off_is_not_left_to_the_hand() -> None:
    """A charger that is off, or may not charge, is told so again and again."""
    house = fast_house()
    house.modes["a"] = Mode.OFF
    house.run(30)
    for _ in range(3):
        house.limits["a"] = 10_000
        house.run(30)
        assert (house.limit(), house.reason()) == (0, Reason.OFF)
