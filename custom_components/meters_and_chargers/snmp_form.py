"""As whom SNMP is spoken: the same fields for reading, for outputs and for traps."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from . import links
from .const import CONF_AUTH, CONF_COMMUNITY, CONF_PRIVACY, CONF_VERSION
from .device_form import choice_of

type Input = dict[str, Any]

V3: Final = "v3"
_CHOICES: Final = {
    CONF_VERSION: (V3, "v2c", "v1"),
    CONF_AUTH: ("sha1", "md5", "none"),
    CONF_PRIVACY: ("aes128", "des", "none"),
}
"""The first one is proposed."""
_SECRETS: Final = (CONF_COMMUNITY, CONF_PASSWORD)
_HIDDEN: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
)


def credential_fields(
    shown: Mapping[str, Any], typed: Mapping[str, Any] | None, *, community: str = ""
) -> dict[vol.Marker, object]:
    """Return the fields as they were filled before; stored secrets are never shown.

    What was ``typed`` a moment ago stays, secrets too; ``community`` is proposed.
    """
    choices: dict[str, tuple[vol.Marker, object]] = {
        key: (
            vol.Required(key, default=shown.get(key, options[0])),
            choice_of(*options, key=f"snmp_{key}"),
        )
        for key, options in _CHOICES.items()
    }
    user = {"suggested_value": shown.get(CONF_USERNAME, "")}
    typed = {CONF_COMMUNITY: community, **(typed or {})}
    password, proposed = (
        {"suggested_value": typed[key]} if typed.get(key) else None
        for key in (CONF_PASSWORD, CONF_COMMUNITY)
    )
    return dict(
        (
            choices[CONF_VERSION],
            (vol.Optional(CONF_USERNAME, description=user), TextSelector()),
            (vol.Optional(CONF_PASSWORD, description=password), _HIDDEN),
            choices[CONF_AUTH],
            choices[CONF_PRIVACY],
            (vol.Optional(CONF_COMMUNITY, description=proposed), _HIDDEN),
        )
    )


def with_secrets(typed: Mapping[str, Any], kept: Mapping[str, Any]) -> Input:
    """Return what was typed; an empty secret stays, as long as the version does."""
    same = typed[CONF_VERSION] == kept.get(CONF_VERSION)
    secrets = {
        key: typed.get(key) or (kept.get(key, "") if same else "") for key in _SECRETS
    }
    return {CONF_USERNAME: "", **typed, **secrets}


def problem_of(told: Mapping[str, Any]) -> str | None:
    """Return the key of what no agent could take of this."""
    if told[CONF_VERSION] != V3:
        return None if told[CONF_COMMUNITY] else "snmp_community"
    if not told[CONF_USERNAME]:
        return "snmp_user"
    try:
        links.credentials_of(told)
    except ValueError:
        return "snmp_privacy" if told[CONF_AUTH] == "none" else "snmp_password"
    return None
