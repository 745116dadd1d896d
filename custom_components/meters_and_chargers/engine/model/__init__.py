"""The words which all parts share."""

from .control import Setpoint
from .device import (
    CardReader,
    Charger,
    Device,
    Group,
    Identity,
    LearningDevice,
    Pushing,
    Sample,
    TellingCharger,
)
from .errors import (
    BadAnswer,
    DeviceError,
    NotAllowed,
    Outdated,
    OutOfRange,
    PortClosed,
    Refused,
    Silent,
    TooOften,
    Unreachable,
    Unsupported,
    WrongDevice,
)
from .family import Answers, Family, Mark, ModbusTcp, Probe, Question
from .health import Health
from .quantity import PHASES, Phase, Point, Quantity, Readings, Unit
from .tls import Finding, Look, Tls

__all__ = [
    "PHASES",
    "Answers",
    "BadAnswer",
    "CardReader",
    "Charger",
    "Device",
    "DeviceError",
    "Family",
    "Finding",
    "Group",
    "Health",
    "Identity",
    "LearningDevice",
    "Look",
    "Mark",
    "ModbusTcp",
    "NotAllowed",
    "OutOfRange",
    "Outdated",
    "Phase",
    "Point",
    "PortClosed",
    "Probe",
    "Pushing",
    "Quantity",
    "Question",
    "Readings",
    "Refused",
    "Sample",
    "Setpoint",
    "Silent",
    "TellingCharger",
    "Tls",
    "TooOften",
    "Unit",
    "Unreachable",
    "Unsupported",
    "WrongDevice",
]
