"""Power caps of circuits, and what the grid operator leaves the chargers."""

from charging_house import House, circuit, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    MAIN,
    ChargerSettings,
    Mode,
    Reason,
)

ONE = ChargerSettings(key="a")
TWO = ChargerSettings(key="b", priority=1)


def fast(*chargers: ChargerSettings, **others: object) -> House:
    """Return a house with a large fuse whose chargers charge fast."""
    site = settings_for(*chargers, fuse_ma=63_000, **others)
    return House(site, modes={one.key: Mode.FAST for one in chargers})


@pytest.mark.parametrize(
    ("watts", "limit"), [(11_040, 16_000), (11_039, 15_000), (4_140, 6_000), (4_139, 0)]
)
def test_cap_counts_all_phases(watts: int, limit: int) -> None:
    """Three phases of 230 V: 16 A are 11,040 W."""
    assert fast(ONE, power_cap_w=watts).run(60).limit() == limit


def test_cap_counts_the_phases_in_use() -> None:
    """A charger on one phase needs a third of the power."""
    single = ChargerSettings(key="a", phases=(False, True, False))
    assert fast(single, power_cap_w=2_300).run(60).limit() == 10_000


def test_excess_of_the_cap_pauses_as_a_fuse_does() -> None:
    """Slightly over its cap a circuit has 10 s, more than 1.13 times it 3 s."""
    house = fast(ONE, power_cap_w=6_900)
    house.run(40)
    house.base_ma = (4_500, 4_500, 4_500)
    house.run(10)
    assert (house.limit(), house.reason()) == (6_000, Reason.POWER_CAP)
    house.run(2)
    assert (house.limit(), house.reason()) == (0, Reason.POWER_CAP)
    house.base_ma = (0, 0, 0)
    house.run(30)
    assert house.reason() is Reason.FUSE_RESUME
    house.run(70)
    assert house.limit() == 10_000


def test_lifted_cap_lets_go() -> None:
    """A charger held back by a cap that its owner removes starts again."""
    house = fast(ONE, power_cap_w=3_000)
    house.run(10)
    assert (house.limit(), house.reason()) == (0, Reason.POWER_CAP)
    assert house.explanation().figures == {"circuit": MAIN, "cap": 3_000}
    house.settings = settings_for(ONE, fuse_ma=63_000)
    house.tick()
    assert house.reason() is Reason.FUSE_RESUME
    house.run(70)
    assert house.limit() == 16_000


def test_held_without_a_cap_names_no_figures() -> None:
    """The cap is gone, the fuse is full: nothing of the cap can be named."""
    house = fast(ONE, power_cap_w=3_000)
    house.run(10)
    house.settings = settings_for(ONE, fuse_ma=63_000)
    house.base_ma = (60_000, 0, 0)
    house.run(2)
    assert house.reason() is Reason.POWER_CAP
    assert house.explanation().figures == {}


def test_dimming_acts_at_once_after_a_fuse_reduction() -> None:
    """Neither a slow charger's write interval nor a reduction before holds it up."""
    slow = ChargerSettings(key="a", write_interval_ms=15_000)
    house = fast(slow)
    house.run(40)
    house.base_ma = (50_000, 0, 0)
    house.run(2)
    assert house.limit() == 12_000
    house.dims[MAIN] = 4_200
    house.run(3)
    assert (house.limit(), house.reason()) == (6_000, Reason.GRID_DIM)


def test_dimming_needs_no_command_for_less() -> None:
    """Who charges with less than the grid operator leaves goes on as before."""
    house = fast(ONE)
    house.dims[MAIN] = 20_000
    house.run(60)
    assert (house.limit(), house.reason()) == (16_000, Reason.FAST)


def test_dimmed_charger_that_starts_waits_for_no_fuse() -> None:
    """The end of dimming starts a charger within seconds."""
    house = fast(ONE)
    house.dims[MAIN] = 0
    house.run(20)
    assert (house.limit(), house.reason()) == (0, Reason.GRID_OFF)
    assert house.explanation().figures == {"circuit": MAIN, "cap": 0}
    house.dims[MAIN] = None
    house.run(3)
    assert house.limit() == 16_000


def test_dimming_counts_what_a_charger_takes_too_much() -> None:
    """Who does not follow leaves the less to the others."""
    house = fast(ONE, TWO)
    house.dims[MAIN] = 16_560
    house.run(40)
    assert (house.limit("a"), house.limit("b")) == (8_000, 16_000)
    house.modes["b"] = Mode.OFF
    house.stubborn["b"] = 16_000
    house.run(60)
    assert house.limit("a") == 8_000


def test_dimming_leaves_an_absent_charger_its_last_limit() -> None:
    """What is reserved for who is out of reach is not given to others."""
    house = fast(ONE, TWO)
    house.dims[MAIN] = 16_560
    house.run(40)
    house.offline.add("b")
    house.run(60)
    assert house.limit("a") == 8_000


def test_dimming_makes_one_phase_of_three() -> None:
    """A charger that can choose goes on with one phase where three are too much."""
    house = fast(ChargerSettings(key="a", switches_phases=True))
    house.run(40)
    house.dims[MAIN] = 2_300
    house.run(4)
    assert house.decision is not None
    assert house.decision.chargers["a"].phases == 1
    assert house.limit() == 6_000


def test_dimming_is_shared_by_equals() -> None:
    """Two alike have the same part; the binding limit is the one that is named."""
    house = fast(ONE, ChargerSettings(key="b"))
    house.dims[MAIN] = 13_800
    house.run(60)
    assert (house.limit("a"), house.limit("b")) == (10_000, 10_000)
    assert house.reason("a") is Reason.GRID_DIM


def test_stale_meter_does_not_end_dimming() -> None:
    """The grid operator's word needs no meter."""
    house = fast(ONE)
    house.run(40)
    house.meter = False
    house.run(20)
    assert house.limit() == 10_000
    house.dims[MAIN] = 4_200
    house.run(3)
    assert (house.limit(), house.reason()) == (6_000, Reason.METER_STALE)


def test_tighter_of_two_circuits_is_named() -> None:
    """The circuit whose cap binds is the one in the figures."""
    inner = circuit("x", 32_000, power_cap_w=9_660)
    house = fast(ChargerSettings(key="a", circuit="x"), circuits=(inner,))
    house.settings = settings_for(
        *house.settings.chargers, fuse_ma=63_000, circuits=(inner,), power_cap_w=20_000
    )
    house.run(60)
    assert (house.limit(), house.reason()) == (14_000, Reason.POWER_CAP)
    assert house.explanation().figures["circuit"] == "x"
