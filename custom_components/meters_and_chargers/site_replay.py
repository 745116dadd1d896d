"""The last decisions of a site as JSON, to be decided again anywhere; without names.

Chargers and circuits are numbered. A value that its class has by itself is left out,
and settings that did not change stand there once, so that 200 decisions of many
chargers stay a file that can be sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from itertools import islice
import json
from typing import Any

from homeassistant.components.diagnostics import REDACTED

from .controller import Look, SiteController
from .engine.charging import Settings

MOST_CHARACTERS = 2_000_000
"""Older decisions are left out beyond it."""
_PHASES = {"L1", "L2", "L3"}


def replay(site: SiteController, count: int | None = None) -> dict[str, Any]:
    """Return what a site saw and decided, the newest last; empty before its first look.

    ``settings`` of a decision is the place of its settings in the list of all.
    """
    settings: list[Settings] = []
    told: list[dict[str, Any]] = []
    characters = 0
    names: dict[str, str] = {}
    for look in islice(_newest_first(site), count):
        names = _names(look, names)
        if look.settings not in settings:
            settings.append(look.settings)
        one = _decision(look, settings.index(look.settings), names)
        characters += len(json.dumps(one))
        if told and characters > MOST_CHARACTERS:
            break
        told.append(one)
    if not told:
        return {}
    return {
        "format": 1,
        "protocol": "site",
        "settings": [plain(one, names) for one in settings],
        "decisions": told[::-1],
    }


def _newest_first(site: SiteController) -> Iterator[Look]:
    """Yield the last look, and those before that told something."""
    if site.last_look is None:
        return
    yield site.last_look
    for look in reversed(site.history):
        if look is not site.last_look:
            yield look


def _names(look: Look, known: dict[str, str]) -> dict[str, str]:
    """Number chargers and circuits; those that are known keep theirs."""
    for kind, ones in (
        ("charger", look.settings.chargers),
        ("circuit", look.settings.circuits),
    ):
        for one in ones:
            if one.key not in known:
                before = sum(name.startswith(kind) for name in known.values())
                known[one.key] = f"{kind} {before + 1}"
    return known


def _decision(look: Look, settings: int, names: Mapping[str, str]) -> dict[str, Any]:
    decision = look.decision
    return {
        "settings": settings,
        "memory": plain(look.memory, names),
        "state": plain(look.state, names),
        "now_ms": look.now_ms,
        "commands": [
            {
                "charger": names[one.charger],
                "limit_ma": list(one.limit_ma),
                "urgent": one.urgent,
            }
            for one in decision.commands
        ],
        "reasons": {
            names[key]: {
                "reason": one.reason.value,
                "figures": {
                    name: _figure(value, names) for name, value in one.figures.items()
                },
            }
            for key, one in decision.reasons.items()
        },
    }


def _figure(value: int | str, names: Mapping[str, str]) -> int | str:
    """Return a figure of a reason; of texts only those that name nobody."""
    if isinstance(value, int) or value in _PHASES or not value:
        return value
    return names.get(value, REDACTED)


def plain(value: object, names: Mapping[str, str]) -> Any:
    """Turn the engine's objects into JSON, chargers and circuits into numbered ones."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: plain(found, names)
            for one in fields(value)
            if (found := getattr(value, one.name)) != one.default
            or one.default is MISSING
        }
    if isinstance(value, tuple):
        return [plain(one, names) for one in value]
    return names.get(value, str(value)) if isinstance(value, str) else value
