"""A real Home Assistant whose entries talk to simulated devices."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
import socket
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowManager, FlowResultType, section
from homeassistant.helpers.selector import FileSelector
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.protocols.budget import Budget
from custom_components.meters_and_chargers.engine.protocols.modbus import Spacing
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.pusher import Pusher

type SetUp = Callable[..., Awaitable[ConfigEntry[Any]]]
PUSH_SOURCE = "127.0.0.2"


def answer_names(
    monkeypatch: pytest.MonkeyPatch, names: Mapping[str, str]
) -> list[str]:
    """Answer who asks for names' addresses; nobody outside is asked.

    Returns the names that were asked for.
    """
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str | bytes | None, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name.endswith(".dns-me.com"):
            asked.append(name)
            if name not in names:
                raise socket.gaierror(socket.EAI_NONAME, "no such name")
            name = names[name]
        return real(name, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.fixture
def set_up_ksem(hass: HomeAssistant, ksem: Ksem) -> SetUp:
    """Return a function that sets up the simulated meter's entry."""

    async def set_up(**options: float) -> ConfigEntry[Any]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Grid meter",
            unique_id="ksem_72345678",
            data={
                "family": "ksem",
                "host": ksem.host,
                "port": ksem.port,
                "unit_id": 1,
            },
            options=options,
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return set_up


@pytest.fixture
def set_up_pico(hass: HomeAssistant, pico: Pico) -> SetUp:
    """Return a function that sets up the simulated station's entry."""

    async def set_up() -> ConfigEntry[Any]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Garage",
            unique_id="smart_me_pico_7002702",
            data={
                "family": "smart_me_pico",
                "host": pico.host,
                "port": pico.port,
                "unit_id": 1,
                "minimum_current": 6,
                "maximum_current": 16,
            },
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return set_up


def _proposed(form: Mapping[Any, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form shows in the fields that were typed into, files aside."""
    shown: dict[str, Any] = {}
    for marker, field in form.items():
        name = str(marker)
        if name not in typed or isinstance(field, FileSelector):
            continue
        if isinstance(field, section):
            shown[name] = _proposed(field.schema.schema, typed[name])
        elif "suggested_value" in (described := marker.description or {}):
            shown[name] = described["suggested_value"]
        else:
            known = callable(marker.default)
            shown[name] = marker.default() if known else None
    return shown


def _bare(value: Any) -> Any:
    """Return a value, a text without the blanks around it, and nothing as None."""
    return (value.strip() if isinstance(value, str) else value) or None


def _lost(typed: Mapping[str, Any], shown: Mapping[str, Any]) -> list[str]:
    """Return the fields in which something else is shown than was typed."""
    return [
        name
        for name, one in shown.items()
        if (
            _lost(typed[name], one)
            if isinstance(one, dict)
            else _bare(one) != _bare(typed[name])
        )
    ]


@pytest.fixture(autouse=True)
def forms_keep_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a form comes back with an error, and without what was typed in it.

    Files can't be shown again, and a text may have lost the blanks around it.
    """
    configure, typed = FlowManager.async_configure, dict[str, dict[str, Any]]()

    async def checked(
        self: Any, flow_id: str, user_input: dict[str, Any] | None = None
    ) -> Any:
        if user_input:
            typed[flow_id] = dict(user_input)
        result = await configure(self, flow_id, user_input)
        if flow_id in typed and result["type"] is FlowResultType.FORM:
            kept, form = typed[flow_id], result["data_schema"]
            if result["errors"] and form is not None:
                shown = _proposed(form.schema, kept)
                assert not _lost(kept, shown), (result["errors"], shown)
        return result

    monkeypatch.setattr(FlowManager, "async_configure", checked)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the two seconds between requests; test_modbus_link tests them."""
    monkeypatch.setattr(links.modbus, "spacing_of", lambda *_: Spacing())


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold nothing back from a gateway, as a clock that stands would for ever."""
    unhurried = partial(Budget, bits_per_s=1e12, requests_per_s=1e9)
    monkeypatch.setattr(links.diris, "Budget", unhurried)


@pytest.fixture
def port(
    socket_enabled: None, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Let all families be looked for at another port than 502, and less slowly."""
    for key, family in FAMILIES.items():
        pause = min(family.transport.spacing_s, 0.2)
        way = replace(family.transport, port=unused_tcp_port, spacing_s=pause)
        monkeypatch.setitem(FAMILIES, key, replace(family, transport=way))  # type: ignore[arg-type]  # a dict behind the Mapping
    return unused_tcp_port


@pytest.fixture
def push_port() -> int:
    """Return a port that is free."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        number: int = found.getsockname()[1]
        return number


@pytest.fixture
def set_up_push(hass: HomeAssistant, ksem: Ksem, push_port: int) -> SetUp:
    """Return a function that sets up a meter that may push."""

    async def add(meter: Ksem = ksem, source: str = PUSH_SOURCE) -> ConfigEntry[Any]:
        push = {"enabled": True, "port": push_port, "source": source}
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Grid meter" if meter is ksem else f"Meter {meter.serial}",
            unique_id=f"ksem_{meter.serial}",
            data={
                "family": "ksem",
                "host": meter.host,
                "port": meter.port,
                "unit_id": 1,
            },
            options={"push": push},
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return add


@pytest.fixture
async def pusher(ksem: Ksem, push_port: int) -> AsyncIterator[Pusher]:
    """Return the meter's other half, which is not connected yet."""
    found = Pusher(ksem, "127.0.0.1", push_port, source=PUSH_SOURCE)
    yield found
    await found.close()
