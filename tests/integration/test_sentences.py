"""The reason as a sentence: in a real Home Assistant, in four languages."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.util import dt as dt_util
import pytest
import yaml

from custom_components.meters_and_chargers import charger_sensors, reason_text
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.engine.charging import (
    MAIN,
    ChargerView,
    Explanation,
    Reason,
)
from custom_components.meters_and_chargers.reason_text import (
    LANGUAGES,
    SENTENCES,
    Sentences,
    shown_figures,
)

from .conftest import SetUp
from .test_site import PICO
from .test_site_surface import Clock, act, clock, set_up_house, show
from .test_triggers import draws

__all__ = ["clock"]

REASON = "sensor.garage_grund"
ACTIVITY = "event.garage_ladeaktivitat"
ZONE = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=ZONE)


EXACT = yaml.safe_load(Path(__file__).with_name("sentences.yaml").read_text())


@pytest.fixture
async def site(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    set_up_pico: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> SiteController:
    """Return a German site that shows what a test tells it, and nothing by itself."""
    hass.config.language = "de"
    hass.config.currency = "CHF"
    await hass.config.async_set_time_zone("Europe/Zurich")
    monkeypatch.setattr(SiteController, "_watchdog", lambda *_: None)
    devices = [await set_up_ksem(), await set_up_pico()]
    house: ConfigEntry[SiteController] = await set_up_house(hass)
    for device in devices:
        await device.runtime_data.async_shutdown()
    return house.runtime_data


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other figures of the same reason be written at once."""
    monkeypatch.setattr(charger_sensors, "_FIGURES_EVERY_S", 0.0)


def figure(value: Any) -> Any:
    """Return a figure as the engine gives it: times in ms since 1970."""
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=ZONE).timestamp() * 1000)
    return MAIN if value == "main" else value


def sentence(hass: HomeAssistant) -> str:
    """Return what the sensor says now, with visible blanks."""
    state = hass.states.get(REASON)
    assert state is not None
    return visible(state.attributes["sentence"])


def visible(text: str) -> str:
    """Make no-break spaces visible."""
    narrow = text.replace("\N{NARROW NO-BREAK SPACE}", "^")
    return narrow.replace("\N{NO-BREAK SPACE}", "~")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_sentences_are_exactly_these(
    hass: HomeAssistant, site: SiteController, language: str
) -> None:
    """Words, digits, units, times and what is left out, by hand."""
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()
    for one in EXACT:
        figures = {name: figure(had) for name, had in one.get("figures", {}).items()}
        until_ms = None
        if "until" in one:
            left = figure(one["until"]) / 1000 - dt_util.utcnow().timestamp()
            until_ms = round((hass.loop.time() + left) * 1000)
        explanation = Explanation(Reason(one["reason"]), until_ms, figures)
        shown = shown_figures(site, explanation)
        said = hass.data[SENTENCES].sentence(explanation.reason, shown, NOW)
        assert visible(said) == one[language]


@pytest.mark.parametrize("language", ["de-CH", "gsw", "nl"])
async def test_other_languages_are_told_in_english(
    hass: HomeAssistant, site: SiteController, no_patience: None, language: str
) -> None:
    """As the state itself, which Home Assistant then shows in English."""
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()
    show(site, Explanation(Reason.OFF))
    assert sentence(hass) == "Switched off: choose Solar or Fast to charge."


async def test_sensor_says_it_in_german(
    hass: HomeAssistant, site: SiteController, no_patience: None
) -> None:
    """Another reason, another figure, another language: another sentence."""
    figures: dict[str, int | str] = {"have": 1_130, "need": 1_380}
    show(site, Explanation(Reason.SURPLUS_LOW, None, figures))
    assert sentence(hass) == "Wartet auf mehr Sonne: 1,1~kW Überschuss, 1,4~kW nötig."
    carport = {"circuit": site.circuits[0].key, "phase": "L2", "limit": 10_000}
    show(site, Explanation(Reason.FUSE, None, carport))
    assert sentence(hass) == "Durch Sicherung begrenzt: Carport L2, 10~A."
    show(site, Explanation(Reason.FUSE, None, carport | {"limit": 9_500}))
    assert sentence(hass) == "Durch Sicherung begrenzt: Carport L2, 9,5~A."
    show(site, Explanation(Reason.PRIORITY, None, {"charger": PICO}))
    assert sentence(hass) == "Andere Wallbox hat Vorrang: Garage."
    await hass.config.async_update(language="it")
    await hass.async_block_till_done()
    show(site)
    assert sentence(hass).startswith("Priorità a ")


async def test_sentence_follows_the_mode(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp
) -> None:
    """What the site decides by itself is told in German, too."""
    hass.config.language = "de"
    await set_up_ksem()
    await set_up_pico()
    await set_up_house(hass)
    assert sentence(hass) == "Ausgeschaltet: zum Laden PV oder Schnell wählen."
    mode = {"entity_id": "select.garage_lademodus", "option": "min_solar"}
    await act(hass, "select", "select_option", **mode)
    assert sentence(hass) == "Wartet auf frische Messwerte."


async def test_sentence_is_made_when_it_is_written(
    hass: HomeAssistant,
    site: SiteController,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hundred looks write as often as the figures change, and make no more."""
    made: list[Reason] = []
    written: list[str] = []
    make = Sentences.sentence

    def note(self: Sentences, reason: Reason, figures: Any, now: datetime) -> str:
        made.append(reason)
        return make(self, reason, figures, now)

    @callback
    def seen(event: Event[Any]) -> None:
        written.append(event.data["entity_id"])

    show(site, Explanation(Reason.OFF))
    monkeypatch.setattr(Sentences, "sentence", note)
    async_track_state_change_event(hass, REASON, seen)
    async_track_state_report_event(hass, REASON, seen)
    until_ms = round((clock.now + 90) * 1000)
    for look in range(100):
        # Its end jitters with the clocks, and its figures change now and then.
        show(site, Explanation(Reason.START_DELAY, until_ms + look % 2))
    assert len(made) == 1
    for look in range(100):
        clock.now += 1
        power = {"power": 4_100 + 500 * (look // 20)}
        show(site, Explanation(Reason.SOLAR, None, power))
    await hass.async_block_till_done()
    assert len(made) == len(written) == 6


async def test_tomorrow_becomes_today(
    hass: HomeAssistant,
    site: SiteController,
    no_patience: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sentence that names a time is told anew after midnight."""
    plan = Explanation(
        Reason.PLAN, None, {"ready": figure(NOW.replace(day=21, hour=7))}
    )
    monkeypatch.setattr(reason_text.dt_util, "now", lambda: NOW)
    show(site, plan)
    assert sentence(hass) == "Lädt nach Plan: fertig morgen 07:00."
    monkeypatch.setattr(
        charger_sensors.dt_util, "now", lambda: NOW + timedelta(hours=12)
    )
    show(site, plan)
    assert sentence(hass) == "Lädt nach Plan: fertig 07:00."


async def test_event_tells_the_sentence_of_its_moment(
    hass: HomeAssistant, site: SiteController
) -> None:
    """For a notification that an automation sends."""

    def told() -> tuple[str, str]:
        state = hass.states.get(ACTIVITY)
        assert state is not None
        return state.attributes["event_type"], visible(state.attributes["sentence"])

    draws(site, 0, Reason.STARTING, later_ms=200_000)
    draws(site, 6_000, Reason.SOLAR)
    assert told() == ("charging_started", "Lädt mit Sonne.")
    show(site, Explanation(Reason.PLAN, None), ChargerView())
    late = Explanation(Reason.PLAN_LATE, None, {"late": 720_000})
    show(site, late, ChargerView(plan_at_risk=True))
    assert told() == ("plan_at_risk", "Ladeplan wird verfehlt: 12~min später.")
