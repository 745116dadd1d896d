"""OCPP 2.0.1, and what OCPP 2.1 has in common with it, in the words of OCPP 1.6."""

from .dialect import Dialect

__all__ = ["Dialect"]
