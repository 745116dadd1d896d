"""Charging from the sun: start, follow, hold and stop."""

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

ONE = ChargerSettings(key="a")
FINE = ChargerSettings(key="a", step_ma=100)


def sun(ampere: float) -> tuple[int, int, int]:
    """Return the base load of a house that exports so much on each phase."""
    current = round(-ampere * 1000)
    return current, current, current


def solar_house(
    *chargers: ChargerSettings, ampere: float = 10.2, **others: int
) -> House:
    """Return a house whose charger has followed the sun for a while."""
    house = House(settings_for(*(chargers or (ONE,)), **others), base_ma=sun(ampere))
    house.run(121)
    return house


def test_starts_after_the_delay() -> None:
    """The start timer runs from the first sufficient sample; the start is at 6 A."""
    house = House(settings_for(ONE), base_ma=sun(8))
    house.run(60)
    assert (house.limit(), house.reason(), house.until_s()) == (
        0,
        Reason.START_DELAY,
        60,
    )
    house.run(1)
    assert (house.limit(), house.reason()) == (6_000, Reason.STARTING)


def test_any_miss_resets_the_start_timer() -> None:
    """One sample without enough sun starts the delay again."""
    house = House(settings_for(ONE), base_ma=sun(8))
    house.run(50)
    house.base_ma = sun(5)
    house.run(2)
    assert (house.reason(), house.until_s()) == (Reason.SURPLUS_LOW, None)
    house.base_ma = sun(8)
    house.run(60)
    assert house.limit() == 0
    house.run(3)
    assert house.limit() == 6_000


def test_follows_the_sun_after_the_start() -> None:
    """Once settled the limit rises to what the sun gives, rounded down."""
    house = solar_house()
    assert (house.limit(), house.reason()) == (10_000, Reason.SOLAR)


def test_fine_steps_leave_the_residual() -> None:
    """With steps of 0.1 A the export is the residual power and less than a step."""
    house = solar_house(FINE, ampere=10)
    assert house.limit() == 9_900


def test_rising_waits_until_the_last_write_has_settled() -> None:
    """Increases keep the settle time apart, reductions only the write interval."""
    house = solar_house()
    house.base_ma = sun(13.2)
    house.run(2)
    assert house.limit() == 13_000
    house.base_ma = sun(16.2)
    house.run(6)
    assert house.limit() == 13_000
    house.base_ma = sun(9.2)
    house.run(2)
    assert house.limit() == 9_000


def test_constant_sun_ends_in_a_fixed_point() -> None:
    """With constant sun there is no further write after a minute."""
    house = solar_house()
    writes = len(house.writes)
    house.run(600)
    assert len(house.writes) == writes


def test_nets_over_the_phases() -> None:
    """Export on one phase pays for the import on another."""
    house = House(settings_for(ONE), base_ma=(-30_000, 2_000, 3_000))
    house.run(121)
    assert house.limit() == 8_000


def test_holds_the_minimum_then_stops() -> None:
    """Too little sun: 6 A for the stop delay, then 0."""
    house = solar_house()
    house.run(300)
    house.base_ma = sun(3)
    house.run(3)
    assert (house.limit(), house.reason()) == (6_000, Reason.STOP_DELAY)
    until = house.until_s()
    assert until is not None
    house.run(int(until) - house.second)
    assert house.limit() == 6_000
    house.run(1)
    assert (house.limit(), house.reason()) == (0, Reason.NO_SURPLUS)


def test_sun_that_returns_ends_the_stop_timer() -> None:
    """A short return of the sun starts the stop delay again."""
    house = solar_house()
    house.run(300)
    house.base_ma = sun(3)
    house.run(170)
    house.base_ma = sun(10)
    house.run(4)
    assert house.reason() is Reason.SOLAR
    house.base_ma = sun(3)
    house.run(170)
    assert house.limit() == 6_000


def test_export_within_the_residual_does_not_stop() -> None:
    """Without import the minimum is held, even if the residual is not left over."""
    house = solar_house(residual_w=500)
    house.base_ma = sun(6.2)
    house.run(400)
    assert (house.limit(), house.reason()) == (6_000, Reason.SOLAR)


def test_minimum_on_time_outlasts_the_stop_delay() -> None:
    """A charger that has just started keeps its minimum for 300 s."""
    short = House(settings_for(ONE, stop_delay_ms=60_000), base_ma=sun(10))
    short.run(121)
    short.base_ma = sun(2)
    started = short.writes[0][0]
    short.run(3)
    assert (short.reason(), short.until_s()) == (Reason.MIN_ON, started + 300)
    short.run(started + 300 - short.second)
    assert short.limit() == 6_000
    short.run(1)
    assert short.limit() == 0


def test_minimum_off_time_outlasts_the_start_delay() -> None:
    """A charger that has just stopped waits 120 s before it starts again."""
    house = solar_house(min_on_ms=0, stop_delay_ms=10_000)
    house.base_ma = sun(0)
    while house.limit():
        house.run(1)
    stopped = house.second - 1
    house.base_ma = sun(10)
    house.run(5)
    assert (house.reason(), house.until_s()) == (Reason.MIN_OFF, stopped + 120)
    house.run(stopped + 120 - house.second)
    assert house.limit() == 0
    house.run(1)
    assert house.limit() == 6_000


def test_off_and_on_again_by_the_user_needs_no_rest() -> None:
    """A stop by the user is not followed by the minimum off time."""
    house = solar_house()
    house.modes["a"] = Mode.OFF
    house.run(1)
    assert (house.limit(), house.reason()) == (0, Reason.OFF)
    house.modes["a"] = Mode.SOLAR
    house.run(70)
    assert house.limit() > 0


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.FAST])
def test_start_timer_does_not_run_in_other_modes(mode: Mode) -> None:
    """Surplus seen before a change of mode does not count after it."""
    house = House(settings_for(ONE), base_ma=sun(8), draws={"a": 0}).run(50)
    house.modes["a"] = mode
    house.base_ma = (24_500, 24_500, 24_500)
    house.run(100)
    assert house.limit() == 0
    house.modes["a"] = Mode.SOLAR
    house.base_ma = sun(8)
    house.run(58)
    assert house.limit() == 0
    house.run(80)
    assert house.limit() > 0


def test_start_timer_does_not_run_while_offline() -> None:
    """A charger out of reach begins its start delay when it is back."""
    house = House(settings_for(ONE), base_ma=sun(8)).run(50)
    house.offline = {"a"}
    house.run(30)
    house.offline = set()
    house.run(60)
    assert house.limit() == 0
    house.run(2)
    assert house.limit() == 6_000


def test_fast_to_solar_holds_the_minimum_at_night() -> None:
    """After fast charging the stop delay applies as usual."""
    house = House(settings_for(ONE), modes={"a": Mode.FAST})
    house.run(400)
    house.modes["a"] = Mode.SOLAR
    house.run(2)
    assert (house.limit(), house.reason()) == (6_000, Reason.STOP_DELAY)


def test_single_phase_charger_needs_less_sun() -> None:
    """A charger on one phase starts at 6 A on that phase alone."""
    single = ChargerSettings(key="a", phases=(False, True, False))
    house = solar_house(single, ampere=3)
    assert house.writes[0][2] == 6_000
    assert house.limit() == 8_000


def test_car_on_fewer_phases_gets_the_whole_sun() -> None:
    """Once a car shows that it charges on one phase, the power counts for that one."""
    house = solar_house(ampere=7)
    house.settings = settings_for(ChargerSettings(key="a", phases=(True, False, False)))
    house.run(20)
    assert house.limit() == 16_000


def test_priority_takes_the_rest() -> None:
    """Both get their minimum, then the higher priority gets all that is left."""
    house = solar_house(
        ChargerSettings(key="a"),
        ChargerSettings(key="b", priority=1),
        ampere=18.2,
        fuse_ma=63_000,
    )
    house.run(60)
    assert (house.limit("a"), house.limit("b")) == (6_000, 12_000)


def test_two_waiting_chargers_do_not_count_on_the_same_sun() -> None:
    """With sun for one only the first starts."""
    house = solar_house(ONE, ChargerSettings(key="b"), ampere=8.2)
    assert (house.limit("a"), house.limit("b")) == (8_000, 0)
    assert house.reason("b") is Reason.SURPLUS_LOW


def test_equal_priority_does_not_displace_a_charging_car() -> None:
    """A car that arrives later waits until there is sun for both."""
    house = solar_house(ONE, ChargerSettings(key="b"), ampere=8.2)
    house.modes["a"] = Mode.OFF
    house.run(130)
    assert (house.limit("a"), house.limit("b")) == (0, 8_000)
    house.modes["a"] = Mode.SOLAR
    house.run(130)
    assert (house.limit("a"), house.limit("b")) == (0, 8_000)


def test_higher_priority_displaces_a_charging_car() -> None:
    """The more important car starts and the other one stops after its delays."""
    house = House(
        settings_for(ONE, ChargerSettings(key="b", priority=1)),
        modes={"b": Mode.OFF},
        base_ma=sun(8.2),
    )
    house.run(400)
    house.modes["b"] = Mode.SOLAR
    house.run(62)
    assert (house.limit("a"), house.limit("b")) == (6_000, 6_000)
    house.run(240)
    assert (house.limit("a"), house.limit("b")) == (0, 8_000)


def test_charger_without_a_car_leaves_the_sun_to_others() -> None:
    """A charger that nobody uses keeps its offer of 6 A and counts as nothing."""
    house = House(
        settings_for(ChargerSettings(key="a", priority=1), ChargerSettings(key="b")),
        base_ma=sun(8.2),
        draws={"a": 0},
    )
    house.run(240)
    assert (house.limit("a"), house.limit("b")) == (6_000, 8_000)
    assert house.reason("a") is Reason.CAR_NOT_TAKING


def test_fast_charger_takes_its_power_from_the_surplus() -> None:
    """What a fast charger draws is no surplus for a solar one."""
    house = House(
        settings_for(ONE, ChargerSettings(key="b"), fuse_ma=63_000),
        modes={"a": Mode.FAST},
        base_ma=sun(24.3),
    )
    house.run(130)
    assert (house.limit("a"), house.limit("b")) == (16_000, 8_000)


def test_charger_that_can_not_reach_its_minimum_stays_off() -> None:
    """A charger whose step leaves nothing between minimum and maximum never starts."""
    house = solar_house(ChargerSettings(key="a", step_ma=20_000))
    assert (house.limit(), house.reason()) == (0, Reason.NO_SURPLUS)
    house.modes["a"] = Mode.FAST
    house.run(10)
    assert house.limit() == 0


V = settings_for(
    ONE, voltage_mv=100_000, residual_w=0, start_delay_ms=60_000, stop_delay_ms=60_000,
    min_on_ms=0, min_off_ms=0,
)  # fmt: skip


def vector_house(limit: int, power_w: int) -> House:
    """Return evcc's bench: 100 V, nothing drawn, the site's power given."""
    house = House(V, limits={"a": limit}, draws={"a": 0}, base_ma=(0, 0, 0))
    house.base_ma = site(power_w)
    return house


def site(power_w: int) -> tuple[int, int, int]:
    """Return the phase currents of a power at 100 V."""
    current = int(power_w * 10 / 3)
    return current, current, current


@pytest.mark.parametrize(
    ("power_w", "before", "after"),
    [(0, 0, 0), (-1_800, 0, 6_000), (-400, 0, 0), (-1_799, 0, 0)],
    ids=["A1", "A2", "A3", "A14"],
)
def test_evcc_vectors_disabled(power_w: int, before: int, after: int) -> None:
    """A1, A2, A3, A14: a waiting charger starts after 60 s with 1800 W or more."""
    house = vector_house(0, power_w).run(60)
    assert house.limit() == before
    assert house.run(1).limit() == after


@pytest.mark.parametrize(
    ("power_w", "within", "after"),
    [(-4_800, 6_000, 6_000), (-1_800, 6_000, 6_000), (500, 6_000, 0)],
    ids=["A7", "A8", "A10"],
)
def test_evcc_vectors_enabled(power_w: int, within: int, after: int) -> None:
    """A7, A8, A10: with sun the offer stays, with import it ends after 60 s.

    Where evcc offers 16 A at once (A7), a charger nobody draws from keeps its 6 A.
    """
    house = vector_house(6_000, power_w).run(60)
    assert house.limit() == within
    assert house.run(3).limit() == after


def test_evcc_vector_a11() -> None:
    """A11: a miss just before the end of the start delay starts it again."""
    house = vector_house(0, -1_800).run(58)
    house.base_ma = site(-1_790)
    house.run(2)
    house.base_ma = site(-1_800)
    assert house.run(60).limit() == 0
    assert house.run(1).limit() == 6_000


def test_evcc_vector_a12() -> None:
    """A12: a much larger surplus does not shorten the delay of a later one."""
    house = vector_house(0, -6_001).run(30)
    house.base_ma = site(-1_800)
    assert house.run(30).limit() == 0
    assert house.run(1).limit() == 6_000


def test_evcc_vector_a13() -> None:
    """A13: enough sun just before the end of the stop delay starts it again."""
    house = vector_house(6_000, 500).run(58)
    house.base_ma = site(-1_800)
    house.run(2)
    house.base_ma = site(500)
    assert house.run(60).limit() == 6_000
    assert house.run(1).limit() == 0
