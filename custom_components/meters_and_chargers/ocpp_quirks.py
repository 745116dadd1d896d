"""Kinds of OCPP wallboxes: our file of them, the owner's, and what was learnt."""

from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .engine.devices.ocpp_charger import (
    SHIPPED,
    Entry,
    Learnt,
    Quirks,
    QuirksError,
    read_quirks,
)

FILE = "ocpp_quirks.yaml"
_ISSUE = "quirks_file"
_STORE_VERSION = 1
_SAVE_AFTER_S = 10.0
_SHOWN = 40

type _Stamp = tuple[int, ...]
"""When a file was written and how long it is; empty where there is none."""

_LEARNT: HassKey[Learnt] = HassKey(f"{DOMAIN}_learnt")


class Kinds:
    """What is known of the wallboxes of a server before they say a word."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._as_of: _Stamp | None = None
        self.quirks = Quirks()

    async def learnt(self) -> Learnt:
        """Return what is remembered of all wallboxes, in a store of ours."""
        if (known := self._hass.data.get(_LEARNT)) is not None:
            return known
        store: Store[dict[str, object]] = Store(
            self._hass, _STORE_VERSION, f"{DOMAIN}_ocpp_limits"
        )
        data = await store.async_load()
        if (known := self._hass.data.get(_LEARNT)) is not None:
            return known  # another server was quicker

        def changed() -> None:
            store.async_delay_save(lambda: dict(learnt.as_data()), _SAVE_AFTER_S)

        learnt = self._hass.data[_LEARNT] = Learnt(data, changed)
        return learnt

    async def read(self) -> None:
        """Read both files; one of the owner's that is wrong is told, and left out.

        Nothing is done as long as the owner's is as it was: each wallbox asks.
        """
        path = Path(self._hass.config.path(DOMAIN, FILE))
        as_of = await self._hass.async_add_executor_job(_stamp, path)
        if as_of == self._as_of:
            return
        shipped, own, error = await self._hass.async_add_executor_job(_read, path)
        self._as_of = as_of
        self.quirks = Quirks((*shipped, *own))
        if error is None:
            ir.async_delete_issue(self._hass, DOMAIN, _ISSUE)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _ISSUE,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=_ISSUE,
            translation_placeholders={
                "file": f"{DOMAIN}/{FILE}",
                "line": str(error.line),
                "field": error.field[:_SHOWN] or "-",
            },
        )


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size


def _read(
    path: Path,
) -> tuple[tuple[Entry, ...], tuple[Entry, ...], QuirksError | None]:
    shipped = read_quirks(SHIPPED)
    try:
        return shipped, read_quirks(path), None
    except FileNotFoundError:
        return shipped, (), None
    except OSError:
        return shipped, (), QuirksError(1, "")
    except QuirksError as err:
        return shipped, (), err
