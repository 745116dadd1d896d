"""What happens: at a wallbox, with a charger of a site, what a gateway tells."""

from typing import override

from homeassistant.components.event import ATTR_EVENT_TYPE, EventEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry
from .diris import GatewayCoordinator, GatewayEntry
from .diris_traps import TrapEvent
from .engine.charging import Reason, Stage
from .engine.devices.ocpp_charger import (
    ACTIVITIES,
    CARDS,
    CERTIFICATE_EXPIRING,
    SECURITY_EVENTS,
    Kind,
    Occurrence,
)
from .engine.model import CardReader
from .entity import ChargerEntity, DeviceEntity, SiteChargerEntity
from .ocpp_wallbox import ChargerEntry, ChargerHub
from .reason_text import explain
from .site_charger import SiteCharger

PARALLEL_UPDATES = 0

CHARGING_STARTED = "charging_started"
CHARGING_STOPPED = "charging_stopped"
CARD_PRESENTED = "rfid_presented"
PHASES_SWITCHED = "phases_switched"
PLAN_AT_RISK = "plan_at_risk"
VEHICLE_NOT_DRAWING = "vehicle_not_drawing"
_CHARGES = {CHARGING_STARTED, PHASES_SWITCHED, PLAN_AT_RISK}
"""A car that was told of like this last was charging."""
_CHARGING_MA = 1_000
"""A car that draws less only keeps itself awake."""
_PAUSE_MS = 180_000
_SETTLE_MS = 120_000
_GOES_ON = {
    Stage.STARTING,
    Stage.CHARGING,
    Stage.LIMITED,
    Stage.STOP_DELAY,
    Stage.SWITCHING_PHASES,
}
"""In these a car that draws nothing is expected to go on."""


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargerEntry | DeviceEntry | SiteEntry | GatewayEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make the event entity of a wallbox, of a gateway, or of a site's chargers."""
    runtime = entry.runtime_data
    if isinstance(runtime, GatewayCoordinator):
        if runtime.traps is not None:
            async_add_entities([TrapEvent(runtime, runtime.traps)])
        return
    if isinstance(runtime, DeviceCoordinator):
        if isinstance(runtime.device, CardReader):
            async_add_entities([CardEvent(runtime)])
        return
    if isinstance(runtime, ChargerHub):
        async_add_entities(
            [ActivityEvent(runtime), CardsEvent(runtime), SecurityEvent(runtime)]
        )
        return
    for charger in runtime.chargers:
        async_add_entities(
            [SiteActivity(runtime, charger)], config_subentry_id=charger.subentry_id
        )


class ChargerEvent(ChargerEntity, EventEntity):
    """The last thing that happened to a wallbox, of some kinds.

    Each kind belongs to one entity, so that nothing is told twice.
    """

    _attr_event_types: list[str]
    _key: str

    def __init__(self, hub: ChargerHub) -> None:
        """Belong to a wallbox."""
        super().__init__(hub, 1, self._key)
        self._attr_translation_key = self._key

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what happens."""
        await super().async_added_to_hass()
        self.async_on_remove(self._hub.listen_occurrences(self._happened))

    @callback
    def _happened(self, occurrence: Occurrence) -> None:
        if (event := self._event_of(occurrence)) in self._attr_event_types:
            self._trigger_event(event, self._facts_of(occurrence))
            self.async_write_ha_state()

    def _event_of(self, occurrence: Occurrence) -> str:
        return occurrence.kind

    def _facts_of(self, occurrence: Occurrence) -> dict[str, object]:
        return {"connector": occurrence.connector, **occurrence.data}


class ActivityEvent(ChargerEvent):
    """Transactions, starts and files; a card's number never appears in full."""

    _key = "activity"
    _attr_event_types = list(ACTIVITIES)  # noqa: RUF012 - Home Assistant's own type


class CardsEvent(ChargerEvent):
    """What became of a card that was held to the wallbox, by its label alone."""

    _key = "cards"
    _attr_event_types = list(CARDS)  # noqa: RUF012 - Home Assistant's own type


class SecurityEvent(ChargerEvent):
    """What concerns who the wallbox is; there also while it can't connect for that."""

    _key = "security"
    _attr_event_types = list(SECURITY_EVENTS)  # noqa: RUF012 - Home Assistant's own type
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def available(self) -> bool:
        """Who stands before the door is known without the wallbox."""
        return True

    @override
    @callback
    def _happened(self, occurrence: Occurrence) -> None:
        # It is said each day, and at each start.
        known, event = self.state_attributes, self._event_of(occurrence)
        if (event, event, occurrence.data.get("date")) == (
            CERTIFICATE_EXPIRING,
            known.get(ATTR_EVENT_TYPE),
            known.get("date"),
        ):
            return
        super()._happened(occurrence)

    @override
    def _event_of(self, occurrence: Occurrence) -> str:
        if occurrence.kind is not Kind.SECURITY:
            return ""
        return str(occurrence.data["event"])

    @override
    def _facts_of(self, occurrence: Occurrence) -> dict[str, object]:
        return {key: fact for key, fact in occurrence.data.items() if key != "event"}


class CardEvent(DeviceEntity, EventEntity):
    """A card held against a wallbox that is polled; off until its owner wants it."""

    _attr_translation_key = "activity"
    _attr_event_types = [CARD_PRESENTED]  # noqa: RUF012 - Home Assistant's own type
    _attr_entity_registry_enabled_default = False

    def __init__(self, coordinator: DeviceCoordinator) -> None:
        """Belong to a wallbox."""
        super().__init__(coordinator, "activity")

    @override
    async def async_added_to_hass(self) -> None:
        """Have it asked for cards from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_follow_cards(self._presented))

    @callback
    def _presented(self, tag: str) -> None:
        self._trigger_event(CARD_PRESENTED, {"tag": tag})
        self.async_write_ha_state()


class SiteActivity(SiteChargerEntity, EventEntity):
    """The last thing that happened to a charger of a site, and the reason then."""

    _attr_event_types = [  # noqa: RUF012 - Home Assistant's own type
        CHARGING_STARTED,
        CHARGING_STOPPED,
        PHASES_SWITCHED,
        PLAN_AT_RISK,
        VEHICLE_NOT_DRAWING,
    ]

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "site_activity")
        self._charging: bool | None = None
        self._since_ms: int | None = None
        self._idle_since_ms: int | None = None
        self._reason: Reason | None = None
        self._plan_at_risk: bool | None = None
        self._phases: int | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from what was told before a restart."""
        await super().async_added_to_hass()
        last = self.state_attributes.get(ATTR_EVENT_TYPE)
        if last is not None:
            self._charging = last in _CHARGES

    @override
    @callback
    def _changed(self) -> None:
        look, charger = self._controller.last_look, self._charger
        if look is None or charger.explanation is None:
            return
        reason = charger.explanation.reason
        state = next(one for one in look.state.chargers if one.key == charger.key)
        if state.online:
            memory = next(
                one for one in look.decision.memory.chargers if one.key == charger.key
            )
            drawing = memory.drawing and any(state.limit_ma or ())
            if state.measured_ma is not None:
                drawing = max(state.measured_ma) >= _CHARGING_MA
            self._look_at_current(
                look.now_ms, drawing=drawing, stage=charger.explanation.stage
            )
        if reason is not self._reason:
            # What was so before Home Assistant was started has not happened now.
            if self._reason is not None and reason is Reason.CAR_NOT_TAKING:
                self._tell(VEHICLE_NOT_DRAWING)
            self._reason = reason
        self._look_at_plan()
        self._look_at_phases()

    def _look_at_current(self, now_ms: int, *, drawing: bool, stage: Stage) -> None:
        """Tell a start at once, a stop when it is meant: a car may pause shortly.

        After a restart measurements come late, and nothing has begun or ended then.
        """
        if self._since_ms is None:
            self._since_ms = now_ms
        settling = now_ms - self._since_ms < _SETTLE_MS
        if drawing:
            self._idle_since_ms = None
            if self._charging is False or (self._charging is None and not settling):
                self._tell(CHARGING_STARTED)
            self._charging = True
            return
        if self._idle_since_ms is None:
            self._idle_since_ms = now_ms
        if settling and self._charging is not False:
            return
        meant = stage not in _GOES_ON or now_ms - self._idle_since_ms >= _PAUSE_MS
        if self._charging and meant:
            self._tell(CHARGING_STOPPED)
        if meant or self._charging is None:
            self._charging = False

    def _look_at_plan(self) -> None:
        view = self._charger.view
        at_risk = view is not None and view.plan_at_risk
        if at_risk and self._plan_at_risk is False:
            self._tell(PLAN_AT_RISK)
        self._plan_at_risk = at_risk

    def _look_at_phases(self) -> None:
        view = self._charger.view
        phases = None if view is None else view.phases
        if phases != self._phases:
            if None not in (phases, self._phases):
                self._tell(PHASES_SWITCHED)
            self._phases = phases

    def _tell(self, event: str) -> None:
        explanation = self._charger.explanation
        reason = None if explanation is None else explanation.reason.value
        said = explanation and explain(self._controller, explanation)["sentence"]
        view = self._charger.view
        phases = None if view is None else view.phases
        self._trigger_event(
            event, {"reason": reason, "sentence": said, "phases": phases}
        )
        self.async_write_ha_state()
