"""What a simulated wallbox measures: its car, on the voltages of the house."""

from collections.abc import Iterator

from ocpp.v16.datatypes import (  # type: ignore[import-untyped]  # has no types
    SampledValue,
)
from ocpp.v16.enums import (  # type: ignore[import-untyped]
    Measurand,
    Phase,
    ReadingContext,
    UnitOfMeasure,
)

from .car import VOLTAGE_V, Car
from .house import House

MEASURANDS = (
    "Power.Active.Import",
    "Energy.Active.Import.Register",
    "Current.Import",
    "Voltage",
    "Current.Offered",
    "Frequency",
)
_LINES = (Phase.l1, Phase.l2, Phase.l3)
_NEUTRAL = (Phase.l1_n, Phase.l2_n, Phase.l3_n)


def sample(
    house: House,
    car: Car,
    offered_a: float,
    measurands: str,
    context: str = ReadingContext.sample_periodic,
) -> list[SampledValue]:
    """Measure what is in a list with commas; each phase is a value of its own."""
    wanted = measurands.split(",")
    return [
        SampledValue(f"{value:.{digits}f}", context, None, name, phase, None, unit)
        for name, phase, unit, value, digits in _all(house, car, offered_a)
        if name in wanted
    ]


def _all(
    house: House, car: Car, offered_a: float
) -> Iterator[tuple[str, str | None, str | None, float, int]]:
    yield Measurand.power_active_import, None, UnitOfMeasure.w, car.power_w, 0
    energy = Measurand.energy_active_import_register
    yield energy, None, UnitOfMeasure.wh, car.energy_wh, 0
    for line, power in zip(_LINES, car.phase_power_w, strict=True):
        amperes = power / VOLTAGE_V
        yield Measurand.current_import, line, UnitOfMeasure.a, amperes, 2
    for line, volts in zip(_NEUTRAL, house.grid.voltage_v, strict=True):
        yield Measurand.voltage, line, UnitOfMeasure.v, volts, 1
    yield Measurand.current_offered, None, UnitOfMeasure.a, offered_a, 1
    # OCPP 1.6 has no hertz among its units: none is written.
    yield Measurand.frequency, None, None, house.grid.frequency_hz, 3
