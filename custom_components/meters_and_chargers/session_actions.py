"""Actions for the log of charging sessions: an answer, and a file."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError, write_utf8_file_atomic
from homeassistant.util.json import JsonValueType
import voluptuous as vol

from .billing import stand_ins
from .const import DOMAIN
from .engine.journal import Journal, JournalError, Transaction
from .ocpp import journals
from .session_log import Names, logged, row, table, totals

_DEVICE: Final = "device_id"
_FROM: Final = "from"
_TO: Final = "to"
_LIMIT: Final = "limit"
_SIGNED: Final = "signed_values"
_DECIMAL: Final = "decimal"
_WHOLE_LOG = 100_000

_WHICH = {
    vol.Optional(_DEVICE): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional(_FROM): cv.datetime,
    vol.Optional(_TO): cv.datetime,
}
_GET = vol.Schema(
    {
        **_WHICH,
        vol.Optional(_LIMIT, default=500): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=5000)
        ),
        vol.Optional(_SIGNED, default=False): cv.boolean,
    }
)
_EXPORT = vol.Schema(
    {
        **_WHICH,
        vol.Optional(_DECIMAL, default="point"): vol.In(["point", "comma"]),
    }
)


@callback
def register(hass: HomeAssistant) -> None:
    """Make the actions known; they are there whether a server is set up or not."""
    hass.services.async_register(
        DOMAIN, "get_sessions", _get_sessions, _GET, SupportsResponse.ONLY
    )
    hass.services.async_register(
        DOMAIN, "export_sessions", _export_sessions, _EXPORT, SupportsResponse.OPTIONAL
    )


async def _get_sessions(call: ServiceCall) -> ServiceResponse:
    """Answer with the sessions of some wallboxes or of all, the newest first."""
    limit: int = call.data[_LIMIT]
    journal, found = await _found(call, limit + 1)
    names, now = Names.of(call.hass), dt_util.utcnow()
    rows = [row(one, names, now) for one in found[:limit]]
    answers: list[JsonValueType] = []
    for one, shown in zip(found, rows, strict=False):
        answer: dict[str, JsonValueType] = {**shown}
        if call.data[_SIGNED]:
            answer[_SIGNED] = await _signed(journal, one)
        answers.append(answer)
    return {
        "sessions": answers,
        "total": {**totals(rows)},
        "more": len(found) > limit,
    }


async def _signed(journal: Journal, one: Transaction) -> list[JsonValueType]:
    try:
        values = await journal.signed_values(one.id)
    except JournalError as err:
        raise _failed("log_not_read", error=str(err)) from err
    return [
        {
            "time": None if value.time is None else value.time.isoformat(),
            "context": value.context,
            "text": value.text,
        }
        for value in values
    ]


async def _export_sessions(call: ServiceCall) -> ServiceResponse:
    """Write the sessions into a file of the configuration's folder, oldest first."""
    hass = call.hass
    _, found = await _found(call, _WHOLE_LOG)
    names, now = Names.of(hass), dt_util.utcnow()
    path = Path(hass.config.path(DOMAIN, _file_name(call)))
    comma = call.data[_DECIMAL] == "comma"

    def write() -> None:
        rows = (row(one, names, now) for one in reversed(found))
        path.parent.mkdir(exist_ok=True)
        write_utf8_file_atomic(str(path), table(rows, comma=comma))

    try:
        await hass.async_add_executor_job(write)
    except (OSError, WriteError) as err:
        raise _failed("file_not_written", path=str(path), error=str(err)) from err
    return {"path": str(path), "sessions": len(found)}


def _file_name(call: ServiceCall) -> str:
    """Name a file by the time it is about; the same again replaces it."""
    ends = [
        f"{_local(time):%Y-%m-%d}" if (time := call.data.get(end)) else end
        for end in (_FROM, _TO)
    ]
    name = "_".join(one for one in ends if one not in (_FROM, _TO)) or "all"
    return f"sessions_{name}.csv"


async def _found(
    call: ServiceCall, limit: int
) -> tuple[Journal, tuple[Transaction, ...]]:
    """Return the sessions that a call is about."""
    # All are one file.
    known = chain(journals(call.hass), (one.journal for one in stand_ins(call.hass)))
    if (journal := next(known, None)) is None:
        raise _refused("no_session_log")
    since, until = (
        None if (time := call.data.get(end)) is None else _local(time)
        for end in (_FROM, _TO)
    )
    chargers = _chargers(call.hass, call.data.get(_DEVICE))
    read = partial(journal.sessions, chargers=chargers, limit=limit)
    try:
        return journal, await read(since=since, until=until)
    except JournalError as err:
        raise _failed("log_not_read", error=str(err)) from err


def _local(time: datetime) -> datetime:
    """Return a time; one without a zone is the house's own."""
    return time if time.tzinfo else time.replace(tzinfo=dt_util.get_default_time_zone())


def _chargers(hass: HomeAssistant, device_ids: Iterable[str] | None) -> set[str] | None:
    """Return under which names the wallboxes are logged whose devices are named."""
    if device_ids is None:
        return None
    known = {one.owner_id: one.name for one in logged(hass)}
    chargers = set[str]()
    for device_id in device_ids:
        owners = _owners(hass, device_id)
        found = {name for owner_id, name in known.items() if owner_id in owners}
        if not found:
            raise _refused("not_a_wallbox")
        chargers |= found
    return chargers


def _owners(hass: HomeAssistant, device_id: str) -> set[str | None]:
    """Return whose page a device is, and who else has entities there."""
    device = dr.async_get(hass).async_get(device_id)
    entities = er.async_entries_for_device(er.async_get(hass), device_id)
    # A site's wallbox stands on the page of another integration.
    owners = {one.config_subentry_id for one in entities}
    return owners if device is None else {device.config_entry_id, *owners}


def _refused(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)


def _failed(key: str, **details: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=details
    )
