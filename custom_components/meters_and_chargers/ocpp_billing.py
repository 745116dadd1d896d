"""The wallboxes of an OCPP server at their billing services.

They are billed as long as the server runs, whether their own entries are just loaded or
not: nothing that a wallbox says must be missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .billing import (
    BillingGateway,
    as_itself,
    as_point,
    is_same_gateway,
    mode_of,
)
from .const import CONF_BILLING, CONF_CHARGER_ID, DOMAIN
from .controller import SiteController
from .engine.billing import BilledWallbox, Mode, RelayedWallbox
from .engine.charging import Reason
from .engine.devices.ocpp_charger import OcppCharger
from .links import OcppListener

HOUSE = frozenset(
    {
        Reason.AGEING,
        Reason.COOL_DOWN,
        Reason.FUSE,
        Reason.FUSE_FULL,
        Reason.FUSE_PAUSE,
        Reason.FUSE_RESUME,
        Reason.GRID_DIM,
        Reason.GRID_OFF,
        Reason.METER_LOST,
        Reason.METER_SLOW,
        Reason.METER_STALE,
        Reason.POWER_CAP,
        Reason.RECOVERING,
        Reason.SHARED,
        Reason.UNBALANCE,
    }
)
"""Why a site gives less than is wished because of the house's connection."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A wallbox that is billed."""

    gateway: BillingGateway
    charger: OcppCharger
    """What stood for it when it was shown."""
    point: BilledWallbox | None
    """What tells a charge point of ours of it, if one stands for it."""


class ServerBilling:
    """The wallboxes of one server that are billed."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Bill none yet."""
        self._hass = hass
        self._billed: dict[str, _Found] = {}

    def gateway(self, charger_id: str) -> BillingGateway | None:
        """Return the gateway of a wallbox, if it is billed."""
        found = self._billed.get(charger_id)
        return None if found is None else found.gateway

    async def follow(
        self, entry: ConfigEntry, charger: OcppCharger, listener: OcppListener
    ) -> None:
        """Bill a wallbox as its options say, or no more; raises `JournalError`."""
        charger_id: str = entry.data[CONF_CHARGER_ID]
        data = None if entry.disabled_by else entry.options.get(CONF_BILLING)
        found = self._billed.get(charger_id)
        if found is not None and (
            data is None or not is_same_gateway(found.gateway.data, data)
        ):
            await self.end(charger_id, forget=not entry.disabled_by)
            found = None
        if data is None:
            return
        if found is not None and found.point is None and found.charger is not charger:
            # It has to dial anew: who stands for it hears a connection from its start.
            await self.end(charger_id, forget=False)
            found = None
        if found is None:
            await self._show(entry, charger, listener, data)
            return
        if found.point is not None:
            found.point.move(charger)
        await found.gateway.take(data)

    async def _show(
        self,
        entry: ConfigEntry,
        charger: OcppCharger,
        listener: OcppListener,
        data: Mapping[str, Any],
    ) -> None:
        """Begin to show a wallbox; raises `JournalError`."""
        charger_id, point = charger.charger_id, None
        house_ma = partial(self._house_ma, charger)
        if mode_of(data) is Mode.RELAY:
            relayed = RelayedWallbox(charger, listener.journal, house_ma=house_ma)
            lead = partial(listener.central.lead, charger_id)
            show = as_itself(charger_id, relayed, lead)
        else:
            point = BilledWallbox(charger, house_ma=house_ma)
            show = as_point(charger_id, listener.journal, point, data)
        gateway = BillingGateway(self._hass, entry, data, show)
        await gateway.start()
        self._billed[charger_id] = _Found(gateway, charger, point)

    async def end(self, charger_id: str, *, forget: bool) -> None:
        """Bill a wallbox no more; raises `JournalError`."""
        if (found := self._billed.pop(charger_id, None)) is not None:
            await found.gateway.leave(forget=forget)

    async def stop(self) -> None:
        """Hang up everywhere; what wallboxes still say is kept."""
        for found in self._billed.values():
            await found.gateway.stop()

    def _house_ma(self, charger: OcppCharger, connector: int) -> int | None:
        """Return what the house's connection leaves, where that is what bounds it."""
        key = charger.identity.key
        key = key if connector == 1 else f"{key}_{connector}"
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            if not isinstance(site := entry.runtime_data, SiteController):
                continue
            for one in site.chargers:
                why = one.explanation if one.key == key else None
                if why is not None and why.reason in HOUSE:
                    return charger.wishes.wanted_ma(connector)
        return None


@callback
def follow_version(
    hass: HomeAssistant, entry: ConfigEntry, charger: OcppCharger
) -> None:
    """Say that no charge point of ours stands for one which speaks OCPP 2."""
    issue_id = f"billing_ocpp2_{entry.entry_id}"
    data = entry.options.get(CONF_BILLING)
    stands = data is not None and mode_of(data) is Mode.VIRTUAL
    if not stands or charger.dialect is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="billing_ocpp2",
        translation_placeholders={"name": entry.title},
    )
