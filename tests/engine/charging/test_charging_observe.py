"""Only observing: what would be done is said, nothing is commanded."""

from dataclasses import replace

from charging_house import House, settings_for

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

ONE = ChargerSettings(key="a")
SUN = (-10_200, -10_200, -10_200)


def test_observing_commands_nothing_and_says_what_it_would() -> None:
    """Each charger's reason is the one it would have, with the limit."""
    house = House(
        settings_for(ONE, ChargerSettings(key="b"), observe=True, fuse_ma=40_000),
        modes={"b": Mode.OFF},
        base_ma=SUN,
    ).run(30)
    assert (house.reason(), house.until_s()) == (Reason.OBSERVE, 60)
    assert house.figures() == {"limit": 0, "reason": "start_delay"}
    assert house.figures("b") == {"limit": 0, "reason": "off"}
    house.run(100)
    assert house.figures() == {"limit": 6_000, "reason": "starting"}
    assert (house.writes, house.limit()) == ([], 0)


def test_observing_judges_what_the_charger_does_itself() -> None:
    """A charger that charges by its own will: how far the sun would pay for it."""
    house = House(settings_for(ONE, observe=True), base_ma=SUN)
    house.limits["a"] = 16_000
    house.run(20)
    assert house.figures() == {"limit": 10_000, "reason": "solar"}
    house.limits["a"] = 8_000
    house.run(40)
    assert house.figures()["limit"] == 10_000
    house.base_ma = (500, 500, 500)
    house.run(400)
    assert house.figures() == {"limit": 0, "reason": "no_surplus"}
    assert house.writes == []


def test_the_past_is_forgotten_while_observing() -> None:
    """What was commanded before no longer counts, and is commanded anew afterwards."""
    house = House(settings_for(ONE), base_ma=SUN).run(200)
    assert house.limit() == 10_000
    house.settings = replace(house.settings, observe=True)
    writes = len(house.writes)
    house.limits["a"] = 16_000
    house.run(60)
    assert house.figures()["limit"] == 10_000
    assert (len(house.writes), house.memory.chargers[0].commanded_ma) == (writes, None)
    house.settings = replace(house.settings, observe=False)
    house.run(60)
    assert (house.limit(), house.reason()) == (10_000, Reason.SOLAR)


def test_out_of_reach_stays_out_of_reach() -> None:
    """A charger that nobody can ask has no limit that it would get."""
    house = House(settings_for(ONE, observe=True), offline={"a"}).run(10)
    assert house.reason() is Reason.CHARGER_OFFLINE


def test_views_and_surplus() -> None:
    """Besides the reason: wish, grant, phases and starts, and the surplus of all."""
    house = House(
        settings_for(ONE, ChargerSettings(key="b", priority=1), fuse_ma=20_000),
        modes={"b": Mode.FAST},
        base_ma=(500, 500, 500),
        offline=set(),
    ).run(60)
    assert house.decision is not None
    view = house.decision.chargers["b"]
    assert (view.wished_ma, view.granted_ma) == (16_000, 16_000)
    assert (view.phases, view.starts_today, view.phase_changes_today) == (3, 1, 0)
    assert house.decision.chargers["a"].wished_ma == 0
    assert house.decision.surplus_w == -3 * 16_500 * 230 // 1000 - 50
    house.offline = {"b"}
    house.meter = False
    house.run(30)
    assert house.decision.surplus_w is None
    assert house.decision.chargers["b"].starts_today == 1


def test_figures_of_common_reasons() -> None:
    """Raw numbers by the names of the sentence; what is not known is left out."""
    house = House(
        settings_for(ONE, ChargerSettings(key="b", target_wh=1_000), fuse_ma=63_000),
        base_ma=(500, 500, 500),
        modes={"b": Mode.FAST},
        session_wh={"b": 1_000},
    ).run(10)
    assert house.figures() == {"grid": 345, "have": -395, "need": 4_140}
    assert house.figures("b") == {"target": 1_000}
    house.modes["a"] = Mode.MIN_SOLAR
    house.run(10)
    assert house.reason() is Reason.SOLAR_MIN
    assert house.figures() == {"power": 4_140, "grid": 4_140}
    house.modes["a"] = Mode.FAST
    house.run(60)
    assert house.figures() == {"power": 11_040}


def test_a_less_important_charger_names_the_one_in_front() -> None:
    """One that would have enough but for another of higher priority says for whom."""
    house = House(
        settings_for(
            ONE,
            ChargerSettings(key="b", priority=1),
            ChargerSettings(key="c", priority=2),
            fuse_ma=63_000,
        ),
        base_ma=(-13_200, -13_200, -13_200),
        modes={"c": Mode.OFF},
    ).run(3)
    assert (house.reason("b"), house.reason("a")) == (
        Reason.START_DELAY,
        Reason.START_DELAY,
    )
    house.base_ma = (-8_200, -8_200, -8_200)
    house.run(2)
    assert (house.reason("a"), house.figures("a")) == (
        Reason.PRIORITY,
        {"charger": "b"},
    )
    house.base_ma = (-3_000, -3_000, -3_000)
    house.run(2)
    assert house.reason("a") is Reason.SURPLUS_LOW
