"""Certificates that are uploaded for the line to a billing service."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import FileSelector, FileSelectorConfig
import voluptuous as vol

from . import billing_certificates, certificates, links
from .billing_certificates import Trust
from .certificates import Pair, Unusable
from .const import CONF_BILLING, CONF_CERTIFIED, CONF_FILES, CONF_TRUST, DOMAIN

_AUTHORITIES = "authorities"
_CERTIFICATE = "certificate"
_KEY = "key"
_PEM = FileSelector(FileSelectorConfig(accept=".pem,.crt,.cer"))
_KEY_PEM = FileSelector(FileSelectorConfig(accept=".pem,.key"))


def form(chosen: Mapping[str, Any]) -> vol.Schema:
    """Return what is asked for with these settings of a line."""
    fields: dict[vol.Marker, object] = {}
    if chosen[CONF_TRUST] == Trust.OWN:
        fields[vol.Optional(_AUTHORITIES)] = _PEM
    if chosen[CONF_CERTIFIED]:
        fields[vol.Optional(_CERTIFICATE)] = _PEM
        fields[vol.Optional(_KEY)] = _KEY_PEM
    return vol.Schema(fields)


def upload(
    hass: HomeAssistant, chosen: Mapping[str, Any], files: Mapping[str, str]
) -> str:
    """Keep what was uploaded beside what is there; return its id.

    It blocks. Raises `Unusable`.
    """

    def read(key: str) -> bytes | None:
        if key not in files:
            return None
        try:
            with process_uploaded_file(hass, files[key]) as path:
                return path.read_bytes()
        except ValueError as err:
            raise Unusable("upload_again") from err

    authorities, certificate, key = map(read, (_AUTHORITIES, _CERTIFICATE, _KEY))
    pair = None
    if certificate is not None or key is not None:
        pair = Pair(certificate or b"", key or b"")
    folder, before = links.billing_folder(hass), chosen.get(CONF_FILES)
    certificates.prune(folder, _used(hass) | {before})
    kept = billing_certificates.keep(folder, before, authorities, pair)
    if billing_certificates.missing(folder, {**chosen, CONF_FILES: kept}):
        certificates.remove(folder, kept)
        raise Unusable("billing_files_missing")
    return kept


async def forget(hass: HomeAssistant, options: Mapping[str, Any]) -> None:
    """Delete the certificates of a removed charger."""
    if (files := options.get(CONF_BILLING, {}).get(CONF_FILES)) is not None:
        await hass.async_add_executor_job(
            certificates.remove, links.billing_folder(hass), files
        )


def _used(hass: HomeAssistant) -> set[str | None]:
    options = (
        one
        for entry in hass.config_entries.async_entries(DOMAIN)
        for one in (entry.options, *(each.data for each in entry.subentries.values()))
    )
    return {one.get(CONF_BILLING, {}).get(CONF_FILES) for one in options}
