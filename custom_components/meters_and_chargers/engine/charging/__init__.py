"""The charging decisions: pure, deterministic, integers only (mA, W, ms)."""

from .decide import decide
from .decision import ChargerView, CircuitView, Command, Decision, Explanation
from .freshness import Freshness
from .memory import ChargerMemory, CircuitMemory, Memory, PhaseSwitch
from .reason import FIGURES, STAGES, Figure, Reason, Stage
from .settings import MAIN, ChargerSettings, CircuitSettings, PhaseUse, Settings
from .state import (
    Battery,
    ChargerState,
    CircuitState,
    GridSample,
    Mode,
    PhaseCurrents,
    Plan,
    Price,
    State,
)

__all__ = [
    "FIGURES",
    "MAIN",
    "STAGES",
    "Battery",
    "ChargerMemory",
    "ChargerSettings",
    "ChargerState",
    "ChargerView",
    "CircuitMemory",
    "CircuitSettings",
    "CircuitState",
    "CircuitView",
    "Command",
    "Decision",
    "Explanation",
    "Figure",
    "Freshness",
    "GridSample",
    "Memory",
    "Mode",
    "PhaseCurrents",
    "PhaseSwitch",
    "PhaseUse",
    "Plan",
    "Price",
    "Reason",
    "Settings",
    "Stage",
    "State",
    "decide",
]
