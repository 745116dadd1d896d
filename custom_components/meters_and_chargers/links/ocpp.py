"""The OCPP server's listener, with the journal behind it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
import ssl
from typing import Any

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.requirements import async_process_requirements

from ..const import CONF_CREDENTIALS, CONF_TLS_MODE, DOMAIN
from ..engine.devices.ocpp_charger import Central, Knock
from ..engine.journal import Journal
from ..engine.protocols.ocpp import OnRefused, Server, Tls, preload

_OCPP_REQUIREMENTS = ["ocpp==2.1.0"]
"""Installed when the first OCPP server is set up, not with the integration."""


@dataclass(frozen=True, slots=True)
class OcppListener:
    """An OCPP server that may be started, with what it needs."""

    server: Server
    central: Central
    journal: Journal
    journal_path: Path

    async def journal_size(self) -> int:
        """Return the journal's size in bytes; raises `JournalError` if it is broken.

        Every access is a commit, so one that changes nothing shows that it can be
        written.
        """
        await self.journal.known_charger("")
        return await asyncio.to_thread(lambda: self.journal_path.stat().st_size)

    async def close(self) -> None:
        """Close every connection, then the journal."""
        await self.server.stop()
        await self.central.close()
        await self.journal.close()


def authority_folder(hass: HomeAssistant) -> Path:
    """Return where our authority and the certificates of OCPP servers are kept."""
    return Path(hass.config.path(".storage", f"{DOMAIN}_authority"))


async def open_journal(hass: HomeAssistant) -> Journal:
    """Open the journal, which is one file for all: numbers are unique over wallboxes.

    Raises `RequirementsNotFound` when the library of OCPP can't be installed, and
    `JournalError`.
    """
    await async_process_requirements(hass, DOMAIN, _OCPP_REQUIREMENTS, False)
    await hass.async_add_executor_job(preload)
    path = _journal_path(hass)
    await hass.async_add_executor_job(partial(path.parent.mkdir, exist_ok=True))
    return await Journal.open(path)


def _journal_path(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(".storage", f"{DOMAIN}_journal.db"))


async def open_ocpp(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    context: ssl.SSLContext | None,
    on_knock: Callable[[Knock], None],
    on_refused: OnRefused,
) -> OcppListener:
    """Prepare an OCPP server; it does not listen yet.

    ``context`` is what it shows to wallboxes that encrypt.
    Raises `RequirementsNotFound` when its library can't be installed, and
    `JournalError` when the journal can't be opened.
    """
    journal = await open_journal(hass)
    central = Central(on_knock, has_credentials=data.get(CONF_CREDENTIALS, False))
    tls = Tls(data.get(CONF_TLS_MODE, Tls.OFF))
    host, port = data[CONF_HOST], data[CONF_PORT]
    server = Server(
        central, host, port, tls=tls, context=context, on_refused=on_refused
    )
    central.move = server.move
    return OcppListener(server, central, journal, _journal_path(hass))
