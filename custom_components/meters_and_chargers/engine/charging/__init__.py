"""The charging decisions: pure, deterministic, integers only (mA, W, ms)."""

from .decide import decide
from .decision import Command, Decision, Explanation, Reason
from .memory import ChargerMemory, Memory
from .settings import ChargerSettings, Settings
from .state import ChargerState, GridSample, Mode, PhaseCurrents, State

__all__ = [
    "ChargerMemory",
    "ChargerSettings",
    "ChargerState",
    "Command",
    "Decision",
    "Explanation",
    "GridSample",
    "Memory",
    "Mode",
    "PhaseCurrents",
    "Reason",
    "Settings",
    "State",
    "decide",
]
