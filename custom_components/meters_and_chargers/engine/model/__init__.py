"""The words which all parts share."""

from .control import Setpoint
from .device import Charger, Device, Group, Identity
from .errors import (
    BadAnswer,
    DeviceError,
    OutOfRange,
    PortClosed,
    Refused,
    Silent,
    Unreachable,
    Unsupported,
    WrongDevice,
)
from .family import Answers, Family, Mark, ModbusTcp, Question
from .quantity import PHASES, Phase, Point, Quantity, Readings, Unit

__all__ = [
    "PHASES",
    "Answers",
    "BadAnswer",
    "Charger",
    "Device",
    "DeviceError",
    "Family",
    "Group",
    "Identity",
    "Mark",
    "ModbusTcp",
    "OutOfRange",
    "Phase",
    "Point",
    "PortClosed",
    "Quantity",
    "Question",
    "Readings",
    "Refused",
    "Setpoint",
    "Silent",
    "Unit",
    "Unreachable",
    "Unsupported",
    "WrongDevice",
]
