"""A KSEM that pushes its values to a real Home Assistant."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
import logging
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, callback
import pytest

from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.grid import MeterGrid
from simulators.ksem import Ksem
from simulators.pusher import ALL, PHASES, TOTALS, Pusher

from .conftest import PUSH_SOURCE, SetUp
from .test_devices import ENERGY, POWER, poll, value

SOURCE = "sensor.grid_meter_data_source"
LAST = "sensor.grid_meter_last_values"
EVERY_S = 0.1


async def pushing(pusher: Pusher, entry: ConfigEntry[Any]) -> None:
    """Push until Home Assistant counts on it."""
    assert await pusher.connect()
    pusher.every(EVERY_S)
    assert await until(lambda: entry.runtime_data.push.active)


async def until(true: Callable[[], bool]) -> bool:
    """Wait for something, half a minute at most."""
    for _ in range(3000):
        if true():
            return True
        await asyncio.sleep(0.01)
    return False


async def test_pushed_values_are_shown_without_a_poll(
    hass: HomeAssistant, ksem: Ksem, set_up_push: SetUp, pusher: Pusher
) -> None:
    """A change is there within a second or two, and the meter is asked nothing."""
    entry = await set_up_push()
    assert value(hass, SOURCE) == "polled"
    await pushing(pusher, entry)
    asked = ksem.request_count
    ksem.set_power(3000, 0, 0)
    ksem.set_counter("energy_import", (7000, 0, 0, 0))
    assert await until(lambda: value(hass, POWER) == "3000.0")
    assert await until(lambda: value(hass, ENERGY) == "7.0")
    assert value(hass, SOURCE) == "pushed"
    assert value(hass, LAST) != "unknown"
    for _ in range(3):
        await poll(hass)
    assert ksem.request_count == asked


async def test_what_is_not_pushed_is_polled(
    hass: HomeAssistant, ksem: Ksem, set_up_push: SetUp, pusher: Pusher
) -> None:
    """With the totals pushed, a poll asks for the phases only."""
    entry = await set_up_push()
    pusher.writes = [TOTALS]
    await pushing(pusher, entry)
    ksem.requests.clear()
    await poll(hass)
    assert {(one.address, one.count) for one in ksem.requests} == {PHASES}
    entry.runtime_data._due.clear()
    ksem.requests.clear()
    ksem.set_counter("energy_import", (9000, 0, 0, 0))
    await poll(hass)
    assert PHASES in {(one.address, one.count) for one in ksem.requests}
    assert TOTALS not in {(one.address, one.count) for one in ksem.requests}
    assert await until(lambda: value(hass, ENERGY) == "9.0")


async def test_grid_sample_is_as_old_as_its_oldest_value(
    hass: HomeAssistant, ksem: Ksem, set_up_push: SetUp, pusher: Pusher
) -> None:
    """Pushed power with polled currents steers, but is not called fresher than they."""
    entry = await set_up_push()
    pusher.writes = [TOTALS]
    await pushing(pusher, entry)
    grid = MeterGrid(hass, "ksem_72345678", lambda: None)
    stop = grid.start()
    ksem.set_power(4000, 0, 0)
    assert await until(lambda: grid.sample is not None and grid.sample.power_w == 4000)
    polled_at = entry.runtime_data.read_at["fast"]
    assert grid.sample is not None
    assert grid.sample.at_ms == round(polled_at * 1000)
    pusher.writes = [TOTALS, PHASES]
    assert await until(
        lambda: grid.sample is not None and grid.sample.at_ms > polled_at * 1000 + 100
    )
    stop()


async def test_polling_takes_over_when_pushes_are_missing(
    hass: HomeAssistant,
    ksem: Ksem,
    set_up_push: SetUp,
    pusher: Pusher,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After five periods it is polled at once, later pushed again; one line each."""
    caplog.set_level(logging.INFO)
    entry = await set_up_push()
    await pushing(pusher, entry)
    asked = ksem.request_count
    await pusher.close()
    ksem.set_power(1500, 0, 0)
    assert await until(lambda: ksem.request_count > asked)
    assert await until(lambda: value(hass, POWER) == "1500.0")
    assert await until(lambda: value(hass, SOURCE) == "polled")
    again = Pusher(ksem, "127.0.0.1", pusher.port, source=PUSH_SOURCE)
    try:
        await pushing(again, entry)
        assert await until(lambda: value(hass, SOURCE) == "pushed")
    finally:
        await again.close()
    assert caplog.messages.count("Grid meter pushes its values") == 2
    assert caplog.messages.count("Grid meter does not push any more: it is polled") == 1


async def test_meter_that_only_pushes_stays(
    hass: HomeAssistant,
    ksem: Ksem,
    set_up_push: SetUp,
    pusher: Pusher,
    expected_logs: list[str],
) -> None:
    """What is pushed goes on without the poll; the rest is not shown as fresh."""
    expected_logs += ["can't be asked for what it does not push", "Error fetching"]
    entry = await set_up_push()
    pusher.writes = [TOTALS]
    await pushing(pusher, entry)
    await ksem.stop()
    entry.runtime_data._due.clear()
    await poll(hass)
    assert await until(lambda: value(hass, ENERGY) == STATE_UNAVAILABLE)
    ksem.set_power(1234, 0, 0)
    assert await until(lambda: value(hass, POWER) == "1234.0")
    await pusher.close()
    assert await until(lambda: value(hass, POWER) == STATE_UNAVAILABLE)
    assert value(hass, SOURCE) == "polled"
    assert await pusher.connect()
    pusher.every(EVERY_S)
    assert await until(lambda: value(hass, POWER) == "1234.0")
    assert value(hass, ENERGY) == STATE_UNAVAILABLE
    await ksem.start()
    await poll(hass)
    assert await until(lambda: value(hass, ENERGY) != STATE_UNAVAILABLE)


async def test_states_are_limited_and_the_last_of_a_burst_is_written(
    hass: HomeAssistant, ksem: Ksem, set_up_push: SetUp, pusher: Pusher
) -> None:
    """Ten samples a second are at most one state a second; the site sees all."""
    entry = await set_up_push()
    samples: list[int] = []
    grid = MeterGrid(hass, "ksem_72345678", lambda: None)
    stop = grid.start()
    assert await pusher.connect()
    await pusher.push()
    await pusher.push()
    assert await until(lambda: entry.runtime_data.push.active)
    written: list[tuple[float, str]] = []

    @callback
    def seen(event: Event) -> None:
        if event.data["entity_id"] == POWER:
            written.append((time.monotonic(), event.data["new_state"].state))

    hass.bus.async_listen("state_changed", seen)
    begun = time.monotonic()
    for step in range(25):
        ksem.set_power(2000 + step, 0, 0)
        await pusher.push()
        expected = 2000 + step
        assert await until(
            lambda expected=expected: (
                grid.sample is not None and grid.sample.power_w == expected
            )
        )
        samples.append(grid.sample.power_w)
        await asyncio.sleep(EVERY_S)
    took = time.monotonic() - begun
    assert await until(lambda: value(hass, POWER) == "2024.0")
    stop()
    assert len(samples) == 25
    assert 2 <= len(written) <= took + 2
    for (before, _), (after, _) in pairwise(written):
        assert after - before > 0.95


async def test_value_that_can_not_be_is_not_shown_as_fresh(
    hass: HomeAssistant,
    ksem: Ksem,
    set_up_push: SetUp,
    pusher: Pusher,
    expected_logs: list[str],
) -> None:
    """An implausible pushed value makes its own entity unavailable, and only that."""
    expected_logs.append("implausible")
    frequency = "sensor.grid_meter_frequency"
    entry = await set_up_push()
    await pushing(pusher, entry)
    ksem.grid.frequency_hz = 4_000_000.0
    assert await until(lambda: value(hass, frequency) == STATE_UNAVAILABLE)
    assert value(hass, POWER) == "500.0"
    ksem.grid.frequency_hz = 50.0
    assert await until(lambda: value(hass, frequency) == "50.0")


async def test_diagnostics_count_and_name_nobody(
    hass: HomeAssistant, set_up_push: SetUp, pusher: Pusher
) -> None:
    """How often the meter pushes is told; from where is not."""
    entry = await set_up_push()
    await pushing(pusher, entry)
    told = await async_get_config_entry_diagnostics(hass, entry)
    push = told["push"]
    assert push["active"] is True
    assert push["values"] == 63
    assert push["samples"] >= 2
    assert push["writes"] >= 2 * len(ALL)
    assert push["refused"] == 0
    assert PUSH_SOURCE not in str(told)


async def test_slow_push_replaces_no_faster_poll(
    hass: HomeAssistant, ksem: Ksem, set_up_push: SetUp, pusher: Pusher
) -> None:
    """A meter that pushes a mean each minute is still read every two seconds."""
    entry = await set_up_push()
    assert await pusher.connect()
    for _ in range(2):
        await pusher.push()
    push = entry.runtime_data.push
    assert await until(lambda: push.active)
    for series in push._series.values():
        series.gaps.clear()
        series.gaps.append(60.0)
    asked = ksem.request_count
    await poll(hass)
    assert ksem.request_count == asked + 2
    assert value(hass, SOURCE) == "polled"
