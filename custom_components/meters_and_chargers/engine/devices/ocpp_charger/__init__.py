"""Wallboxes that speak OCPP and dial us."""

from .central import Central
from .change import OCCURRENCES, Change, Kind, Occurrence, redact
from .charger import FAMILY_KEY, OcppCharger
from .connector import STATUSES, Connector
from .guard import Guard, Issued, Security
from .requests import OWN_TAG
from .tokens import Gate, Offline, Policy, Rules, Token
from .v201 import Dialect
from .waiting import Knock

__all__ = [
    "FAMILY_KEY",
    "OCCURRENCES",
    "OWN_TAG",
    "STATUSES",
    "Central",
    "Change",
    "Connector",
    "Dialect",
    "Gate",
    "Guard",
    "Issued",
    "Kind",
    "Knock",
    "Occurrence",
    "OcppCharger",
    "Offline",
    "Policy",
    "Rules",
    "Security",
    "Token",
    "redact",
]
