"""By what a wallbox proves who it is, before its connection becomes a WebSocket."""

import base64
import binascii
from collections.abc import Iterable
import re
import ssl

from aiohttp import hdrs, web

from .types import Certificate, Shown

_HOST = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._\-]{1,253})(:(?P<port>\d{1,5}))?"
)
_HTTP, _HTTPS = 80, 443
_FORWARDED = re.compile(
    "forwarded|via|x-forwarded-.*|x-real-ip|cf-connecting-ip|true-client-ip",
    re.IGNORECASE,
)
"""Headers by which somebody in between says that it passes something on."""


def shown(request: web.Request, names: Iterable[str]) -> Shown:
    """Return what a request shows; ``names`` are what its wallbox may call itself.

    A password is taken as the bytes that came, not as text: it may be 20 random ones
    ([SEC] A00.FR.205, [J] 6.2).
    """
    transport = request.transport
    tls = None if transport is None else transport.get_extra_info("ssl_object")
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    passwords = _passwords(header, names)
    return Shown(
        encrypted=tls is not None,
        forwarded=any(map(_FORWARDED.fullmatch, request.headers)),
        password=passwords[0] if passwords else None,
        others=passwords[1:],
        certificate=None if tls is None else _certificate(tls),
        address=_address(request, encrypted=tls is not None),
    )


def _address(request: web.Request, *, encrypted: bool) -> str:
    """Return what a wallbox has dialled, so that it can be told to dial it again."""
    found = _HOST.fullmatch(request.headers.get(hdrs.HOST, ""))
    if found is None:
        return ""
    port = found["port"] or (_HTTPS if encrypted else _HTTP)
    path = request.raw_path.partition("?")[0].rstrip("/").rpartition("/")[0].rstrip("/")
    if not path.startswith("/"):
        path = ""
    return f"{found['host']}:{port}{path}"


def _passwords(header: str, names: Iterable[str]) -> tuple[bytes, ...]:
    """Return what the password may be, none without; empty where another is named.

    An identity may hold a colon itself and begin like another one, as a password may:
    the longest name comes first.
    """
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        decoded = base64.b64decode(value.strip(), validate=True)
    except binascii.Error, ValueError:
        return (b"",)
    users = sorted((name.encode() + b":" for name in names), key=len, reverse=True)
    found = tuple(decoded[len(u) :] for u in users if decoded.startswith(u))
    return found or (b"",)


def _certificate(tls: ssl.SSLObject) -> Certificate | None:
    """Return the client's certificate; Python shows only one that was verified."""
    found = tls.getpeercert()
    if not found:
        return None
    serial, subject = found.get("serialNumber"), found.get("subject")
    names = [
        str(pair[1])
        for part in (subject if isinstance(subject, tuple) else ())
        for pair in part
        if pair[0] == "commonName"
    ]
    return Certificate(names[0] if names else "", str(serial))
