"""The root certificate that wallboxes have to trust, as a file to be downloaded."""

from datetime import timedelta

from aiohttp import hdrs, web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from . import ocpp_tls
from .const import DOMAIN

_FILE = "home-assistant-wallboxes.pem"
_VALID = timedelta(hours=1)
"""How long a link in a form that stays open works."""


class RootCertificate(HomeAssistantView):
    """Gives it to whoever is logged in, or has a link from a form; never the key."""

    url = f"/api/{DOMAIN}/{_FILE}"
    name = f"api:{DOMAIN}:root_certificate"

    async def get(self, request: web.Request) -> web.Response:
        """Return it as PEM."""
        found = await ocpp_tls.root(request.app[KEY_HASS])
        return web.Response(
            text=found.pem,
            content_type="application/x-pem-file",
            headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{_FILE}"'},
        )


@callback
def link(hass: HomeAssistant) -> str:
    """Return a link for a form's text; in a page of its own, so that the form stays."""
    path = async_sign_path(hass, RootCertificate.url, _VALID)
    return f'<a href="{path}" target="_blank">{_FILE}</a>'
