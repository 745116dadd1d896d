"""smart-me: the Telstar meter and the Pico wallbox, by Modbus TCP and the account."""

from .account_group import AccountGroup
from .currents import PhaseCurrents
from .group import FAMILY as PICO_GROUP
from .group import Members, PicoGroup
from .inventory import Offer, inventory
from .limits import PhaseMemory
from .meter import FAMILY as METER
from .pico import FAMILY as PICO
from .pico import Pico
from .rest import Account
from .rest_answers import AccountDevice, State, Status
from .station import Station
from .steering import Keeping, OnStop, Steering

__all__ = [
    "METER",
    "PICO",
    "PICO_GROUP",
    "Account",
    "AccountDevice",
    "AccountGroup",
    "Keeping",
    "Members",
    "Offer",
    "OnStop",
    "PhaseCurrents",
    "PhaseMemory",
    "Pico",
    "PicoGroup",
    "State",
    "Station",
    "Status",
    "Steering",
    "inventory",
]
