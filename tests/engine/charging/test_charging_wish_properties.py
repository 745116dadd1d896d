"""What must hold of the wishes, whatever car, sun, price, battery and hand do."""

from dataclasses import asdict, replace
import json

from charging_house import MAY_CHARGE, TAKES, House, settings_for
from hypothesis import given
from hypothesis import strategies as st
from properties import THOROUGH

from custom_components.meters_and_chargers.engine.charging import (
    Battery,
    ChargerSettings,
    Decision,
    GridSample,
    Memory,
    Mode,
    Plan,
    Price,
    Reason,
    Settings,
    Stage,
    State,
    decide,
)
from simulators.replay import _made

STEPS = st.sampled_from([100, 1_000])
BASE = st.tuples(*[st.integers(-18_000, 12_000)] * 3)
SUN = st.integers(-18_000, 6_000).map(lambda current: (current,) * 3)
BLOCKED = [None, None, Reason.DISABLED, Reason.AUTH_PENDING, Reason.FAULT]
KEYS = st.sampled_from("abc")
EVENT = st.fixed_dictionaries(
    {
        "seconds": st.integers(1, 15),
        "base": BASE,
        "meter": st.sampled_from([True, True, True, True, False]),
        "modes": st.tuples(*[st.sampled_from(Mode)] * 3),
        "blocked": st.tuples(*[st.sampled_from(BLOCKED)] * 3),
        "plugged": st.tuples(*[st.sampled_from([None, True, True, False])] * 3),
        "unmeasured": st.sets(KEYS, max_size=1),
        "draws": st.dictionaries(KEYS, st.integers(0, 16_000)),
        "session_wh": st.dictionaries(KEYS, st.integers(0, 10_000)),
        "boost_s": st.dictionaries(KEYS, st.integers(-10, 30)),
        "plan": st.dictionaries(
            KEYS, st.tuples(st.integers(-60, 900), st.integers(0, 9_000))
        ),
        "battery": st.sampled_from(
            [None, Battery(-4_000, 30), Battery(3_000, 80), Battery(-500, None)]
        ),
        "by_hand": st.dictionaries(KEYS, st.integers(0, 18), max_size=1),
        "levels": st.dictionaries(KEYS, st.sampled_from([10, 30]), max_size=1),
        "ceilings": st.dictionaries(
            KEYS, st.sampled_from([0, 5_000, 6_000, 8_500, 32_000]), max_size=2
        ),
    }
)
EVENTS = st.lists(EVENT, min_size=1, max_size=6)


@st.composite
def sites(draw: st.DrawFn, count: int = 3, **fixed: object) -> Settings:
    """Sites with short timers and one to three chargers of different kinds."""
    chargers = [
        ChargerSettings(
            key=key,
            step_ma=draw(STEPS),
            priority=draw(st.integers(0, 1)),
            target_wh=draw(st.sampled_from([None, 5_000])),
            max_price=draw(st.sampled_from([None, 10])),
            minimum_percent=draw(st.sampled_from([0, 20])),
        )
        for key in "abc"[: draw(st.integers(1, count))]
    ]
    given_ = {
        "fuse_ma": draw(st.sampled_from([25_000, 63_000])),
        "start_delay_ms": 4_000,
        "stop_delay_ms": 6_000,
        "min_on_ms": 8_000,
        "min_off_ms": 4_000,
        "dead_band_ma": draw(st.sampled_from([0, 3_000])),
        "most_starts": draw(st.sampled_from([1, 40])),
        "battery_first_percent": draw(st.sampled_from([0, 50])),
        "battery_buffer_percent": draw(st.sampled_from([60, 100])),
        "battery_discharge": draw(st.booleans()),
    }
    return settings_for(*chargers, **given_ | fixed)


def apply(house: House, event: dict[str, object]) -> None:
    """Change the house's circumstances."""
    house.base_ma, house.meter = event["base"], event["meter"]
    house.modes = dict(zip("abc", event["modes"], strict=True))
    house.blocked = _known("abc", event["blocked"])
    house.plugged = _known("abc", event["plugged"])
    house.unmeasured, house.draws = event["unmeasured"], event["draws"]
    house.session_wh, house.battery = event["session_wh"], event["battery"]
    house.levels, house.ceilings = event["levels"], event["ceilings"]
    house.boost_until_s = {
        key: house.second + seconds for key, seconds in event["boost_s"].items()
    }
    house.plans = {
        key: Plan(house.wall_ms(house.second + ready), energy)
        for key, (ready, energy) in event["plan"].items()
    }
    house.limits |= {key: 1_000 * amps for key, amps in event["by_hand"].items()}


def _known(keys: str, values: tuple[object, ...]) -> dict[str, object]:
    pairs = zip(keys, values, strict=True)
    return {key: value for key, value in pairs if value is not None}


def priced(house: House) -> House:
    """Give a house prices that change each 20 s."""
    house.prices = tuple(
        Price(house.wall_ms(20 * n), house.wall_ms(20 * n + 20), 5 + n % 3 * 5)
        for n in range(8)
    )
    return house


def stored(memory: Memory) -> Memory:
    """Return a memory that has been written as JSON and read again."""
    return _made(Memory, json.loads(json.dumps(asdict(memory))))


@given(sites(), EVENTS)
@THOROUGH
def test_bounds_reasons_and_stops_hold_whatever_happens(
    site: Settings, events: list[dict[str, object]]
) -> None:
    """Nos. 2, 3, 11, 20, 22: bounds, steps, 0 A when stopped, purity, one reason."""
    house = priced(House(site))
    for event in events:
        apply(house, event)
        for second in range(event["seconds"]):
            decision = house.tick()
            _check(house, decision)
            if second:
                _check_stopped(house)
        house.memory = stored(house.memory)
        assert house.memory == decision.memory


def _check(house: House, decision: Decision) -> None:
    for command in decision.commands:
        one = next(x for x in house.settings.chargers if x.key == command.charger)
        limit = max(command.limit_ma)
        by_hand = house.memory.chargers["abc".index(one.key)].by_hand.limit_ma
        assert limit == 0 or one.minimum_ma <= limit
        assert limit <= max(one.maximum_ma, by_hand or 0)
        assert limit % one.step_ma == 0
        why = decision.reasons[one.key]
        assert limit == 0 or why.stage in MAY_CHARGE or why.reason is Reason.WARM_UP
    assert set(decision.reasons) == {one.key for one in house.settings.chargers}
    assert all(isinstance(one.reason, Reason) for one in decision.reasons.values())


def _check_stopped(house: House) -> None:
    """Within two looks: the second sees what the first has just been told."""
    told = {one.key: one for one in house.memory.chargers}
    for one in house.settings.chargers:
        off = house.modes[one.key] is Mode.OFF
        barred = one.key in house.blocked or house.plugged.get(one.key) is False
        paused = house.ceilings.get(one.key, one.minimum_ma) < one.minimum_ma
        if off or barred or paused:
            urgent = house.second * 1000 - (told[one.key].commanded_at_ms or 0)
            assert told[one.key].commanded_ma in (0, None) or urgent < 4_000


@given(sites(count=1), SUN, EVENTS)
@THOROUGH
def test_decide_is_pure_and_its_memory_can_be_stored(
    site: Settings, base: tuple[int, int, int], events: list[dict[str, object]]
) -> None:
    """No. 20: the same question has the same answer, also after a restart from JSON."""
    house = priced(House(site, base_ma=base))
    for event in events:
        apply(house, event)
        house.run(event["seconds"])
        now = house.second * 1000
        first = decide(site, house.memory, house.state(), now)
        assert first == decide(site, house.memory, house.state(), now)
        assert first == decide(site, stored(house.memory), house.state(), now)


@given(sites(count=1, most_starts=40), st.lists(SUN, min_size=1, max_size=12))
@THOROUGH
def test_no_start_without_enough_sun_throughout_the_delay(
    site: Settings, suns: list[tuple[int, int, int]]
) -> None:
    """Nos. 10 and 12: a solar start has had its sun; on and off last their time."""
    one = replace(site.chargers[0], max_price=None, target_wh=None)
    house = House(replace(site, chargers=(one,)))
    need = 3 * one.minimum_ma * 230 // 1000 + site.residual_w
    enough, last = 0, None
    for base in suns:
        house.base_ma = base
        for _ in range(5):
            was = house.limit() or 0
            house.tick()
            has, now = house.limit() or 0, house.second
            if was == 0 and has > 0:
                assert enough * 1000 >= site.start_delay_ms
                assert last is None or (now - last) * 1000 >= site.min_off_ms
                last = now
            elif was > 0 and has == 0:
                assert last is not None
                assert (now - last) * 1000 >= site.min_on_ms
                last = now
            paid = house.sample is not None and -house.sample.power_w >= need
            enough = enough + 1 if has == 0 and paid else 0


ENDS_AT_ONCE = {
    Stage.NO_VEHICLE,
    Stage.BLOCKED,
    Stage.PAUSED_FUSE,
    Stage.FAILSAFE,
    Stage.FINISHED,
    Stage.FAULT,
}
"""Where a minimum of time does not hold: the user's word, the fuse, the meter."""


@given(sites(most_starts=40), EVENTS)
@THOROUGH
def test_charging_and_pausing_last_their_time(
    site: Settings, events: list[dict[str, object]]
) -> None:
    """No. 10: by the sun's word alone nobody stops or starts too soon."""
    chargers = tuple(replace(one, max_price=None) for one in site.chargers)
    site = replace(site, chargers=chargers, min_off_ms=20_000)
    house = House(site)
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    same = {"by_hand": {}, "plan": {}, "boost_s": {}, "draws": {}, "battery": None}
    same |= {"levels": {}, "ceilings": {}}
    same |= {"modes": (Mode.SOLAR,) * 3, "session_wh": {}, "unmeasured": set()}
    for event in events:
        sunny = event["base"][0] < 0
        apply(house, event | same | {"base": ((-16_000 if sunny else 3_000),) * 3})
        for _ in range(event["seconds"]):
            before, now_ms = dict(house.limits), house.second * 1000
            decision = house.tick()
            for key, told in decision.reasons.items():
                had, has = before.get(key) or 0, house.limits.get(key) or 0
                if has and not had:
                    began[key] = now_ms
                    rested = now_ms - ended.pop(key, now_ms - site.min_off_ms)
                    assert rested >= site.min_off_ms
                if had and not has and told.stage not in ENDS_AT_ONCE:
                    ended[key] = now_ms
                    assert now_ms - began[key] >= site.min_on_ms


@given(
    sites(count=1),
    SUN,
    st.integers(0, 16_000),
    st.integers(0, 8),
    st.sampled_from([Mode.SOLAR, Mode.MIN_SOLAR]),
)
@THOROUGH
def test_constant_sun_converges(
    site: Settings, base: tuple[int, int, int], most: int, lag_s: int, mode: Mode
) -> None:
    """No. 13: a minute after the car has begun nothing is written any more.

    The car follows each limit by up to 8 s late.
    """
    one = replace(site.chargers[0], target_wh=None, max_price=None)
    house = House(replace(site, chargers=(one,)), base_ma=base, modes={"a": mode})
    limits: list[int] = [0] * 9
    for second in range(160):
        house.draws["a"] = min(most, limits[-1 - lag_s])
        house.tick()
        limits.append(house.limit() or 0)
        if second == 110:
            settled = len(house.writes)
    assert len(house.writes) == settled


@given(sites(), BASE)
@THOROUGH
def test_lower_priority_has_more_than_its_minimum_only_if_none_is_short(
    site: Settings, base: tuple[int, int, int]
) -> None:
    """No. 14: the more important one comes first, but for less than its step."""
    keys = [one.key for one in site.chargers]
    house = House(site, modes=dict.fromkeys(keys, Mode.FAST), base_ma=base)
    house.run(3)
    assert house.decision is not None
    views = house.decision.chargers
    for high in site.chargers:
        extra = [
            max(0, views[low.key].granted_ma - low.minimum_ma)
            for low in site.chargers
            if low.priority < high.priority
        ]
        short = views[high.key].wished_ma - views[high.key].granted_ma
        assert short <= 0 or sum(extra) < high.step_ma


@given(sites(), BASE, st.permutations("abc"), st.tuples(TAKES, TAKES, TAKES))
@THOROUGH
def test_swapping_equals_swaps_what_they_get(
    site: Settings,
    base: tuple[int, int, int],
    order: list[str],
    takes: tuple[tuple[bool, bool, bool], ...],
) -> None:
    """No. 15: in whatever order equal chargers stand, each look gives the same."""
    first = site.chargers[0]
    alike = [replace(first, key=key) for key in "abc"]
    modes = dict.fromkeys("abc", Mode.MIN_SOLAR)
    cars = dict(zip("abc", takes, strict=True))
    one = House(
        replace(site, chargers=tuple(alike)), modes=modes, base_ma=base, takes=cars
    )
    other = House(
        replace(site, chargers=tuple(alike["abc".index(key)] for key in order)),
        modes=modes,
        base_ma=base,
        takes=cars,
    )
    for _ in range(40):
        one.tick()
        other.tick()
        assert one.limits == other.limits


@given(sites(count=1), BASE)
@THOROUGH
def test_total_power_alone_is_never_less_strict(
    site: Settings, base: tuple[int, int, int]
) -> None:
    """No. 17: for the fuse, one figure for all phases leaves at most as much."""
    modes = {"a": Mode.FAST}
    # Tenths of an ampere are whole watts: the meter's rounding is not the subject.
    one, two, three = (max(0, current) // 100 * 100 for current in base)
    base = (one, two, three)
    known = House(site, modes=modes, base_ma=base).run(3)
    blurred = House(site, modes=modes, base_ma=base, total_only=True).run(3)
    assert (blurred.limit() or 0) <= (known.limit() or 0)


@given(sites(count=1), SUN, st.integers(10, 40), st.integers(251_000, 10**9))
@THOROUGH
def test_absurd_samples_count_as_missing(
    site: Settings, base: tuple[int, int, int], at: int, current: int
) -> None:
    """No. 18: a current of more than ten fuses changes nothing but the age."""
    absurd = max(current, 11 * site.fuse_ma[0])
    house, other = House(site, base_ma=base), House(site, base_ma=base)
    house.run(at)
    other.run(at)
    house.meter = other.meter = False
    for _ in range(5):
        house.sample = GridSample(house.second * 1000, 0, (absurd, 0, 0))
        other.sample = None
        assert house.tick() == other.tick()


@given(sites(), EVENTS, st.integers(-86_400_000, 86_400_000))
@THOROUGH
def test_a_clock_that_jumps_changes_nothing(
    site: Settings, events: list[dict[str, object]], jump_ms: int
) -> None:
    """No. 19: the wall clock is for plans and prices alone."""
    house, other = House(site), House(site)
    for event in events:
        for one in (house, other):
            apply(one, event | {"plan": {}})
            one.run(event["seconds"])
        other.wall_start_ms += jump_ms
        assert house.limits == other.limits
        assert house.decision == other.decision


@given(sites(count=1), EVENTS, st.integers(0, 16))
@THOROUGH
def test_a_restart_keeps_within_the_fuse_and_raises_nothing(
    site: Settings, events: list[dict[str, object]], has: int
) -> None:
    """No. 21: a memory that is lost while a car charges gives nobody more at once."""
    house = House(site)
    house.limits["a"] = has * 1_000
    for event in events:
        apply(house, event | {"by_hand": {}})
        house.run(event["seconds"])
        house.memory, house.sample = Memory(), None
        before = house.limit() or 0
        house.tick()
        assert (house.limit() or 0) <= before


@given(sites(count=1), st.lists(SUN, min_size=1, max_size=3), st.integers(0, 900))
@THOROUGH
def test_finished_offer_is_constant(
    site: Settings, suns: list[tuple[int, int, int]], rest_ma: int
) -> None:
    """No. 23: once a car has finished nothing is written until it or the user moves."""
    one = replace(site.chargers[0], target_wh=None, max_price=None)
    site = replace(site, chargers=(one,), fuse_ma=(63_000,) * 3)
    house = House(site, base_ma=(-15_000, -15_000, -15_000)).run(70)
    house.draws["a"] = rest_ma
    house.run(130)
    assert house.reason() is Reason.FINISHED
    writes = len(house.writes)
    for base in suns:
        house.base_ma = base
        house.run(40)
    assert (len(house.writes), house.limit()) == (writes, 6_000)


LIMITS = st.sampled_from([0, *range(6, 21)])


@given(sites(count=1), st.lists(LIMITS, min_size=1, max_size=4), SUN)
@THOROUGH
def test_what_is_set_by_hand_is_fought_at_most_once(
    site: Settings, by_hand: list[int], base: tuple[int, int, int]
) -> None:
    """No. 26: of all limits set by hand only the first may be set back."""
    one = replace(site.chargers[0], target_wh=None, max_price=None)
    site = replace(site, chargers=(one,), fuse_ma=(63_000,) * 3)
    house = House(site, modes={"a": Mode.MIN_SOLAR}, base_ma=base).run(20)
    set_back = 0
    for amps in by_hand:
        house.run(30)
        limit = amps * 1_000
        if abs(limit - (house.limit() or 0)) < 1_000:
            continue
        house.limits["a"] = limit
        raised = limit > (house.memory.chargers[0].commanded_ma or 0)
        house.run(25)
        has = house.limit() or 0
        set_back += has > limit or (raised and has < limit)
    assert set_back <= 1


def test_state_without_anything_is_answered() -> None:
    """No. 22: even a state without the charger gives it one reason."""
    site = settings_for(ChargerSettings(key="a"))
    decision = decide(site, Memory(), State(None, ()), 0)
    assert decision.reasons["a"].reason is Reason.CHARGER_OFFLINE
