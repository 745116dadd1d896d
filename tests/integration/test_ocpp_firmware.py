"""The firmware of an OCPP wallbox: offered by an action, installed by a press."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
import pytest
import voluptuous as vol

from custom_components.meters_and_chargers.ocpp_wallbox import ChargerHub

from .test_ocpp import Garage, garage, server, until
from .test_ocpp_actions import act, entry, said

__all__ = ["entry", "garage", "server"]

FIRMWARE = "update.wallbox_firmware"
OFFER = {"url": "http://user:word@127.0.0.1/2.1.bin", "version": "2.1"}


def shown(hass: HomeAssistant) -> State:
    """Return the update's state."""
    state = hass.states.get(FIRMWARE)
    assert state is not None
    return state


async def install(hass: HomeAssistant) -> None:
    """Press *Install*."""
    await hass.services.async_call(
        "update", "install", {"entity_id": FIRMWARE}, blocking=True
    )


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_an_offer_is_installed_by_a_press_only(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """Nothing is asked before the press; progress is shown, then the new version."""
    assert shown(hass).state == "off"
    assert shown(hass).attributes["installed_version"] == "1.6.0"
    with pytest.raises(HomeAssistantError):
        await install(hass)
    await act(hass, entry, "offer_firmware", **OFFER)
    await hass.async_block_till_done()
    assert shown(hass).state == "on"
    assert shown(hass).attributes["latest_version"] == "2.1"
    assert said(garage, "UpdateFirmware") == []
    await install(hass)
    (asked,) = said(garage, "UpdateFirmware")
    assert asked["location"] == OFFER["url"]
    assert shown(hass).attributes["in_progress"] is True
    await until(
        hass,
        garage,
        lambda: shown(hass).attributes.get("installed_version") == "2.1",
        "the new firmware",
    )
    assert shown(hass).state == "off"
    assert shown(hass).attributes["in_progress"] is False
    assert "firmware" not in entry.data


async def test_an_offer_stays_over_a_reload_and_can_be_taken_back(
    hass: HomeAssistant, entry: ConfigEntry[ChargerHub]
) -> None:
    """It is kept with the wallbox; an older version is an offer as well."""
    await act(hass, entry, "offer_firmware", **{**OFFER, "version": "1.5.9"})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass).state == "on"
    assert shown(hass).attributes["latest_version"] == "1.5.9"
    await act(hass, entry, "offer_firmware")
    await hass.async_block_till_done()
    assert shown(hass).state == "off"
    with pytest.raises(vol.Invalid):
        await act(hass, entry, "offer_firmware", url=OFFER["url"])


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_a_signed_firmware(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """With certificate and signature the wallbox is asked to check them first."""
    signed = {"signing_certificate": "not a certificate", "signature": "c2lnbmF0dXJl"}
    await act(hass, entry, "offer_firmware", **OFFER, **signed)
    with pytest.raises(HomeAssistantError, match="invalid certificate"):
        await install(hass)
    assert shown(hass).attributes["in_progress"] is False
    signed["signing_certificate"] = "-----BEGIN CERTIFICATE-----"
    await act(hass, entry, "offer_firmware", **OFFER, **signed)
    await install(hass)
    assert said(garage, "UpdateFirmware") == []
    (_, asked) = said(garage, "SignedUpdateFirmware")
    assert asked["firmware"]["signature"] == signed["signature"]
    await until(
        hass,
        garage,
        lambda: shown(hass).attributes.get("installed_version") == "2.1",
        "the new firmware",
    )


@pytest.mark.parametrize("expected_logs", [["did not install its firmware"]])
async def test_a_firmware_that_fails(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[ChargerHub],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is said once why, the offer stays, and no address is in the log."""
    garage.wallbox.upkeep.download_fails = True
    await act(hass, entry, "offer_firmware", **OFFER)
    await install(hass)
    message = "Wallbox did not install its firmware: download failed"
    await until(hass, garage, lambda: message in caplog.messages, "a failure")
    await garage.live(3)
    await hass.async_block_till_done()
    assert caplog.messages.count(message) == 1
    assert shown(hass).state == "on"
    assert shown(hass).attributes["in_progress"] is False
    assert not any(
        "user:word" in record.getMessage()
        for record in caplog.records
        if "meters_and_chargers" in record.name
    )
