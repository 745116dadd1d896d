"""Long-term statistics of exported files: what there is, and hours that are added."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
import hashlib
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import slugify

from .const import DOMAIN
from .engine.devices.diris.export import Channel, Counted, HourOf, Stored

if TYPE_CHECKING:
    from homeassistant.components.recorder.models import (
        StatisticData,
        StatisticMetaData,
    )

_HOUR_S = 3600
_BACK = timedelta(days=7)
"""Where the hour before the first new one is looked for at first."""
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
_TRIES = 20
_TRY_S = 0.5
_LETTERS = 100
_SAME = 1e-9
_UNITS = {"VAr": "var", "kVAr": "kvar", "VArh": "varh", "kVArh": "kvarh"}

type Found = Mapping[str, Sequence[Any]]


def statistic_id(channel: Channel) -> str:
    """Return the id of a value's statistic: readable, and of that value alone."""
    name = slugify(channel.key.removeprefix("table|"))[:_LETTERS].strip("_")
    whole = f"{channel.key}|{channel.unit}".encode()
    return f"{DOMAIN}:diris_{name}_{hashlib.sha256(whole).hexdigest()[:8]}"


async def known(hass: HomeAssistant, stored: Stored) -> dict[Channel, list[Counted]]:
    """Return what the recorder has of a file's hours, and of counters around them."""
    return await get_instance(hass).async_add_executor_job(_known, hass, stored)


def _known(hass: HomeAssistant, stored: Stored) -> dict[Channel, list[Counted]]:
    found: dict[Channel, list[Counted]] = {}
    channels = {one: hours for one, hours in stored.hours.items() if hours}
    for counts in (False, True):
        some = {one: hours for one, hours in channels.items() if one.counts is counts}
        if not some:
            continue
        first = _moment(min(min(hours) for hours in some.values()))
        last = _moment(max(max(hours) for hours in some.values()) + 1)
        if not counts:
            rows = _rows(hass, some, first, last, "mean")
        else:
            rows = _rows(hass, some, first - _BACK, None, "sum", "state")
        for channel, hours in some.items():
            there = _counted(rows.get(statistic_id(channel), ()))
            start = min(hours)
            if counts and not any(one.hour < start for one in there):
                # Nothing for a week: the last hour of all before.
                before = _rows(
                    hass, [channel], _BEGIN, first - _BACK, "sum", "state"
                ).get(statistic_id(channel), ())
                there = _counted(before[-1:]) + there
            found[channel] = _from_before(there, start)
    return found


def _from_before(there: list[Counted], start: int) -> list[Counted]:
    """Return the last hour before the start, and all from there on."""
    before = [one for one in there if one.hour < start]
    return before[-1:] + [one for one in there if one.hour >= start]


def _counted(rows: Sequence[Any]) -> list[Counted]:
    return [
        Counted(
            round(row["start"] / _HOUR_S),
            row.get("state") or 0.0,
            row.get("sum") or 0.0,
        )
        for row in rows
    ]


def _rows(
    hass: HomeAssistant,
    channels: Mapping[Channel, Any] | Sequence[Channel],
    first: datetime,
    last: datetime | None,
    *kinds: Any,
) -> Found:
    # Without a recorder its libraries may be missing.
    from homeassistant.components.recorder.statistics import (  # noqa: PLC0415
        statistics_during_period,
    )

    ids = {statistic_id(channel) for channel in channels}
    return statistics_during_period(hass, first, last, ids, "hour", None, set(kinds))


async def bring(hass: HomeAssistant, hours: Mapping[Channel, Sequence[HourOf]]) -> bool:
    """Add hours to the recorder; returns whether it has committed them."""
    from homeassistant.components.recorder.statistics import (  # noqa: PLC0415
        async_add_external_statistics,
    )

    new = {channel: rows for channel, rows in hours.items() if rows}
    for channel, rows in new.items():
        async_add_external_statistics(
            hass,
            _metadata(channel),
            [_row(one) for one in rows],
        )
    instance = get_instance(hass)
    for attempt in range(_TRIES):
        await instance.async_block_till_done()
        # A job that failed is queued again behind this, or dropped with a line in the
        # log: only what can be read is there.
        if await instance.async_add_executor_job(_is_there, hass, new):
            return True
        await asyncio.sleep(_TRY_S if attempt else 0)
    return False


def _row(one: HourOf) -> StatisticData:
    start = _moment(one.hour)
    if isinstance(one, Counted):
        return {"start": start, "state": one.state, "sum": one.total}
    return {"start": start, "mean": one.mean, "min": one.low, "max": one.high}


def _is_there(hass: HomeAssistant, hours: Mapping[Channel, Sequence[HourOf]]) -> bool:
    for counts, kind in ((True, "sum"), (False, "mean")):
        some = {one: rows for one, rows in hours.items() if one.counts is counts}
        if not some:
            continue
        first = _moment(min(rows[0].hour for rows in some.values()))
        last = _moment(max(rows[-1].hour for rows in some.values()) + 1)
        found = _rows(hass, some, first, last, kind)
        for channel, rows in some.items():
            there = {
                round(row["start"] / _HOUR_S): row.get(kind)
                for row in found.get(statistic_id(channel), ())
            }
            for one in rows:
                ours = one.total if isinstance(one, Counted) else one.mean
                theirs = there.get(one.hour)
                if theirs is None or abs(theirs - ours) > _SAME * max(1, abs(ours)):
                    return False
    return True


def _metadata(channel: Channel) -> StatisticMetaData:
    from homeassistant.components.recorder.models import (  # noqa: PLC0415
        StatisticMeanType,
    )
    from homeassistant.components.recorder.statistics import (  # noqa: PLC0415
        STATISTIC_UNIT_TO_UNIT_CONVERTER,
    )

    unit = _UNITS.get(channel.unit, channel.unit) or None
    converter = STATISTIC_UNIT_TO_UNIT_CONVERTER.get(unit)
    return {
        "mean_type": (
            StatisticMeanType.NONE if channel.counts else StatisticMeanType.ARITHMETIC
        ),
        "has_sum": channel.counts,
        "name": channel.name,
        "source": DOMAIN,
        "statistic_id": statistic_id(channel),
        "unit_class": None if converter is None else converter.UNIT_CLASS,
        "unit_of_measurement": unit,
    }


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * _HOUR_S, UTC)
