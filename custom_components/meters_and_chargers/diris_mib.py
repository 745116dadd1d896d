"""The user's MIB files of a DIRIS gateway, kept beside its entry with what they say."""

from typing import Any, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .engine.devices.diris import Mib, mib_of, stored_mib

_VERSION = 1


class Kept(TypedDict):
    """What stands in the file: the files by their names, and what was read in them."""

    files: dict[str, str]
    mib: dict[str, Any]


def _store(hass: HomeAssistant, entry_id: str) -> Store[Kept]:
    return Store(hass, _VERSION, f"{DOMAIN}_mib_{entry_id}", private=True)


async def load(hass: HomeAssistant, entry_id: str) -> tuple[dict[str, str], Mib]:
    """Return the files and what they say; nothing where there are none."""
    kept = await _store(hass, entry_id).async_load()
    return ({}, Mib()) if kept is None else (kept["files"], mib_of(kept["mib"]))


async def save(
    hass: HomeAssistant, entry_id: str, files: dict[str, str], mib: Mib
) -> None:
    """Keep files with what they say."""
    await _store(hass, entry_id).async_save({"files": files, "mib": stored_mib(mib)})


async def forget(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the files."""
    await _store(hass, entry_id).async_remove()
