"""Limits on their way to a charger that takes its time, or takes none."""

import asyncio
from types import SimpleNamespace

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers.limit_writer import LimitWriter


class Wallbox:
    """Holds each limit back until it is let go, and refuses some."""

    online = True

    def __init__(self) -> None:
        """Nothing has been told."""
        self.told: list[int] = []
        self.refused: set[int] = set()
        self.free = asyncio.Event()

    async def async_set_limit(
        self, value_ma: int, *, urgent: bool = False, phases: int | None = None
    ) -> None:
        """Take a limit in the end, or not."""
        assert (urgent, phases) == (False, None)
        self.told.append(value_ma)
        await self.free.wait()
        if value_ma in self.refused:
            raise HomeAssistantError(f"no {value_ma}")


async def test_one_that_fails_does_not_take_a_newer_one_with_it(
    hass: HomeAssistant,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """Refused 16 A while 8 A wait: 8 A go next, and both outcomes are logged."""
    wallbox, entry = Wallbox(), MockConfigEntry()
    charger = SimpleNamespace(hass=hass, key="a", title="Garage", present=wallbox)
    writer = LimitWriter(charger)
    wallbox.refused = {16_000, 10_000}
    expected_logs += ["no 16000", "no 10000"]
    for limit in (16_000, 10_000, 8_000):
        writer.apply(entry, (limit, None))
        await asyncio.sleep(0)
    wallbox.free.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (wallbox.told, writer.writes) == ([16_000, 8_000], 1)
    told = [one.getMessage() for one in caplog.records if one.name.endswith("writer")]
    assert told == ["no 16000", "Garage takes limits again"]
    wallbox.told = []
    writer.apply(entry, (10_000, None))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert wallbox.told == [10_000]
    assert caplog.records[-1].getMessage() == "no 10000"
