"""DIRIS gateways and the modules behind them, by Modbus; one budget for all paths."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from homeassistant.components.modbus import async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from modbus_connection import ModbusUnit

from ..const import CONF_ENERGY_PLACES, CONF_UNIT_ID, DOMAIN
from ..engine.devices.diris import ModbusPath, Module
from ..engine.protocols.budget import Budget
from ..engine.protocols.modbus import ModbusLink
from . import modbus

type GatewayBudget = Budget
_BUDGETS: HassKey[dict[str, Budget]] = HassKey(f"{DOMAIN}_budgets")
"""By host: a ban outlives the entry that met it."""


def budget_of(hass: HomeAssistant, data: Mapping[str, Any]) -> Budget:
    """Return what the gateway of an entry may be asked, over all its paths."""
    budgets = hass.data.setdefault(_BUDGETS, {})
    return budgets.setdefault(data[CONF_HOST], Budget(clock=hass.loop.time))


def open_diris(
    hass: HomeAssistant, entry: ConfigEntry[Any], known: Iterable[Module]
) -> ModbusPath:
    """Open the path to a DIRIS gateway and its modules, over one connection.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    params = modbus.params_of(hass, entry.data)
    own: int = entry.data[CONF_UNIT_ID]

    async def open_unit(unit_id: int) -> ModbusLink:
        unit = async_get_unit(hass, entry, params, unit_id)
        link = _behind_gateway(hass, entry.data, unit, own=unit_id == own)
        entry.async_on_unload(link.close)
        return link

    # Now rather than in the middle of a round.
    async_get_unit(hass, entry, params, own)
    tested = entry.options.get(CONF_ENERGY_PLACES, {})
    places = {name: one["place"] for name, one in tested.items() if one["place"]}
    lane = budget_of(hass, entry.data).lane()
    entry.async_on_unload(lane.close)
    return ModbusPath(open_unit, own, known, lane, places)


@asynccontextmanager
async def temporary_diris(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> AsyncIterator[ModbusPath]:
    """Open the path to a DIRIS gateway for a config flow.

    Raises `HomeAssistantError` when the address is in use with other settings.
    """
    own: int = data[CONF_UNIT_ID]
    async with AsyncExitStack() as stack:

        async def open_unit(unit_id: int) -> ModbusLink:
            unit = await stack.enter_async_context(
                modbus.temporary_unit(hass, {**data, CONF_UNIT_ID: unit_id})
            )
            link = _behind_gateway(hass, data, unit, own=unit_id == own)
            stack.callback(link.close)
            return link

        lane = budget_of(hass, data).lane()
        stack.callback(lane.close)
        yield ModbusPath(open_unit, own, lane=lane)


def _behind_gateway(
    hass: HomeAssistant, data: Mapping[str, Any], unit: ModbusUnit, *, own: bool
) -> ModbusLink:
    """Ask a module; only the gateway's own silence ends the connection."""
    return ModbusLink(unit, modbus.spacing_of(hass, data), recycles=own)
