"""Actions on OCPP wallboxes: each asks the simulated wallbox, refusals say why."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
import pytest
import voluptuous as vol

from custom_components.meters_and_chargers import ocpp_tls
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.protocols.ocpp import Manners
from custom_components.meters_and_chargers.ocpp_wallbox import ChargerHub

from .test_devices import value
from .test_ocpp import STATUS, Garage, garage, let_in, server, until

__all__ = ["garage", "server"]


@pytest.fixture
async def entry(hass: HomeAssistant, garage: Garage) -> ConfigEntry[ChargerHub]:
    """Return a wallbox that is let in, without a car before it."""
    garage.house.cars[0].connected = False
    entry = await let_in(hass, garage)
    await until(
        hass, garage, lambda: value(hass, STATUS) == "available", "a free wallbox"
    )
    return entry


async def act(
    hass: HomeAssistant,
    entry: ConfigEntry[ChargerHub],
    action: str,
    *,
    answers: bool = False,
    **data: Any,
) -> Any:
    """Call an action on the wallbox's device; return what it answers."""
    device_id = entry.runtime_data.device_id
    found = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device_id, **data},
        blocking=True,
        return_response=answers,
    )
    if not answers:
        return None
    assert found is not None
    return found[device_id]


def said(garage: Garage, action: str, direction: str = "received") -> list[Any]:
    """Return the payloads of what the wallbox was asked."""
    return [
        one.payload
        for one in garage.wallbox.book
        if (one.action, one.direction) == (action, direction)
    ]


async def test_settings_are_read_and_changed(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """A setting is shown with what may be done to it; a secret one is not shown."""
    charger = entry.runtime_data.charger
    await until(hass, garage, lambda: bool(charger.settings), "its settings")
    garage.wallbox.configuration["AuthorizationKey"] = "secret"
    found = await act(hass, entry, "get_configuration", answers=True)
    assert found["keys"]["MeterValueSampleInterval"] == {
        "value": "10",
        "read_only": False,
    }
    assert found["keys"]["NumberOfConnectors"]["read_only"] is True
    assert found["keys"]["AuthorizationKey"]["value"] == "REDACTED"
    found = await act(
        hass,
        entry,
        "get_configuration",
        answers=True,
        keys=["Dance", "HeartbeatInterval"],
    )
    assert found["unknown"] == ["Dance"]
    assert list(found["keys"]) == ["HeartbeatInterval"]
    change = {"key": "MeterValueSampleInterval", "value": "30"}
    found = await act(hass, entry, "set_configuration", answers=True, **change)
    assert found == {"restart_needed": False}
    assert garage.wallbox.configuration["MeterValueSampleInterval"] == "30"
    assert charger.settings["MeterValueSampleInterval"].value == "30"
    with pytest.raises(HomeAssistantError, match="did not do that"):
        await act(hass, entry, "set_configuration", key="NumberOfConnectors", value="2")
    with pytest.raises(HomeAssistantError, match="does not know this"):
        await act(hass, entry, "set_configuration", key="Dance", value="2")
    for key in ("AuthorizationKey", "SecurityProfile", "securityprofile"):
        with pytest.raises(ServiceValidationError, match="no longer be let in"):
            await act(hass, entry, "set_configuration", key=key, value="2")
    assert len(said(garage, "ChangeConfiguration")) == 3


async def test_certificates_are_read_and_deleted(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[ChargerHub],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By their serial numbers; the one that Home Assistant shows itself stays."""

    class Ours:
        serial = "01"

    async def root(_hass: HomeAssistant) -> Ours:
        return Ours()

    monkeypatch.setattr(ocpp_tls, "root", root)
    kept = garage.wallbox.upkeep.certificates
    kept["CentralSystemRootCertificate"] = ["another", "ours"]
    found = await act(hass, entry, "get_certificates", answers=True)
    assert found == {
        "certificates": [
            {"serial_number": "0", "ours": False},
            {"serial_number": "1", "ours": True},
        ]
    }
    with pytest.raises(ServiceValidationError, match="needs this certificate"):
        await act(hass, entry, "delete_certificate", serial_number="0:1")
    with pytest.raises(ServiceValidationError, match="no root certificate"):
        await act(hass, entry, "delete_certificate", serial_number="2")
    assert said(garage, "DeleteCertificate") == []
    await act(hass, entry, "delete_certificate", serial_number="00:00")
    assert kept["CentralSystemRootCertificate"] == ["ours"]


async def test_messages_are_asked_for(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """What is asked for comes, also by the message of the security extension."""
    beats = len(said(garage, "Heartbeat", "sent"))
    await act(hass, entry, "trigger_message", message="heartbeat")
    await until(
        hass,
        garage,
        lambda: len(said(garage, "Heartbeat", "sent")) > beats,
        "a heartbeat",
    )
    await act(hass, entry, "trigger_message", message="meter_values", connector=1)
    assert said(garage, "TriggerMessage")[-1] == {
        "requestedMessage": "MeterValues",
        "connectorId": 1,
    }
    await act(hass, entry, "trigger_message", message="log_status_notification")
    assert said(garage, "ExtendedTriggerMessage") == [
        {"requestedMessage": "LogStatusNotification"}
    ]
    with pytest.raises(HomeAssistantError, match="does not know this"):
        await act(
            hass, entry, "trigger_message", message="diagnostics_status_notification"
        )
    with pytest.raises(vol.Invalid):
        await act(hass, entry, "trigger_message", message="boot_notification")
    found = await act(
        hass,
        entry,
        "send_vendor_message",
        answers=True,
        vendor="com.example",
        message="Light",
        content="5",
    )
    assert found == {"status": "UnknownVendorId", "data": None}
    assert said(garage, "DataTransfer") == [
        {"vendorId": "com.example", "messageId": "Light", "data": "5"}
    ]


async def test_a_log_is_uploaded(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """The wallbox gets the address, and *Activity* tells how it went on."""
    url = "ftp://127.0.0.1/logs/"
    found = await act(hass, entry, "upload_log", answers=True, url=url, hours=2)
    assert found == {"file": "diagnostics.zip"}
    (asked,) = said(garage, "GetDiagnostics")
    assert asked["location"] == url
    assert "startTime" in asked
    await until(
        hass,
        garage,
        lambda: activity(hass) == ("log_upload", "uploaded"),
        "the end of the upload",
    )
    found = await act(hass, entry, "upload_log", answers=True, url=url, security=True)
    assert found == {"file": "SecurityLog.zip"}
    for wrong in ("logs/", "gopher://127.0.0.1/", "ftp://"):
        with pytest.raises(ServiceValidationError, match="This is no address that"):
            await act(hass, entry, "upload_log", url=wrong)


def activity(hass: HomeAssistant) -> tuple[str, str] | None:
    """Return what happened last, and its status."""
    state = hass.states.get("event.wallbox_activity")
    assert state is not None
    return state.attributes["event_type"], state.attributes.get("status", "")


async def test_a_wallbox_is_reserved(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """It is kept for a card, and shown so, until the reservation is cancelled."""
    found = await act(hass, entry, "reserve", answers=True, card="04A1B2C3")
    assert "until" in found
    await until(hass, garage, lambda: value(hass, STATUS) == "reserved", "reserved")
    assert list(garage.wallbox.upkeep.reservations.values()) == [(1, "04A1B2C3")]
    await act(hass, entry, "cancel_reservation")
    await until(hass, garage, lambda: value(hass, STATUS) == "available", "free")
    with pytest.raises(HomeAssistantError, match="CancelReservation: rejected"):
        await act(hass, entry, "cancel_reservation")
    with pytest.raises(ServiceValidationError, match="has no connector 2"):
        await act(hass, entry, "reserve", card="04A1B2C3", connector=2)


async def test_cards_of_a_wallbox(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """A list replaces the one before and counts up; what was remembered is cleared."""
    kept = garage.wallbox.upkeep
    found = await act(hass, entry, "set_card_list", answers=True, cards=["A", "B", "A"])
    assert found == {"version": 1}
    assert set(kept.cards) == {"A", "B"}
    await act(hass, entry, "set_card_list")
    assert kept.cards == {}
    found = await act(hass, entry, "get_card_list_version", answers=True)
    assert found == {"version": 2}
    await act(hass, entry, "clear_card_memory")
    assert kept.cache_cleared == 1


async def test_availability_and_a_start_with_a_card(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """A closed wallbox says so; an open one charges with the card that was named."""
    found = await act(hass, entry, "set_availability", answers=True, available=False)
    assert found == {"after_transaction": False}
    await until(hass, garage, lambda: value(hass, STATUS) == "unavailable", "closed")
    await act(hass, entry, "set_availability", available=True)
    await until(hass, garage, lambda: value(hass, STATUS) == "available", "open")
    with pytest.raises(ServiceValidationError, match="too long"):
        await act(hass, entry, "start_charging", card="0" * 21)  # OCPP 2 takes it
    await act(hass, entry, "start_charging", card="04A1B2C3")
    garage.house.cars[0].connected = True
    await until(
        hass, garage, lambda: garage.wallbox.transaction is not None, "transaction"
    )
    assert garage.wallbox.transaction is not None
    assert garage.wallbox.transaction.tag == "04A1B2C3"


async def test_limits_are_read_and_removed(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """The limit that was set is told back; removed, nothing of ours is left."""
    await entry.runtime_data.charger.set_limit(1, 8_000)
    asked = {"unit": "A", "hours": 1}
    found = await act(hass, entry, "get_charging_schedule", answers=True, **asked)
    assert found["unit"] == "A"
    assert found["periods"] == [{"after": 0, "limit": 8.0, "phases": None}]
    await act(hass, entry, "clear_limits")
    found = await act(hass, entry, "get_charging_schedule", answers=True, **asked)
    assert found["periods"][0]["limit"] == 16
    assert entry.runtime_data.charger.connector(1).limit_ma is None


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_a_restart_at_once(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """It boots again, and is asked for a hard reset only when that was meant."""
    boots = len(said(garage, "BootNotification", "sent"))
    await act(hass, entry, "restart", at_once=True)
    await until(
        hass,
        garage,
        lambda: len(said(garage, "BootNotification.conf")) > boots,
        "a boot",
    )
    await act(hass, entry, "restart")
    assert [one["type"] for one in said(garage, "Reset")] == ["Hard", "Soft"]


@pytest.mark.parametrize("expected_logs", [["no longer connected"]])
async def test_who_is_meant(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[ChargerHub],
    server: ConfigEntry[Any],
) -> None:
    """Area and entity stand for the wallbox; everything else is refused by its name."""
    devices, device_id = dr.async_get(hass), entry.runtime_data.device_id
    area = ar.async_get(hass).async_create("Yard")
    devices.async_update_device(device_id, area_id=area.id)
    for target in ({"area_id": area.id}, {"entity_id": STATUS}):
        await hass.services.async_call(
            DOMAIN, "clear_card_memory", target, blocking=True
        )
    assert garage.wallbox.upkeep.cache_cleared == 2

    async def refused(match: str, **target: str) -> None:
        with pytest.raises(ServiceValidationError, match=match):
            await hass.services.async_call(
                DOMAIN, "clear_card_memory", target, blocking=True
            )

    other = devices.async_get_or_create(
        config_entry_id=server.entry_id, identifiers={("other", "1")}, name="Lamp"
    )
    await refused("Lamp is not an OCPP wallbox", device_id=other.id)
    await refused("gone is not an OCPP wallbox", device_id="gone")
    await refused("sun.sun is not an OCPP wallbox", entity_id="sun.sun")
    await refused("No OCPP wallbox is chosen", area_id="nowhere")
    garage.wallbox.line.dials = False
    garage.wallbox.drop()
    await until(hass, garage, lambda: not entry.runtime_data.online, "loss")
    await refused("Wallbox is not connected", device_id=device_id)
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    await refused("is not set up", device_id=device_id)


async def test_one_that_does_not_answer(
    hass: HomeAssistant,
    garage: Garage,
    entry: ConfigEntry[ChargerHub],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wallbox that falls silent is told by its name."""
    link = entry.runtime_data.charger.link
    monkeypatch.setattr(link, "_manners", Manners(timeout_s=0.2))
    garage.wallbox.silent = True
    with pytest.raises(HomeAssistantError, match="Wallbox did not do that: no answer"):
        await act(hass, entry, "clear_card_memory")


async def test_a_value_that_can_not_be_sent(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[ChargerHub]
) -> None:
    """What the standard does not allow never leaves Home Assistant."""
    with pytest.raises(ServiceValidationError, match="too long or of the wrong kind"):
        await act(hass, entry, "set_configuration", key="K" * 51, value="5")
    assert said(garage, "ChangeConfiguration") == []
    # OCPP 2 knows longer cards than this one does.
    with pytest.raises(ServiceValidationError, match="too long or of the wrong kind"):
        await act(hass, entry, "start_charging", card="A" * 21)
    with pytest.raises(vol.Invalid):
        await act(hass, entry, "start_charging", card="A" * 37)
    assert said(garage, "RemoteStartTransaction") == []
