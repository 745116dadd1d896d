"""A charger of a site, wherever its own entry is: what it says, and what it is told."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from . import registry
from .charge_plan import CarLevel, ChargePlan, engine_plan
from .charger_meter import ChargerMeter, Measured, Wiring
from .const import (
    CONF_CHARGER,
    CONF_CIRCUIT,
    CONF_CURRENT_ENTITY,
    CONF_MODE,
    CONF_PRIORITY,
    CONF_SETTLE,
)
from .engine.charging import (
    MAIN,
    ChargerMemory,
    ChargerSettings,
    ChargerState,
    ChargerView,
    Explanation,
    Mode,
    PhaseCurrents,
    PhaseSwitch,
    PhaseUse,
    Plan,
    Reason,
)
from .engine.model import Setpoint
from .entity_charger import EntityCharger
from .limit_writer import LimitWriter
from .ocpp_connector import Connector
from .sun_count import SunCount

_ABSENT = Setpoint(minimum_ma=6000, maximum_ma=32000, step_ma=1000)
"""Bounds of a charger that has not been seen since the start: reserve much."""
_LEAST_CHANGE_MA = 300
"""Less is within the errors of the meter."""
_VOLTAGE = 230
_METER_FRESH_MS = 60_000
"""A charger's own meter that says nothing for longer does not count."""
_CENTS = 100_000
"""Thousandths of a cent in one unit of the currency."""
_SETTLE_S = 8


class SiteCharger:
    """A charger of the site, wherever its own entry is."""

    _limit_ma: int | None = None
    _phases_seen: int | None = None

    def __init__(
        self, hass: HomeAssistant, subentry: ConfigSubentry, place: int = 0
    ) -> None:
        """Take the charger's wiring from its subentry, the how-manieth of the site."""
        self.hass = hass
        data = subentry.data
        self.key: str = data[CONF_CHARGER]
        self.subentry_id = subentry.subentry_id
        self.title = subentry.title
        self.circuit: str = data.get(CONF_CIRCUIT, MAIN)
        self.mode = Mode(data[CONF_MODE])
        self.minimum_ma: int | None = None
        self.maximum_ma: int | None = None
        """What the user chose; None for the charger's own bounds."""
        self.target_wh: int | None = None
        self.priority = int(data.get(CONF_PRIORITY, 0))
        """From 0 to 9; more goes first."""
        self._place = place
        self.phase_use = PhaseUse.AUTO
        self.enabled = True
        """Whether the user lets it charge at all."""
        self.max_price: float | None = None
        """It charges fast at this price or below; currency per kWh."""
        self.minimum_percent = 0
        """It charges fast while its car is below this level; 0 for never."""
        self.boost_until_ms: int | None = None
        """Until when it charges fast; by the event loop's clock."""
        self.boost_ma: int | None = None
        self.plan: ChargePlan | None = None
        self.counted_wh = 0.0
        """What its car has drawn, for one that counts no session itself."""
        self.sun = SunCount()
        self.writer = LimitWriter(self)
        self.explanation: Explanation | None = None
        """Why it gets what it gets, by the last decision."""
        self.view: ChargerView | None = None
        """What is shown of it besides, by the last decision."""
        self._counts = ChargerView()
        """What was counted today before the site was set up."""
        self.own_entity: str | None = data.get(CONF_CURRENT_ENTITY)
        """The entity of another integration that sets its current, if it is one."""
        self.entities = (
            EntityCharger(hass, self.title, data) if self.own_entity else None
        )
        self._counted_at_ms: int | None = None
        self._was_plugged: bool | None = None
        self.present: registry.Present | None = self.entities or registry.find(
            hass, self.key
        )
        self._setpoint = _ABSENT
        self._write_interval_ms = 2000
        self._settle_ms = round(data.get(CONF_SETTLE, _SETTLE_S) * 1000)
        self.wiring = Wiring(data)
        self.meter = ChargerMeter(hass, data, self.wiring)
        self.car_level = CarLevel.of(hass, data)
        """How full the car is, if it tells and the size of its battery is known."""

    @property
    def phases(self) -> tuple[bool, bool, bool]:
        """The grid's phases it can load."""
        return self.wiring.phases

    @callback
    def start(self, on_change: Callable[[], None]) -> CALLBACK_TYPE:
        """Follow the charger; returns the function that ends it."""

        @callback
        def came_or_went(found: registry.Present | None) -> None:
            self.present = found
            on_change()

        ends = [self.meter.start()]
        if self.entities is not None:
            ends.append(self.entities.start(on_change))
        else:
            ends.append(registry.subscribe(self.hass, self.key, came_or_went))

        @callback
        def stop() -> None:
            for end in ends:
                end()

        return stop

    @property
    def switches_phases(self) -> bool:
        """Whether it can be told to charge on one phase alone."""
        several = len(self.wiring.order) > 1
        return several and self.present is not None and self.present.switches_phases

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in; None when nobody can tell."""
        found = self.present
        return found.plugged if found is not None and found.online else None

    @callback
    def boost(self, minutes: float, current_ma: int | None = None) -> None:
        """Charge fast for a while, whatever the mode; at most with a current."""
        self.boost_until_ms = self._now_ms + round(minutes * 60_000)
        self.boost_ma = current_ma

    @callback
    def end_boost(self) -> None:
        """Go back to the mode."""
        self.boost_until_ms = self.boost_ma = None

    @callback
    def set_plan(self, plan: ChargePlan) -> None:
        """Have an energy or a charge level ready at a time."""
        self.plan = plan

    @callback
    def clear_plan(self) -> None:
        """Forget the plan."""
        self.plan = None

    @callback
    def choose(self, mode: Mode) -> None:
        """Change the mode; without a word of the plug a session begins as off ends."""
        if self.mode is Mode.OFF is not mode and self._was_plugged is None:
            self.counted_wh = 0.0
        self.mode = mode

    @callback
    def aim_for(self, target_wh: int | None) -> None:
        """Change the target energy; counting begins with the first one."""
        if self.target_wh is None:
            self.counted_wh = 0.0
        self.target_wh = target_wh

    @callback
    def recall(self, **counted: int) -> None:
        """Take over what was counted earlier today; before the first decision."""
        self._counts = ChargerView(
            starts_today=counted.get("starts_today", self._counts.starts_today),
            phase_changes_today=counted.get(
                "phase_changes_today", self._counts.phase_changes_today
            ),
        )

    def memory(self, day: int) -> ChargerMemory:
        """Return what the first decision has to know."""
        counts = self._counts
        switch = PhaseSwitch(changes_today=counts.phase_changes_today)
        return ChargerMemory(
            self.key, day=day, starts_today=counts.starts_today, switch=switch
        )

    @property
    def starts_today(self) -> int:
        """How often it has begun to charge today."""
        return (self.view or self._counts).starts_today

    @property
    def phase_changes_today(self) -> int:
        """How often it has changed its phases today."""
        return (self.view or self._counts).phase_changes_today

    @property
    def absent(self) -> bool:
        """Whether its own entry is not set up."""
        return self.present is None

    @property
    def counts_energy(self) -> bool:
        """Whether the energy of a session can be told."""
        found = self.present
        if self.meter.there:
            return True
        return found is not None and (
            found.session_energy_wh is not None or found.drawn is not None
        )

    @callback
    def narrow(
        self, *, minimum_ma: int | None = None, maximum_ma: int | None = None
    ) -> None:
        """Change a bound; the charger's own is no choice, so that it may change."""
        if minimum_ma is not None:
            own = minimum_ma <= self.bounds.minimum_ma
            self.minimum_ma = None if own else minimum_ma
        if maximum_ma is not None:
            own = maximum_ma >= self.bounds.maximum_ma
            self.maximum_ma = None if own else maximum_ma

    @property
    def seen(self) -> bool:
        """Whether the charger's own bounds are known."""
        return self.bounds is not _ABSENT

    @property
    def bounds(self) -> Setpoint:
        """The charger's own bounds."""
        found = self.present
        if found is not None and found.setpoint is not None:
            self._setpoint = found.setpoint
            self._write_interval_ms = found.write_interval_ms
        return self._setpoint

    @property
    def settings(self) -> ChargerSettings:
        """The charger's bounds, narrowed by the user's."""
        own = self.bounds
        minimum_ma = min(max(own.minimum_ma, self.minimum_ma or 0), own.maximum_ma)
        maximum_ma = min(own.maximum_ma, self.maximum_ma or own.maximum_ma)
        return ChargerSettings(
            key=self.key,
            phases=self.phases,
            minimum_ma=minimum_ma,
            maximum_ma=max(minimum_ma, maximum_ma),
            rating_ma=own.maximum_ma,
            step_ma=own.step_ma,
            least_change_ma=max(_LEAST_CHANGE_MA, own.least_change_ma),
            write_interval_ms=self._write_interval_ms,
            settle_ms=self._settle_ms,
            priority=self.priority,
            place=self._place,
            target_wh=self.target_wh,
            circuit=self.circuit,
            switches_phases=self.switches_phases,
            first_phase=self.wiring.first,
            phase_use=self.phase_use,
            max_price=None
            if self.max_price is None
            else round(self.max_price * _CENTS),
            minimum_percent=self.minimum_percent,
        )

    @property
    def state(self) -> ChargerState:
        """The charger as it is now."""
        online = False
        found = self.present
        if found is not None:
            online = found.online
            self._limit_ma = found.limit_ma
            self._phases_seen = found.phases
        measured = self._measured()
        limit_ma, session_wh = self._limit_ma, self._session_wh()
        return ChargerState(
            key=self.key,
            mode=self._mode_now,
            online=online,
            limit_ma=None if limit_ma is None else self._spread(limit_ma),
            measured_ma=None if measured is None else measured.currents_ma,
            measured_at_ms=None if measured is None else measured.at_ms,
            measures_phases=measured is not None and measured.by_phase,
            session_wh=session_wh,
            plugged=self.plugged,
            blocked=self._blocked,
            ceiling_ma=registry.ceiling_ma(self.hass, self.key),
            phases=self._phases_seen,
            boost_until_ms=self._boost_until_ms,
            boost_ma=self.boost_ma,
            plan=self._plan_now(session_wh),
            charge_percent=self._charge_percent(session_wh or 0),
        )

    @property
    def _mode_now(self) -> Mode:
        """A car that must not be paused charges on with the minimum without sun."""
        found = self.present
        keeps = isinstance(found, Connector) and found.keeps_minimum
        return Mode.MIN_SOLAR if keeps and self.mode is Mode.SOLAR else self.mode

    @property
    def _blocked(self) -> Reason | None:
        """What the wallbox says goes before what its owner wants."""
        found = self.present
        blocked = found.blocked if found is not None and found.online else None
        return blocked or (None if self.enabled else Reason.DISABLED)

    @property
    def _boost_until_ms(self) -> int | None:
        if self.boost_until_ms is not None and self.boost_until_ms <= self._now_ms:
            self.end_boost()
        return self.boost_until_ms

    def _plan_now(self, session_wh: int | None) -> Plan | None:
        """The plan that counts; one that repeats goes on to its next day.

        It does so at its time, unless its car still waits for what it was to have.
        """
        if (plan := self.plan) is None:
            return None
        known, now = engine_plan(plan, self.car_level, session_wh), dt_util.utcnow()
        missing = known is not None and (session_wh or 0) < known.energy_wh
        waits = missing and self.plugged is not False
        done = plan.weekdays and plan.ready_at <= now and not waits
        if not (done or plan.over(now)):
            return known
        self.plan = plan.following(now)
        return engine_plan(self.plan, self.car_level, session_wh)

    def _charge_percent(self, session_wh: int) -> int | None:
        """How full the car is, where that decides something."""
        level = self.car_level if self.minimum_percent else None
        return None if level is None else level.percent(session_wh)

    @property
    def _now_ms(self) -> int:
        return round(self.hass.loop.time() * 1000)

    def _session_wh(self) -> int | None:
        """The session's energy by the charger's own count, else by ours."""
        found = self.present
        if found is not None and found.session_energy_wh is not None:
            return round(found.session_energy_wh)
        return int(self.counted_wh) if self.counts_energy else None

    @callback
    def count(self, now_ms: int) -> None:
        """Add what it has drawn since the last call; a car that comes begins anew."""
        if (plugged := self.plugged) is not None:
            if plugged and self._was_plugged is False:
                self.counted_wh = 0.0
            self._was_plugged = plugged
        since, self._counted_at_ms = self._counted_at_ms, now_ms
        watts = self.drawn_w
        if watts is not None and since is not None:
            self.counted_wh += watts * (now_ms - since) / 3_600_000

    @property
    def drawn_w(self) -> float | None:
        """What it draws, where that is measured."""
        if (measured := self._measured()) is None:
            return None
        return max(0, sum(measured.currents_ma)) * _VOLTAGE / 1000

    @callback
    def note_sun(self, wh: float, share: float) -> None:
        """Count what its car has drawn, and the sun's part of it; also in the log."""
        self.sun.add(wh, share)
        if isinstance(found := self.present, Connector):
            found.note_sun(wh * share, wh)

    def _measured(self) -> Measured | None:
        """What it draws by its own meter, else by itself, unless that is old."""
        measured = self.meter.measured(self._phases_seen)
        if measured is None and (found := self.present) is not None:
            measured = self._word_of(found)
        if measured is None or self._now_ms - measured.at_ms > _METER_FRESH_MS:
            return None
        return measured

    def _word_of(self, found: registry.Present) -> Measured | None:
        """What a charger measures itself."""
        if (drawn := found.drawn) is None:
            return None
        own, at_ms = drawn
        return Measured(self.wiring.turn(own), at_ms, found.measures_phases)

    @property
    def most_ma(self) -> PhaseCurrents:
        """All it may have by its bounds, on all its phases."""
        return self.wiring.spread(self.settings.maximum_ma, None)

    @callback
    def apply(
        self, entry: ConfigEntry, limit_ma: PhaseCurrents, *, urgent: bool = False
    ) -> None:
        """Send a limit; of several that wait for the device only the last one goes."""
        limit = max(limit_ma), self._count(limit_ma)
        self.writer.apply(entry, limit, urgent=urgent)

    async def async_tell(self, limit_ma: PhaseCurrents) -> None:
        """Send a last limit and wait for it; what fails is logged as ever."""
        await self.writer.async_tell((max(limit_ma), self._count(limit_ma)))

    def _count(self, limit_ma: PhaseCurrents) -> int | None:
        """Return on how many phases a limit lets it charge, if that is a choice.

        One that has two of the grid's switches between one and all it has, too.
        """
        used = sum(current_ma > 0 for current_ma in limit_ma)
        if not used or not self.switches_phases:
            return None
        return 1 if used == 1 else len(limit_ma)

    def _spread(self, current_ma: int) -> PhaseCurrents:
        """Return a limit on the phases in use."""
        one = self.switches_phases and self._phases_seen == 1
        return self.wiring.spread(current_ma, 1 if one else None)
