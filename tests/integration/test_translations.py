"""What Home Assistant makes of our texts, language by language."""

from collections.abc import Iterator
from itertools import chain
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.components import sensor
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import pytest

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.describe import SENSORS
from validation.texts import flat, placeholders

TEXTS = Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations"


def read(language: str) -> dict[str, Any]:
    """Return all texts as we have written them."""
    written: dict[str, Any] = json.loads((TEXTS / f"{language}.json").read_text())
    return written


async def load(hass: HomeAssistant, language: str) -> dict[str, str]:
    """Return all texts as Home Assistant has them."""
    found: dict[str, str] = {}
    for category in read(language):
        texts = await async_get_translations(hass, language, category, {DOMAIN})
        assert texts, category
        found |= texts
    return found


def fields_of(step: dict[str, Any], place: str) -> Iterator[tuple[str, bool]]:
    """Yield each field of a form, and whether it is explained."""
    for key in step.get("data", {}):
        yield f"{place}.{key}", key in step.get("data_description", {})
    for name, section in step.get("sections", {}).items():
        yield from fields_of(section, f"{place}.{name}")


def test_every_field_is_explained() -> None:
    """Whoever sets something up is told what each field is for."""
    texts = read("en")
    forms = {
        f"{kind}.{name}": step
        for kind, steps in (
            ("config", texts["config"]["step"]),
            ("options", texts["options"]["step"]),
            *((key, one["step"]) for key, one in texts["config_subentries"].items()),
        )
        for name, step in steps.items()
    }
    fields = dict(chain.from_iterable(fields_of(v, k) for k, v in forms.items()))
    assert len(fields) > 200
    assert [field for field, explained in fields.items() if not explained] == []


def test_every_entity_has_an_icon() -> None:
    """Ours, or for what is measured the one that Home Assistant has for its class."""
    ours = json.loads((TEXTS.parent / "icons.json").read_text())["entity"]
    built_in = json.loads((Path(sensor.__file__).parent / "icons.json").read_text())
    classes = {
        f"{quantity}{end}": kind.device_class
        for quantity, kind in SENSORS.items()
        for end in ("", "_phase")
    }
    # A word of a few says nothing by its class.
    classes["session_energy"] = SensorDeviceClass.ENERGY
    classes["session_start"] = SensorDeviceClass.TIMESTAMP
    known = built_in["entity_component"].keys() - {"enum"}
    for platform, entities in read("en")["entity"].items():
        for key in entities:
            measured = platform == "sensor" and classes.get(key) in known
            assert measured or key in ours.get(platform, {}), (platform, key)


@pytest.mark.parametrize("language", ["en", "de", "fr", "it"])
def test_the_system_alarms_of_a_diris_gateway_are_named(language: str) -> None:
    """All eight, in the last sentence where its owner switches traps on."""
    text: str = read(language)["options"]["step"]["diris_traps"]["description"]
    _, _, last = text.rpartition("\n\n")
    _, _, listed = re.sub(r" \([^)]*\)", "", last).partition(":")
    names = [one.strip(" .") for one in listed.split(",")]
    assert len(names) == len(set(names)) == 8
    assert all(names)


@pytest.mark.parametrize("language", ["en", "de", "fr", "it"])
async def test_every_text_is_loaded_and_can_be_filled_in(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, language: str
) -> None:
    """Nothing falls back to English, and no brace is left over or unknown."""
    english = await load(hass, "en")
    texts = await load(hass, language)
    assert texts == flat(read(language), f"component.{DOMAIN}")
    assert texts.keys() == english.keys()
    for key, text in texts.items():
        names = placeholders(english[key])
        filled = text.format_map({name: f"<{name}>" for name in names})
        assert not {"{", "}"} & set(filled), key
        assert all(f"<{name}>" in filled for name in names), key
    assert "localized" not in caplog.text
