"""What a gateway exports: the FTP server it dials, and the hours it has filled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeassistant.const import CONF_PASSWORD, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.requirements import async_process_requirements

from .. import authority
from ..const import CONF_TLS_MODE, DOMAIN, EXPORT_USER
from ..engine.protocols.ftp import (
    Access,
    Drop,
    Encryption,
    FtpListener,
    OnDone,
    OnPassword,
    OnRefused,
    open_server,
)
from .ocpp import authority_folder

__all__ = ["FtpListener", "open_ftp", "passive_ports"]

_FTP_REQUIREMENTS = ["pyftpdlib==2.2.0"]
"""Installed when the first FTP server is set up, not with the integration."""
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - gateways dial us over the network
_PASSIVE_PORTS = 10
_CERTIFICATE = "server_ftp"


def passive_ports(port: int) -> range:
    """Return the ports of the connections that carry files."""
    return range(port + 1, port + 1 + _PASSIVE_PORTS)


async def open_ftp(
    hass: HomeAssistant,
    options: Mapping[str, Any],
    folder: Path,
    names: list[str],
    told: tuple[OnDone, OnPassword, OnRefused],
) -> FtpListener:
    """Listen for gateways that put files into a folder; it is to be stopped.

    ``names`` stand in its certificate; ``told`` is called from another thread. Raises
    OSError where the port or the folder can't be had, and `RequirementsNotFound` when
    its library can't be installed.
    """
    await async_process_requirements(hass, DOMAIN, _FTP_REQUIREMENTS, False)
    encryption = Encryption(options[CONF_TLS_MODE])
    port: int = options[CONF_PORT]
    password: str = options[CONF_PASSWORD]

    def opened() -> FtpListener:
        files = None
        if encryption is not Encryption.OFF:
            root = authority_folder(hass)
            found = authority.server_files(root, names, _CERTIFICATE)
            files = found.certificate, found.key
        access = Access(
            _EVERYWHERE,
            port,
            EXPORT_USER,
            password,
            encryption,
            files,
            passive_ports(port),
        )
        return open_server(access, Drop(folder), told)

    # Its library as well is read from the disk here.
    return await hass.async_add_import_executor_job(opened)
