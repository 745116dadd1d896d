"""The log of charging sessions: what it answers, writes, costs and counts."""

import csv
from datetime import UTC, datetime, timedelta
import io
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from custom_components.meters_and_chargers import session_log
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.journal import (
    Journal,
    SignedValue,
    Start,
    Stop,
)

from .test_ocpp import Garage, charging, garage, let_in, server, until

__all__ = ["garage", "server"]

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def journal_of(server: ConfigEntry[Any]) -> Journal:
    """Return the journal of a server that listens."""
    journal: Journal = server.runtime_data.listener.journal
    return journal


@pytest.fixture
async def log(hass: HomeAssistant, server: ConfigEntry[Any]) -> Journal:
    """Return a journal with two sessions of one wallbox and one of a removed one."""
    MockConfigEntry(
        domain=DOMAIN,
        title="=Garage",
        unique_id="ocpp_charger_GARAGE",
        data={
            "family": "ocpp_charger",
            "server": server.entry_id,
            "charger_id": "GARAGE",
            "maximum_current": 16,
        },
    ).add_to_hass(hass)
    await hass.config.async_set_time_zone("UTC")
    journal = journal_of(server)
    for charger in ("GARAGE", "GONE"):
        await journal.note_price(charger, NOON, 0.25, "EUR")
    for number, (charger, tag, hours) in enumerate(
        (("GARAGE", "04AABBCC", 0), ("GONE", "HomeAssistant", 24), ("GARAGE", "", 48)),
        1,
    ):
        begin = NOON + timedelta(hours=hours)
        start = Start(
            charger=charger,
            connector=2 if hours else 1,
            id_tag=tag,
            meter_start_wh=1000,
            time=begin,
        )
        await journal.start_transaction(start)
        end = Stop(
            charger=charger,
            wire_id=number,
            meter_stop_wh=5000,
            time=begin + timedelta(minutes=90),
            reason="ev_disconnected",
        )
        await journal.stop_transaction(end)
    return journal


async def sessions(hass: HomeAssistant, **asked: Any) -> Any:
    """Return the answer of the action."""
    return await hass.services.async_call(
        DOMAIN, "get_sessions", asked, blocking=True, return_response=True
    )


async def test_answer(hass: HomeAssistant, log: Journal) -> None:
    """Each session in users' words and units, the newest first, with the totals."""
    answer = await sessions(hass)
    assert answer["total"] == {
        "sessions": 3,
        "energy": 12.0,
        "cost": 3.0,
        "currency": "EUR",
    }
    assert not answer["more"]
    found = answer["sessions"]
    assert [one["charger"] for one in found] == ["=Garage 2", "GONE 2", "=Garage"]
    assert [one["tag"] for one in found] == ["", "Home Assistant", "…CC"]
    assert found[2] == {
        "id": 1,
        "charger": "=Garage",
        "connector": 1,
        "tag": "…CC",
        "start": "2026-06-01T12:00:00+00:00",
        "end": "2026-06-01T13:30:00+00:00",
        "duration": 90.0,
        "energy": 4.0,
        "cost": 1.0,
        "currency": "EUR",
        "price": 0.25,
        "priced_energy": 4.0,
        # No site steers it.
        "sun_share": None,
        "meter_start": 1.0,
        "meter_end": 5.0,
        "reason": "ev_disconnected",
        "running": False,
        "start_unknown": False,
        "end_unknown": False,
        "doubtful": False,
    }


async def test_choice(
    hass: HomeAssistant, log: Journal, device_registry: dr.DeviceRegistry
) -> None:
    """By wallbox and by time of the house; what is no wallbox is refused."""
    await hass.config.async_set_time_zone("Europe/Zurich")
    entry = hass.config_entries.async_entry_for_domain_unique_id(
        DOMAIN, "ocpp_charger_GARAGE"
    )
    assert entry is not None
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "ocpp_charger_GARAGE")}
    )

    async def ids(**asked: Any) -> list[int]:
        return [one["id"] for one in (await sessions(hass, **asked))["sessions"]]

    assert await ids(device_id=device.id) == [3, 1]
    assert await ids(**{"from": "2026-06-01 14:00:01"}) == [3, 2]
    assert await ids(**{"from": "2026-06-01 14:00:00", "to": "2026-06-02"}) == [1]
    answer = await sessions(hass, limit=2)
    assert (len(answer["sessions"]), answer["more"]) == (2, True)
    with pytest.raises(ServiceValidationError, match="not a wallbox"):
        await ids(device_id="nothing")


async def test_signed_values_are_shown_when_asked_for(
    hass: HomeAssistant, log: Journal
) -> None:
    """Only then, and word for word."""
    await log.keep_signed(1, (SignedValue(NOON, "Transaction.End", "OCMF|{}|{}"),))
    assert "signed_values" not in (await sessions(hass))["sessions"][2]
    answer = await sessions(hass, signed_values=True)
    assert answer["sessions"][2]["signed_values"] == [
        {"time": NOON.isoformat(), "context": "Transaction.End", "text": "OCMF|{}|{}"}
    ]
    assert answer["sessions"][0]["signed_values"] == []


async def test_session_of_which_only_the_end_is_known(
    hass: HomeAssistant, log: Journal
) -> None:
    """What nobody knows is empty, and it counts nothing."""
    await log.stop_transaction(
        Stop(charger="GARAGE", wire_id=99, meter_stop_wh=700, time=NOON)
    )
    before = await sessions(hass, to="2026-06-01 12:00:00")
    assert before["sessions"] == []
    answer = await sessions(hass, to="2026-06-01 12:00:01")
    one = next(found for found in answer["sessions"] if found["id"] == 4)
    assert one["start_unknown"]
    assert [one[key] for key in ("start", "duration", "energy", "cost")] == [None] * 4
    assert answer["total"]["energy"] == 4.0


async def test_what_no_wallbox_can_give(hass: HomeAssistant, log: Journal) -> None:
    """Shown, but not part of the totals."""
    start = Start(charger="GARAGE", connector=1, id_tag="", meter_start_wh=0, time=NOON)
    number = (await log.start_transaction(start)).transaction.id
    end = NOON + timedelta(minutes=5)
    await log.stop_transaction(
        Stop(charger="GARAGE", wire_id=number, meter_stop_wh=400_000, time=end)
    )
    answer = await sessions(hass)
    assert [one["doubtful"] for one in answer["sessions"]].count(True) == 1
    assert answer["total"]["energy"] == 12.0


@pytest.mark.parametrize(
    ("decimal", "delimiter", "energy"), [("point", ",", "4.0"), ("comma", ";", "4,0")]
)
async def test_file(
    hass: HomeAssistant,
    log: Journal,
    tmp_path: Path,
    decimal: str,
    delimiter: str,
    energy: str,
) -> None:
    """The oldest first; a name is never a formula, a number never a text."""
    asked = {"decimal": decimal, "from": "2026-06-01", "to": "2026-07-01"}
    for _ in range(2):
        answer = await hass.services.async_call(
            DOMAIN, "export_sessions", asked, blocking=True, return_response=True
        )
    path = tmp_path / DOMAIN / "sessions_2026-06-01_2026-07-01.csv"
    assert answer == {"path": str(path), "sessions": 3}
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig")
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    assert [one["id"] for one in rows] == ["1", "2", "3"]
    assert rows[0]["charger"] == "'=Garage"
    assert rows[0]["energy"] == energy
    assert rows[0]["running"] == "no"


async def test_file_that_can_t_be_written(
    hass: HomeAssistant, log: Journal, tmp_path: Path
) -> None:
    """The action says so, with the path."""
    (tmp_path / DOMAIN).write_text("")
    with pytest.raises(HomeAssistantError, match=r"sessions_all\.csv could not"):
        await hass.services.async_call(DOMAIN, "export_sessions", {}, blocking=True)


async def test_log_that_can_t_be_read(
    hass: HomeAssistant, server: ConfigEntry[Any]
) -> None:
    """A journal that fails and a server that does not run are told apart."""
    await journal_of(server).close()
    with pytest.raises(HomeAssistantError, match="could not be read"):
        await sessions(hass)
    await hass.config_entries.async_unload(server.entry_id)
    with pytest.raises(ServiceValidationError, match="No OCPP server"):
        await sessions(hass)


async def choose_price(
    hass: HomeAssistant, server: ConfigEntry[Any], price: str | None
) -> Any:
    """Choose a price in the options, as the user does; return what was proposed."""
    menu = await hass.config_entries.options.async_init(server.entry_id)
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "sessions"}
    )
    (field,) = form["data_schema"].schema
    typed = {} if price is None else {"price": price}
    done = await hass.config_entries.options.async_configure(form["flow_id"], typed)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    return (field.description or {}).get("suggested_value")


async def prices_of(server: ConfigEntry[Any]) -> list[tuple[float | None, str]]:
    """Return the prices that the journal knows of the simulated wallbox."""
    return await journal_of(server)._run(
        lambda db: db.execute(
            "SELECT price, currency FROM prices WHERE charger = 'GARAGE/1' "
            "ORDER BY since"
        ).fetchall()
    )


async def test_price_is_followed(
    hass: HomeAssistant, server: ConfigEntry[Any], garage: Garage
) -> None:
    """Each price is kept from its time on, without touching a connection."""
    MockConfigEntry(
        domain=DOMAIN, data={"family": "site", "price": "sensor.price"}
    ).add_to_hass(hass)
    await charging(hass, garage)
    connection = server.runtime_data.central.charger("GARAGE/1").link
    assert await choose_price(hass, server, "sensor.price") == "sensor.price"
    assert await prices_of(server) == []
    for state, unit in (
        ("unavailable", ""),
        ("25.5", "ct/kWh"),
        ("0.255", "EUR/kWh"),
        ("unavailable", "EUR/kWh"),
        ("0.4", "CHF/kWh"),
    ):
        hass.states.async_set("sensor.price", state, {"unit_of_measurement": unit})
        await hass.async_block_till_done()
    assert await choose_price(hass, server, None) == "sensor.price"
    hass.states.async_set("sensor.price", "0.5", {"unit_of_measurement": "CHF/kWh"})
    await hass.async_block_till_done()
    assert await prices_of(server) == [
        (0.255, "EUR"),
        (None, "EUR"),
        (0.4, "CHF"),
        (None, ""),
    ]
    assert await choose_price(hass, server, None) is None
    assert server.runtime_data.central.charger("GARAGE/1").link is connection


async def test_price_that_is_chosen_without_a_server(
    hass: HomeAssistant, server: ConfigEntry[Any], garage: Garage
) -> None:
    """It is kept while nothing listens, and followed from the next start on."""
    await let_in(hass, garage)
    await hass.config_entries.async_unload(server.entry_id)
    await choose_price(hass, server, "sensor.price")
    await hass.config_entries.async_setup(server.entry_id)
    await hass.async_block_till_done()
    hass.states.async_set("sensor.price", "0.3", {"unit_of_measurement": "EUR/kWh"})
    await hass.async_block_till_done()
    assert await prices_of(server) == [(0.3, "EUR")]


async def test_price_of_a_removed_wallbox(
    hass: HomeAssistant, server: ConfigEntry[Any], garage: Garage
) -> None:
    """Nothing more is kept for it, and its sessions stay in the log."""
    await choose_price(hass, server, "sensor.price")
    entry = await charging(hass, garage)
    hass.states.async_set("sensor.price", "0.1", {"unit_of_measurement": "EUR/kWh"})
    await hass.async_block_till_done()
    await hass.config_entries.async_remove(entry.entry_id)
    hass.states.async_set("sensor.price", "0.2", {"unit_of_measurement": "EUR/kWh"})
    await hass.async_block_till_done()
    assert await prices_of(server) == [(0.1, "EUR")]
    (only,) = (await sessions(hass))["sessions"]
    assert only["charger"] == "GARAGE/1"


async def test_price_that_can_t_be_recorded(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    garage: Garage,
    expected_logs: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is said once, and once that it is over."""
    expected_logs.append("could not be recorded")
    await charging(hass, garage)
    await choose_price(hass, server, "sensor.price")
    journal = journal_of(server)
    journal._closed = True
    for price in ("0.1", "0.2"):
        hass.states.async_set("sensor.price", price, {"unit_of_measurement": "EUR/kWh"})
        await hass.async_block_till_done()
    journal._closed = False
    hass.states.async_set("sensor.price", "0.3", {"unit_of_measurement": "EUR/kWh"})
    await hass.async_block_till_done()
    assert caplog.text.count("A price could not be recorded") == 1
    assert caplog.text.count("Prices are recorded again") == 1


async def test_session_costs_and_goes_on_after_a_restart(
    hass: HomeAssistant,
    server: ConfigEntry[Any],
    garage: Garage,
    entity_registry: er.EntityRegistry,
) -> None:
    """Energy and cost of a running session survive a reload of the server."""
    hass.states.async_set("sensor.price", "0.5", {"unit_of_measurement": "EUR/kWh"})
    await choose_price(hass, server, "sensor.price")
    await charging(hass, garage)

    async def session(energy: float) -> Any:
        for _ in range(60):
            await garage.live(15)
            await hass.async_block_till_done()
            (one,) = (await sessions(hass))["sessions"]
            if one["energy"] is not None and one["energy"] > energy:
                return one
        return pytest.fail("no energy")

    before = await session(0)
    assert before["running"]
    assert before["cost"] == pytest.approx(before["energy"] / 2, abs=0.01)
    cost = hass.states.get("sensor.wallbox_session_cost")
    assert cost is not None
    assert cost.attributes["unit_of_measurement"] == "EUR"
    await hass.config_entries.async_reload(server.entry_id)
    await until(
        hass,
        garage,
        lambda: bool(server.runtime_data.central.charger("GARAGE/1").link),
        "connected again",
    )
    after = await session(before["energy"])
    assert after["id"] == before["id"]
    assert after["cost"] == pytest.approx(after["energy"] / 2, abs=0.01)
    switch = {"entity_id": "switch.wallbox_charging"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    charger = server.runtime_data.central.charger("GARAGE/1")
    await until(
        hass,
        garage,
        lambda: charger.connector(1).transaction is None,
        "end of transaction",
    )
    (ended,) = (await sessions(hass))["sessions"]
    assert not ended["running"]
    assert ended["meter_end"] - ended["meter_start"] == pytest.approx(
        ended["energy"], abs=0.002
    )


def test_totals_of_two_currencies() -> None:
    """They have no sum."""
    rows: list[session_log.Row] = [
        {"energy": 1.0, "cost": 1.0, "currency": one, "doubtful": False}
        for one in ("EUR", "CHF")
    ]
    total = session_log.totals(rows)
    assert (total["energy"], total["cost"], total["currency"]) == (2.0, None, None)
