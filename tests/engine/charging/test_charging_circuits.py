"""Circuits below the main fuse: their tree, their meters, who does not follow."""

from dataclasses import replace
from itertools import pairwise

from charging_house import House, circuit, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    MAIN,
    ChargerSettings,
    CircuitSettings,
    Freshness,
    Mode,
    Reason,
    decide,
)
from custom_components.meters_and_chargers.engine.charging.charger import look
from custom_components.meters_and_chargers.engine.charging.circuits import (
    Room,
    Rooms,
    fits,
)


def house_with(
    *circuits: CircuitSettings,
    chargers: tuple[ChargerSettings, ...] | None = None,
    fuse_ma: int = 63_000,
    **others: object,
) -> House:
    """Return a house whose chargers charge fast: `a` in the first circuit, else `b`."""
    if chargers is None:
        first = circuits[0].key if circuits else MAIN
        chargers = (ChargerSettings(key="a", circuit=first), ChargerSettings(key="b"))
    site = settings_for(*chargers, fuse_ma=fuse_ma, circuits=circuits)
    return House(site, modes={one.key: Mode.FAST for one in chargers}, **others)


def test_unknown_circuit_is_the_main_fuse() -> None:
    """A charger of a circuit that is gone hangs on the main fuse alone."""
    chargers = (ChargerSettings(key="a", circuit="gone"),)
    house = house_with(chargers=chargers, fuse_ma=12_000)
    assert house.run(40).limit() == 11_000


def test_unknown_parent_is_the_main_fuse() -> None:
    """A circuit whose parent is gone hangs on the main fuse."""
    house = house_with(circuit("x", 14_000, parent="gone"), fuse_ma=20_000)
    house.run(60)
    assert (house.limit("a"), house.limit("b")) == (10_000, 9_000)


@pytest.mark.parametrize("parent", ["x", "y"])
def test_circle_of_circuits_ends_at_the_main_fuse(parent: str) -> None:
    """Circuits that hang on each other are all obeyed, and nothing hangs."""
    house = house_with(
        circuit("x", 30_000, parent=parent), circuit("y", 12_000, parent="x")
    )
    house.run(40)
    assert house.limit("a") == (16_000 if parent == "x" else 11_000)


def test_circuit_may_not_replace_the_main_fuse() -> None:
    """A circuit with the main fuse's key is not heeded."""
    house = house_with(circuit(MAIN, 6_000))
    assert house.run(40).limit() == 16_000
    assert [one.key for one in house.decision.circuits] == [MAIN]


def test_views_of_house_and_circuits() -> None:
    """Each circuit shows its meter's age, its base load and what is free."""
    house = house_with(circuit("x", 20_000, metered=True), circuit("y", 16_000))
    house.bases["x"] = (3_000, -2_000, 0)
    house.run(40)
    main, inner, bare = house.decision.circuits
    assert (main.key, main.freshness, main.age_ms) == (MAIN, Freshness.FRESH, 1_000)
    assert main.base_ma == (3_000, -2_000, 0)
    assert main.free_ma == (28_000, 33_000, 31_000)
    assert inner.base_ma == (3_000, -2_000, 0)
    assert inner.free_ma == (1_000, 6_000, 4_000)
    assert (bare.freshness, bare.age_ms) == (Freshness.FRESH, None)
    assert (bare.base_ma, bare.free_ma) == ((0, 0, 0), (16_000, 16_000, 16_000))
    house.bases["x"] = (9_000, 0, 0)
    house.tick()
    assert house.view("x").overloaded
    assert house.view("x").free_ma[0] == -5_000
    assert not house.view().overloaded


def test_overloads_are_counted_by_circuit() -> None:
    """Only what lasts counts, once however many phases and samples it has."""
    house = house_with(circuit("x", 20_000, metered=True))
    house.bases["x"] = (0, 0, 0)
    house.run(40)
    house.bases["x"] = (25_000, 26_000, 0)
    house.run(2)
    house.bases["x"] = (0, 0, 0)
    house.run(4)
    assert house.view("x").overloads == 0
    house.bases["x"] = (25_000, 26_500, 0)
    house.run(10)
    house.bases["x"] = (0, 22_000, 0)
    house.run(10)
    assert house.view("x").overloads == 1
    assert house.view("x").worst_ma == 6_500
    assert house.view().overloads == 0
    house.bases["x"] = (0, 0, 0)
    house.run(400)
    house.bases["x"] = (0, 22_000, 0)
    house.run(20)
    assert house.view("x").overloads == 2


def test_meter_below_a_circuit_without_one_counts_there() -> None:
    """What an inner meter shows flows through the circuit above, but no export."""
    chargers = (ChargerSettings(key="a", circuit="x"),)
    house = house_with(
        circuit("x", 20_000),
        circuit("y", 63_000, parent="x", metered=True),
        circuit("z", 63_000, parent="y", metered=True),
        chargers=chargers,
    )
    house.bases = {"y": (5_000, -30_000, 0), "z": (3_000, 0, 0)}
    house.run(60)
    assert house.limit() == 11_000
    assert house.view("x").base_ma == (8_000, 0, 0)


def test_excess_of_a_charger_counts_in_a_circuit_without_a_meter() -> None:
    """Nobody but the charger's own measurement shows it there."""
    chargers = tuple(ChargerSettings(key=key, circuit="x") for key in "ab")
    house = house_with(circuit("x", 40_000), chargers=chargers)
    house.run(40)
    assert (house.limit("a"), house.limit("b")) == (16_000, 16_000)
    house.stubborn["b"] = 26_000
    house.run(60)
    assert house.view("x").base_ma[0] == 26_000 - (house.limit("b") or 0)
    assert (house.limit("a") or 0) + 26_000 <= 39_000


def test_other_meters_judge_by_their_own_samples() -> None:
    """A car that changes between two meters' samples is no base load of either."""
    house = house_with(
        circuit("x", 63_000, metered=True, grid_period_ms=1_000), fuse_ma=63_000
    )
    house.draws["a"] = 16_000
    house.run(41)
    house.draws["a"] = 8_000
    house.tick()
    assert house.view("x").base_ma == (0, 0, 0)
    house.run(4)
    assert house.view().base_ma == (0, 0, 0)


def test_absurd_sample_of_a_circuit_is_none() -> None:
    """More than ten times its fuse is refused by the circuit's own measure."""
    house = house_with(circuit("x", 16_000, metered=True), fuse_ma=250_000)
    house.run(40)
    house.bases["x"] = (170_000, 0, 0)
    house.run(20)
    assert house.view("x").freshness is Freshness.STALE
    assert house.limit("a") == 8_000


def test_pause_in_an_inner_circuit_relieves_the_outer_one() -> None:
    """Who pauses for one fuse is not paused beside others for the next."""
    chargers = (
        ChargerSettings(key="a", circuit="x", priority=1),
        ChargerSettings(key="b"),
    )
    house = house_with(
        circuit("x", 20_000, metered=True), chargers=chargers, fuse_ma=42_000
    )
    house.run(40)
    house.bases["x"] = (31_000, 0, 0)
    house.run(1)
    assert (house.limit("a"), house.limit("b")) == (0, 10_000)
    assert house.reason("a") is Reason.FUSE_PAUSE


def test_lost_circuit_keeps_half_of_its_cap_for_the_rest() -> None:
    """Without its meter a circuit's chargers have half of its power cap together."""
    house = house_with(circuit("x", 63_000, metered=True, power_cap_w=9_660))
    house.run(40)
    assert house.limit("a") == 14_000
    house.dead.add("x")
    house.run(12)
    assert (house.limit("a"), house.reason("a")) == (7_000, Reason.METER_STALE)


def test_slow_circuit_keeps_half_of_its_cap_for_the_rest() -> None:
    """So with a meter that is too slow to guard."""
    inner = circuit("x", 63_000, metered=True, power_cap_w=9_660, grid_period_ms=5_000)
    house = house_with(inner)
    house.run(60)
    assert (house.limit("a"), house.reason("a")) == (7_000, Reason.METER_SLOW)


def test_budget_of_a_lost_main_meter_is_shared_down_the_tree() -> None:
    """Without the main meter all chargers share its budget, in circuits too."""
    house = house_with(circuit("x", 32_000, metered=True))
    house.limits = {"a": 16_000, "b": 16_000}
    house.run(20)
    house.meter = False
    house.run(12)
    assert house.view("x").freshness is Freshness.FRESH
    assert (house.limit("a") or 0) + (house.limit("b") or 0) <= 10_000


def test_charger_that_does_not_follow_is_told_every_ten_seconds() -> None:
    """After 15 s the reason says so; it is told again until it follows for 5 s."""
    house = house_with()
    house.run(40)
    house.stubborn["a"] = 16_000
    house.modes["a"] = Mode.OFF
    house.run(1)
    start = house.second
    house.run(22)
    assert house.reason("a") is Reason.OFF
    house.run(3)
    assert house.reason("a") is Reason.NOT_FOLLOWING
    assert house.explanation("a").figures == {"limit": 0, "current": 16_000}
    house.run(40)
    again = [second for second, key, _ in house.writes if key == "a" and second > start]
    assert len(again) >= 4
    assert {after - before for before, after in pairwise(again)} == {10}
    house.stubborn.clear()
    house.run(5)
    assert house.reason("a") is Reason.NOT_FOLLOWING
    house.run(2)
    assert house.reason("a") is Reason.OFF
    told = len(house.writes)
    house.run(30)
    assert len(house.writes) == told


def test_old_measurement_is_no_proof_of_not_following() -> None:
    """A charger that measures seldom is judged by what it measured after the write."""
    house = house_with()
    house.run(40)
    before = house.state().chargers[0]
    house.modes["a"] = Mode.OFF
    memory = house.memory
    for second in range(40, 80):
        old = replace(before, mode=Mode.OFF, measured_at_ms=39_000)
        house.sample = house.measure()
        now = replace(house.state(), chargers=(old, house.state().chargers[1]))
        decision = decide(house.settings, memory, now, second * 1_000)
        memory = decision.memory
        house.second += 1
        assert decision.reasons["a"].reason is Reason.OFF


def test_who_leaves_is_no_longer_suspected() -> None:
    """Out of reach nobody can say whether it follows."""
    house = house_with()
    house.run(40)
    house.stubborn["a"] = 16_000
    house.modes["a"] = Mode.OFF
    house.run(30)
    assert house.reason("a") is Reason.NOT_FOLLOWING
    house.offline.add("a")
    house.run(1)
    house.offline.clear()
    house.run(1)
    assert house.reason("a") is Reason.OFF


def test_fits_gives_a_charger_its_own_back() -> None:
    """There is room for one phase where there is none for three."""
    charger = look(ChargerSettings(key="a"), None, None, 0)
    rooms = Rooms({MAIN: (MAIN,)}, {MAIN: Room([7_000, 12_000, 3_000])})
    three, one = (True, True, True), (True, False, False)
    assert not fits(rooms, charger, three, 6_000)
    assert fits(rooms, charger, one, 6_000)
    rooms.put(charger, (6_000, 0, 0))
    assert fits(rooms, charger, one, 7_000)
    assert not fits(rooms, charger, one, 7_001)
    assert rooms.least(charger) == 1_000


def test_charger_without_phases_gets_nothing() -> None:
    """Who loads no phase has no room anywhere."""
    site = ChargerSettings(key="a", phases=(False, False, False))
    charger = look(site, None, None, 0)
    rooms = Rooms({MAIN: (MAIN,)}, {MAIN: Room([7_000, 12_000, 3_000])})
    assert rooms.least(charger) == 0
    assert rooms.bound(charger).free_ma == 0


@pytest.mark.parametrize(("room_ma", "limit"), [(6_050, 6_000), (6_150, 6_100)])
def test_small_change_is_written_where_the_fuse_is_full(
    room_ma: int, limit: int
) -> None:
    """A tenth of an ampere too much is worth no write, unless a fuse has no room."""
    site = settings_for(ChargerSettings(key="a", step_ma=100), fuse_ma=25_000)
    house = House(site, limits={"a": 6_100}, base_ma=(24_000 - room_ma, 0, 0))
    house.run(6)
    assert house.limit() == limit


@pytest.mark.parametrize("step_ma", [100, 1_000])
def test_equals_share_to_the_last_step(step_ma: int) -> None:
    """What cannot be halved goes to the first, and nothing is left over."""
    chargers = tuple(ChargerSettings(key=key, step_ma=step_ma) for key in "abc")
    house = house_with(chargers=chargers, fuse_ma=30_000)
    house.run(120)
    limits = [house.limit(key) or 0 for key in "abc"]
    assert sum(limits) > 29_000 - step_ma
    assert max(limits) - min(limits) <= step_ma
