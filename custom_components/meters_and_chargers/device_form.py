"""The form of a family: its address, what only the owner knows, the rest folded."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .const import (
    CONF_ENCRYPTED,
    CONF_FAMILY,
    CONF_MEMBERS,
    CONF_MORE,
    CONF_UNIT_ID,
)
from .engine.devices import FAMILIES
from .engine.model import PHASES, Phase, Point, Quantity, Question, Readings
from .tls_flow import AUTOMATIC, CONF_ENCRYPTION, ENCRYPTION, ON

type Input = dict[str, Any]


def schema(family_key: str, known: Mapping[str, Any] | None = None) -> vol.Schema:
    """Return the form of a family; figures known from an account stay a choice."""
    family = FAMILIES[family_key]
    fields: dict[vol.Marker, object] = {vol.Required(CONF_HOST): TextSelector()}
    if family.members:
        fields[vol.Required(CONF_MEMBERS)] = TextSelector(
            TextSelectorConfig(multiple=True)
        )
    fields |= question_fields(family_key, known or {})
    more: dict[vol.Marker, object] = {
        vol.Required(CONF_PORT, default=family.transport.port): _integer(1, 65535),
        vol.Required(CONF_UNIT_ID, default=family.transport.unit_id): _integer(0, 255),
    }
    if family.transport.tls is not None:
        more[vol.Required(CONF_ENCRYPTION, default=AUTOMATIC)] = ENCRYPTION
    fields[vol.Required(CONF_MORE)] = section(vol.Schema(more), {"collapsed": True})
    return vol.Schema(fields)


def question_fields(
    family_key: str, known: Mapping[str, Any]
) -> dict[vol.Marker, object]:
    """Return what only the owner, or an account, knows of a device."""
    fields: dict[vol.Marker, object] = {}
    for one in FAMILIES[family_key].questions:
        answer = known.get(one.key, one.default)
        fields[vol.Required(one.key, default=_typed(one, answer))] = (
            choice(sorted({*one.options, answer}), "A")
            if one.options
            else BooleanSelector()
        )
    return fields


def answered(family_key: str, user_input: Mapping[str, Any]) -> dict[str, int]:
    """Return the answers to a family's questions."""
    questions = FAMILIES[family_key].questions
    return {one.key: int(user_input[one.key]) for one in questions}


def in_words(readings: Readings) -> str:
    """Say what a device measures now, so that a wrong one is noticed."""
    points = {
        Point(Quantity.POWER): "{:+.0f} W",
        **{
            Point(Quantity.CURRENT, phase): f"{phase.upper()} {{:.1f}} A"
            for phase in PHASES
        },
        Point(Quantity.VOLTAGE, Phase.L1): "{:.0f} V",
    }
    said = (
        text.format(value)
        for point, text in points.items()
        if (value := readings.get(point)) is not None
    )
    return " · ".join(said) or "-"


def choice(values: Iterable[int], unit: str) -> SelectSelector:
    """Return a choice of figures in a unit."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=str(value), label=f"{value} {unit}")
                for value in values
            ],
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def flat(family_key: str, user_input: Mapping[str, Any]) -> Input:
    """Turn what was typed into entry data; a host has one spelling."""
    host: str = user_input[CONF_HOST].strip().lower()
    host = host.removeprefix("http://").removeprefix("https://").split("/")[0]
    family = FAMILIES[family_key]
    data = {
        CONF_FAMILY: family_key,
        CONF_HOST: host,
        **{key: user_input[CONF_MORE][key] for key in (CONF_PORT, CONF_UNIT_ID)},
        **answered(family_key, user_input),
    }
    if family.members:
        typed = " ".join(user_input[CONF_MEMBERS]).replace(",", " ").split()
        # What stands behind a dash on the label is not part of the number.
        data[CONF_MEMBERS] = list(dict.fromkeys(one.split("-")[0] for one in typed))
    return data


def members_are_named(data: Mapping[str, Any]) -> bool:
    """Whether there are serial numbers where a family needs them."""
    if not FAMILIES[data[CONF_FAMILY]].members:
        return True
    named: list[str] = data[CONF_MEMBERS]
    return bool(named) and all(one.isascii() and one.isdigit() for one in named)


def nested(data: Mapping[str, Any]) -> Input:
    """Turn entry data back into the form's fields."""
    questions = FAMILIES[data[CONF_FAMILY]].questions
    return {
        CONF_HOST: data[CONF_HOST],
        CONF_MEMBERS: data.get(CONF_MEMBERS, []),
        **{one.key: _typed(one, data.get(one.key, one.default)) for one in questions},
        CONF_MORE: {
            **{key: data[key] for key in (CONF_PORT, CONF_UNIT_ID)},
            CONF_ENCRYPTION: ON if data.get(CONF_ENCRYPTED) else AUTOMATIC,
        },
    }


def _typed(question: Question, answer: int) -> str | bool:
    """Return an answer as it stands in the form."""
    return str(answer) if question.options else bool(answer)


def _integer(lowest: int, highest: int) -> vol.All:
    return vol.All(
        NumberSelector(
            NumberSelectorConfig(
                min=lowest, max=highest, step=1, mode=NumberSelectorMode.BOX
            )
        ),
        vol.Coerce(int),
    )
