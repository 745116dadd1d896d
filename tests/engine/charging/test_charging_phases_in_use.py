"""The phases on which a car really draws count for the fuse, the others do not."""

from dataclasses import asdict, replace
import json

from charging_house import House, settings_for
import pytest

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Memory,
    Mode,
    Reason,
    Settings,
    State,
    decide,
)
from simulators.replay import _made

ALL, L1, L2 = (True, True, True), (True, False, False), (False, True, False)
NONE = (False, False, False)
QUIET = (1_000, 1_000, 1_000)
FULL_L3 = (1_000, 1_000, 17_000)
"""Leaves 7 A on L3 of a fuse of 25 A."""


def fast(*chargers: ChargerSettings, **others: object) -> House:
    """Return a house that charges fast, whose cars take L1 alone."""
    chargers = chargers or (ChargerSettings(key="a"),)
    keys = [one.key for one in chargers]
    return House(
        settings_for(*chargers, **others),
        base_ma=QUIET,
        modes=dict.fromkeys(keys, Mode.FAST),
        takes=dict.fromkeys(keys, L1),
    )


def limit_beside_a_full_phase(house: House) -> int | None:
    """Return the limit after L3 fills up: 16 A, or 7 A if it counts."""
    house.base_ma = FULL_L3
    house.run(2)
    return house.limit()


def test_twenty_seconds_make_it_known() -> None:
    """Until a car has drawn on one phase for so long, all phases count."""
    early, known = fast().run(22), fast().run(24)
    assert limit_beside_a_full_phase(early) == 7_000
    assert limit_beside_a_full_phase(known) == 16_000


def test_current_below_one_ampere_is_base_load() -> None:
    """What trickles on a phase that does not count is left out of nobody's room."""

    class Trickling(House):
        def drawn(self, one: ChargerSettings) -> tuple[int, int, int]:
            first, _, third = super().drawn(one)
            return (first, 900 if first else 0, third)

    site = settings_for(
        ChargerSettings(key="a"), ChargerSettings(key="b", phases=L2), fuse_ma=16_000
    )
    modes = {"a": Mode.FAST, "b": Mode.FAST}
    house = Trickling(site, modes=modes, takes={"a": L1}).run(80)
    assert (house.limit("a"), house.limit("b")) == (15_000, 14_000)
    assert house.view().base_ma == (0, 900, 0)


def test_free_room_waits_for_the_usual_rule() -> None:
    """A limit that only a full phase kept down rises 30 s after that is known."""
    house = fast()
    house.base_ma = FULL_L3
    house.run(52)
    assert (house.limit(), house.reason()) == (7_000, Reason.FUSE)
    house.run(2)
    assert house.limit() == 16_000


def test_phases_one_after_the_other_are_reserved_all_the_time() -> None:
    """Each phase that a car adds within 20 s begins the time anew."""
    house = fast()
    for taken in (L1, (True, True, False), ALL):
        house.takes["a"] = taken
        house.run(15)
        copy = replace(house, limits=dict(house.limits), writes=[])
        assert limit_beside_a_full_phase(copy) == 7_000


def test_other_phase_counts_at_once() -> None:
    """The decision that sees a car draw on L3 lowers it to what L3 leaves."""
    house = fast().run(40)
    assert limit_beside_a_full_phase(house) == 16_000
    house.takes["a"] = ALL
    house.run(1)
    assert (house.limit(), house.reason()) == (7_000, Reason.FUSE)


@pytest.mark.parametrize(
    ("field", "value"),
    [("blurred", {"a"}), ("unmeasured", {"a"}), ("offline", {"a"})],
)
def test_all_phases_count_without_currents(field: str, value: object) -> None:
    """A power alone, no measurement, nobody there: all of its phases are reserved."""
    house = fast(ChargerSettings(key="a"), ChargerSettings(key="b", phases=L2))
    house.takes["b"] = L2
    house.run(60)
    assert house.limit("b") == 16_000
    setattr(house, field, value)
    house.run(2)
    assert (house.limit("a") or 0) + (house.limit("b") or 0) <= 23_000


class Late(House):
    """A house whose chargers' measurements stop at a time."""

    last_s: int | None = None

    def state(self) -> State:
        """What the controller is shown."""
        state = super().state()
        if self.last_s is None:
            return state
        old = [replace(x, measured_at_ms=self.last_s * 1000) for x in state.chargers]
        return replace(state, chargers=tuple(old))


def test_old_measurement_says_nothing() -> None:
    """After 15 s without another measurement all phases count, as at first."""
    house = Late(
        **{
            name: getattr(fast(), name)
            for name in ("settings", "base_ma", "modes", "takes")
        }
    )
    house.run(40)
    house.last_s = 39
    house.base_ma = FULL_L3
    house.run(15)
    assert house.limit() == 16_000
    house.run(1)
    assert house.limit() == 7_000
    house.last_s = None
    house.run(50)
    assert house.limit() == 7_000
    house.run(3)
    assert house.limit() == 16_000


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"plugged": {"a": True}}, {"plugged": {"a": False}}),
        ({"session_wh": {"a": 5_000}}, {"session_wh": {"a": 10}}),
        ({}, {"memory": Memory()}),
    ],
)
def test_next_car_is_not_known(
    before: dict[str, object], after: dict[str, object]
) -> None:
    """Unplugged, with its energy counted anew, after a restart: all phases count."""
    house = fast()
    house.become(before)
    house.run(40)
    house.become(after)
    house.run(1)
    house.become(before if "plugged" in before else {})
    house.base_ma = FULL_L3
    house.run(12)
    assert (house.limit() or 0) <= 7_000


def test_car_that_stays_is_known_when_it_begins_again() -> None:
    """Plugged in all the time it needs no room on phases it never used."""
    house = fast()
    house.plugged["a"] = True
    house.run(40)
    house.modes["a"] = Mode.OFF
    house.base_ma = (1_000, 1_000, 30_000)
    house.run(60)
    assert house.limit() == 0
    house.modes["a"] = Mode.FAST
    house.run(1)
    assert house.limit() == 16_000


def test_car_that_may_be_another_is_not_known() -> None:
    """Where nobody knows whether one is plugged in, a pause makes all phases count."""
    house = fast().run(40)
    house.modes["a"] = Mode.OFF
    house.run(60)
    house.base_ma = FULL_L3
    house.modes["a"] = Mode.FAST
    house.run(3)
    assert house.limit() == 7_000


def test_car_begins_again_with_all_it_has_used() -> None:
    """Three phases, one at the end: after a pause all three are reserved again."""
    house = fast()
    house.plugged["a"] = True
    house.takes["a"] = ALL
    house.run(40)
    house.takes["a"] = L1
    house.run(25)
    assert limit_beside_a_full_phase(house) == 16_000
    house.modes["a"] = Mode.OFF
    house.run(10)
    house.modes["a"] = Mode.FAST
    house.run(3)
    assert house.limit() == 7_000


def test_change_of_phases_makes_all_count() -> None:
    """What is known of one phase says nothing of a car that is told to use three."""
    charger = ChargerSettings(key="a", step_ma=100, switches_phases=True)
    house = House(
        settings_for(charger),
        modes={"a": Mode.SOLAR},
        base_ma=(-2_000, -2_000, -3_000),
    ).run(700)
    assert house.memory.chargers[0].session.use.known == L1
    house.base_ma = (-8_000, -8_000, -8_000)
    while not house.switches or house.switches[-1][2] == 1:
        house.run(1)
    assert house.memory.chargers[0].session.use.known == L1
    house.run(1)
    assert house.memory.chargers[0].session.use.known is None
    house.run(60)
    assert house.memory.chargers[0].session.use.known == ALL


def test_change_of_phases_needs_room_on_all_of_them() -> None:
    """The command that changes from one to three phases reserves three."""
    chargers = (
        ChargerSettings(key="a", step_ma=100, switches_phases=True),
        ChargerSettings(key="b", phases=L2, priority=1),
    )
    house = House(
        settings_for(*chargers, fuse_ma=20_000),
        modes={"a": Mode.FAST, "b": Mode.FAST},
        limits={"a": 6_000},
        phases={"a": 1},
        base_ma=(1_000, 8_000, 1_000),
    ).run(700)
    assert (house.phases["a"], house.limit("a"), house.limit("b")) == (
        1,
        16_000,
        11_000,
    )
    house.base_ma = QUIET
    while house.phases["a"] == 1:
        house.run(1)
        on_l2 = (house.limit("a") or 0) * (house.phases["a"] == 3)
        assert on_l2 + (house.limit("b") or 0) <= 18_000
    assert house.second < 1_100


def test_failsafe_budget_is_shared_on_common_phases_alone() -> None:
    """Without the meter two cars on different phases may each have all of it."""
    chargers = (ChargerSettings(key="a"), ChargerSettings(key="b"))
    house = fast(*chargers, fuse_ma=63_000)
    house.takes["b"] = L2
    house.run(60)
    house.meter = False
    house.run(14)
    assert (house.limit("a"), house.limit("b")) == (10_000, 10_000)
    assert house.reason() is Reason.METER_STALE
    house.takes["b"] = ALL
    house.run(1)
    assert (house.limit("a"), house.limit("b")) == (10_000, 0)


def test_pause_and_return_look_at_the_phase_in_use() -> None:
    """Paused for L1 it returns when L1 is free, whatever L3 carries."""
    house = fast()
    house.plugged["a"] = True
    house.run(60)
    house.base_ma = (30_000, 1_000, 30_000)
    house.run(15)
    assert (house.limit(), house.reason()) == (0, Reason.FUSE_PAUSE)
    house.base_ma = (1_000, 1_000, 30_000)
    house.run(400)
    assert house.limit() == 16_000


def test_cool_down_of_another_phase_is_not_its_reason() -> None:
    """L3 cools down; a car on L1 that has to share says that it shares."""
    chargers = (ChargerSettings(key="a"), ChargerSettings(key="b"))
    house = fast(*chargers).run(60)
    house.base_ma = (1_000, 1_000, 30_000)
    house.run(20)
    assert house.view().overloads == 1
    assert (house.limit("a"), house.reason("a")) == (12_000, Reason.SHARED)


def test_wiring_decides_what_may_be_in_use() -> None:
    """What is measured on a phase that a charger cannot load counts for nothing."""
    site: Settings = settings_for(ChargerSettings(key="a", phases=L2))
    house = House(site, modes={"a": Mode.FAST}, base_ma=QUIET, takes={"a": NONE})
    house.stubborn["a"] = 0
    house.run(60)
    assert house.memory.chargers[0].session.use.known is None


def test_what_is_known_can_be_stored() -> None:
    """Written as JSON and read again it decides the same, as diagnostics do."""
    house = fast().run(40)
    stored = _made(Memory, json.loads(json.dumps(asdict(house.memory))))
    assert stored == house.memory
    assert stored.chargers[0].session.use.known == L1
    house.base_ma = FULL_L3
    house.sample = house.measure()
    state, now_ms = house.state(), house.second * 1000
    again = decide(house.settings, stored, state, now_ms)
    assert again == decide(house.settings, house.memory, state, now_ms)
    assert not again.commands
