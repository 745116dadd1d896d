"""A charger whose phase is another than its owner says is found by the grid's steps."""

from custom_components.meters_and_chargers.engine.charging import (
    ChargerState,
    GridSample,
    Mode,
)
from custom_components.meters_and_chargers.engine.charging.rotation import (
    ENOUGH_STEPS,
    Mismatch,
    RotationWatch,
)

BASE = (2_000, 1_000, 3_000)


class House:
    """A house whose car is named on one phase and draws on another."""

    def __init__(self, named: int = 0, wired: int = 1) -> None:
        """Begin without any evidence."""
        self.watch = RotationWatch()
        self.now_ms = 0
        self.named, self.wired = named, wired
        self.base = list(BASE)

    def charge(
        self, current_ma: int, seconds: int = 12, also_ma: tuple[int, ...] = ()
    ) -> None:
        """Draw a current for a while, a look every two seconds."""
        measured = [0, 0, 0]
        measured[self.named] = current_ma
        for phase, ma in enumerate(also_ma):
            measured[phase] += ma
        grid = list(self.base)
        grid[self.wired] += current_ma
        for _ in range(seconds // 2):
            self.now_ms += 2_000
            car = ChargerState(
                key="car",
                mode=Mode.SOLAR,
                online=True,
                limit_ma=None,
                measured_ma=(measured[0], measured[1], measured[2]),
                measured_at_ms=self.now_ms,
            )
            sample = GridSample(self.now_ms, 0, (grid[0], grid[1], grid[2]))
            self.watch.look(sample, (car,))
            self.watch.look(sample, (car,))

    def steps(self, count: int = ENOUGH_STEPS) -> None:
        """Go between little and much."""
        for number in range(count):
            self.charge(6_000 if number % 2 else 12_000)


def test_three_steps_on_another_phase_are_told() -> None:
    """Fewer are not; the same sample seen twice counts once."""
    house = House()
    house.charge(0)
    house.steps(ENOUGH_STEPS - 1)
    assert house.watch.mismatches == ()
    house.charge(0)
    assert house.watch.mismatches == (Mismatch("car", 0, 1),)


def test_right_wiring_is_never_told() -> None:
    """Steps on the named phase are what should be."""
    house = House(named=2, wired=2)
    house.charge(0)
    house.steps(10)
    assert house.watch.mismatches == ()


def test_a_step_on_the_named_phase_takes_it_back() -> None:
    """The owner has changed the wiring, or the name."""
    house = House()
    house.charge(0)
    house.steps()
    assert house.watch.mismatches
    house.wired = 0
    house.charge(0, 20)
    house.steps(2)
    assert house.watch.mismatches == ()


def test_a_house_that_moves_too_is_no_evidence() -> None:
    """A kettle at the same time hides the step."""
    house = House()
    house.charge(0)
    for number in range(8):
        house.base[2] = 3_000 + 8_000 * (number % 2)
        house.charge(6_000 if number % 2 else 12_000)
    assert house.watch.mismatches == ()


def test_small_steps_and_several_phases_say_nothing() -> None:
    """2 A are within what a house does; a car on two phases has no one phase."""
    house = House()
    for number in range(8):
        house.charge(6_000 + 2_000 * (number % 2))
    for number in range(8):
        house.charge(6_000 + 6_000 * (number % 2), also_ma=(0, 5_000))
    assert house.watch.mismatches == ()


def test_without_currents_or_measurement_nothing_is_known() -> None:
    """A meter of total power only, no meter, a wallbox that measures nothing."""
    watch = RotationWatch()
    car = ChargerState(key="car", mode=Mode.SOLAR, online=True, limit_ma=None)
    watch.look(None, (car,))
    watch.look(GridSample(1, 0), (car,))
    watch.look(GridSample(2, 0, BASE), (car,))
    assert watch.mismatches == ()


def test_a_car_that_moves_to_another_phase_begins_anew() -> None:
    """Two one-phase cars in turn at one wallbox are compared each with itself."""
    house = House(named=0, wired=0)
    house.charge(6_000)
    house.named = house.wired = 1
    house.charge(16_000)
    house.charge(6_000)
    assert house.watch.mismatches == ()


def test_a_step_that_was_seen_late_is_no_evidence() -> None:
    """Between two measurements far apart the house may have done anything."""
    house = House()
    for number in range(8):
        house.now_ms += 120_000
        house.charge(6_000 + 10_000 * (number % 2), 8)
    assert house.watch.mismatches == ()
