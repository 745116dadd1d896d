"""What every page of Home Assistant loads: the dashboard's strategy and the cards."""

from pathlib import Path

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meters_and_chargers import dashboard
from custom_components.meters_and_chargers.const import DOMAIN


async def loaded(hass: HomeAssistant, pages: Path) -> list[str]:
    """Set bare pages up, then us; return what of us they load."""
    (pages / "hass_frontend").mkdir(exist_ok=True)
    config = {"frontend": {"development_repo": str(pages)}}
    assert await async_setup_component(hass, "frontend", config)
    assert await async_setup_component(hass, DOMAIN, {})
    modules = hass.data[DATA_EXTRA_MODULE_URL].urls
    return [url for url in modules if DOMAIN in url]


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a folder for pages."""
    return tmp_path


async def test_pages_load_the_module_and_its_words(
    hass: HomeAssistant,
    pages: Path,
    socket_enabled: None,
    hass_client: ClientSessionGenerator,
) -> None:
    """One module, served with what it fetches, and kept by browsers."""
    (url,) = await loaded(hass, pages)
    client = await hass_client()
    folder = url.removesuffix("/frontend/main.js")
    for path in (
        "frontend/main.js",
        "frontend/cards.js",
        "frontend/plan.js",
        "frontend/explain.js",
        "texts/de.json",
    ):
        answer = await client.get(f"{folder}/{path}")
        assert answer.status == 200
        assert "max-age" in answer.headers["Cache-Control"]
        sent = await answer.read()
        assert sent == (Path(dashboard.__file__).parent / path).read_bytes()
    module = await client.get(url)
    assert "javascript" in module.headers["Content-Type"]


@pytest.mark.parametrize("changed", ["frontend/cards.js", "texts/it.json"])
async def test_another_release_has_another_address(
    hass: HomeAssistant,
    pages: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: str,
) -> None:
    """A browser that kept the old files asks for the new ones."""
    (before,) = await loaded(hass, pages)
    for name in ("frontend", "texts"):
        shipped = Path(dashboard.__file__).parent / name
        (pages / name).mkdir()
        for path in shipped.iterdir():
            (pages / name / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(dashboard, "_MODULES", pages / "frontend")
    monkeypatch.setattr(dashboard, "_TEXTS", pages / "texts")
    await dashboard.async_serve(hass)
    assert len(hass.data[DATA_EXTRA_MODULE_URL].urls) == 1
    with (pages / changed).open("a") as file:
        file.write("\n")
    await dashboard.async_serve(hass)
    urls = hass.data[DATA_EXTRA_MODULE_URL].urls
    assert len(urls) == 2
    assert before in urls


async def test_house_without_pages(hass: HomeAssistant) -> None:
    """Where there is no frontend nothing is missed."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert DATA_EXTRA_MODULE_URL not in hass.data
