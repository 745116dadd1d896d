"""OCPP 1.6J: bounded frames, one session a wallbox, the server they dial."""

from .frame import Code
from .server import Server
from .session import Session
from .strict import InvalidMessage, message, preload
from .trace import Trace
from .types import Call, CallError, Gate, Handler, Json, Link, Payload

__all__ = [
    "Call",
    "CallError",
    "Code",
    "Gate",
    "Handler",
    "InvalidMessage",
    "Json",
    "Link",
    "Payload",
    "Server",
    "Session",
    "Trace",
    "message",
    "preload",
]
