"""Actions on chargers at a billing service: deliver, read, delete, connect anew."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.typing import VolDictType
import voluptuous as vol

from .billing import BillingGateway, gateway_of
from .const import DOMAIN
from .engine.journal import JournalError
from .ocpp_targets import Answer, ask_each, refused

_CARD: Final = "card"
_AFTER: Final = "after"
_LIMIT: Final = "limit"
_MOST = 5000

type Data = Mapping[str, Any]


async def _flush(gateway: BillingGateway, _data: Data) -> Answer:
    waiting = await gateway.flush()
    if waiting and not gateway.line.connected:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="backend_away",
            translation_placeholders={
                "name": gateway.owner.title,
                "count": str(waiting),
            },
        )
    return {"waiting": waiting}


async def _export(gateway: BillingGateway, data: Data) -> Answer:
    try:
        found = await gateway.shown.export(after=data[_AFTER], limit=data[_LIMIT])
    except JournalError as err:
        raise _unread(err) from err
    return {
        "waiting": gateway.standing.length,
        "set_aside": gateway.standing.refused,
        "lost": gateway.standing.lost,
        "messages": [
            {
                "number": one.number,
                "time": one.time.isoformat(),
                "message_id": one.message_id,
                "action": one.action,
                "session": one.session,
                "content": one.text,
            }
            for one in found
        ],
    }


async def _discard(gateway: BillingGateway, _data: Data) -> Answer:
    try:
        return {"deleted": await gateway.shown.discard()}
    except JournalError as err:
        raise _unread(err) from err


def _unread(err: JournalError) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="journal_unread",
        translation_placeholders={"error": str(err)},
    )


async def _reconnect(gateway: BillingGateway, _data: Data) -> Answer:
    gateway.shown.redial()
    return None


async def _present(gateway: BillingGateway, data: Data) -> Answer:
    if gateway.stand_in is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="no_stand_in",
            translation_placeholders={"name": gateway.owner.title},
        )
    return {"status": await gateway.stand_in.present(data[_CARD])}


@dataclass(frozen=True, slots=True)
class _Action:
    do: Callable[[BillingGateway, Data], Awaitable[Answer]]
    answers: SupportsResponse
    fields: VolDictType


_ACTIONS: Final[Mapping[str, _Action]] = {
    "flush_backend_queue": _Action(_flush, SupportsResponse.OPTIONAL, {}),
    "export_backend_queue": _Action(
        _export,
        SupportsResponse.ONLY,
        {
            vol.Optional(_AFTER, default=0): vol.All(
                vol.Coerce(int), vol.Range(min=0, max=2**53)
            ),
            vol.Optional(_LIMIT, default=500): vol.All(
                vol.Coerce(int), vol.Range(min=1, max=_MOST)
            ),
        },
    ),
    "delete_set_aside": _Action(_discard, SupportsResponse.OPTIONAL, {}),
    "present_card": _Action(
        _present,
        SupportsResponse.OPTIONAL,
        {vol.Required(_CARD): vol.All(cv.string, vol.Length(min=1, max=20))},
    ),
    "reconnect_backend": _Action(_reconnect, SupportsResponse.NONE, {}),
}


@callback
def register(hass: HomeAssistant) -> None:
    """Make the actions known."""
    for name, action in _ACTIONS.items():
        schema = vol.Schema({**cv.ENTITY_SERVICE_FIELDS, **action.fields})
        hass.services.async_register(
            DOMAIN, name, partial(_act, action), schema, action.answers
        )


async def _act(action: _Action, call: ServiceCall) -> ServiceResponse:
    """Ask each charger that is meant; one that fails does not stop the others."""
    gateways = _meant(call)
    return await ask_each(
        call,
        {
            device_id: _ask(action, gateway, call.data)
            for device_id, gateway in gateways.items()
        },
    )


async def _ask(
    action: _Action, gateway: BillingGateway, data: Data
) -> Answer | HomeAssistantError:
    try:
        return await action.do(gateway, data)
    except HomeAssistantError as err:
        return err


def _meant(call: ServiceCall) -> Mapping[str, BillingGateway]:
    """Return the gateways that a call is about, by the device that was named."""
    hass = call.hass
    selection = TargetSelection(call.data)
    selected = async_extract_referenced_entity_ids(hass, selection)
    entities, devices = er.async_get(hass), dr.async_get(hass)
    named = selection.device_ids | selected.referenced_devices
    for entity_id in selected.referenced:
        entry = entities.async_get(entity_id)
        if entry is not None and entry.device_id is not None:
            named.add(entry.device_id)
    found: dict[BillingGateway, str] = {}
    for device_id in sorted(named):
        if (device := devices.async_get(device_id)) is None:
            continue
        # A site's wallbox stands on the page of another integration.
        owners = [
            one.config_subentry_id
            for one in er.async_entries_for_device(entities, device_id)
        ]
        for owner_id in (device.config_entry_id, *filter(None, owners)):
            if (gateway := gateway_of(hass, owner_id)) is not None:
                found.setdefault(gateway, device_id)
    if not found:
        raise refused("no_backend")
    return {device_id: gateway for gateway, device_id in found.items()}
