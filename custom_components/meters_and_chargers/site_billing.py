"""Wallboxes of other integrations, in a site, at their owner's billing services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.requirements import RequirementsNotFound

from . import billing_stand_in, billing_upload
from .billing import BillingGateway
from .billing_stand_in import BilledDevice, Own, StandInBilling
from .const import CONF_BILLING, CONF_CURRENT_ENTITY, SUBENTRY_CHARGER
from .controller import SiteController
from .engine.journal import JournalError
from .engine.model import Identity
from .site_charger import SiteCharger

_LOGGER = logging.getLogger(__name__)

AGAIN_S = 60
_FAMILY = "entities"

type Add = Callable[[SiteCharger, BillingGateway], None]


@dataclass(frozen=True, slots=True)
class _Owner:
    entry_id: str
    title: str


class SiteBilling:
    """The wallboxes of one site that are billed, as long as it is set up.

    Where the journal can't be used the site goes on, and it is tried again: whoever
    guards a fuse must not wait for a bill.
    """

    def __init__(self, controller: SiteController) -> None:
        """Bill none yet."""
        self._hass = controller.hass
        self._controller = controller
        self.running: dict[str, StandInBilling] = {}
        """By the subentry of the wallbox."""
        self._add: list[Add] = []
        self._later: CALLBACK_TYPE | None = None
        self._told = False

    async def start(self) -> None:
        """Show each wallbox to the service that it has."""
        self._later = None
        entry = self._controller.entry
        for charger in self._controller.chargers:
            data = entry.subentries[charger.subentry_id].data
            done = charger.subentry_id in self.running
            if done or charger.entities is None or CONF_BILLING not in data:
                continue
            try:
                billing = await self._show(charger, data)
            except (JournalError, RequirementsNotFound) as err:
                self._failed(charger, err)
                continue
            self.running[charger.subentry_id] = billing
            self._controller.listen(billing.stand_in.update)
            for add in self._add:
                add(charger, billing.gateway)
        if self._later is None and self._told:
            self._told = False
            _LOGGER.info("%s: its wallboxes are billed again", entry.title)

    @callback
    def each(self, add: Add) -> None:
        """Call for each wallbox that is billed, and for each that comes later."""
        self._add.append(add)
        for charger in self._controller.chargers:
            if (billing := self.running.get(charger.subentry_id)) is not None:
                add(charger, billing.gateway)

    async def stop(self) -> None:
        """Hang up everywhere; of a wallbox that has left the site nothing stays."""
        if self._later is not None:
            self._later()
        subentries = self._controller.entry.subentries
        for subentry_id, billing in self.running.items():
            gone = subentry_id not in subentries
            await billing.stop(forget=gone)
            if gone:
                kept = {CONF_BILLING: billing.gateway.data}
                await billing_upload.forget(self._hass, kept)
        self.running.clear()

    async def _show(
        self, charger: SiteCharger, data: Mapping[str, Any]
    ) -> StandInBilling:
        found = charger.entities
        if found is None:
            raise TypeError("a wallbox without entities")
        subentry = self._controller.entry.subentries[charger.subentry_id]

        def own() -> Own:
            return Own(reachable=found.online, power_w=charger.drawn_w)

        def device(chosen: Mapping[str, Any]) -> BilledDevice:
            return BilledDevice(
                self._hass,
                self._controller.entry,
                found,
                identity=identity_of(self._hass, subentry),
                own=own,
                data=chosen,
            )

        owner = _Owner(charger.subentry_id, charger.title)
        return await billing_stand_in.show(
            self._hass, owner, data, device, logged_as=charger.subentry_id
        )

    def _failed(self, charger: SiteCharger, err: Exception) -> None:
        if not self._told:
            self._told = True
            _LOGGER.warning("%s is not billed, tried again: %s", charger.title, err)
        if self._later is None:
            self._later = async_call_later(self._hass, AGAIN_S, self._again)

    async def _again(self, _now: datetime) -> None:
        await self.start()


def identity_of(hass: HomeAssistant, subentry: ConfigSubentry) -> Identity:
    """Return who a wallbox is, by the page of what sets its current."""
    entity = er.async_get(hass).async_get(subentry.data[CONF_CURRENT_ENTITY])
    device_id = None if entity is None else entity.device_id
    page = None if device_id is None else dr.async_get(hass).async_get(device_id)
    if not isinstance(page, dr.DeviceEntry):
        return Identity(
            family=_FAMILY,
            serial=subentry.subentry_id,
            maker="",
            model=subentry.title,
        )
    return Identity(
        family=_FAMILY,
        serial=page.serial_number or subentry.subentry_id,
        maker=page.manufacturer or "",
        model=page.model or subentry.title,
        firmware=page.sw_version,
    )


def billable(entry: ConfigEntry[Any]) -> list[ConfigSubentry]:
    """Return the wallboxes of a site that stand-ins may show."""
    return [
        one
        for one in entry.get_subentries_of_type(SUBENTRY_CHARGER)
        if CONF_CURRENT_ENTITY in one.data
    ]


async def forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget what waits for the services of a removed site's wallboxes."""
    for subentry in entry.subentries.values():
        owner_id = subentry.subentry_id
        await billing_stand_in.forget(hass, owner_id, subentry.data, owner_id)
        await billing_upload.forget(hass, subentry.data)
