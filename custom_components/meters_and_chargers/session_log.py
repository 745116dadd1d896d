"""The log of charging sessions in words for users: as an answer, and as a table."""

from collections.abc import Iterable, Iterator, Mapping
import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
import io
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .cards import label_of_card
from .const import (
    CONF_CHARGER_ID,
    CONF_FAMILY,
    CONF_STAND_IN,
    DOMAIN,
    FAMILY_OCPP_CHARGER,
)
from .engine.devices.ocpp_charger import OWN_TAG, redact
from .engine.journal import JournalError, Transaction

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

type Value = str | int | float | bool | None
type Row = dict[str, Value]

_COLUMNS: Final = (
    "start",
    "end",
    "duration",
    "charger",
    "connector",
    "tag",
    "energy",
    "cost",
    "currency",
    "price",
    "priced_energy",
    "sun_share",
    "meter_start",
    "meter_end",
    "reason",
    "running",
    "start_unknown",
    "end_unknown",
    "doubtful",
    "id",
)


@callback
def unread(
    hass: HomeAssistant, entry: ConfigEntry[Any], err: JournalError
) -> ConfigEntryNotReady:
    """Say in Repairs that an entry lacks the journal, and return the error."""
    words = {"name": entry.title, "error": str(err)}
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_of(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="journal_unread",
        translation_placeholders=words,
    )
    return ConfigEntryNotReady(
        translation_domain=DOMAIN,
        translation_key="journal_unread",
        translation_placeholders=words,
    )


@callback
def is_read(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take back what `unread` has said, as it is over or the entry gone."""
    ir.async_delete_issue(hass, DOMAIN, _issue_of(entry))


def _issue_of(entry: ConfigEntry[Any]) -> str:
    return f"journal_unread_{entry.entry_id}"


def label_of(hass: HomeAssistant, id_tag: str) -> str:
    """Return what a card is called; never its number."""
    if id_tag == OWN_TAG:
        return "Home Assistant"
    if (label := label_of_card(hass, id_tag)) is not None:
        return label
    short = redact(id_tag)
    return f"…{short}" if short else ""


@dataclass(frozen=True, slots=True)
class Logged:
    """A wallbox whose sessions are in the log."""

    name: str
    """There."""
    owner_id: str
    """Its entry's, or its subentry's."""
    title: str


def logged(hass: HomeAssistant) -> Iterator[Logged]:
    """Yield the wallboxes that speak OCPP, and those for which a stand-in did."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.data[CONF_FAMILY] == FAMILY_OCPP_CHARGER:
            yield Logged(entry.data[CONF_CHARGER_ID], entry.entry_id, entry.title)
        elif CONF_STAND_IN in entry.options:
            name = entry.unique_id or entry.entry_id
            yield Logged(name, entry.entry_id, entry.title)
        for one in entry.subentries.values():
            if CONF_STAND_IN in one.data:
                yield Logged(one.subentry_id, one.subentry_id, one.title)


@dataclass(frozen=True, slots=True)
class Names:
    """What the owner calls wallboxes and cards."""

    hass: HomeAssistant
    titles: Mapping[str, str]
    """By the names under which wallboxes are logged."""

    @classmethod
    def of(cls, hass: HomeAssistant) -> Names:
        """Return the names as they are now."""
        return cls(hass, {one.name: one.title for one in logged(hass)})

    def charger(self, one: Transaction) -> str:
        """Return what a wallbox is called, or one of its connectors."""
        title = self.titles.get(one.charger, one.charger)
        return f"{title} {one.connector}" if (one.connector or 1) > 1 else title


def row(one: Transaction, names: Names, now: datetime) -> Row:
    """Return a session as users read it: kWh, minutes, local times."""
    lasts = _duration(one, now)
    meter_end = one.last_wh if one.is_open else one.meter_stop_wh
    price = None
    if one.cost is not None and one.priced_wh:
        price = round(one.cost / one.priced_wh * 1000, 4)
    return {
        "start": _local(one.start_time),
        "end": _local(one.stop_time),
        "duration": None if lasts is None else round(lasts.total_seconds() / 60, 1),
        "charger": names.charger(one),
        "connector": one.connector,
        "tag": label_of(names.hass, one.id_tag),
        "energy": _kwh(one.energy_wh),
        "cost": None if one.cost is None else round(one.cost, 2),
        "currency": one.currency or None,
        "price": price,
        "priced_energy": None if one.cost is None else _kwh(one.priced_wh),
        "sun_share": _sun_share(one),
        "meter_start": _kwh(one.meter_start_wh),
        "meter_end": _kwh(meter_end),
        "reason": one.stop_reason or None,
        "running": one.is_open,
        "start_unknown": one.start_unknown,
        "end_unknown": one.closed_locally,
        "doubtful": one.is_doubtful(now),
        "id": one.id,
    }


def _sun_share(one: Transaction) -> int | None:
    """Return how much of a session came from the sun; per cent, 100 only for all."""
    if one.sun_wh is None or one.sun_of_wh <= 0:
        return None
    return int(100 * one.sun_wh / one.sun_of_wh + 1e-6)


def totals(rows: Iterable[Row]) -> dict[str, Value]:
    """Return the sums of what is not doubtful; the cost only of one currency."""
    sure = [one for one in rows if not one["doubtful"]]
    currencies = {one["currency"] for one in sure if one["cost"] is not None}
    cost = sum(float(one["cost"] or 0) for one in sure)
    return {
        "sessions": len(sure),
        "energy": round(sum(float(one["energy"] or 0) for one in sure), 3),
        "cost": round(cost, 2) if len(currencies) == 1 else None,
        "currency": currencies.pop() if len(currencies) == 1 else None,
    }


def table(rows: Iterable[Row], *, comma: bool) -> str:
    """Return rows as CSV for spreadsheets; with ``comma`` in decimals, ``;`` parts."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if comma else ",")
    writer.writerow(_COLUMNS)
    for one in rows:
        writer.writerow(_cell(one[column], comma=comma) for column in _COLUMNS)
    # Spreadsheets know by this mark that it is UTF-8.
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + text.getvalue()


def _cell(value: Value, *, comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # A name is never a formula.
        return f"'{value}" if value.startswith(_FORMULAS) else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace(".", ",") if comma else str(value)


def _duration(one: Transaction, now: datetime) -> timedelta | None:
    if one.start_time is None:
        return None
    return max((one.stop_time or now) - one.start_time, timedelta())


def _local(time: datetime | None) -> str | None:
    if time is None:
        return None
    return dt_util.as_local(time).isoformat(timespec="seconds")


def _kwh(wh: float | None) -> float | None:
    return None if wh is None else round(wh / 1000, 3)
