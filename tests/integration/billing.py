"""A wallbox in Home Assistant and the billing service that it is shown to."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers import billing
from simulators.backend import Backend

from .test_ocpp import open_options

CLIENT = "CP-1"
PASSWORD = "their own secret"  # noqa: S105  # a made-up one
CARD = "04AABBCC"
CONNECTED = "binary_sensor.wallbox_billing_service_connected"
QUEUE = "sensor.wallbox_messages_waiting"
OLDEST = "sensor.wallbox_oldest_message_waiting"
ERROR = "sensor.wallbox_billing_service_error"
LIMITS = "sensor.wallbox_what_limits"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dial again and tell of changes sooner."""
    monkeypatch.setattr(billing, "PAUSES_S", (0.1, 0.3))
    monkeypatch.setattr(billing, "AGAIN_S", 0.1)
    monkeypatch.setattr(billing, "TELL_S", 0.02)
    monkeypatch.setattr(billing, "FLUSH_S", 2.0)


@pytest.fixture
async def backend(socket_enabled: None, quick: None) -> AsyncIterator[Backend]:
    """Return a billing service that listens."""
    found = Backend()
    await found.start()
    yield found
    await found.stop()


async def submit(hass: HomeAssistant, result: Any, typed: dict[str, Any]) -> Any:
    """Send a form of the options, and wait for what is tried."""
    options = hass.config_entries.options
    result = await options.async_configure(result["flow_id"], typed)
    while result["type"] in ("progress", "progress_done"):
        await hass.async_block_till_done(wait_background_tasks=False)
        if (task := result.get("progress_task")) is not None:
            await task
        result = await options.async_configure(result["flow_id"])
    return result


async def open_billing(
    hass: HomeAssistant, entry: ConfigEntry[Any], mode: str | None = None
) -> Any:
    """Open the form of the billing service, past what that is to see."""
    form = await open_options(hass, entry, "billing")
    if form["step_id"] == "billing_mode":
        chosen = {} if mode is None else {"billing_mode": mode}
        form = await submit(hass, form, chosen)
    return form


async def enter(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    backend: Backend,
    billing_mode: str | None = None,
    **typed: Any,
) -> Any:
    """Open the form of the billing service, and send it."""
    form = await open_billing(hass, entry, billing_mode)
    if form.get("errors"):
        return form
    said = {"url": backend.url, "client_id": CLIENT, **typed}
    return await submit(hass, form, said)


async def bill(
    hass: HomeAssistant, entry: ConfigEntry[Any], backend: Backend, **typed: Any
) -> None:
    """Set the billing service up."""
    result = await enter(hass, entry, backend, **typed)
    assert result["step_id"] == "billing_done", result
    await submit(hass, result, {})
    await hass.async_block_till_done()
    assert entry.options["billing"]["client_id"] == CLIENT


def profile(amperes: float) -> call.SetChargingProfile:
    """Return a limit by the billing service."""
    return call.SetChargingProfile(
        1,
        {
            "chargingProfileId": 5,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
            },
        },
    )
