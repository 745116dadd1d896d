"""What must hold in every tree of circuits, whatever the house and its meters do."""

from dataclasses import replace

from charging_house import TAKES, House, Triple, circuit, settings_for
from hypothesis import given
from hypothesis import strategies as st
from properties import THOROUGH

from custom_components.meters_and_chargers.engine.charging import (
    MAIN,
    ChargerSettings,
    Mode,
    Settings,
)

PHASES = st.sampled_from(
    [
        (True, True, True),
        (True, True, True),
        (True, False, False),
        (False, True, False),
        (False, True, True),
    ]
)
BASE = st.tuples(*[st.integers(-20_000, 30_000)] * 3)
MORE = st.tuples(*[st.integers(0, 15_000)] * 3)
FUSES = st.sampled_from([16_000, 20_000, 25_000, 40_000, 63_000])
WATTS = st.none() | st.integers(0, 25_000)
CHARGING_MODES = st.sampled_from([Mode.SOLAR, Mode.MIN_SOLAR, Mode.FAST])
KEYS = "xyz"


@st.composite
def sites(draw: st.DrawFn, *, alike: bool = False) -> Settings:
    """Sites with up to three circuits in any tree, and one to four chargers."""
    count = draw(st.integers(0, 3))
    circuits = tuple(
        circuit(
            key,
            draw(FUSES),
            parent=draw(st.sampled_from(["", *KEYS[:index]])),
            metered=draw(st.booleans()),
            power_cap_w=draw(WATTS),
        )
        for index, key in enumerate(KEYS[:count])
    )
    places = st.sampled_from(["", *KEYS[:count]])
    same = (draw(places), draw(PHASES), draw(st.sampled_from([100, 1_000])))
    chargers = []
    for key in "abcd"[: draw(st.integers(1, 4))]:
        place, phases, step = same
        if not alike:
            place, phases = draw(places), draw(PHASES)
            step = draw(st.sampled_from([100, 1_000]))
        chargers.append(
            ChargerSettings(
                key=key,
                circuit=place,
                phases=phases,
                step_ma=step,
                priority=draw(st.integers(0, 1)),
            )
        )
    return settings_for(
        *chargers,
        fuse_ma=draw(FUSES),
        circuits=circuits,
        power_cap_w=draw(WATTS),
        failsafe_ma=draw(st.sampled_from([0, 8_000, 10_000, 20_000])),
        unbalance_ma=None if alike else draw(st.sampled_from([None, 8_000, 16_000])),
        start_delay_ms=4_000,
        stop_delay_ms=6_000,
        min_on_ms=8_000,
        min_off_ms=4_000,
    )


def settle(house: House, *, learns: bool) -> House:
    """Let the house's meters warm up, and then its chargers charge for a while."""
    modes, limits = dict(house.modes), dict(house.limits)
    house.modes = dict.fromkeys(modes, Mode.OFF)
    house.run(6)
    house.memory = replace(house.memory, chargers=())
    house.modes, house.limits = modes, limits
    return house.learn() if learns else house


@st.composite
def unsettled(
    draw: st.DrawFn, *, alike: bool = False, modes: st.SearchStrategy = CHARGING_MODES
) -> tuple[House, bool]:
    """Houses, and whether they charge until it is known what their cars use."""
    site = draw(sites(alike=alike))
    house, takes = House(site), draw(TAKES)
    for one in site.chargers:
        house.modes[one.key] = draw(modes)
        house.takes[one.key] = takes if alike else draw(TAKES)
        steps = draw(st.integers(6_000 // one.step_ma, 16_000 // one.step_ma))
        idle = draw(st.booleans()) and not alike
        house.limits[one.key] = 0 if idle else steps * one.step_ma
    return house, draw(st.booleans())


@st.composite
def settled(
    draw: st.DrawFn, *, alike: bool = False, modes: st.SearchStrategy = CHARGING_MODES
) -> House:
    """Houses past their warm-up; some cars take other phases now than they did."""
    house, learns = draw(unsettled(alike=alike, modes=modes))
    settle(house, learns=learns)
    keys = st.sampled_from([one.key for one in house.settings.chargers])
    house.takes |= {} if alike else draw(st.dictionaries(keys, TAKES))
    return house


@st.composite
def loads(draw: st.DrawFn, base: st.SearchStrategy = BASE) -> dict[str, Triple]:
    """What is drawn besides the chargers, at the main fuse and in each circuit."""
    return {key: draw(base) for key in ("", *KEYS)}


def after(house: House, bases: dict[str, Triple], **changes: object) -> House:
    """Return the house as it is one sample later with these base loads."""
    copy = replace(
        house,
        limits=dict(house.limits),
        samples=dict(house.samples),
        writes=[],
        base_ma=bases[MAIN],
        bases={
            key: base
            for key, base in bases.items()
            if key in {one.key for one in house.settings.circuits}
        },
        **changes,
    )
    copy.tick()
    return copy


def inside(house: House, key: str) -> list[ChargerSettings]:
    """Return the chargers below a circuit."""
    return [one for one in house.settings.chargers if house.feeds(key, one.circuit)]


def told(house: House, seen: House, key: str, phase: int) -> int:
    """Return the sum of the limits on a phase of a circuit, by what cars were seen.

    That is the house as it was before its last look.
    """
    return sum(
        house.limits.get(one.key, 0) or 0
        for one in inside(house, key)
        if seen.counts(one, phase)
    )


def told_in_all(house: House, seen: House, key: str) -> int:
    """Return the sum of the limits on all phases of a circuit."""
    return sum(told(house, seen, key, phase) for phase in range(3))


def lowered(house: House, chargers: list[ChargerSettings]) -> bool:
    """Whether all of them have been brought down to their minimum at least."""
    return all((house.limit(one.key) or 0) <= one.minimum_ma for one in chargers)


def seen_base(house: House, key: str) -> Triple:
    """Return the base load of a circuit as far as meters show it."""
    metered = {one.key for one in house.settings.circuits if one.metered} | {MAIN}
    parents = {one.key: one.parent for one in house.settings.circuits}
    total = [0, 0, 0]
    if key in metered:
        parts = [house.base_ma] if key == MAIN else []
        parts += [base for one, base in house.bases.items() if house.feeds(key, one)]
        for part in parts:
            total = [have + more for have, more in zip(total, part, strict=True)]
        return (total[0], total[1], total[2])
    for one in metered - {MAIN}:
        above = parents[one]
        while above not in metered and above != key:
            above = parents[above]
        if above == key:
            part = seen_base(house, one)
            total = [
                have + max(0, more) for have, more in zip(total, part, strict=True)
            ]
    return (total[0], total[1], total[2])


def bounds(house: House) -> list[tuple[str, Triple, int | None]]:
    """Return key, fuse and power cap of the main fuse and every circuit."""
    site = house.settings
    main = (MAIN, site.fuse_ma, site.power_cap_w)
    return [main, *((one.key, one.fuse_ma, one.power_cap_w) for one in site.circuits)]


@given(settled(), loads())
@THOROUGH
def test_limits_obey_every_circuit(house: House, bases: dict[str, Triple]) -> None:
    """No phase of any circuit is over its headroom, or all on it are lowered."""
    seen, house = house, after(house, bases)
    for key, fuses, cap_w in bounds(house):
        base = seen_base(house, key)
        for phase, fuse in enumerate(fuses):
            room = max(0, fuse - house.settings.margin_ma - max(0, base[phase]))
            on_it = [one for one in inside(house, key) if seen.counts(one, phase)]
            assert lowered(house, on_it) or told(house, seen, key, phase) <= room
        if cap_w is not None:
            room = max(0, cap_w * 1_000_000 // 230_000 - max(0, sum(base)))
            everybody = lowered(house, inside(house, key))
            assert everybody or told_in_all(house, seen, key) <= room


@given(settled(), loads())
@THOROUGH
def test_overload_never_raises_the_sum(house: House, bases: dict[str, Triple]) -> None:
    """Where a phase carries more than it should, its chargers together get no more."""
    later = after(house, bases)
    for key, fuses, _ in bounds(house):
        base = seen_base(later, key)
        for phase, fuse in enumerate(fuses):
            before = told(house, house, key, phase)
            if base[phase] + before > fuse - house.settings.margin_ma:
                assert told(later, house, key, phase) <= before


@given(settled(alike=True), loads(), loads(MORE), st.none() | st.integers(0, 20_000))
@THOROUGH
def test_more_load_or_a_lower_cap_never_gives_more(
    house: House,
    bases: dict[str, Triple],
    more: dict[str, Triple],
    dim_w: int | None,
) -> None:
    """More base load anywhere, or less from the grid operator, raises no total.

    Between chargers alike that charge: else what is too little for one to start, or
    for its step, may be left to another.
    """
    heavier = {
        key: (base[0] + more[key][0], base[1] + more[key][1], base[2] + more[key][2])
        for key, base in bases.items()
    }
    light, heavy = after(house, bases), after(house, heavier)
    dimmed = after(house, heavier, dims={MAIN: dim_w})
    in_all = [told_in_all(one, house, MAIN) for one in (light, heavy, dimmed)]
    assert in_all == sorted(in_all, reverse=True)


@given(unsettled(), loads(), st.integers(0, 2))
@THOROUGH
def test_phases_are_alike(
    given_: tuple[House, bool], bases: dict[str, Triple], by: int
) -> None:
    """Another name for each phase of all that there is changes nothing else."""
    house, learns = given_

    def turned[Kind](three: tuple[Kind, Kind, Kind]) -> tuple[Kind, Kind, Kind]:
        return (three[by], three[(by + 1) % 3], three[(by + 2) % 3])

    chargers = tuple(
        replace(one, phases=turned(one.phases)) for one in house.settings.chargers
    )
    other = replace(
        house,
        settings=replace(house.settings, chargers=chargers),
        modes=dict(house.modes),
        limits=dict(house.limits),
        takes={key: turned(taken) for key, taken in house.takes.items()},
    )
    settle(house, learns=learns)
    settle(other, learns=learns)
    later = after(other, {key: turned(base) for key, base in bases.items()})
    assert later.limits == after(house, bases).limits


@given(settled(modes=st.just(Mode.FAST)), loads())
@THOROUGH
def test_export_makes_no_headroom(house: House, bases: dict[str, Triple]) -> None:
    """Nobody gets more than without it, but the minimum while nothing is overloaded.

    So a source that cannot tell export from import, and says import, gives no more.
    With several chargers one that pauses for lack of export may leave room to another.
    """
    alone = house.settings.chargers[:1]
    house.settings = replace(house.settings, chargers=alone, unbalance_ma=None)
    nothing = dict.fromkeys(bases, (0, 0, 0))
    export = {
        key: (min(0, base[0]), min(0, base[1]), min(0, base[2]))
        for key, base in bases.items()
    }
    with_export, without = after(house, export), after(house, nothing)
    for one in house.settings.chargers:
        least = one.minimum_ma if house.limit(one.key) else 0
        most = max(without.limit(one.key) or 0, least)
        assert (with_export.limit(one.key) or 0) <= most


@given(settled(), loads())
@THOROUGH
def test_phases_stay_balanced(house: House, bases: dict[str, Triple]) -> None:
    """Who loads some phases only fills none beyond the limit, or is at its minimum.

    Compared with those that it does not load: it changes nothing between its own.
    """
    house.settings = replace(house.settings, unbalance_ma=16_000)
    house.takes = {}
    later = after(house, bases)
    base = seen_base(later, MAIN)
    carried = [base[phase] + told(later, house, MAIN, phase) for phase in range(3)]
    for one in later.settings.chargers:
        own = [now for now, used in zip(carried, one.phases, strict=True) if used]
        rest = [now for now, used in zip(carried, one.phases, strict=True) if not used]
        starts = not house.limit(one.key) and later.limit(one.key)
        if rest and (starts or not lowered(later, [one])):
            assert max(own) <= min(rest) + 16_000


EVENT = st.fixed_dictionaries(
    {
        "seconds": st.integers(1, 26),
        "takes": st.dictionaries(st.sampled_from("abcd"), TAKES),
        "bases": loads(),
        "meter": st.sampled_from([True, True, True, False]),
        "dead": st.sets(st.sampled_from(KEYS)),
        "dims": st.dictionaries(st.sampled_from(["", *KEYS]), WATTS),
        "modes": st.tuples(*[st.sampled_from(Mode)] * 4),
        "offline": st.sets(st.sampled_from("abcd"), max_size=1),
        "draws": st.dictionaries(st.sampled_from("abcd"), st.integers(0, 16_000)),
    }
)


class Watch:
    """Checks every second of a house's life."""

    def __init__(self, site: Settings) -> None:
        """Begin with a house that nobody has looked at."""
        self.house = House(site)
        self.dimmed_s: dict[str, int] = {}
        self.reached_s = 0

    def apply(self, event: dict[str, object]) -> None:
        """Change the house's circumstances."""
        house = self.house
        known = {one.key for one in house.settings.circuits}
        house.base_ma = event["bases"][MAIN]
        house.bases = {key: event["bases"][key] for key in known}
        house.meter, house.dead = event["meter"], event["dead"]
        house.dims = event["dims"]
        house.modes = dict(zip("abcd", event["modes"], strict=True))
        house.draws, house.takes = event["draws"], event["takes"]
        house.offline = event["offline"]
        self.reached_s = 0
        self.dimmed_s = {}

    def second(self) -> None:
        """Let one second pass and look at everything."""
        house = self.house
        before = replace(house, limits=dict(house.limits))
        house.tick()
        self.reached_s += 1
        ages = {key: self._age(key) for key, *_ in bounds(house)}
        for one in house.settings.chargers:
            above = [key for key in ages if house.feeds(key, one.circuit)]
            age = max(ages[key] for key in above)
            if age > 4_000:
                rises = (house.limit(one.key) or 0) > (before.limit(one.key) or 0)
                assert not rises
        for key, fuses, _ in bounds(house):
            self._stale(before, key, fuses, ages[key])
            self._dim(before, key)

    def _age(self, key: str) -> int:
        """Return the age of a circuit's sample; 0 of one without a meter."""
        house = self.house
        metered = {one.key for one in house.settings.circuits if one.metered}
        if key not in metered | {MAIN}:
            return 0
        sample = house.sample if key == MAIN else house.samples.get(key)
        return (house.second - 1) * 1000 - (sample.at_ms if sample else 0)

    def _stale(self, before: House, key: str, fuses: Triple, age: int) -> None:
        house = self.house
        if age <= 12_000 or house.offline or self.reached_s <= 4:
            return
        for phase, fuse in enumerate(fuses):
            budget = min(house.settings.failsafe_ma, fuse // 2)
            assert told(house, before, key, phase) <= budget

    def _dim(self, before: House, key: str) -> None:
        house, dim_w = self.house, self.house.dims.get(key)
        known = {one.key for one in house.settings.circuits} | {MAIN}
        if dim_w is None or key not in known or house.offline:
            self.dimmed_s[key] = 0
            return
        self.dimmed_s[key] = self.dimmed_s.get(key, 0) + 1
        if min(self.dimmed_s[key], self.reached_s) > 4:
            watts = told_in_all(house, before, key) * 230 // 1000
            assert watts <= dim_w


@given(sites(), st.lists(EVENT, min_size=1, max_size=8))
@THOROUGH
def test_circuits_hold_whatever_happens(
    site: Settings, events: list[dict[str, object]]
) -> None:
    """Late and lost meters of circuits, and the grid operator, are obeyed in time."""
    watch = Watch(site)
    for event in events:
        watch.apply(event)
        for _ in range(event["seconds"]):
            watch.second()
