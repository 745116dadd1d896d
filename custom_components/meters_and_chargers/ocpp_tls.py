"""An OCPP server's certificate, when it ends, and wallboxes that prove nothing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
import logging
import secrets
import ssl
from typing import Any, Protocol

from homeassistant.components import network
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from yarl import URL

from . import authority, certificates, links
from .const import (
    CONF_CHARGER_ID,
    CONF_FAMILY,
    CONF_NAMES,
    CONF_OLD_CIPHERS,
    CONF_OWN_PAIR,
    CONF_SECURITY,
    CONF_TLS_MODE,
    DOMAIN,
    FAMILY_OCPP_SERVER,
)
from .engine.devices.ocpp_charger import (
    Central,
    Issued,
    OcppCharger,
    Rejection,
    Security,
)

_LOGGER = logging.getLogger(__name__)

TLS_OFF, TLS_DETECT, TLS_REQUIRED = "off", "detect", "required"
_WARNING = timedelta(days=30)
_CERTIFIED = 3
_OFTEN = 3
_NO_NAME = "homeassistant.local"
"""What Home Assistant is called where it has no network."""


def new_password() -> str:
    """Return a password: as AuthorizationKey it stands for 20 bytes."""
    return secrets.token_hex(20)


def is_password(text: str) -> bool:
    """Whether a wallbox can be given it: 16 to 40 characters of ASCII."""
    return text.isascii() and text.isprintable() and 16 <= len(text) <= 40  # noqa: PLR2004 - the standard's bounds


async def names_of(hass: HomeAssistant, data: Mapping[str, Any]) -> list[str]:
    """Return how wallboxes may call a server: what its owner added comes first."""
    urls = (hass.config.internal_url, hass.config.external_url)
    hosts = [URL(url).raw_host for url in urls if url]
    addresses = [
        str(address)
        for address in await network.async_get_enabled_source_ips(hass)
        if not address.is_link_local
    ]
    names = [*data.get(CONF_NAMES, ()), *(host for host in hosts if host), *addresses]
    listens: str = data[CONF_HOST]
    if listens not in ("", "0.0.0.0", "::"):  # noqa: S104 - those that are no name
        names.append(listens)
    return list(dict.fromkeys(names)) or [_NO_NAME]


async def served(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> authority.Served | None:
    """Return what a server shows, None without encryption.

    Raises `ConfigEntryError` when the certificate of its owner is gone.
    """
    data = entry.data
    if data.get(CONF_TLS_MODE, TLS_OFF) == TLS_OFF:
        return None
    names = await names_of(hass, data)
    folder = links.authority_folder(hass)
    try:
        return await hass.async_add_executor_job(
            partial(
                authority.served,
                folder,
                entry.entry_id,
                names,
                data.get(CONF_OWN_PAIR),
                old_ciphers=data.get(CONF_OLD_CIPHERS, False),
            )
        )
    except OSError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="certificate_missing"
        ) from err


async def context(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> ssl.SSLContext | None:
    """Return what a server needs to encrypt, None without encryption."""
    shown = await served(hass, entry)
    return None if shown is None else shown.context


async def root(hass: HomeAssistant) -> authority.Root:
    """Return the certificate which wallboxes have to trust."""
    return await hass.async_add_executor_job(
        authority.root, links.authority_folder(hass)
    )


async def look(hass: HomeAssistant, entry: ConfigEntry[Any]) -> ssl.SSLContext | None:
    """Return what a server shows from now on, and say which of it ends soon."""
    try:
        shown = await served(hass, entry)
    except ConfigEntryError:
        # What is shown now goes on; the next start says it.
        return None
    ends = None if shown is None else shown.ends
    tell_end(hass, entry, "server_certificate_ends", ends)
    found = None if shown is None else await root(hass)
    tell_end(hass, entry, "authority_ends", None if found is None else found.ends)
    return None if shown is None else shown.context


@callback
def look_at_wallbox(hass: HomeAssistant, entry: ConfigEntry[Any]) -> date | None:
    """Say it when the certificate ends by which a wallbox proves itself.

    Returns its last day where that is soon.
    """
    security = Security.of(entry.data.get(CONF_SECURITY, {}))
    ends = None
    if security.profile == _CERTIFIED and security.certificates:
        ends = dt_util.parse_datetime(security.certificates[-1].ends)
    return tell_end(hass, entry, "wallbox_certificate_ends", ends)


@callback
def tell_refused(
    hass: HomeAssistant, entry: ConfigEntry[Any], rejection: Rejection | None
) -> None:
    """Say that a wallbox is refused, until it is let in.

    A wrong password is said when it has come again and again: its owner may be typing.
    """
    issue_id = f"wallbox_refused_{entry.entry_id}"
    if rejection is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    if 0 < rejection.wrong_passwords < _OFTEN:
        return
    security = Security.of(entry.data.get(CONF_SECURITY, {}))
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="auth_refused"
        if rejection.wrong_passwords
        else "wallbox_refused",
        translation_placeholders={
            "name": entry.title,
            "charger_id": entry.data[CONF_CHARGER_ID],
            "peer": rejection.peer,
            "profile": str(security.profile),
        },
    )


async def sign(
    hass: HomeAssistant, central: Central, charger: OcppCharger, request: str
) -> str | None:
    """Sign a wallbox's request, which has to name its identity or serial number."""
    guard = central.guard(charger.charger_id)
    if not guard.may_request:
        return None
    serial = charger.maker_serial

    def fits(name: str) -> bool:
        return name == charger.charger_id or bool(serial and serial in name)

    try:
        signed = await hass.async_add_executor_job(
            authority.sign, links.authority_folder(hass), request, fits
        )
    except certificates.Unusable as err:
        _LOGGER.warning(
            "%s asked for a certificate that it can't have: %s",
            charger.charger_id,
            err.key,
        )
        return None
    guard.awaits_request = False
    guard.add_certificate(Issued(signed.serial, signed.name, signed.ends.isoformat()))
    return signed.pem


async def forget(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Delete the issues and the certificates of a removed entry."""
    folder = links.authority_folder(hass)
    if (own := entry.data.get(CONF_OWN_PAIR)) is not None:
        await hass.async_add_executor_job(certificates.remove, folder, own)
    if entry.data[CONF_FAMILY] == FAMILY_OCPP_SERVER:
        await hass.async_add_executor_job(authority.forget, folder, entry.entry_id)
    for key in (
        "server_certificate_ends",
        "authority_ends",
        "wallbox_certificate_ends",
        "wallbox_refused",
    ):
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")


class Titled(Protocol):
    """Whose certificate it is: an entry, or a charger of a site."""

    @property
    def entry_id(self) -> str:
        """What is unique of it."""

    @property
    def title(self) -> str:
        """What its owner calls it."""


def tell_end(
    hass: HomeAssistant, owner: Titled, key: str, ends: datetime | None
) -> date | None:
    """Say it in the last 30 days of a certificate, and afterwards."""
    issue_id = f"{key}_{owner.entry_id}"
    if ends is None or ends - dt_util.utcnow() > _WARNING:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return None
    day = dt_util.as_local(ends).date()
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders={"name": owner.title, "date": day.isoformat()},
    )
    return day
