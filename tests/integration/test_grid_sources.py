"""What measures a house: every kind of sensor, every unit, and how old it is."""

from collections.abc import Mapping
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.meters_and_chargers.engine.charging import GridSample
from custom_components.meters_and_chargers.grid import Grid, grid_of

from .test_sign import HOUSE, answer, choose
from .test_site import set_up_site

THREE = ["sensor.l1", "sensor.l2", "sensor.l3"]


def report(hass: HomeAssistant, unit: str, **values: float | str) -> None:
    """Let sensors say something, in this order."""
    for name, value in values.items():
        hass.states.async_set(
            f"sensor.{name}",
            str(value),
            {"unit_of_measurement": unit},
            force_update=True,
        )


def followed(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[Grid, list[Any]]:
    """Return a source that is followed, and the list of its samples."""
    samples: list[GridSample | None] = []
    grid = grid_of(hass, data, lambda: samples.append(grid and grid.sample))
    assert grid is not None
    grid.start()
    return grid, samples


def seen(sample: GridSample | None) -> tuple[int, object]:
    """Return what a sample says, without its time."""
    assert sample is not None
    return sample.power_w, sample.currents_ma


@pytest.mark.parametrize(
    ("data", "unit", "values", "power_w", "currents_ma"),
    [
        ({"grid_power": "sensor.a"}, "kW", {"a": 1.5}, 1500, None),
        ({"grid_power": "sensor.a"}, "W", {"a": -70}, -70, None),
        (
            {"grid_import": "sensor.a", "grid_export": "sensor.b"},
            "W",
            {"a": 0, "b": 900},
            -900,
            None,
        ),
        (
            {"grid_powers": THREE},
            "kW",
            {"l1": 2.3, "l2": 0, "l3": -0.46},
            1840,
            (10_000, 0, -2_000),
        ),
        (
            {"grid_currents": THREE},
            "mA",
            {"l1": 10_000, "l2": 2_000, "l3": 0},
            2760,
            (10_000, 2_000, 0),
        ),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
async def test_every_kind_of_source(
    hass: HomeAssistant,
    data: dict[str, Any],
    unit: str,
    values: dict[str, float],
    power_w: int,
    currents_ma: tuple[int, int, int] | None,
    turned: bool,  # noqa: FBT001 - pytest's parameter
) -> None:
    """Units are converted; a turned one has every sign turned, where it has signs."""
    grid, samples = followed(hass, data | {"grid_turned": turned})
    report(hass, unit, **values)
    await hass.async_block_till_done()
    assert len(samples) == 1
    turn = -1 if turned and "grid_currents" not in data else 1
    turned_ma = currents_ma and tuple(turn * ma for ma in currents_ma)
    assert seen(grid.sample) == (turn * power_w, turned_ma)


async def test_sample_needs_every_sensor_anew(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """A sample is as old as the oldest value; a broken sensor lets it grow old."""
    report(hass, "W", l1=100, l2=100)
    grid, samples = followed(hass, {"grid_powers": THREE})
    assert grid.sample is None
    report(hass, "W", l3=100)
    await hass.async_block_till_done()
    assert seen(grid.sample)[0] == 300
    before = len(samples)
    report(hass, "W", l1=1100, l2=1100)
    report(hass, "W", l3="unavailable")
    await hass.async_block_till_done()
    assert len(samples) == before
    assert seen(grid.sample)[0] == 300
    report(hass, "W", l3=100)
    await hass.async_block_till_done()
    assert seen(grid.sample)[0] == 2300
    freezer.tick(30)
    grid, _ = followed(hass, {"grid_powers": THREE})
    assert grid.sample is not None
    assert 29_000 < hass.loop.time() * 1000 - grid.sample.at_ms < 31_000


@pytest.mark.parametrize(
    ("amps", "watts", "currents_ma"),
    [
        # The car of the sun: two phases export what the total says.
        ((20.0, 15.0, 14.9), -2277, (20_000, -15_000, -14_900)),
        ((4.0, 5.0, 6.0), 3450, (4_000, 5_000, 6_000)),
        ((4.0, 5.0, 6.0), -3450, (-4_000, -5_000, -6_000)),
        # Either of the first two may be the one that exports: neither counts as it.
        ((10.0, 10.2, 3.0), 690, (10_000, 10_200, 3_000)),
    ],
)
async def test_total_gives_currents_their_directions(
    hass: HomeAssistant,
    amps: tuple[float, float, float],
    watts: float,
    currents_ma: tuple[int, int, int],
) -> None:
    """Export is believed only where nothing else would explain the total."""
    data = {"grid_currents": THREE, "grid_power": "sensor.total"}
    grid, _ = followed(hass, data)
    report(hass, "A", l1=amps[0], l2=amps[1], l3=amps[2])
    report(hass, "W", total=watts)
    await hass.async_block_till_done()
    assert seen(grid.sample) == (watts, currents_ma)


async def test_currents_that_know_directions_keep_them(hass: HomeAssistant) -> None:
    """One that was negative once is never guessed again; such a meter can be turned."""
    grid, _ = followed(hass, {"grid_currents": THREE, "grid_turned": True})
    report(hass, "A", l1=5, l2=0, l3=0)
    await hass.async_block_till_done()
    assert seen(grid.sample) == (1150, (5_000, 0, 0))
    report(hass, "A", l1=5, l2=-1, l3=0)
    await hass.async_block_till_done()
    assert seen(grid.sample) == (-920, (-5_000, 1_000, 0))


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "one_grid_source"),
        ({"grid_meter": "x", "grid_power": "sensor.a"}, "one_grid_source"),
        ({"sensors": {"grid_import": "sensor.a"}}, "import_and_export"),
        ({"sensors": {"grid_powers": THREE[:2]}}, "three_sensors"),
        ({"sensors": {"grid_currents": [*THREE, "sensor.n"]}}, "three_sensors"),
        (
            {"grid_power": "sensor.a", "sensors": {"grid_powers": THREE}},
            "one_grid_source",
        ),
    ],
)
async def test_one_source_is_asked_for(
    hass: HomeAssistant, typed: dict[str, Any], error: str
) -> None:
    """What does not fit together is said, and what was typed stays."""
    if "grid_meter" in typed:
        typed.pop("grid_meter")
        typed["sensors"] = {"grid_import": "sensor.b", "grid_export": "sensor.c"}
    result = await choose(hass, **typed)
    assert result["errors"] == {"base": error}


async def test_three_currents_and_a_total_make_a_site(hass: HomeAssistant) -> None:
    """The flow keeps what was chosen; the same total does not make a second site."""
    report(hass, "A", l1=1, l2=2, l3=3)
    report(hass, "W", total=1380)
    source = {"grid_power": "sensor.total", "sensors": {"grid_currents": THREE}}
    result = await choose(hass, **source)
    assert result["step_id"] == "sign_import"
    result = await answer(hass, result, sign="yes")
    assert result["data"] == {
        "family": "site",
        "fuse_current": 25,
        "grid_power": "sensor.total",
        "grid_currents": THREE,
    }
    await hass.async_block_till_done()
    look = result["result"].runtime_data.last_look
    assert look.state.grid.currents_ma == (1_000, 2_000, 3_000)
    assert (await choose(hass, **source))["reason"] == "site_exists"
    assert HOUSE["fuse_current"] == 25


async def test_battery_counts_discharging_positive(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Power and level reach the decision; an old or broken power does not."""
    entry = await set_up_site(
        hass,
        grid_power="sensor.grid",
        battery_power="sensor.battery",
        battery_level="sensor.level",
        battery_turned=True,
    )
    site = entry.runtime_data

    def battery() -> object:
        site.look()
        assert site.last_look is not None
        found = site.last_look.state.battery
        return found and (found.power_w, found.charge_percent)

    assert battery() is None
    report(hass, "kW", battery=1.5)
    assert battery() == (-1500, None)
    report(hass, "%", level=81.6)
    assert battery() == (-1500, 82)
    report(hass, "%", level="unknown")
    assert battery() == (-1500, None)
    freezer.tick(601)
    assert battery() is None
    report(hass, "kW", battery="unavailable")
    assert battery() is None
    report(hass, "kW", battery="nan")
    assert battery() is None
