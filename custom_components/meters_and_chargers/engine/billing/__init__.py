"""Chargers of our families as the gateway to a billing backend wants them."""

from .ocpp_wallbox import BilledWallbox

__all__ = ["BilledWallbox"]
