"""What must hold of the phases that a car really uses, whatever happens."""

from dataclasses import replace

from charging_house import TAKES, House, settings_for
from hypothesis import given
from hypothesis import strategies as st
from properties import THOROUGH

from custom_components.meters_and_chargers.engine.charging import (
    MAIN,
    ChargerSettings,
    Mode,
)

LEARN_S = 60
"""Long enough to know the phases, and to rise by the usual rule afterwards."""
BASE = st.tuples(*[st.integers(-10_000, 50_000)] * 3)
KEYS = "ab"
EVENT = st.fixed_dictionaries(
    {
        "seconds": st.integers(1, 40),
        "base": BASE,
        "meter": st.sampled_from([True, True, True, False]),
        "dims": st.fixed_dictionaries({MAIN: st.none() | st.integers(0, 15_000)}),
        "modes": st.tuples(*[st.sampled_from(Mode)] * 2),
    }
)
EVENTS = st.lists(EVENT, min_size=1, max_size=5)


@st.composite
def houses(draw: st.DrawFn) -> House:
    """Houses with two wallboxes of three phases whose cars use some of them."""
    site = settings_for(
        *(
            ChargerSettings(
                key=key,
                step_ma=draw(st.sampled_from([100, 1_000])),
                priority=draw(st.integers(0, 1)),
            )
            for key in KEYS
        ),
        fuse_ma=40_000,
        failsafe_ma=draw(st.sampled_from([0, 10_000, 20_000])),
        unbalance_ma=draw(st.sampled_from([None, 16_000])),
        start_delay_ms=4_000,
        stop_delay_ms=6_000,
        min_on_ms=8_000,
        min_off_ms=4_000,
    )
    return House(
        site,
        modes=dict.fromkeys(KEYS, Mode.FAST),
        takes={key: draw(TAKES) for key in KEYS},
        plugged=dict.fromkeys(KEYS, True),
    )


@given(houses(), EVENTS)
@THOROUGH
def test_unused_phases_count_as_if_they_were_not_wired(
    house: House, events: list[dict[str, object]]
) -> None:
    """A phase that a car does not use is not reserved, for anything there is.

    Once that is known, a wallbox with three phases gets what one would get that is
    wired to those its car uses.
    """
    wired = tuple(
        replace(one, phases=house.takes[one.key]) for one in house.settings.chargers
    )
    other = replace(
        house,
        settings=replace(house.settings, chargers=wired),
        limits=dict(house.limits),
        writes=[],
    )
    house.run(LEARN_S)
    other.run(LEARN_S)
    assert house.limits == other.limits
    for event in events:
        for each in (house, other):
            each.become(event)
        for _ in range(event["seconds"]):
            house.tick()
            other.tick()
            assert house.limits == other.limits
            assert [house.reason(key) for key in KEYS] == [
                other.reason(key) for key in KEYS
            ]


@given(houses(), BASE, st.tuples(TAKES, TAKES))
@THOROUGH
def test_phase_that_a_car_begins_to_use_is_reserved_at_once(
    house: House, base: tuple[int, int, int], takes: tuple[tuple[bool, ...], ...]
) -> None:
    """The decision that sees it leaves no phase over its headroom, or all lowered."""
    house.run(LEARN_S)
    house.base_ma = base
    house.takes = dict(zip(KEYS, takes, strict=True))
    before = replace(house, limits=dict(house.limits), writes=[])
    house.tick()
    for phase, fuse in enumerate(house.settings.fuse_ma):
        room = max(0, fuse - house.settings.margin_ma - max(0, base[phase]))
        on_it = [
            house.limit(one.key) or 0
            for one in house.settings.chargers
            if before.counts(one, phase)
        ]
        lowered = all(limit <= 6_000 for limit in on_it)
        assert lowered or sum(on_it) <= room


@given(houses(), EVENTS, st.tuples(TAKES, TAKES))
@THOROUGH
def test_fewer_phases_raise_nothing_sooner_than_the_usual_rule(
    house: House, events: list[dict[str, object]], takes: tuple[tuple[bool, ...], ...]
) -> None:
    """A fast limit that rises while it charges has had room for it for 30 s."""
    house.modes = dict.fromkeys(KEYS, Mode.FAST)
    house.run(LEARN_S)
    lowered = dict.fromkeys(KEYS, house.second - 30)
    for index, event in enumerate(events):
        house.become(event | {"modes": (Mode.FAST, Mode.FAST)})
        if index % 2:
            house.takes = dict(zip(KEYS, takes, strict=True))
        for _ in range(event["seconds"]):
            before = {key: house.limit(key) or 0 for key in KEYS}
            now = house.second
            house.tick()
            for key in KEYS:
                limit = house.limit(key) or 0
                if limit < before[key] or before[key] == 0:
                    lowered[key] = now
                elif limit > before[key]:
                    assert now - lowered[key] >= 30
