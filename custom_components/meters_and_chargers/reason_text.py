"""The reason of a charger as a sentence in the language of the system.

Its head is the state of the reason's sensor, translated in `translations/`; its tail
names figures and stands in `texts/`, plain data that a card can read as well. A tail
that counts down is for a card: what is written once names the time instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any, TypedDict, cast

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .controller import SiteController
from .engine.charging import FIGURES, Explanation, Figure, Reason

PRICE_UNIT = 100_000
"""The engine's prices are thousandths of a cent."""
LANGUAGES = ("en", "de", "fr", "it")
_TEXTS = Path(__file__).parent / "texts"
_HUNDRED, _KILO = 100, 1000
_MINUTE_S, _HOUR_MIN = 60, 60
_WEEK_DAYS = 7
_BALANCED_W = 30
"""So little from the grid is not worth a word."""
_SAME_MINUTE = timedelta(seconds=32)
"""Half a minute of rounding, and what the clocks jitter."""


class Texts(TypedDict):
    """What a file of `texts/` holds, besides the tails a table for each kind of word.

    `tails` are for who counts `left` down; where they do, `still` has the tail that
    names `until`.
    """

    sentence: Mapping[str, str]
    decimal: str
    units: Mapping[str, str]
    times: Mapping[str, str]
    weekdays: Mapping[str, str]
    phases: Mapping[str, str]
    tails: Mapping[str, str]
    still: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Makes sentences in one language; another object when the language changes."""

    heads: Mapping[str, str]
    """What each reason is called."""
    texts: Texts
    currency: str

    def sentence(
        self, reason: Reason, figures: Mapping[str, Any], now: datetime
    ) -> str:
        """Return the sentence; figures as `shown_figures` gives them, `now` local."""
        form, head = self.texts["sentence"], self.heads[reason]
        tails = {**self.texts["tails"], **self.texts["still"]}
        said = {
            name: self._say(kind, figures[name], now)
            for name, kind in FIGURES.get(reason, {}).items()
            if name in figures and not (name == "grid" and figures[name] <= _BALANCED_W)
        }
        # A house of one phase has no name for it.
        said.setdefault("phase", "")
        if tail := _filled(tails.get(reason, ""), said):
            return form["with_tail"].format(head=head, tail=tail)
        return form["without_tail"].format(head=head)

    def _say(self, kind: Figure, value: Any, now: datetime) -> str:
        if kind is Figure.DURATION:
            return self._duration(value)
        if kind in (Figure.TIME, Figure.END):
            return self._time(value, now)
        if kind is Figure.PHASES:
            return self.texts["phases"][str(value)]
        measured = _measured(kind, value)
        return str(value) if measured is None else self._amount(*measured)

    def _amount(self, unit: str, value: float, digits: int = 0) -> str:
        number = f"{value:.{digits}f}".replace(".", self.texts["decimal"])
        return self.texts["units"][unit].format(value=number, currency=self.currency)

    def _duration(self, value_s: int) -> str:
        if value_s < _MINUTE_S:
            return self._amount("s", value_s)
        hours, minutes = divmod(round(value_s / _MINUTE_S), _HOUR_MIN)
        parts = [self._amount("h", hours)] if hours else []
        if minutes:
            parts.append(self._amount("min", minutes))
        return "\N{NO-BREAK SPACE}".join(parts)

    def _time(self, value: str, now: datetime) -> str:
        """Return the time by the house's clock, with its day unless that is today."""
        at = dt_util.as_local(datetime.fromisoformat(value))
        days = (at.date() - now.date()).days
        form = {0: "today", 1: "tomorrow"}.get(days)
        if form is None:
            form = "week" if 0 < days < _WEEK_DAYS else "later"
        return self.texts["times"][form].format(
            time=f"{at:%H:%M}",
            weekday=self.texts["weekdays"][str(at.isoweekday())],
            day=at.day,
            month=at.month,
        )


SENTENCES: HassKey[Sentences] = HassKey(f"{DOMAIN}_sentences")


async def async_load(hass: HomeAssistant) -> None:
    """Have sentences in the system's language, English for all that we don't speak."""

    async def load(_event: Event[Any] | None = None) -> None:
        known = hass.config.language in LANGUAGES
        language = hass.config.language if known else "en"
        texts = await hass.async_add_executor_job(_read, language)
        words = await async_get_translations(hass, language, "entity", {DOMAIN})
        states = f"component.{DOMAIN}.entity.sensor.reason.state"
        # A text that is missing must not keep a site from guarding its fuse.
        heads = {one.value: words.get(f"{states}.{one}", one.value) for one in Reason}
        hass.data[SENTENCES] = Sentences(heads, texts, hass.config.currency)

    await load()
    hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, load)


def explain(
    site: SiteController, explanation: Explanation, *, until: str | None = None
) -> dict[str, Any]:
    """Return what is shown of a reason: `shown_figures`, and its ``sentence``."""
    figures = shown_figures(site, explanation, until=until)
    sentences = site.hass.data[SENTENCES]
    said = sentences.sentence(explanation.reason, figures, dt_util.now())
    return {"sentence": said, **figures}


def shown_figures(
    site: SiteController, explanation: Explanation, *, until: str | None = None
) -> dict[str, Any]:
    """Return a reason's figures to the digits that are shown; W, A, s, kWh, dates.

    `until` is the date of its end that was shown last: it holds still.
    """
    kinds = FIGURES.get(explanation.reason, {})
    shown: dict[str, Any] = {}
    for name, value in explanation.figures.items():
        kind = kinds.get(name)
        if kind is Figure.NAME:
            shown[name] = site.name_of(str(value))
        else:
            show = None if kind is None else _SHOWN.get(kind)
            shown[name] = value if show is None else show(value)
    if "until" in kinds and explanation.until_ms is not None:
        left = timedelta(seconds=explanation.until_ms / 1000 - site.hass.loop.time())
        shown["until"] = _minute(dt_util.utcnow() + left, until)
    return shown


def names_times(reason: Reason) -> bool:
    """Whether a sentence names times, and reads otherwise on another day."""
    return bool({Figure.TIME, Figure.END} & set(FIGURES.get(reason, {}).values()))


@cache
def _read(language: str) -> Texts:
    text = (_TEXTS / f"{language}.json").read_text(encoding="utf-8")
    return cast("Texts", json.loads(text))


def _filled(tail: str, said: Mapping[str, str]) -> str:
    """Fill a tail in, without the clauses that name what is not known."""
    clauses = [
        re.sub(" {2,}", " ", clause.format_map(said)).strip(" ")
        for clause in tail.split(", ")
        if all(name in said for _, name, _, _ in Formatter().parse(clause) if name)
    ]
    return ", ".join(clause for clause in clauses if clause)


def _minute(at: datetime, before: str | None) -> str:
    """Round to the minute; what was shown before stays if it is hardly another."""
    if before is not None and abs(at - datetime.fromisoformat(before)) <= _SAME_MINUTE:
        return before
    return (at + timedelta(seconds=30)).replace(second=0, microsecond=0).isoformat()


def _measured(kind: Figure, value: float) -> tuple[str, float, int] | None:
    """Return the unit, the value in it, and its digits after the point."""
    found: tuple[str, float, int] | None = None
    match kind:
        case Figure.POWER if abs(value) < _KILO:
            found = "W", value, 0
        case Figure.POWER:
            found = "kW", value / _KILO, _tenths(value / _KILO)
        case Figure.ENERGY:
            found = "kWh", value, _tenths(value)
        case Figure.CURRENT:
            found = "A", value, 1
        case Figure.LIMIT:
            found = "A", value, 0 if value == round(value) else 1
        case Figure.PRICE:
            found = "price", value, 2 if round(value, 3) == round(value, 2) else 3
        case Figure.PERCENT:
            found = "percent", value, 0
        case _:
            pass
    return found


def _tenths(value: float) -> int:
    return 1 if abs(value) < _HUNDRED else 0


def _power(value: int) -> object:
    return round(value, -2 if abs(value) >= _KILO else -1)


def _thousand(value: int) -> object:
    return round(value / 1000, 1)


def _seconds(value: int) -> object:
    return round(value / 1000)


def _date(value: int) -> object:
    return dt_util.utc_from_timestamp(value // 1000).isoformat()


def _price(value: int) -> object:
    return value / PRICE_UNIT


_SHOWN: Mapping[Figure, Callable[[Any], object]] = {
    Figure.POWER: _power,
    Figure.CURRENT: _thousand,
    Figure.LIMIT: _thousand,
    Figure.ENERGY: _thousand,
    Figure.DURATION: _seconds,
    Figure.TIME: _date,
    Figure.PRICE: _price,
}
"""How a figure is shown: to the digits that a reader sees."""
