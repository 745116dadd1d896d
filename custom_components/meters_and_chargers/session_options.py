"""The options of the OCPP server: what the energy of its sessions costs."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import Platform
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig
import voluptuous as vol

from .const import CONF_FAMILY, CONF_PRICE, DOMAIN, FAMILY_SITE
from .ocpp import OcppServer

_PRICE = EntitySelector(EntitySelectorConfig(domain=Platform.SENSOR))


class SessionOptions(OptionsFlow):
    """Used at once: no connection is touched."""

    async def async_step_sessions(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the price; the one of a site is proposed."""
        options = self.config_entry.options
        if user_input is not None:
            price = user_input.get(CONF_PRICE)
            server = getattr(self.config_entry, "runtime_data", None)
            if isinstance(server, OcppServer):
                await server.follow_price(price)
            return self.async_create_entry(data={**options, CONF_PRICE: price})
        proposed = options.get(CONF_PRICE)
        if CONF_PRICE not in options:
            proposed = self._price_of_a_site()
        return self.async_show_form(
            step_id="sessions",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Optional(CONF_PRICE): _PRICE}), {CONF_PRICE: proposed}
            ),
        )

    def _price_of_a_site(self) -> str | None:
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            if entry.data[CONF_FAMILY] == FAMILY_SITE and CONF_PRICE in entry.data:
                price: str = entry.data[CONF_PRICE]
                return price
        return None
