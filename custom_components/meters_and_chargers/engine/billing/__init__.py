"""Chargers of our families as the gateway to a billing backend wants them."""

from .ocpp_wallbox import BilledWallbox
from .relayed_wallbox import RelayedWallbox

__all__ = ["BilledWallbox", "RelayedWallbox"]
