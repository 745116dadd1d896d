"""Chargers of our families as the gateway to a billing backend wants them."""

from .appliance import Appliance, Seen, introduction
from .following import Choices
from .ocpp_wallbox import BilledWallbox
from .relayed_wallbox import RelayedWallbox
from .session_book import SessionBook
from .shown import AsItself, AsPoint, Billed, Lead, Mode, Shown
from .stand_in import StandIn

__all__ = [
    "Appliance",
    "AsItself",
    "AsPoint",
    "Billed",
    "BilledWallbox",
    "Choices",
    "Lead",
    "Mode",
    "RelayedWallbox",
    "Seen",
    "SessionBook",
    "Shown",
    "StandIn",
    "introduction",
]
