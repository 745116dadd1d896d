"""Who may charge at the wallboxes of an OCPP server: its cards and its options."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import (
    CONF_ALONE,
    CONF_BACKEND_CARDS,
    CONF_BILLING,
    CONF_BLOCKED,
    CONF_CARD_KIND,
    CONF_CHARGER_ID,
    CONF_ENERGY_LIMIT,
    CONF_EXPIRY,
    CONF_GROUP,
    CONF_LOCAL_LIST,
    CONF_OFFLINE,
    CONF_POLICY,
    CONF_TAG,
    CONF_WALLBOXES,
    DOMAIN,
    SUBENTRY_CARD,
)
from .engine.devices.ocpp_charger import Offline, Policy, Rules, Token


def rules_of(server: ConfigEntry[Any], wallboxes: Iterable[ConfigEntry[Any]]) -> Rules:
    """Return what holds at a server and at its wallboxes."""
    options = server.options
    policy_of_all = Policy(options.get(CONF_POLICY, Policy.EVERYBODY))
    return Rules(
        tokens=tuple(
            _token(card) for card in server.get_subentries_of_type(SUBENTRY_CARD)
        ),
        policy=policy_of_all,
        policies={
            wallbox.data[CONF_CHARGER_ID]: policy
            for wallbox in wallboxes
            if (policy := policy_of(wallbox, policy_of_all)) is not policy_of_all
        },
        offline=Offline(options.get(CONF_OFFLINE, Offline.UNCHANGED)),
        lists=options.get(CONF_LOCAL_LIST),
    )


def label_of_card(hass: HomeAssistant, tag: str) -> str | None:
    """Return what a card of any server is called; None for one in no list."""
    wanted = tag.strip().casefold()
    for entry in hass.config_entries.async_entries(DOMAIN):
        for card in entry.get_subentries_of_type(SUBENTRY_CARD):
            if card.data[CONF_TAG].casefold() == wanted:
                return card.title
    return None


@callback
def keep_kind(
    hass: HomeAssistant, server: ConfigEntry[Any], token: Token, kind: str
) -> None:
    """Store with a card of a server what a wallbox was the first to say of it."""
    for card in server.get_subentries_of_type(SUBENTRY_CARD):
        if card.data[CONF_TAG] == token.tag and CONF_CARD_KIND not in card.data:
            hass.config_entries.async_update_subentry(
                server, card, data={**card.data, CONF_CARD_KIND: kind}
            )


def policy_of(wallbox: ConfigEntry[Any], usual: Policy) -> Policy:
    """Return what holds at one wallbox; its billing service may know more cards."""
    policy = Policy(wallbox.options.get(CONF_POLICY, usual))
    billing = wallbox.options.get(CONF_BILLING)
    if wallbox.disabled_by or not billing or policy is not Policy.KNOWN:
        return policy
    return Policy.BACKEND if billing[CONF_BACKEND_CARDS] else policy


def _token(card: ConfigSubentry) -> Token:
    data: Mapping[str, Any] = card.data
    limit = data.get(CONF_ENERGY_LIMIT)
    return Token(
        tag=data[CONF_TAG],
        label=card.title,
        expiry=_end_of(data.get(CONF_EXPIRY)),
        parent=data.get(CONF_GROUP, ""),
        chargers=frozenset(data.get(CONF_WALLBOXES, ())),
        limit_wh=round(limit * 1000) if limit else None,
        blocked=data.get(CONF_BLOCKED, False),
        alone=data.get(CONF_ALONE, False),
        kind=data.get(CONF_CARD_KIND, ""),
    )


def _end_of(day: str | None) -> datetime | None:
    """Return the end of a day by the house's clock."""
    if day is None:
        return None
    after = date.fromisoformat(day) + timedelta(days=1)
    return dt_util.as_utc(dt_util.start_of_local_day(after))
