"""When a grid meter is said to be the wrong way round, and when it is not."""

from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.charging import GridSample
from custom_components.meters_and_chargers.engine.charging.sign import (
    Finding,
    Measured,
    SignWatch,
)

MINUTE = 60_000


class Nights:
    """Time that passes before a watch, a sample every 2 s."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.watch = SignWatch()
        self.now_ms = 1_000_000

    def live(
        self,
        minutes: float,
        power: Callable[[int], int] | int,
        chargers: Mapping[str, int] | None = None,
        *,
        night: bool = True,
    ) -> Finding | None:
        """Let the meter show a power, W, and chargers draw, mA."""
        for _ in range(round(minutes * 30)):
            self.now_ms += 2_000
            shown = power if isinstance(power, int) else power(self.now_ms)
            drawn = {
                key: Measured(self.now_ms, total_ma)
                for key, total_ma in (chargers or {}).items()
            }
            self.watch.look(GridSample(self.now_ms, shown), drawn, night=night)
        return self.watch.finding

    def start(self, change_w: int, drawn_ma: int = 18_000) -> Finding | None:
        """Let a car begin to charge while the grid makes a step."""
        self.live(1, 400, {"garage": 0}, night=False)
        return self.live(1, 400 + change_w, {"garage": drawn_ma}, night=False)


def test_a_night_of_export_is_found_after_an_hour() -> None:
    """Ten minutes alone are not enough: a battery may do that."""
    nights = Nights()
    assert nights.live(59, -500) is None
    assert nights.live(2, -500) is Finding.NIGHT
    assert nights.watch.export_w == 500


@pytest.mark.parametrize(
    ("power", "night"),
    [
        (-500, False),  # the sun shines
        (-150, True),  # less than counts
        (500, True),  # as it should be
        (lambda ms: -500 if ms % (20 * MINUTE) else 100, True),  # draws now and then
        (lambda ms: -500 if ms // MINUTE % 8 else 0, True),  # never ten minutes long
    ],
)
def test_what_is_no_evidence(power: Callable[[int], int] | int, *, night: bool) -> None:
    """Sun, noise, a right meter, a battery that regulates, short export."""
    assert Nights().live(600, power, night=night) is None


def test_a_gap_begins_the_night_anew() -> None:
    """What was not seen is no evidence."""
    nights = Nights()
    nights.live(55, -500)
    nights.now_ms += 3 * MINUTE
    assert nights.live(55, -500) is None
    assert nights.live(6, -500) is Finding.NIGHT


def test_a_meter_that_draws_at_night_is_right_again() -> None:
    """Turned round, the night shows it; the day does not."""
    nights = Nights()
    nights.live(61, -500)
    assert nights.live(60, 500, night=False) is Finding.NIGHT
    assert nights.live(9, 500) is Finding.NIGHT
    assert nights.live(2, 500) is None


def test_three_cars_that_begin_as_export() -> None:
    """18 A are 4140 W; the grid falls by them three times in a row."""
    nights = Nights()
    assert nights.start(-4100) is None
    assert nights.start(-4000) is None
    assert nights.start(-4200) is Finding.STEPS
    assert nights.watch.export_w == 4200


def test_one_right_step_takes_two_wrong_ones_back() -> None:
    """Clouds make a wrong step once, not three times in a row."""
    nights = Nights()
    for change in (-4100, -4100, 4100, -4100, -4100):
        assert nights.start(change) is None
    assert nights.start(-4100) is Finding.STEPS


def test_three_right_steps_end_it() -> None:
    """After the meter was turned."""
    nights = Nights()
    for change in (-4100, -4100, -4100, 4100, 4100):
        nights.start(change)
    assert nights.watch.finding is Finding.STEPS
    assert nights.start(4100) is None


@pytest.mark.parametrize("change", [0, 300, -300, -1900, -6500, 9000])
def test_a_step_of_another_size_is_no_evidence(change: int) -> None:
    """A battery makes up for the car, or something else was switched."""
    nights = Nights()
    for _ in range(9):
        assert nights.start(change) is None


def test_two_cars_at_once_are_no_evidence() -> None:
    """What each of them did can't be told apart."""
    nights = Nights()
    for _ in range(9):
        nights.live(1, 400, {"one": 0, "two": 18_000}, night=False)
        nights.live(1, -3700, {"one": 18_000, "two": 0}, night=False)
    assert nights.watch.finding is None


def test_a_car_that_begins_slowly_is_no_evidence() -> None:
    """More than a minute between nothing and charging: too much else happens."""
    nights = Nights()
    for _ in range(5):
        nights.live(1, 400, {"garage": 0}, night=False)
        nights.live(3, 400, {"garage": 3_000}, night=False)
        assert nights.live(1, -3700, {"garage": 18_000}, night=False) is None


def test_an_old_measurement_says_nothing_new() -> None:
    """A wallbox that measures seldom: the grid before its last idle moment counts."""
    nights = Nights()
    for wrong in range(3):
        nights.live(1, 400, {"garage": 0}, night=False)
        idle = Measured(nights.now_ms, 0)
        for _ in range(5):
            nights.now_ms += 2_000
            grid = GridSample(nights.now_ms, -3700)
            nights.watch.look(grid, {"garage": idle}, night=False)
        assert nights.watch.finding is None, wrong
        nights.live(1, -3700, {"garage": 18_000}, night=False)
    assert nights.watch.finding is Finding.STEPS


def test_a_small_draw_is_no_evidence() -> None:
    """1 kW at least."""
    nights = Nights()
    for _ in range(9):
        nights.live(1, 400, {"garage": 0}, night=False)
        assert nights.live(1, -500, {"garage": 4_000}, night=False) is None


@given(
    st.lists(
        st.tuples(
            st.integers(-9_000, 20_000),
            st.integers(1_000, 60_000),
            st.integers(0, 48_000),
        ),
        max_size=200,
    )
)
def test_a_right_meter_is_never_accused(
    house: list[tuple[int, int, int]],
) -> None:
    """By night a house draws, and cars add to it: whatever else happens."""
    watch, now_ms = SignWatch(), 0
    for other_w, pause_ms, car_ma in house:
        now_ms += pause_ms
        grid = GridSample(now_ms, max(other_w, 0) + car_ma * 230 // 1000)
        watch.look(grid, {"car": Measured(now_ms, car_ma)}, night=True)
        assert watch.finding is not Finding.NIGHT


def test_the_same_sample_counts_once() -> None:
    """A site looks each second, its meter may speak more seldom or not at all."""
    nights = Nights()
    nights.live(59, -500)
    for _ in range(10_000):
        nights.watch.look(GridSample(nights.now_ms, -500), {}, night=True)
        nights.watch.look(None, {}, night=True)
    assert nights.watch.finding is None
