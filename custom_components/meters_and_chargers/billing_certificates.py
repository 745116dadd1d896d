"""Certificates of the lines to billing services, in files of our own.

Everything here blocks: it runs in the executor. Each set of files has an id of its own,
so that one that is tried and thrown away changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
import shutil
import ssl
from typing import Any
from uuid import uuid4

from cryptography import x509
from homeassistant.util.ssl import create_client_context

from . import certificates
from .certificates import CERTIFICATE, KEY, Pair, Unusable
from .const import CONF_CERTIFIED, CONF_FILES, CONF_TRUST

_AUTHORITIES = "authorities.pem"
_SAID = {
    "tls_not_a_certificate": "billing_certificate",
    "tls_wrong_pair": "billing_wrong_pair",
    "tls_expired": "billing_expired",
}
"""What is wrong with an uploaded pair; all else is the key."""


class Trust(StrEnum):
    """By whose word a billing service is who it says."""

    PUBLIC = "public"
    """The authorities that browsers trust."""
    OWN = "own"
    """Certificates that its owner has uploaded."""
    NOTHING = "nothing"


def keep(
    folder: Path, before: str | None, authorities: bytes | None, pair: Pair | None
) -> str:
    """Keep what was uploaded, and what was there before of the rest; return its id.

    Raises `Unusable`.
    """
    if authorities is not None:
        _read(authorities)
    if pair is not None:
        _check(pair)
    files_id = uuid4().hex
    home = folder / files_id
    if before is not None and (folder / before).is_dir():
        shutil.copytree(folder / before, home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if authorities is not None:
        certificates.write(home / _AUTHORITIES, authorities)
    if pair is not None:
        certificates.store(folder, pair, files_id)
    return files_id


def missing(folder: Path, data: Mapping[str, Any]) -> bool:
    """Whether something is to be shown, or to be trusted, that is not there."""
    return any(not path.is_file() for path in _needed(folder, data))


def context(folder: Path, data: Mapping[str, Any]) -> ssl.SSLContext | None:
    """Return how a line encrypts, None for as everybody does; raises `OSError`."""
    trust, certified = data[CONF_TRUST], data[CONF_CERTIFIED]
    if trust == Trust.PUBLIC and not certified:
        return None
    home = _home(folder, data)
    if trust == Trust.OWN:
        found = ssl.create_default_context(cafile=str(home / _AUTHORITIES))
        # Private authorities often lack extensions on which Python insists.
        found.verify_flags &= ~ssl.VERIFY_X509_STRICT
    else:
        found = create_client_context()
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust == Trust.NOTHING:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    if certified:
        found.load_cert_chain(home / CERTIFICATE, home / KEY)
    return found


def ends(folder: Path, data: Mapping[str, Any]) -> datetime | None:
    """Return when the first certificate of a line ends; raises `OSError`."""
    found = [
        one.not_valid_after_utc
        for path in _needed(folder, data)
        if path.name != KEY
        for one in x509.load_pem_x509_certificates(path.read_bytes())
    ]
    return min(found, default=None)


def _needed(folder: Path, data: Mapping[str, Any]) -> list[Path]:
    names = [_AUTHORITIES] if data[CONF_TRUST] == Trust.OWN else []
    names += [CERTIFICATE, KEY] if data[CONF_CERTIFIED] else []
    return [_home(folder, data) / name for name in names]


def _home(folder: Path, data: Mapping[str, Any]) -> Path:
    return folder / (data.get(CONF_FILES) or "none")


def _check(pair: Pair) -> None:
    try:
        certificates.check(pair)
    except Unusable as err:
        raise Unusable(_SAID.get(err.key, "billing_key")) from err


def _read(authorities: bytes) -> None:
    try:
        x509.load_pem_x509_certificates(authorities)
    except ValueError as err:
        raise Unusable("billing_no_authority") from err
