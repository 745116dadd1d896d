"""Serves the dashboard's strategy and cards to every page of Home Assistant.

They are built from `frontend/` of the repository; the words they say are in `texts/`.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant

from .const import DOMAIN

_MODULES = Path(__file__).parent / "frontend"
_TEXTS = Path(__file__).parent / "texts"


async def async_serve(hass: HomeAssistant) -> None:
    """Have pages load the module, where there are pages at all.

    The address names the content: a browser keeps a file until another one is shipped.
    """
    if "frontend" not in hass.config.components:
        return
    place = f"/{DOMAIN}/{await hass.async_add_executor_job(_key)}"
    await hass.http.async_register_static_paths(
        [
            StaticPathConfig(f"{place}/{folder.name}", str(folder))
            for folder in (_MODULES, _TEXTS)
        ]
    )
    add_extra_js_url(hass, f"{place}/{_MODULES.name}/main.js")


def _key() -> str:
    return sha256(b"".join(_contents())).hexdigest()[:12]


def _contents() -> Iterator[bytes]:
    for folder in (_MODULES, _TEXTS):
        for path in sorted(folder.iterdir()):
            yield path.read_bytes()
