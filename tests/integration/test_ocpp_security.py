"""A wallbox's security is raised over OCPP, step by step, and taken back."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.meters_and_chargers import (
    authority,
    certificates,
    ocpp_security,
    ocpp_tls,
)
from custom_components.meters_and_chargers.certificates import Kind
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import Security
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    door as doors,
)
from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2

from .test_ocpp import Garage, charging, let_in, open_options, server, until
from .test_ocpp_tls import PASSWORD, change, issue

__all__ = ["server"]


@pytest.fixture(params=[ChargePoint, ChargePoint2], ids=["1.6", "2.0.1"])
async def garage(
    server: ConfigEntry[Any], request: pytest.FixtureRequest
) -> AsyncIterator[Garage]:
    """Return a wallbox of either version that dials the server."""
    garage = Garage(server, request.param, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


SECURITY = "event.wallbox_security"


def parse(day: str) -> date:
    """Read a day."""
    return date.fromisoformat(day)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a shorter root key, and lose patience sooner."""
    monkeypatch.setattr(authority, "_ROOT_BITS", 2048)
    monkeypatch.setattr(ocpp_security, "GRACE_S", 2)
    monkeypatch.setattr(doors, "PEEK_S", 10)


async def choose(
    hass: HomeAssistant, entry: ConfigEntry[Any], step: str
) -> dict[str, Any]:
    """Open the options of a wallbox and choose a step."""
    result = await open_options(hass, entry)
    return await go_on(
        hass,
        result,
        {"fallback": False, "fallback_current": 6, "security_step": step},
    )


async def go_on(
    hass: HomeAssistant, result: dict[str, Any], typed: dict[str, Any]
) -> dict[str, Any]:
    """Send a form."""
    found: Any = await hass.config_entries.options.async_configure(
        result["flow_id"], typed
    )
    return found


async def raised(
    hass: HomeAssistant, garage: Garage, entry: ConfigEntry[Any], profile: int
) -> dict[str, Any]:
    """Go through the steps of one profile; return the last screen."""
    result = await choose(hass, entry, "raise")
    assert result["step_id"] == f"security_raise_{profile}"
    return await waited(hass, garage, result)


async def waited(
    hass: HomeAssistant, garage: Garage, result: dict[str, Any]
) -> dict[str, Any]:
    """Confirm, and wait for the end of the progress."""
    result = await go_on(hass, result, {})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    found: dict[str, Any] = {}

    def ended() -> bool:
        flow = hass.config_entries.options.async_get(result["flow_id"])
        found.update(flow)
        return flow["step_id"] != "security_wait"

    await until(hass, garage, ended, "the end of the progress")
    shown: Any = await hass.config_entries.options.async_configure(result["flow_id"])
    return shown


async def test_from_nothing_to_a_certificate(
    hass: HomeAssistant,
    garage: Garage,
    expected_logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    server: ConfigEntry[Any],
) -> None:
    """0, 1, 2, 3, each shown by the wallbox's own proof; renewed; its end is told."""
    expected_logs += ["no longer connected", "can't connect", "it can't have"]
    entry = await charging(hass, garage)
    box = garage.wallbox.security
    for profile in (1, 2, 3):
        result = await raised(hass, garage, entry, profile)
        assert result["step_id"] == "security_done"
        assert result["description_placeholders"] == {"profile": str(profile)}
        result = await go_on(hass, result, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert box.profile == profile
        assert entry.data["security"]["profile"] == profile
        await until(hass, garage, lambda: entry.runtime_data.charger.online, "online")
    assert box.certificate
    # OCPP 2 sends it as it is written, 1.6 as the bytes it stands for.
    text = box.password.decode() if len(box.password) == 40 else box.password.hex()
    assert bytes.fromhex(text)
    assert text not in str(entry.as_dict())
    before = box.certificate
    result = await raised(hass, garage, entry, 3)
    assert result["step_id"] == "security_done"
    assert box.certificate != before
    garage.wallbox.drop()
    await until(
        hass,
        garage,
        lambda: (
            len(Security.of(entry.data["security"]).certificates) == 1
            and entry.runtime_data.charger.online
        ),
        "back with the new one",
    )
    assert issue(hass, "wallbox_certificate_ends", entry) is None
    with monkeypatch.context() as patched:
        patched.setattr(box, "request", lambda: "no request")
        result = await raised(hass, garage, entry, 3)
    assert result["errors"] == {"base": "raise_no_certificate"}
    hass.config_entries.options.async_abort(result["flow_id"])
    monkeypatch.setattr(ocpp_tls, "_WARNING", timedelta(days=3 * 365))
    await server.runtime_data.look_at_certificates()
    assert issue(hass, "wallbox_certificate_ends", entry)
    told = hass.states.get(SECURITY)
    assert told is not None
    assert told.attributes["event_type"] == "certificate_expiring"
    ends = Security.of(entry.data["security"]).certificates[-1].ends
    assert abs((parse(told.attributes["date"]) - parse(ends[:10])).days) <= 1
    await server.runtime_data.look_at_certificates()
    assert hass.states.get(SECURITY) == told


async def test_a_stranger_with_its_name(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """Raised once, who comes without the proof is refused; its owner may lower it."""
    expected_logs += ["no longer connected", "can't connect"]
    entry = await let_in(hass, garage)
    assert (await raised(hass, garage, entry, 1))["step_id"] == "security_done"
    garage.wallbox.security.profile = 0
    garage.wallbox.drop()
    await until(hass, garage, lambda: issue(hass, "wallbox_refused", entry), "refused")
    told = hass.states.get(SECURITY)
    assert told is not None
    assert told.attributes["event_type"] == "door_refused"
    result = await choose(hass, entry, "raise")
    assert result["errors"] == {"base": "not_connected"}
    result = await choose(hass, entry, "lower")
    result = await go_on(hass, result, {"security_profile": "0"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await until(hass, garage, lambda: entry.runtime_data.charger.online, "let in")
    assert entry.data["security"] == Security().as_data()
    result = await choose(hass, entry, "lower")
    assert result["errors"] == {"base": "lowest_profile"}


async def test_a_password_by_hand(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """Nothing changes until the wallbox uses it; from then on it has to."""
    expected_logs += ["no longer connected"]
    entry = await let_in(hass, garage)
    result = await choose(hass, entry, "password")
    result = await go_on(hass, result, {"password": "too short"})
    assert result["errors"] == {"password": "invalid_password"}
    await go_on(hass, result, {"password": PASSWORD})
    assert entry.data["security"]["profile"] == 0
    garage.wallbox.security.password = PASSWORD.encode()
    garage.wallbox.security.profile = 1
    garage.wallbox.drop()
    await until(
        hass, garage, lambda: entry.data["security"]["profile"] == 1, "profile 1"
    )


async def test_without_its_server_no_step_is_taken(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    expected_logs: list[str],
) -> None:
    """It is said, also to whom a form is open; the form works when it is back."""
    expected_logs += ["no longer connected", "can't connect"]
    entry = await let_in(hass, garage)
    assert (await raised(hass, garage, entry, 1))["step_id"] == "security_done"
    forms = [
        (await choose(hass, entry, "password"), {"password": PASSWORD}),
        (await choose(hass, entry, "lower"), {"security_profile": "0"}),
    ]
    await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    away = {"base": "no_server_now"}
    assert (await choose(hass, entry, "lower"))["errors"] == away
    for form, typed in forms:
        assert (await go_on(hass, form, typed))["errors"] == away
    assert entry.data["security"]["profile"] == 1
    await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    for form, typed in forms:
        result = await go_on(hass, form, typed)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
    assert entry.data["security"]["profile"] == 0


async def test_without_its_server_no_profile_is_hidden(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    expected_logs: list[str],
) -> None:
    """The form that can't be taken now offers what it will be taken with."""
    expected_logs += ["no longer connected", "can't connect"]
    entry = await let_in(hass, garage)
    assert (await raised(hass, garage, entry, 1))["step_id"] == "security_done"
    form = await choose(hass, entry, "lower")
    await hass.config_entries.async_unload(server.entry_id)
    await hass.async_block_till_done()
    security = {**entry.data["security"], "profile": 2}
    data = {**entry.data, "security": security}
    hass.config_entries.async_update_entry(entry, data=data)
    form = await go_on(hass, form, {"security_profile": "0"})
    assert form["errors"] == {"base": "no_server_now"}
    selector = form["data_schema"].schema["security_profile"]
    assert selector.config["options"] == ["0", "1"]
    hass.config_entries.options.async_abort(form["flow_id"])


async def test_what_does_not_work_locks_nobody_out(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """Without the extension, without TLS, never back: said, and all is as before."""
    expected_logs += ["no longer connected", "can't connect", "certificate"]
    entry = await let_in(hass, garage)
    garage.wallbox.secure = False
    result = await raised(hass, garage, entry, 1)
    assert result["step_id"] == "security_raise_1"
    assert result["errors"] == {"base": "raise_unsupported"}
    garage.wallbox.secure = True
    result = await waited(hass, garage, result)
    assert result["step_id"] == "security_done"
    await change(hass, server, tls_mode="off")
    await hass.async_block_till_done()

    def online() -> bool:
        hub = getattr(entry, "runtime_data", None)
        return hub is not None and hub.charger.online

    await until(hass, garage, online, "back")
    result = await choose(hass, entry, "raise")
    assert result["errors"] == {"base": "tls_is_off"}
    await change(hass, server, tls_mode="detect")
    await hass.async_block_till_done()
    await until(hass, garage, online, "back")
    with monkeypatch.context() as patched:
        patched.setattr(garage.wallbox.security, "trust", lambda _: False)
        result = await raised(hass, garage, entry, 2)
    assert result["errors"] == {"base": "raise_refused"}
    # It trusts somebody else.
    monkeypatch.setattr(ocpp_security, "PATIENCE_S", 3)
    monkeypatch.setattr(garage.wallbox.security, "trust", lambda _: True)
    garage.wallbox.security.roots.append(
        certificates.make(Kind.ECDSA).certificate.decode()
    )
    result = await raised(hass, garage, entry, 2)
    assert result["errors"] == {"base": "raise_not_back"}
    assert entry.data["security"]["profile"] == 1
    await until(hass, garage, online, "back by itself")
    assert garage.wallbox.security.profile == 1


async def test_an_address_that_the_certificate_lacks(
    hass: HomeAssistant,
    garage: Garage,
    server: ConfigEntry[Any],
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """It is said before the wallbox is told anything; one of its owner may lack it."""
    expected_logs += ["no longer connected"]
    entry = await let_in(hass, garage)
    assert (await raised(hass, garage, entry, 1))["step_id"] == "security_done"

    async def names(*_: object) -> list[str]:
        return ["house.example.org"]

    monkeypatch.setattr(ocpp_tls, "names_of", names)
    result = await raised(hass, garage, entry, 2)
    assert result["errors"] == {"base": "raise_other_name"}
    assert result["description_placeholders"]["found"] == "127.0.0.1"
    assert ".pem</a>" in result["description_placeholders"]["download"]
    assert not garage.wallbox.security.roots
    own = {**server.data, "own_pair": "anything"}
    hass.config_entries.async_update_entry(server, data=own)
    result = await waited(hass, garage, result)
    assert result["step_id"] == "security_done"


async def test_a_wrong_password_is_told_once(
    hass: HomeAssistant,
    garage: Garage,
    expected_logs: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """From where, and what to do; not the password; its end ends it."""
    expected_logs += ["no longer connected", "can't connect"]
    entry = await let_in(hass, garage)
    assert (await raised(hass, garage, entry, 1))["step_id"] == "security_done"
    security = garage.wallbox.security
    right, security.password = security.password, PASSWORD.encode()
    refused = garage.wallbox.line.refused
    garage.wallbox.drop()
    await until(hass, garage, lambda: issue(hass, "wallbox_refused", entry), "told")
    assert garage.wallbox.line.refused >= refused + 2  # not at the first mistake
    found = issue(hass, "wallbox_refused", entry)
    assert found.translation_key == "auth_refused"
    assert found.translation_placeholders["peer"] == "127.0.0.1"
    assert found.translation_placeholders["charger_id"] == "GARAGE/1"
    assert PASSWORD not in str(found)
    before = garage.wallbox.line.refused
    await until(
        hass, garage, lambda: garage.wallbox.line.refused > before + 1, "refused again"
    )
    said = [record.getMessage() for record in caplog.records]
    assert sum("user name is wrong" in line for line in said) == 1
    assert not any(PASSWORD in line for line in said)
    security.password = right
    await until(
        hass, garage, lambda: not issue(hass, "wallbox_refused", entry), "in again"
    )


@pytest.mark.parametrize("garage", [ChargePoint2], indirect=True)
async def test_one_that_comes_back_with_its_password_at_once(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """Before it is told the rest: that is said on its next connection."""
    expected_logs += ["no longer connected"]
    wallbox = garage.wallbox
    assert isinstance(wallbox, ChargePoint2)
    entry = await let_in(hass, garage)
    wallbox.impatient = True
    result = await raised(hass, garage, entry, 1)
    assert (result["errors"], result["step_id"]) == (None, "security_done"), result
    assert wallbox.security.slots == {1: 0, 2: 1}
    assert wallbox.security.active == 2


@pytest.mark.parametrize("garage", [ChargePoint2], indirect=True)
async def test_a_network_that_leads_nowhere_is_taken_back(
    hass: HomeAssistant,
    garage: Garage,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """The wallbox comes back by itself, dials as before, and the next attempt works."""
    expected_logs += ["no longer connected"]
    monkeypatch.setattr(ocpp_security, "PATIENCE_S", 4)
    wallbox = garage.wallbox
    assert isinstance(wallbox, ChargePoint2)
    entry = await let_in(hass, garage)
    wallbox.security.plug_in("Wireless0")
    result = await raised(hass, garage, entry, 1)
    assert result["errors"] == {"base": "raise_not_back"}
    assert wallbox.security.order == [1]
    assert entry.data.get("security", {}).get("profile", 0) == 0
    assert entry.runtime_data.charger.online
    monkeypatch.undo()
    assert (await waited(hass, garage, result))["step_id"] == "security_done"
    assert wallbox.security.profile == 1


async def test_a_request_nobody_asked_for(
    hass: HomeAssistant,
    garage: Garage,
    expected_logs: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of one that was not told to, or in another's name, nothing is signed."""
    expected_logs += ["certificate that it can't have: csr_wrong_name"]
    entry = await let_in(hass, garage)
    await until(hass, garage, lambda: entry.runtime_data.charger.online, "online")
    garage.wallbox.ask_for_certificate()

    def answers() -> list[Any]:
        return [
            one.payload
            for one in garage.wallbox.book
            if one.action == "SignCertificate.conf"
        ]

    await until(hass, garage, answers, "an answer")
    guard = ocpp_security.guard_of(hass, entry)
    assert guard is not None
    guard.awaits_request = True
    garage.wallbox.security._name = "SOMEBODY ELSE"
    garage.wallbox.ask_for_certificate()
    await until(hass, garage, lambda: len(answers()) == 2, "an answer")
    assert answers() == [{"status": "Rejected"}] * 2
    assert not garage.wallbox.security.certificate
    said = [record.getMessage() for record in caplog.records]
    assert sum("csr_wrong_name" in line for line in said) == 1
