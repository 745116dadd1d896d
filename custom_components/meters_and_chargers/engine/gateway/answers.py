"""What a backend asks of a virtual charge point, and what it is answered."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..model import DeviceError
from ..protocols.ocpp import Call, CallError, Code, Payload
from ..protocols.ocpp.raw import payload_of
from ..protocols.ocpp.scalars import integer, text
from ..protocols.ocpp.types import Json
from .charger import Charger, Settings
from .configuration import Configuration
from .profiles import Profiles, Slice
from .schedule import Purpose, RateUnit, Unusable, read
from .sessions import Sessions

_TRIGGERED = frozenset({"Heartbeat", "StatusNotification", "MeterValues"})
_YES: Payload = {"status": "Accepted"}
_NO: Payload = {"status": "Rejected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the answers tell the charge point that they speak for."""

    now_s: Callable[[], int]
    trigger: Callable[[str, int | None], None]
    """Sends a message after the answer."""
    changed: Callable[[], None]
    """Limits or settings are others."""
    begin: Callable[[int | None, str, Payload | None], Awaitable[bool]]
    """Begins a transaction of a card on a connector, with its own profile."""


class Answers:
    """Answers each call from what is kept here, or asks the charger."""

    def __init__(
        self,
        charger: Charger,
        profiles: Profiles,
        configuration: Configuration,
        sessions: Sessions,
        told: Told,
    ) -> None:
        """Speak for one charge point."""
        self.settings = Settings()
        self._charger = charger
        self._profiles = profiles
        self._configuration = configuration
        self._sessions = sessions
        self._told = told
        self._answers: Mapping[str, Callable[[Payload], Awaitable[Payload]]] = {
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._clear_cache,
            "ClearChargingProfile": self._clear_profile,
            "GetCompositeSchedule": self._schedule,
            "GetConfiguration": self._get_configuration,
            "GetLocalListVersion": self._list_version,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "SetChargingProfile": self._set_profile,
            "TriggerMessage": self._trigger,
        }

    async def answer(self, call: Call) -> Payload:
        """Answer one call; raises `CallError` for what is not offered."""
        if (answer := self._answers.get(call.action)) is not None:
            return await answer(call.payload)
        needed = call.action
        if needed == "Reset" and call.payload.get("type") == "Hard":
            needed = "HardReset"
        if needed not in self.settings.passed_on:
            if call.action in ("Reset", "DataTransfer"):
                return _NO
            raise CallError(Code.NOT_SUPPORTED)
        try:
            return await self._charger.pass_on(call.action, payload_of(call.raw))
        except DeviceError as err:
            # What it would say is not known, and the backend must not wait for ever.
            raise CallError(Code.INTERNAL_ERROR) from err

    # Settings

    async def _get_configuration(self, payload: Payload) -> Payload:
        offered = self._charger.reserves and "ReserveNow" in self.settings.passed_on
        self._configuration.offer_reservations(offered=offered)
        return self._configuration.get(payload)

    async def _change_configuration(self, payload: Payload) -> Payload:
        status = self._configuration.change(payload)
        if status == "Accepted":
            self._told.changed()
        return {"status": status}

    async def _clear_cache(self, _: Payload) -> Payload:
        return _YES

    async def _list_version(self, _: Payload) -> Payload:
        return {"listVersion": -1}  # no such list (5.10)

    async def _trigger(self, payload: Payload) -> Payload:
        wanted = text(payload.get("requestedMessage"))
        connector = integer(payload.get("connectorId"))
        if wanted not in _TRIGGERED:
            # Not a boot: it was accepted (errata 3.40).
            known = wanted.endswith("Notification")
            return {"status": "Rejected" if known else "NotImplemented"}
        if connector is not None and not 0 <= connector <= self._charger.connectors:
            return _NO
        self._told.trigger(wanted, connector)
        return _YES

    # Transactions

    async def _remote_start(self, payload: Payload) -> Payload:
        connector, tag = integer(payload.get("connectorId")), text(payload.get("idTag"))
        profile = payload.get("chargingProfile")
        if not tag or (connector is not None and connector in self._sessions.running):
            return _NO
        own: Payload | None = None
        if profile is not None:
            if not isinstance(profile, dict) or not _is_own(profile):
                return _NO
            own = profile
        return _YES if await self._told.begin(connector, tag, own) else _NO

    async def _remote_stop(self, payload: Payload) -> Payload:
        session = self._sessions.called(integer(payload.get("transactionId")))
        if session is None or not await self._charger.end(session, "Remote"):
            return _NO
        return _YES

    # Charging profiles

    async def _set_profile(self, payload: Payload) -> Payload:
        profile = payload.get("csChargingProfiles")
        connector = integer(payload.get("connectorId"))
        if not isinstance(profile, dict) or connector is None:
            raise CallError(Code.FORMATION_VIOLATION)
        try:
            self._profiles.put(connector, profile, self._told.now_s())
        except Unusable:
            return _NO
        self._told.changed()
        return _YES

    async def _clear_profile(self, payload: Payload) -> Payload:
        if not self._profiles.clear(payload):
            return {"status": "Unknown"}
        self._told.changed()
        return _YES

    async def _schedule(self, payload: Payload) -> Payload:
        connector = integer(payload.get("connectorId"))
        duration_s = integer(payload.get("duration"))
        if connector is None or not 0 <= connector <= self._charger.connectors:
            return _NO
        if duration_s is None or duration_s <= 0:
            return _NO
        caps = {
            number: self._charger.bounds(number).lowest[0]
            for number in range(1, self._charger.connectors + 1)
        }
        now_s = self._told.now_s()
        slices = self._profiles.schedule(connector, now_s, duration_s, caps)
        in_watts = text(payload.get("chargingRateUnit")) == RateUnit.WATT
        start = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "status": "Accepted",
            "connectorId": connector,
            "scheduleStart": start,
            "chargingSchedule": {
                "duration": duration_s,
                "startSchedule": start,
                "chargingRateUnit": RateUnit.WATT if in_watts else RateUnit.AMPERE,
                "chargingSchedulePeriod": [
                    _period(one, in_watts=in_watts) for one in slices
                ],
            },
        }


def _is_own(profile: Payload) -> bool:
    """Say whether a profile may come with a remote start (5.16.2)."""
    try:
        found = read(profile)
    except Unusable:
        return False
    return found.purpose is Purpose.TRANSACTION and found.transaction is None


def _period(one: Slice, *, in_watts: bool) -> Json:
    """Write a slice; a limit has one decimal, and is rounded down so that it holds."""
    milli = one.allowed.power() if in_watts else one.allowed.current()
    return {
        "startPeriod": one.start_s,
        "limit": milli // 100 / 10,
        "numberPhases": one.allowed.phases,
    }
