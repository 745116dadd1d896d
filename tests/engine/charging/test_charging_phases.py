"""One phase or three: when a charger changes, and what holds meanwhile."""

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
MUCH = (-8_000, -8_000, -8_000)
"""5.5 kW: more than one phase can take."""
LITTLE = (-8_000, 0, 0)
"""1.8 kW: enough for one phase alone."""


def house_for(*chargers: ChargerSettings, **others: int) -> House:
    """Return a house where export counts to the watt."""
    return House(settings_for(*chargers, residual_w=0, **others))


def charging(phases: int, mode: Mode = Mode.SOLAR, **others: int) -> House:
    """Return a house whose charger was found charging, the gap since then over."""
    house = house_for(ONE, **others)
    house.modes["a"] = mode
    house.limits["a"] = 6_000
    house.phases["a"] = phases
    house.base_ma = LITTLE if phases == 1 else (-6_000, -6_000, -6_000)
    house.run(610)
    assert not house.switches
    return house


def test_one_phase_is_told_as_a_limit_on_one() -> None:
    """The command for one phase has 0 on the others, and says so while it lasts."""
    house = charging(3)
    house.base_ma = LITTLE
    house.stuck = {"a"}
    commands = [one for _ in range(190) for one in house.tick().commands]
    assert [one.limit_ma for one in commands] == [(6_000, 0, 0)]
    assert house.reason() is Reason.SWITCHING
    assert house.figures() == {"phases": 1}
    assert house.decision is not None
    assert house.decision.chargers["a"].phases == 1
    assert house.decision.chargers["a"].phase_changes_today == 1


def test_the_first_phase_is_the_first_it_is_wired_to() -> None:
    """A charger on L2 and L3 goes on with L2."""
    wired = replace(ONE, phases=(False, True, True))
    house = house_for(wired)
    house.base_ma = (-8_000, 0, 0)
    house.run(64)
    assert house.decision is not None
    assert house.tick().reasons["a"].reason is not Reason.SWITCHING
    assert house.limit() == 6_000
    assert house.state().chargers[0].limit_ma == (0, 6_000, 0)


def test_sun_that_comes_and_goes_is_counted_back() -> None:
    """Half of the time with just enough for three phases, half without, is none."""
    house = charging(1)
    for _ in range(60):
        house.base_ma = (-6_000, -6_000, -6_000)
        house.run(10)
        house.base_ma = (-6_000, -6_000, 0)
        house.run(10)
    assert not house.switches
    house.base_ma = (-6_000, -6_000, -6_000)
    house.run(310)
    assert [count for _, _, count in house.switches] == [3]


def test_three_phases_are_back_at_once_when_the_sun_is() -> None:
    """A shortage that ends before its time is forgotten."""
    house = charging(3)
    for _ in range(5):
        house.base_ma = LITTLE
        house.run(170)
        house.base_ma = (-6_000, -6_000, -6_000)
        house.run(10)
    assert not house.switches


def test_gap_between_changes() -> None:
    """Two changes are at least the gap apart, and the reason says until when."""
    house = charging(3)
    house.base_ma = LITTLE
    house.run(190)
    at = house.switches[0][0]
    house.base_ma = MUCH
    house.run(200)
    assert (house.reason(), house.until_s()) == (Reason.PHASE_WAIT, at + 600)
    house.run(400)
    assert [count for _, _, count in house.switches] == [1, 3]
    assert house.switches[1][0] - at >= 600


def test_first_choice_counts_as_a_change() -> None:
    """On how many phases it charged before nobody knows: the next one waits as well."""
    house = house_for(ONE)
    house.mute = {"a"}
    house.base_ma = MUCH
    house.run(64)
    assert house.limit() >= 6_000
    house.base_ma = LITTLE
    house.run(190)
    assert (house.reason(), house.until_s()) == (Reason.PHASE_WAIT, 660)
    assert not house.switches
    house.run(420)
    assert [count for _, _, count in house.switches] == [1]


def test_many_changes_a_day_need_more_patience() -> None:
    """Beyond the day's number everything takes twice as long; a new day is new."""
    house = charging(3, most_phase_changes=0)
    house.base_ma = LITTLE
    house.run(350)
    assert not house.switches
    house.run(20)
    assert not house.switches
    house.run(850)
    assert len(house.switches) == 1
    assert house.decision is not None
    house.day = 1
    assert house.tick().chargers["a"].phase_changes_today == 0


def test_sun_for_one_phase_keeps_it_charging() -> None:
    """While it waits to go on with one phase, the stop delay does not run."""
    slow = {"phase_down_ms": 1_800_000}
    house = charging(3, **slow)
    house.base_ma = LITTLE
    house.run(600)
    assert (house.limit(), house.reason()) == (6_000, Reason.ONE_PHASE_SOON)
    house.base_ma = (1_000, 0, 0)
    house.run(5)
    assert house.reason() is Reason.STOP_DELAY
    house.run(180)
    assert house.limit() == 0
    assert not house.switches


def test_no_sun_stops_three_phases_without_a_detour() -> None:
    """Where one phase could not go on either, it stops as ever."""
    house = charging(3)
    house.base_ma = (500, 500, 500)
    house.run(190)
    assert house.limit() == 0
    assert not house.switches


def test_number_is_free_only_after_the_gap() -> None:
    """A start so soon after a change keeps the number that it ended with."""
    house = charging(1)
    house.base_ma = MUCH
    house.run(90)
    assert [count for _, _, count in house.switches] == [3]
    house.base_ma = (1_000, 1_000, 1_000)
    house.run(320)
    assert house.limit() == 0
    house.base_ma = LITTLE
    house.run(150)
    assert (house.limit(), house.reason()) == (0, Reason.SURPLUS_LOW)
    house.run(220)
    assert (house.limit(), house.phases["a"]) == (8_000, 1)


def test_no_increase_before_the_new_phases_are_seen() -> None:
    """After a change the limit stays at the minimum until the car is seen, or 120 s."""
    house = charging(1)
    house.base_ma = MUCH
    house.draws = {"a": 16_000}
    while not house.switches:
        house.tick()
    house.draws = {"a": 0}
    house.run(110)
    assert (house.limit(), house.reason()) == (6_000, Reason.SWITCHING)
    house.draws = {}
    house.run(40)
    assert (house.limit(), house.reason()) == (8_000, Reason.SOLAR)


def test_old_phases_stay_reserved_during_a_change() -> None:
    """Nobody gets what a charger may still draw on the phases that it leaves."""
    other = ChargerSettings(key="b", phases=(False, True, False), priority=1)
    house = House(
        settings_for(ONE, other, fuse_ma=17_000, residual_w=0),
        modes={"a": Mode.SOLAR, "b": Mode.OFF},
        limits={"a": 6_000, "b": 0},
        base_ma=(-6_000, -6_000, -6_000),
        stuck={"a"},
    )
    house.run(610)
    house.base_ma = LITTLE
    while not house.switches:
        house.tick()
    house.modes["b"] = Mode.FAST
    for _ in range(115):
        house.tick()
        assert (house.limit("b") or 0) <= 10_000


def test_fuse_takes_phases_instead_of_a_pause() -> None:
    """A full L3 makes it go on with one phase, within the gap and urgently."""
    house = charging(1)
    house.modes["a"] = Mode.FAST
    house.base_ma = (0, 0, 0)
    house.run(5)
    assert [count for _, _, count in house.switches] == [3]
    house.run(60)
    house.base_ma = (0, 0, 21_500)
    commands = [one for _ in range(20) for one in house.tick().commands]
    assert [one.limit_ma for one in commands if one.urgent][-1] == (6_000, 0, 0)
    assert (house.phases["a"], house.limit()) == (1, 6_000)
    house.run(60)
    assert house.limit() == 16_000


@pytest.mark.parametrize("use", [PhaseUse.AUTO, PhaseUse.THREE])
def test_full_first_phase_is_a_pause(use: PhaseUse) -> None:
    """Where one phase has no room either, or three are asked for, it pauses."""
    house = House(
        settings_for(replace(ONE, phase_use=use)),
        modes={"a": Mode.FAST},
    )
    house.run(60)
    full = 21_500 if use is PhaseUse.AUTO else 0
    house.base_ma = (full, 21_500, 0)
    house.run(30)
    assert (house.limit(), house.phases.get("a", 3)) == (0, 3)
    assert not house.switches


def test_charger_that_does_not_leave_is_not_asked_again_and_again() -> None:
    """Who stays on three phases in spite of the fuse is paused after 120 s."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST}, stuck={"a"})
    house.run(60)
    house.base_ma = (0, 20_000, 0)
    house.run(150)
    assert len(house.switches) == 1
    assert house.limit() == 0
    assert house.reason() in (Reason.FUSE_PAUSE, Reason.FUSE_RESUME)


def test_held_by_the_fuse_starts_with_what_fits() -> None:
    """A pause of three phases ends on one, when there is room for one alone."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST})
    house.base_ma = (21_500, 21_500, 0)
    house.run(10)
    assert house.reason() is Reason.FUSE_FULL
    house.base_ma = (0, 21_500, 0)
    house.run(64)
    assert (house.limit(), house.phases["a"]) == (16_000, 1)


@pytest.mark.parametrize(("use", "count"), [(PhaseUse.ONE, 1), (PhaseUse.THREE, 3)])
@pytest.mark.parametrize("mode", [Mode.SOLAR, Mode.FAST])
def test_user_wants_a_number(use: PhaseUse, count: int, mode: Mode) -> None:
    """Asked for while it charges, the number comes after the gap; then it stays."""
    found = 4 - count
    house = House(
        settings_for(replace(ONE, phase_use=use), residual_w=0),
        modes={"a": mode},
        limits={"a": 6_000},
        phases={"a": found},
        base_ma=MUCH,
    )
    house.run(60)
    assert (house.reason(), house.until_s()) == (Reason.PHASE_WAIT, 600)
    house.run(3_000)
    assert [one for _, _, one in house.switches] == [count]
    house.modes["a"] = Mode.OFF
    house.run(700)
    house.modes["a"] = mode
    house.run(100)
    assert len(house.switches) == 1
    assert house.limit() != 0


def test_three_phases_wait_for_the_fuse() -> None:
    """Asked for three, a charger on one stays there while L2 is full."""
    house = House(
        settings_for(replace(ONE, phase_use=PhaseUse.THREE)),
        modes={"a": Mode.FAST},
        limits={"a": 6_000},
        phases={"a": 1},
        base_ma=(0, 20_000, 0),
    )
    house.run(700)
    assert (house.limit(), house.phases["a"]) == (16_000, 1)


def test_who_does_not_switch_is_never_told_to() -> None:
    """A charger without the choice keeps its phases in every mode."""
    house = house_for(replace(ONE, switches_phases=False, phase_use=PhaseUse.ONE))
    house.base_ma = LITTLE
    house.run(300)
    assert house.limit() == 0
    house.modes["a"] = Mode.FAST
    house.run(5)
    assert house.state().chargers[0].limit_ma == (16_000, 16_000, 16_000)


def test_unmeasured_charger_is_believed() -> None:
    """Without a measurement its own word ends a change."""
    house = charging(3, Mode.FAST)
    house.unmeasured = {"a"}
    house.run(120)
    assert house.limit() == 16_000
    house.modes["a"] = Mode.SOLAR
    house.base_ma = LITTLE
    house.run(400)
    assert house.phases["a"] == 1
    assert house.reason() is not Reason.SWITCHING


def test_offline_charger_keeps_its_phases() -> None:
    """What it was told is reserved while nobody reaches it, and known afterwards."""
    house = charging(1)
    house.offline = {"a"}
    house.base_ma = MUCH
    house.run(300)
    assert house.decision is not None
    assert house.decision.chargers["a"].phases == 1
    assert not house.switches


def test_stale_meter_changes_nothing() -> None:
    """Nobody sees the sun: what had been counted is forgotten."""
    house = charging(1)
    house.base_ma = MUCH
    house.run(50)
    house.meter = False
    house.run(40)
    house.meter = True
    house.run(30)
    assert not house.switches
    house.run(90)
    assert [count for _, _, count in house.switches] == [3]


@pytest.mark.parametrize("count", [1, 3])
def test_unknown_phases_at_first_are_those_of_its_limit(count: int) -> None:
    """A charger that says nothing but its limit is taken as that shows."""
    house = House(
        settings_for(ONE, residual_w=0),
        limits={"a": 6_000},
        phases={"a": count},
        unmeasured={"a"},
        mute={"a"},
    )
    house.tick()
    assert house.decision is not None
    assert house.decision.chargers["a"].phases == count


def test_first_in_line_gets_the_sun_for_three_phases() -> None:
    """Of two chargers on one phase only the important one has enough for three."""
    first = replace(ONE, key="b", priority=1)
    house = House(
        settings_for(ONE, first, fuse_ma=63_000, residual_w=0),
        limits={"a": 6_000, "b": 6_000},
        phases={"a": 1, "b": 1},
        base_ma=(-9_000, -9_000, -9_000),
    )
    house.run(1_200)
    assert [(key, count) for _, key, count in house.switches] == [("b", 3)]


def test_change_waits_for_room_that_others_still_use() -> None:
    """Three phases begin only when the other's old limit on L2 is surely gone."""
    other = ChargerSettings(key="b", phases=(False, True, False), settle_ms=20_000)
    house = House(
        settings_for(ONE, other, fuse_ma=17_000),
        modes={"a": Mode.MIN_SOLAR, "b": Mode.FAST},
        limits={"a": 6_000, "b": 6_000},
        phases={"a": 1},
    )
    house.run(590)
    assert house.limit("b") == 16_000
    house.modes["a"] = Mode.FAST
    house.run(30)
    assert house.limit("b") == 8_000
    assert (house.limit("a"), house.phases["a"]) == (6_000, 1)
    house.run(30)
    assert house.phases["a"] == 3
