"""Tells the owner of a site when its grid meter can't be right: issues, not logs."""

from astral.sun import elevation  # type: ignore[import-untyped]  # has no types
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.sun import get_astral_observer
from homeassistant.util import dt as dt_util

from . import registry
from .charger_watch import ChargerWatch, Steady
from .const import CONF_GRID_IMPORT, CONF_GRID_METER, CONF_GRID_POWER, DOMAIN
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator
from .engine.charging import State
from .engine.charging.sign import Finding, Measured, SignWatch
from .figures import figures_of_house

GUARD_PERIOD_MS = 2500
"""A slower meter may steer by the sun, but may not guard a fuse."""
STEADY_S = 120
"""How long a meter is slow, or fast again, before anything is said."""
_DARK_DEGREES = -6
_SUN_EVERY_S = 60


@callback
def watch(hass: HomeAssistant, entry: SiteEntry) -> CALLBACK_TYPE:
    """Watch a site; returns the function that ends it and takes its issues back."""
    site_watch, charger_watch = SiteWatch(hass, entry), ChargerWatch(hass, entry)
    ends = [
        entry.runtime_data.listen(site_watch.look),
        entry.runtime_data.listen(charger_watch.look),
    ]

    @callback
    def stop() -> None:
        for end in ends:
            end()
        site_watch.clear()
        charger_watch.clear()

    return stop


class SiteWatch:
    """Makes issues about a grid meter: its pace, its sign, phases it does not know."""

    def __init__(self, hass: HomeAssistant, entry: SiteEntry) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._entry = entry
        self._site: SiteController = entry.runtime_data
        self._slow_issue = f"slow_meter_{entry.entry_id}"
        self._sign_issue = f"sign_{entry.entry_id}"
        self._clock = hass.loop.time
        self._slow = Steady()
        self._total_issue = f"only_total_{entry.entry_id}"
        self._only_total = Steady()
        self._sign = SignWatch()
        self._said: Finding | None = None
        self._night = False
        self._night_at = float("-inf")

    @callback
    def look(self) -> None:
        """Judge the last look of the site."""
        if (look := self._site.last_look) is None or look.state.grid is None:
            return
        self._look_at_pace(look.settings.grid_period_ms)
        total = look.state.grid.currents_ma is None
        if self._only_total.turned(self._clock(), so=total, lasts_s=STEADY_S):
            self._say_only_total()
        self._sign.look(look.state.grid, _measured(look.state), night=self._is_night())
        if self._sign.finding is not self._said:
            self._say_sign(self._sign.finding)

    @callback
    def clear(self) -> None:
        """Take back what was said."""
        for issue in (self._slow_issue, self._sign_issue, self._total_issue):
            ir.async_delete_issue(self._hass, DOMAIN, issue)

    def _look_at_pace(self, period_ms: int) -> None:
        slow = period_ms > GUARD_PERIOD_MS
        if self._slow.turned(self._clock(), so=slow, lasts_s=STEADY_S):
            self._say_pace(period_ms)

    def _say_pace(self, period_ms: int) -> None:
        if not self._slow.so:
            ir.async_delete_issue(self._hass, DOMAIN, self._slow_issue)
            return
        meter = self._own_meter()
        interval = None if meter is None else fast_interval(meter)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._slow_issue,
            data=None
            if meter is None or interval is None
            else {"entry_id": meter.config_entry.entry_id, "interval": interval},
            is_fixable=interval is not None,
            severity=ir.IssueSeverity.WARNING,
            translation_key="slow_meter" if interval is None else "slow_interval",
            translation_placeholders={
                "site": self._entry.title,
                "meter": self._meter_name(),
                "period": figures_of_house(self._hass).plain(
                    round(period_ms / 1000, 1)
                ),
                "interval": str(interval),
            },
        )

    def _say_only_total(self) -> None:
        if not self._only_total.so:
            ir.async_delete_issue(self._hass, DOMAIN, self._total_issue)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._total_issue,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="only_total",
            translation_placeholders={
                "site": self._entry.title,
                "meter": self._meter_name(),
            },
        )

    def _say_sign(self, finding: Finding | None) -> None:
        self._said = finding
        if finding is None:
            ir.async_delete_issue(self._hass, DOMAIN, self._sign_issue)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._sign_issue,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=finding,
            translation_placeholders={
                "site": self._entry.title,
                "meter": self._meter_name(),
                "power": str(self._sign.export_w),
            },
        )

    def _own_meter(self) -> DeviceCoordinator | None:
        key = self._entry.data.get(CONF_GRID_METER)
        found = (one for one in registry.present(self._hass) if one.key == key)
        meter = next(found, None)
        return meter if isinstance(meter, DeviceCoordinator) else None

    def _meter_name(self) -> str:
        if (meter := self._own_meter()) is not None:
            return meter.title
        data = self._entry.data
        entity_id: str = data.get(CONF_GRID_POWER) or data.get(CONF_GRID_IMPORT, "")
        state = self._hass.states.get(entity_id)
        return entity_id or self._entry.title if state is None else state.name

    def _is_night(self) -> bool:
        """Whether it was night a short while ago."""
        now = self._clock()
        if now - self._night_at >= _SUN_EVERY_S:
            self._night_at = now
            self._night = is_night(self._hass)
        return self._night


def is_night(hass: HomeAssistant) -> bool:
    """Whether the sun is so low that nothing of it can be turned into power."""
    degrees: float = elevation(get_astral_observer(hass), dt_util.utcnow())
    return degrees < _DARK_DEGREES


def fast_interval(meter: DeviceCoordinator) -> int | None:
    """Return an interval in s at which a meter can guard a fuse, if it has one."""
    fast = (s for s in meter.family.intervals_s if s * 1000 <= GUARD_PERIOD_MS)
    return next(fast, None)


def _measured(state: State) -> dict[str, Measured]:
    return {
        one.key: Measured(one.measured_at_ms, sum(one.measured_ma))
        for one in state.chargers
        if one.measured_ma is not None and one.measured_at_ms is not None
    }
