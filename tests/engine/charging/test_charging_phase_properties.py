"""What must hold for every charger that switches its phases, whatever happens."""

from charging_house import House, settings_for
from hypothesis import given
from hypothesis import strategies as st
from properties import THOROUGH

from custom_components.meters_and_chargers.engine.charging import (
    ChargerSettings,
    Command,
    Mode,
    PhaseUse,
    Settings,
)

GAP_S = 60
BASE = st.tuples(*[st.integers(-20_000, 30_000)] * 3)
MODES = st.sampled_from(Mode)
WIRES = st.sampled_from([(True, True, True), (False, True, True)])


@st.composite
def sites(draw: st.DrawFn) -> Settings:
    """Sites with one or two chargers that switch, in a hurry."""
    chargers = [
        ChargerSettings(
            key=key,
            phases=draw(WIRES),
            step_ma=draw(st.sampled_from([100, 1_000])),
            priority=draw(st.integers(0, 1)),
            write_interval_ms=draw(st.sampled_from([2_000, 5_000])),
            switches_phases=key == "a" or draw(st.booleans()),
            phase_use=draw(st.sampled_from([PhaseUse.AUTO, *PhaseUse])),
            phase_gap_ms=GAP_S * 1000,
        )
        for key in "ab"[: draw(st.integers(1, 2))]
    ]
    return settings_for(
        *chargers,
        fuse_ma=draw(st.sampled_from([20_000, 25_000, 40_000])),
        start_delay_ms=4_000,
        stop_delay_ms=6_000,
        min_on_ms=8_000,
        min_off_ms=4_000,
        phase_down_ms=draw(st.sampled_from([4_000, 20_000])),
        phase_up_ms=draw(st.sampled_from([6_000, 30_000])),
    )


EVENT = st.fixed_dictionaries(
    {
        "seconds": st.integers(1, 40),
        "base": BASE,
        "meter": st.sampled_from([True, True, True, False]),
        "modes": st.tuples(MODES, MODES),
        "unmeasured": st.sets(st.sampled_from("ab"), max_size=1),
        "mute": st.sets(st.sampled_from("ab"), max_size=1),
        "stuck": st.sets(st.sampled_from("ab"), max_size=1),
        "draws": st.dictionaries(st.sampled_from("ab"), st.integers(0, 16_000)),
    }
)
EVENTS = st.lists(EVENT, min_size=1, max_size=6)


class Watch:
    """Checks every second of a house's life."""

    def __init__(self, house: House) -> None:
        """Begin with a house that nobody has looked at."""
        self.house = house
        self.told_at: dict[str, int] = {}
        self.told: dict[str, int] = {}
        self.changed_at: dict[str, int] = {}

    def second(self) -> None:
        """Let one second pass and look at every command."""
        now = self.house.second
        for command in self.house.tick().commands:
            assert now - self.told_at.get(command.charger, -99) >= 2
            self.told_at[command.charger] = now
            self._phases(command, now)

    def _phases(self, command: Command, now: int) -> None:
        """All phases or the first, and a change only after the gap or for the fuse."""
        one = next(
            one for one in self.house.settings.chargers if one.key == command.charger
        )
        loaded = tuple(current > 0 for current in command.limit_ma)
        if not any(loaded):
            return
        first = tuple(
            index == one.phases.index(True) for index in range(len(one.phases))
        )
        assert loaded == one.phases or (one.switches_phases and loaded == first)
        assert len(set(command.limit_ma) - {0}) == 1
        count = sum(loaded)
        if count != self.told.get(one.key, count):
            last = self.changed_at.get(one.key, -GAP_S)
            assert now - last >= GAP_S or (count == 1 and command.urgent)
            self.changed_at[one.key] = now
        self.told[one.key] = count


@given(sites(), EVENTS)
@THOROUGH
def test_changes_are_a_gap_apart(
    site: Settings, events: list[dict[str, object]]
) -> None:
    """Phase changes, starts with other phases and writes keep their distance."""
    watch = Watch(House(site))
    for event in events:
        watch.house.become(event)
        for _ in range(event["seconds"]):
            watch.second()


@given(sites(), BASE, BASE, st.tuples(*[st.sampled_from([1, 3])] * 2))
@THOROUGH
def test_limits_on_the_phases_in_use_stay_within_the_headroom(
    site: Settings,
    before: tuple[int, int, int],
    base: tuple[int, int, int],
    phases: tuple[int, int],
) -> None:
    """A fresh sample leaves no phase over its headroom, or all on it at the minimum.

    What a charger may still draw on phases that it was told to leave counts as well,
    unless it is told so now, for the fuse.
    """
    house = House(
        site,
        base_ma=before,
        modes=dict.fromkeys("ab", Mode.FAST),
        limits=dict.fromkeys("ab", 6_000),
        phases=dict(zip("ab", phases, strict=True)),
    )
    house.run(45)
    house.base_ma = base
    house.run(2)
    for phase, fuse in enumerate(site.fuse_ma):
        room = max(0, fuse - site.margin_ma - max(0, base[phase]))
        shown = {
            one.key: next(
                state.limit_ma[phase]
                for state in house.state().chargers
                if state.key == one.key
            )
            for one in site.chargers
        }
        lowered = all(shown[one.key] <= one.minimum_ma for one in site.chargers)
        assert lowered or sum(shown.values()) <= room


@given(
    st.integers(0, 16_000),
    st.integers(-12_000, 0),
    st.sampled_from([1, 3]),
    st.sampled_from([Mode.SOLAR, Mode.MIN_SOLAR]),
)
@THOROUGH
def test_constant_sun_ends_in_a_fixed_number_of_phases(
    draws: int, base: int, phases: int, mode: Mode
) -> None:
    """With the same sun all the time there is at most one change, and then peace."""
    charger = ChargerSettings(
        key="a", step_ma=100, switches_phases=True, phase_gap_ms=20_000
    )
    house = House(
        settings_for(
            charger,
            phase_down_ms=10_000,
            phase_up_ms=10_000,
            stop_delay_ms=20_000,
            min_on_ms=20_000,
        ),
        base_ma=(base, base, base),
        modes={"a": mode},
        limits={"a": 6_000},
        phases={"a": phases},
        draws={"a": draws} if draws >= charger.minimum_ma else {},
    )
    house.run(150)
    assert len(house.switches) <= 1
    writes = len(house.writes)
    house.run(50)
    assert len(house.writes) == writes
