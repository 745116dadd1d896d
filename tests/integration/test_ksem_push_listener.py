"""The listener to which KSEMs push: who shares it, what goes wrong, its options."""

import asyncio
from datetime import timedelta
import socket

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.push_coordinator import PushCoordinator
from simulators.ksem import Ksem
from simulators.pusher import Pusher

from .conftest import PUSH_SOURCE, SetUp
from .test_devices import POWER, poll, value
from .test_ksem_push import pushing, until


async def test_one_listener_for_all_meters_of_a_port(
    hass: HomeAssistant,
    set_up_push: SetUp,
    pusher: Pusher,
    push_port: int,
    expected_logs: list[str],
) -> None:
    """It lives as long as an entry uses it, and stops at once with meters connected."""
    expected_logs.append("no meter is known to push from there")
    other = Ksem(serial="72345679")
    other.set_power(0, 700, 0)
    await other.start()
    second = Pusher(other, "127.0.0.1", push_port, source="127.0.0.3")
    try:
        entries = [await set_up_push(), await set_up_push(other, "127.0.0.3")]
        await pushing(pusher, entries[0])
        await pushing(second, entries[1])
        assert await until(
            lambda: value(hass, "sensor.meter_72345679_power") == "700.0"
        )
        assert await hass.config_entries.async_unload(entries[0].entry_id)
        before = second.samples
        assert await until(lambda: second.samples > before + 2)
        assert entries[1].runtime_data.push.active
        # The meter does not hang up: who waited for that would wait for ever.
        async with asyncio.timeout(60):
            assert await hass.config_entries.async_unload(entries[1].entry_id)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", push_port)
    finally:
        await second.close()
        await other.stop()


async def test_port_in_use_is_an_issue_and_the_meter_is_polled(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    set_up_push: SetUp,
    pusher: Pusher,
    push_port: int,
) -> None:
    """When the port is free again, the meter is let in, and the issue is gone."""
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", push_port))  # noqa: S104 - what the listener wants too
        taken.listen()
        entry = await set_up_push()
        issue = issue_registry.async_get_issue(DOMAIN, f"push_{entry.entry_id}")
        assert issue is not None
        assert issue.translation_key == "push_port_in_use"
        assert value(hass, POWER) == "500.0"
        assert not entry.runtime_data.push.listening
    await poll(hass, 61)
    assert await until(lambda: entry.runtime_data.push.listening)
    assert not issue_registry.async_get_issue(DOMAIN, f"push_{entry.entry_id}")
    await pushing(pusher, entry)


async def test_library_that_is_not_shipped_is_an_issue(
    hass: HomeAssistant,
    issue_registry: ir.IssueRegistry,
    set_up_push: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Home Assistant may cease to bring tmodbus: the meter is polled then."""

    def gone() -> None:
        raise ImportError("No module named 'tmodbus'")

    monkeypatch.setattr(links.push, "load_requests", gone)
    entry = await set_up_push()
    issue = issue_registry.async_get_issue(DOMAIN, f"push_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_key == "push_unavailable"
    assert value(hass, POWER) == "500.0"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not issue_registry.async_get_issue(DOMAIN, f"push_{entry.entry_id}")


async def test_unusable_source_is_an_issue(
    issue_registry: ir.IssueRegistry,
    set_up_push: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that nobody has lets nobody in."""

    async def unknown(_host: str) -> frozenset[str]:
        raise links.NoAddress("unknown")

    monkeypatch.setattr(links, "addresses_of", unknown)
    entry = await set_up_push(source="nobody.invalid")
    issue = issue_registry.async_get_issue(DOMAIN, f"push_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_key == "push_source"


async def test_options(
    hass: HomeAssistant, ksem: Ksem, set_up_push: SetUp, push_port: int
) -> None:
    """Off by default; the host is proposed; one address pushes for one meter."""
    other = Ksem(serial="72345679")
    await other.start()
    try:
        await set_up_push()
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Second",
            unique_id="ksem_72345679",
            data={
                "family": "ksem",
                "host": other.host,
                "port": other.port,
                "unit_id": 1,
            },
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert not isinstance(entry.runtime_data, PushCoordinator)
        result = await hass.config_entries.options.async_init(entry.entry_id)
        push = {"enabled": True, "port": push_port, "source": PUSH_SOURCE}
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"interval": "1", "push": push}
        )
        assert result["errors"] == {"base": "push_source_taken"}
        push = {"enabled": True, "port": push_port, "source": " 127.0.0.1 "}
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"interval": "1", "push": push}
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["data"] == {
            "interval": 1,
            "push": {"enabled": True, "port": push_port, "source": ""},
        }
        await hass.async_block_till_done()
        assert entry.runtime_data.push.listening
    finally:
        await other.stop()


async def nobody_listens(push_port: int) -> bool:
    """Whether a port is closed."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", push_port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def test_nothing_listens_without_an_entry(
    hass: HomeAssistant, set_up_push: SetUp, push_port: int, expected_logs: list[str]
) -> None:
    """An entry that comes and goes leaves the port free, for the next one too."""
    expected_logs.append("no meter is known to push from there")
    for _ in range(2):
        entry = await set_up_push()
        assert not await nobody_listens(push_port)
        assert await hass.config_entries.async_remove(entry.entry_id)
        assert await nobody_listens(push_port)


async def test_unload_while_the_listener_starts(
    hass: HomeAssistant,
    set_up_push: SetUp,
    push_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A listener that is ready too late is closed again."""
    opened, begun, go_on = links.open_push, asyncio.Event(), asyncio.Event()

    async def fail(_hass: HomeAssistant, _push_port: int) -> links.PushListener:
        raise OSError

    async def slow(hass: HomeAssistant, port: int) -> links.PushListener:
        begun.set()
        await go_on.wait()
        return await opened(hass, port)

    monkeypatch.setattr(links, "open_push", fail)
    entry = await set_up_push()
    monkeypatch.setattr(links, "open_push", slow)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await asyncio.wait_for(begun.wait(), 60)
    assert await hass.config_entries.async_unload(entry.entry_id)
    go_on.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await nobody_listens(push_port)
