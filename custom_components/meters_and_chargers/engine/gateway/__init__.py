"""A charger shown to a billing backend as an OCPP charge point."""

from ..protocols.ocpp.client import Failure
from .charger import Charger, Offline, Settings
from .limits import Effective, Limiter
from .line import Line
from .queue import Standing, Waiting
from .relay import Relay
from .uplink import Dial
from .virtual import VirtualPoint

__all__ = [
    "Charger",
    "Dial",
    "Effective",
    "Failure",
    "Limiter",
    "Line",
    "Offline",
    "Relay",
    "Settings",
    "Standing",
    "VirtualPoint",
    "Waiting",
]
