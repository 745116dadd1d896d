"""Wallboxes that speak OCPP and dial us."""

from .central import Central
from .change import ACTIVITIES, CARDS, Change, Kind, Occurrence, redact
from .charger import FAMILY_KEY, OcppCharger
from .connector import STATUSES, Connector
from .guard import Guard, Issued, Rejection, Security
from .ladder import Learnt
from .local_list import LONGEST_TAG
from .quirks import SECONDS, SHIPPED, Entry, Pause, Quirk, Quirks, QuirksError
from .quirks import read as read_quirks
from .requests import OWN_TAG, Setting, is_secret, locks_out, shown
from .security_events import CERTIFICATE_EXPIRING, SECURITY_EVENTS, expiring
from .tokens import Gate, Held, Offline, Policy, Rules, Token
from .upkeep import Card, Firmware, same_serial
from .v201 import Dialect
from .waiting import Knock, is_local

__all__ = [
    "ACTIVITIES",
    "CARDS",
    "CERTIFICATE_EXPIRING",
    "FAMILY_KEY",
    "LONGEST_TAG",
    "OWN_TAG",
    "SECONDS",
    "SECURITY_EVENTS",
    "SHIPPED",
    "STATUSES",
    "Card",
    "Central",
    "Change",
    "Connector",
    "Dialect",
    "Entry",
    "Firmware",
    "Gate",
    "Guard",
    "Held",
    "Issued",
    "Kind",
    "Knock",
    "Learnt",
    "Occurrence",
    "OcppCharger",
    "Offline",
    "Pause",
    "Policy",
    "Quirk",
    "Quirks",
    "QuirksError",
    "Rejection",
    "Rules",
    "Security",
    "Setting",
    "Token",
    "expiring",
    "is_local",
    "is_secret",
    "locks_out",
    "read_quirks",
    "redact",
    "same_serial",
    "shown",
]
