"""No phase much fuller than another because of chargers that load only some."""

from charging_house import House, Triple, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Reason,
)

ON_L1, ON_L2, ON_L3 = (
    (True, False, False),
    (False, True, False),
    (False, False, True),
)


def fast(*chargers: ChargerSettings, limit_ma: int = 18_000, **others: object) -> House:
    """Return a house with an unbalance limit whose chargers charge fast."""
    site = settings_for(*chargers, fuse_ma=63_000, unbalance_ma=limit_ma, **others)
    return House(site, modes={one.key: Mode.FAST for one in chargers})


@pytest.mark.parametrize(
    ("flows", "phases", "excess"),
    [
        ((0, 0, 19_000), [ON_L3], [1_000]),
        ((3_000, 21_000, 24_000), [ON_L3], [3_000]),
        ((-3_000, 21_000, 24_000), [ON_L2, ON_L3], [6_000, 9_000]),
        ((-6_000, -23_000, -7_000), [ON_L1], [0]),
    ],
)
def test_openwb_vectors(
    flows: Triple, phases: list[tuple[bool, bool, bool]], excess: list[int]
) -> None:
    """OpenWB's vectors (limit 18 A): each phase's excess is what its charger loses."""
    chargers = [
        ChargerSettings(key=key, phases=used)
        for key, used in zip("ab", phases, strict=False)
    ]
    house = fast(*chargers)
    base = list(flows)
    for one in chargers:
        house.limits[one.key] = 16_000
        base[one.phases.index(True)] -= 16_000
    house.base_ma = (base[0], base[1], base[2])
    house.run(1)
    assert [16_000 - (house.limit(one.key) or 0) for one in chargers] == excess


def test_chargers_alone_may_count() -> None:
    """Without the house's load only what chargers draw makes phases unequal."""
    single = ChargerSettings(key="a", phases=ON_L1, maximum_ma=32_000)
    house = fast(single, unbalance_counts_base=False)
    house.base_ma = (20_000, 0, 0)
    house.run(100)
    assert (house.limit(), house.reason()) == (18_000, Reason.UNBALANCE)
    assert house.explanation().figures == {"limit": 18_000}


def test_total_power_shows_no_unbalance() -> None:
    """A meter without currents leaves only the chargers to count."""
    single = ChargerSettings(key="a", phases=ON_L1, maximum_ma=32_000)
    house = fast(single)
    house.total_only = True
    house.base_ma = (6_000, 0, 0)
    house.run(100)
    assert house.limit() == 18_000


def test_chargers_on_other_phases_make_room() -> None:
    """What draws on the other phases lifts all; what is only offered does not."""
    chargers = [
        ChargerSettings(key=key, phases=phases, maximum_ma=16_000)
        for key, phases in (("a", ON_L1), ("b", ON_L2), ("c", ON_L3))
    ]
    house = fast(*chargers, limit_ma=10_000)
    house.run(300)
    assert [house.limit(key) for key in "abc"] == [16_000] * 3
    house.draws["c"] = 0
    house.run(6)
    assert [house.limit(key) for key in "ab"] == [10_000] * 2


def test_three_phases_are_never_limited() -> None:
    """Who loads all phases alike makes none fuller than another."""
    house = fast(ChargerSettings(key="a"), limit_ma=1_000)
    house.base_ma = (30_000, 0, 0)
    house.run(40)
    assert (house.limit(), house.reason()) == (16_000, Reason.FAST)


def test_three_phases_do_not_change_the_others_room() -> None:
    """A car that draws on all phases leaves the difference as it is."""
    whole = ChargerSettings(key="b", priority=1)
    house = fast(ChargerSettings(key="a", phases=ON_L1, maximum_ma=32_000), whole)
    house.run(100)
    assert house.limit("a") == 18_000


def test_start_needs_room_for_the_minimum() -> None:
    """Below the minimum a charger does not start, and starts after a minute of room."""
    house = fast(ChargerSettings(key="a", phases=ON_L1))
    house.base_ma = (13_000, 0, 0)
    house.run(30)
    assert (house.limit(), house.reason()) == (0, Reason.UNBALANCE)
    house.base_ma = (10_000, 0, 0)
    house.run(30)
    assert house.reason() is Reason.FUSE_RESUME
    house.run(40)
    assert house.limit() == 8_000


def test_minimum_at_once_then_a_pause() -> None:
    """Too unequal even at the minimum, the least important pauses after 10 s."""
    chargers = [
        ChargerSettings(key="a", phases=ON_L1),
        ChargerSettings(key="b", phases=ON_L1, priority=1),
    ]
    house = fast(*chargers)
    house.run(40)
    house.base_ma = (9_000, 0, 0)
    house.run(9)
    assert (house.limit("a"), house.limit("b")) == (6_000, 6_000)
    house.run(3)
    assert (house.limit("a"), house.limit("b")) == (0, 6_000)
    assert house.reason("a") is Reason.UNBALANCE
    house.run(60)
    assert (house.limit("a"), house.limit("b")) == (0, 9_000)


def test_short_unbalance_pauses_nobody() -> None:
    """The ten seconds begin anew after each time of balance."""
    house = fast(ChargerSettings(key="a", phases=ON_L1))
    house.run(40)
    for _ in range(4):
        house.base_ma = (13_000, 0, 0)
        house.run(6)
        house.base_ma = (0, 0, 0)
        house.run(10)
    assert house.limit() == 6_000


def test_off_elsewhere_lowers_here() -> None:
    """When another phase loses its charger, this one comes down with it."""
    chargers = [
        ChargerSettings(key="a", phases=ON_L1),
        ChargerSettings(key="b", phases=(False, True, True)),
    ]
    house = fast(*chargers, limit_ma=8_000)
    house.run(200)
    assert house.limit("a") == 16_000
    house.modes["b"] = Mode.OFF
    house.run(2)
    assert (house.limit("a"), house.limit("b")) == (8_000, 0)
