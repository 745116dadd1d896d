"""JSON over HTTP with a bearer key, and one value of a WebSocket at a time."""

from .session import HttpJson

__all__ = ["HttpJson"]
