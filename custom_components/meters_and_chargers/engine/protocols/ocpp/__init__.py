"""OCPP over JSON: bounded frames, one session a wallbox, the server they dial."""

from .door import Tls
from .frame import Code
from .manners import Manners, Refusal
from .server import OnRefused, Server
from .session import Session
from .strict import InvalidMessage, message, preload
from .trace import Trace
from .types import (
    NOTHING_SHOWN,
    Call,
    CallError,
    Certificate,
    Gate,
    Handler,
    Json,
    Link,
    Payload,
    Shown,
    Unauthorised,
    Verbatim,
    Version,
)

__all__ = [
    "NOTHING_SHOWN",
    "Call",
    "CallError",
    "Certificate",
    "Code",
    "Gate",
    "Handler",
    "InvalidMessage",
    "Json",
    "Link",
    "Manners",
    "OnRefused",
    "Payload",
    "Refusal",
    "Server",
    "Session",
    "Shown",
    "Tls",
    "Trace",
    "Unauthorised",
    "Verbatim",
    "Version",
    "message",
    "preload",
]
