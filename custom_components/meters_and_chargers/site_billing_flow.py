"""A billing service for a wallbox of another integration, in its site's options."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import voluptuous as vol

from .billing_stand_in import StandInBilling
from .const import CONF_CHARGER
from .controller import SiteController
from .engine.model import Identity
from .site_billing import billable, identity_of
from .site_options import SiteOptions
from .stand_in_flow import Input, StandInSteps


class SiteBillingOptions(SiteOptions, StandInSteps):
    """How a site charges, or where one of its wallboxes is billed."""

    _subentry_id = ""
    """Whose billing service it is about."""

    @override
    async def async_step_init(
        self,
        user_input: Input | None = None,
    ) -> ConfigFlowResult:
        """Go to the menu: the first step's words are those of a device."""
        return await self.async_step_site_menu(user_input)

    async def async_step_site_menu(
        self,
        user_input: Input | None = None,  # noqa: ARG002 - a menu
    ) -> ConfigFlowResult:
        """Choose what to change."""
        return self.async_show_menu(
            step_id="site_menu", menu_options=["site", "foreign"]
        )

    async def async_step_foreign(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Choose a wallbox, where there are several."""
        found = billable(self.config_entry)
        if user_input is None and len(found) > 1:
            options = [
                SelectOptionDict(value=one.subentry_id, label=one.title)
                for one in found
            ]
            which = SelectSelector(SelectSelectorConfig(options=options))
            return self.async_show_form(
                step_id="foreign",
                data_schema=vol.Schema({vol.Required(CONF_CHARGER): which}),
            )
        one = found[0].subentry_id if user_input is None else user_input[CONF_CHARGER]
        self._subentry_id = one
        return await self.async_step_stand_in()

    @property
    @override
    def options_now(self) -> Mapping[str, Any]:
        """Return what is kept of the wallbox."""
        return self.config_entry.subentries[self._subentry_id].data

    @property
    @override
    def owner_id(self) -> str:
        """Return whose gateway it is."""
        return self._subentry_id

    @property
    @override
    def identity(self) -> Identity | None:
        """Return who the wallbox is."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return None
        return identity_of(self.hass, self.config_entry.subentries[self._subentry_id])

    @property
    @override
    def counts(self) -> bool:
        """Whether it counts its energy itself: that is for a sensor to say."""
        return False

    @property
    @override
    def running(self) -> StandInBilling | None:
        """Return what shows it now."""
        site = getattr(self.config_entry, "runtime_data", None)
        if not isinstance(site, SiteController) or site.billing is None:
            return None
        return site.billing.running.get(self._subentry_id)

    @override
    def keep(self, options: Input) -> ConfigFlowResult:
        """Keep it with the wallbox; the site's own options stay as they are."""
        entry = self.config_entry
        subentry = entry.subentries[self._subentry_id]
        self.hass.config_entries.async_update_subentry(entry, subentry, data=options)
        return self.async_create_entry(data={**entry.options})
