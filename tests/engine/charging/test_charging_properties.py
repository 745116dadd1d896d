"""What must hold for every house, every car and every order of events."""

from dataclasses import replace

from charging_house import TAKES, House, settings_for
from hypothesis import assume, given
from hypothesis import strategies as st
from properties import THOROUGH

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Mode,
    Settings,
    decide,
)

PHASES = st.sampled_from(
    [(True, True, True), (True, False, False), (False, True, False)]
)
STEPS = st.sampled_from([100, 1_000])
BASE = st.tuples(*[st.integers(-20_000, 30_000)] * 3)
MODES = st.sampled_from(Mode)
CHARGING_MODES = st.sampled_from([Mode.SOLAR, Mode.MIN_SOLAR, Mode.FAST])


@st.composite
def sites(draw: st.DrawFn) -> Settings:
    """Sites with one to three chargers of different kinds."""
    same = draw(st.booleans())
    phases, step = draw(PHASES), draw(STEPS)
    chargers = [
        ChargerSettings(
            key=key,
            phases=phases if same else draw(PHASES),
            step_ma=step if same else draw(STEPS),
            priority=draw(st.integers(0, 1)),
            write_interval_ms=draw(st.sampled_from([2_000, 5_000])),
            target_wh=draw(st.sampled_from([None, 5_000])),
        )
        for key in "abc"[: draw(st.integers(1, 3))]
    ]
    return settings_for(
        *chargers,
        fuse_ma=draw(st.sampled_from([20_000, 25_000, 40_000])),
        failsafe_ma=draw(st.sampled_from([0, 8_000, 10_000, 20_000])),
        dead_band_ma=draw(st.sampled_from([0, 3_000])),
        start_delay_ms=4_000,
        stop_delay_ms=6_000,
        min_on_ms=8_000,
        min_off_ms=4_000,
    )


@st.composite
def settled_houses(draw: st.DrawFn) -> House:
    """Houses past their warm-up whose chargers have charged for a while.

    In some it is known which phases the cars use; there some take others now.
    """
    site = draw(sites())
    keys = [one.key for one in site.chargers]
    house = House(site, modes=dict.fromkeys(keys, Mode.OFF))
    house.run(6)
    house.memory = replace(house.memory, chargers=())
    for one in site.chargers:
        house.modes[one.key] = draw(CHARGING_MODES)
        steps = draw(st.integers(6_000 // one.step_ma, 16_000 // one.step_ma))
        house.limits[one.key] = steps * one.step_ma
    if draw(st.booleans()):
        house.takes = {key: draw(TAKES) for key in keys}
        house.learn()
        house.takes |= draw(st.dictionaries(st.sampled_from(keys), TAKES))
    return house


def limits_after(house: House, base: tuple[int, int, int]) -> dict[str, int]:
    """Return the limits after one sample with this base load, leaving the house."""
    copy = replace(house, limits=dict(house.limits), writes=[], base_ma=base)
    copy.tick()
    return {key: limit or 0 for key, limit in copy.limits.items()}


def load(before: House, limits: dict[str, int], phase: int) -> int:
    """Return the sum of limits on a phase, by what the cars were seen to draw."""
    return sum(
        limits.get(one.key, 0)
        for one in before.settings.chargers
        if before.counts(one, phase)
    )


@given(settled_houses(), BASE)
@THOROUGH
def test_limits_stay_within_the_headroom(
    house: House, base: tuple[int, int, int]
) -> None:
    """A fresh sample leaves no phase over its headroom, or all on it at the minimum."""
    limits = limits_after(house, base)
    for phase, fuse in enumerate(house.settings.fuse_ma):
        room = max(0, fuse - house.settings.margin_ma - max(0, base[phase]))
        on_it = [one for one in house.settings.chargers if house.counts(one, phase)]
        lowered = all(limits[one.key] <= one.minimum_ma for one in on_it)
        assert lowered or load(house, limits, phase) <= room


@given(
    sites(),
    st.lists(st.tuples(BASE, st.tuples(MODES, MODES, MODES)), min_size=1, max_size=6),
)
@THOROUGH
def test_no_write_interval_keeps_the_fuse_waiting(
    site: Settings, events: list[tuple[tuple[int, int, int], tuple[Mode, Mode, Mode]]]
) -> None:
    """Nos. 1 and 9: what is too much is told within a sample and 2 s in every mode.

    Whatever it is that lowers a charger, the sun or the fuse.
    """
    slow = (replace(one, write_interval_ms=15_000) for one in site.chargers)
    house = House(replace(site, chargers=tuple(slow)))
    for base, modes in events:
        house.base_ma, house.modes = base, dict(zip("abc", modes, strict=True))
        house.run(5)
        limits = {key: limit or 0 for key, limit in house.limits.items()}
        for phase, fuse in enumerate(site.fuse_ma):
            room = max(0, fuse - site.margin_ma - max(0, base[phase]))
            on_it = [one for one in site.chargers if one.phases[phase]]
            lowered = all(limits.get(one.key, 0) <= one.minimum_ma for one in on_it)
            assert lowered or load(house, limits, phase) <= room


@given(settled_houses(), BASE, st.tuples(*[st.integers(0, 15_000)] * 3))
@THOROUGH
def test_more_base_load_never_gives_more(
    house: House, base: tuple[int, int, int], more: tuple[int, int, int]
) -> None:
    """More base load never raises what the chargers may draw together.

    Between chargers alike: else a phase that fills up, or a rest smaller than the
    step of the more important charger, can leave current to one charger that
    another was about to get.
    """
    first = house.settings.chargers[0]
    assume(
        all(
            (one.phases, one.step_ma, house.takes.get(one.key))
            == (first.phases, first.step_ma, house.takes.get(first.key))
            for one in house.settings.chargers
        )
    )
    heavier = (base[0] + more[0], base[1] + more[1], base[2] + more[2])

    def total(limits: dict[str, int]) -> int:
        return sum(load(house, limits, phase) for phase in range(3))

    assert total(limits_after(house, heavier)) <= total(limits_after(house, base))


EVENT = st.fixed_dictionaries(
    {
        "seconds": st.integers(1, 26),
        "base": BASE,
        "takes": st.dictionaries(st.sampled_from("abc"), TAKES),
        "meter": st.sampled_from([True, True, True, False]),
        "modes": st.tuples(MODES, MODES, MODES),
        "unmeasured": st.sets(st.sampled_from("abc")),
        "offline": st.sets(st.sampled_from("abc"), max_size=1),
        "session_wh": st.dictionaries(st.sampled_from("abc"), st.integers(0, 10_000)),
        "draws": st.dictionaries(st.sampled_from("abc"), st.integers(0, 16_000)),
    }
)
EVENTS = st.lists(EVENT, min_size=1, max_size=8)


class Watch:
    """Checks every second of a house's life."""

    def __init__(self, house: House) -> None:
        """Begin with a house that nobody has looked at."""
        self.house = house
        self.told: dict[str, int] = {}
        self.off_s: dict[str, int] = {}
        self.event_s = 0

    def apply(self, event: dict[str, object]) -> None:
        """Change the house's circumstances."""
        self.house.become(event)
        self.event_s = self.house.second

    def second(self) -> None:
        """Let one second pass and look at everything."""
        house = self.house
        before = replace(house, limits=dict(house.limits))
        known = house.sample
        decision = house.tick()
        again = decide(
            house.settings, decision.memory, house.state(), house.second * 1000
        )
        assert again == decide(
            house.settings, decision.memory, house.state(), house.second * 1000
        )
        assert set(decision.reasons) == {one.key for one in house.settings.chargers}
        now_ms = (house.second - 1) * 1000
        last = house.sample or known
        age = now_ms - (last.at_ms if last else 0)
        for command in decision.commands:
            self._command(command.charger, before.limit(command.charger) or 0, age)
        self._stale(before, age)
        self._off()

    def _command(self, key: str, old: int, age: int) -> None:
        house = self.house
        one = next(one for one in house.settings.chargers if one.key == key)
        new = house.limits[key] or 0
        assert new == 0 or one.minimum_ma <= new <= one.maximum_ma
        assert new % one.step_ma == 0
        assert key not in house.offline
        if age > 4_000:
            assert new <= old
        gap_s = house.second - 1 - self.told.get(key, -99)
        assert gap_s >= 2
        if new > old:
            assert gap_s * 1000 >= one.write_interval_ms
        self.told[key] = house.second - 1

    def _stale(self, before: House, age: int) -> None:
        house = self.house
        # An urgent write too may have to wait for 2 s.
        if age <= 12_000 or house.offline or house.second - self.event_s <= 3:
            return
        for phase, fuse in enumerate(house.settings.fuse_ma):
            limits = {key: limit or 0 for key, limit in house.limits.items()}
            budget = min(house.settings.failsafe_ma, fuse // 2)
            assert load(before, limits, phase) <= budget

    def _off(self) -> None:
        house = self.house
        for one in house.settings.chargers:
            off = house.modes[one.key] is Mode.OFF and one.key not in house.offline
            self.off_s[one.key] = self.off_s.get(one.key, 0) + 1 if off else 0
            if self.off_s[one.key] > 2:
                assert house.limits.get(one.key, 0) == 0


@given(sites(), EVENTS)
@THOROUGH
def test_rules_hold_whatever_happens(
    site: Settings, events: list[dict[str, object]]
) -> None:
    """Bounds, steps, gaps, staleness and off hold through any order of events."""
    watch = Watch(House(site))
    for event in events:
        watch.apply(event)
        for _ in range(event["seconds"]):
            watch.second()


@given(
    st.sampled_from([100, 1_000]),
    st.tuples(*[st.integers(-20_000, 12_000)] * 3),
    st.integers(0, 16_000),
    st.sampled_from([set(), {"a"}]),
)
@THOROUGH
def test_min_solar_never_has_less_than_its_minimum(
    step: int, base: tuple[int, int, int], draws: int, unmeasured: set[str]
) -> None:
    """While the fuse has room for it, whatever the sun and the car do."""
    house = House(
        settings_for(ChargerSettings(key="a", step_ma=step)),
        modes={"a": Mode.MIN_SOLAR},
        base_ma=base,
        draws={"a": draws},
        unmeasured=unmeasured,
    )
    house.run(3)
    for _ in range(200):
        house.tick()
        assert (house.limit() or 0) >= 6_000


@given(settled_houses(), st.integers(5_000, 9_000))
@THOROUGH
def test_reached_target_ends_charging(house: House, energy: int) -> None:
    """A charger whose session has its energy is at 0 as soon as it may be written."""
    house.session_wh = dict.fromkeys("abc", energy)
    house.run(6)
    for one in house.settings.chargers:
        if one.target_wh is not None:
            assert house.limit(one.key) == 0
