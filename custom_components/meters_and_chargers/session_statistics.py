"""Long-term statistics of charging sessions: energy by wallbox and by card, hourly.

They are counted anew from the journal each time, so that what a wallbox reports late
lands in the hour it is of, and nothing is counted twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
import logging

from homeassistant.const import UnitOfEnergy
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_change
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.start import async_at_started
from homeassistant.util import slugify

from .const import DOMAIN
from .engine.devices.ocpp_charger import Change, Kind
from .engine.journal import HourOfEnergy, Journal, JournalError
from .session_log import Names, label_of

_LOGGER = logging.getLogger(__name__)

_AFTER_A_STOP_S = 10
_HOUR_S = 3600
_SAME_KWH = 1e-6
_LOOKED_AT = 2
"""The newest rows of a statistic: the last one may be of an hour that still ran."""


@dataclass(slots=True)
class _Series:
    """One statistic: its energy in Wh by hours since 1970."""

    name: str
    hours: dict[int, float] = field(default_factory=dict)

    def sums(self) -> list[tuple[int, float]]:
        """Return the hours in order, each with all energy up to its end; kWh."""
        total, found = 0.0, []
        for hour, wh in sorted(self.hours.items()):
            total += wh
            found.append((hour, total / 1000))
        return found


class SessionStatistics:
    """Keeps the recorder's statistics like the journal."""

    def __init__(self, hass: HomeAssistant, journal: Journal) -> None:
        """Do nothing yet."""
        self._hass = hass
        self._journal = journal
        self._soon: CALLBACK_TYPE | None = None
        self._stopped = False
        self._ends: list[CALLBACK_TYPE] = []

    @callback
    def start(self) -> None:
        """Look at the journal now, and each hour."""

        async def look(_: object) -> None:
            await self.refresh()

        self._ends = [
            async_at_started(self._hass, look),
            async_track_time_change(self._hass, look, minute=1, second=30),
        ]

    @callback
    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        for end in self._ends:
            end()
        self._ends = []
        if self._soon is not None:
            self._soon()
            self._soon = None

    @callback
    def changed(self, change: Change) -> None:
        """Look soon when a session has ended."""
        ended = any(one.kind is Kind.TRANSACTION_STOPPED for one in change.occurrences)
        if not ended or self._stopped or self._soon is not None:
            return

        async def look(_: datetime) -> None:
            self._soon = None
            await self.refresh()

        self._soon = async_call_later(self._hass, _AFTER_A_STOP_S, look)

    async def refresh(self) -> None:
        """Bring the recorder what it does not have."""
        if "recorder" not in self._hass.config.components:
            return
        try:
            hours = await self._journal.hours()
        except JournalError as err:
            _LOGGER.debug("No statistics of sessions: %s", err)
            return
        names = Names.of(self._hass).titles
        labels = {
            tag: label_of(self._hass, tag) for tag in {one.id_tag for one in hours}
        }
        series = await self._hass.async_add_executor_job(_series, hours, names, labels)
        for statistic_id, one in series.items():
            await _bring(self._hass, statistic_id, one)


def _series(
    hours: Iterable[HourOfEnergy], names: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, _Series]:
    """Return each statistic by its id."""
    found: dict[str, _Series] = {}
    for one in hours:
        name, label = names.get(one.charger, one.charger), labels[one.id_tag]
        belongs = [("wallbox", one.charger, name)]
        if label:
            belongs.append(("card", label, label))
        for kind, key, title in belongs:
            statistic_id = f"{DOMAIN}:{kind}_energy_{slugify(key)}"
            series = found.setdefault(statistic_id, _Series(title))
            series.hours[one.hour] = series.hours.get(one.hour, 0.0) + one.wh
    return found


async def _bring(hass: HomeAssistant, statistic_id: str, series: _Series) -> None:
    """Add what is new to a statistic; all of it where something older has changed."""
    # Without a recorder its libraries may be missing.
    from homeassistant.components.recorder.models import (  # noqa: PLC0415
        StatisticData,
        StatisticMeanType,
        StatisticMetaData,
    )
    from homeassistant.components.recorder.statistics import (  # noqa: PLC0415
        async_add_external_statistics,
        get_last_statistics,
    )

    sums = series.sums()
    last = await get_instance(hass).async_add_executor_job(
        get_last_statistics, hass, _LOOKED_AT, statistic_id, False, {"sum"}
    )
    known = [
        (round(there["start"] / _HOUR_S), there.get("sum"))
        for there in last.get(statistic_id, ())
    ]
    new = _new(sums, known)
    if not new:
        return
    async_add_external_statistics(
        hass,
        StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=series.name,
            source=DOMAIN,
            statistic_id=statistic_id,
            unit_class="energy",
            unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        ),
        [
            StatisticData(
                start=datetime.fromtimestamp(hour * _HOUR_S, UTC),
                state=total,
                sum=total,
            )
            for hour, total in new
        ],
    )


def _new(
    sums: Sequence[tuple[int, float]], known: Iterable[tuple[int, float | None]]
) -> Sequence[tuple[int, float]]:
    """Return the sums after the newest one that the recorder has as we have it."""
    ours = dict(sums)
    for hour, total in known:
        same = ours.get(hour)
        if total is not None and same is not None and abs(same - total) < _SAME_KWH:
            return [one for one in sums if one[0] > hour]
    return sums
