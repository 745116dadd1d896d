"""A charger's line to its billing service."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientWebSocketResponse
from homeassistant.const import CONF_CLIENT_ID, CONF_PASSWORD, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .. import billing_certificates
from ..const import CONF_OCPP_VERSION, DOMAIN
from ..engine.gateway import Failure
from ..engine.gateway.queue import Queue
from ..engine.gateway.uplink import probe
from ..engine.journal import Journal
from ..engine.protocols.ocpp import Payload, Version
from ..engine.protocols.ocpp.client import Backend, NotConnected, dial


def billing_folder(hass: HomeAssistant) -> Path:
    """Return where the certificates of lines to billing services are kept."""
    return Path(hass.config.path(".storage", f"{DOMAIN}_billing"))


class BackendLine:
    """Dials a billing service as its owner has set it up."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of none; `take` comes first."""
        self._hass = hass
        self._backend: Backend | None = None

    async def take(self, data: Mapping[str, Any]) -> None:
        """Dial as an option says from now on."""
        try:
            tls = await self._hass.async_add_executor_job(
                billing_certificates.context, billing_folder(self._hass), data
            )
        except OSError:
            # A file is gone: it is told as what it is at each attempt.
            self._backend = None
            return
        self._backend = Backend(
            url=data[CONF_URL],
            identity=data[CONF_CLIENT_ID],
            password=data.get(CONF_PASSWORD, ""),
            tls=tls,
        )

    async def __call__(self) -> ClientWebSocketResponse:
        """Open a connection by OCPP 1.6; raises `NotConnected`."""
        return await self.by(Version.V16)

    async def by(self, version: Version) -> ClientWebSocketResponse:
        """Open a connection by a version; raises `NotConnected`."""
        if self._backend is None:
            raise NotConnected(Failure.ENCRYPTION)
        http = async_get_clientsession(self._hass)
        return await dial(http, self._backend, f"ocpp{version}")


async def try_backend(
    hass: HomeAssistant, data: Mapping[str, Any], boot: Payload
) -> Failure | None:
    """Dial a billing service once, and say who we are; None where all is well."""
    line, version = BackendLine(hass), Version(data[CONF_OCPP_VERSION])
    await line.take(data)
    return await probe(partial(line.by, version), boot, version)


async def forget_gateway(journal: Journal, name: str) -> None:
    """Forget all that waits under a name; raises `JournalError`."""
    await Queue(journal, name).forget()
    for fact in await journal.facts(name):
        await journal.keep_fact(name, fact, "")
