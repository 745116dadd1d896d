"""A fake wallbox that speaks OCPP 2.0.1 or 2.1: the same one behind other words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any
from uuid import uuid4

from ocpp import v21, v201  # type: ignore[import-untyped]  # has no types

from .charge_point import FREE, ChargePoint, Transaction
from .charge_point_2_security import PASSWORD, NetworkProfiles
from .charge_point_2_session import Session2, Session21
from .charge_point_line import Connection, Message
from .charge_point_meter import sample

_VERSIONS: Mapping[str, tuple[ModuleType, type[Session2]]] = {
    "2.0.1": (v201, Session2),
    "2.1": (v21, Session21),
}
_STATES = {
    "Charging": "Charging",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
    "Preparing": "EVConnected",
}
_OCCUPIED = {"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"}
_REASONS = {
    "HardReset": "ImmediateReset",
    "SoftReset": "ImmediateReset",
    "UnlockCommand": "Remote",
}
_TRIGGERS = {
    "Local": "StopAuthorized",
    "Remote": "RemoteStop",
    "EVDisconnected": "EVCommunicationLost",
    "DeAuthorized": "Deauthorized",
}


@dataclass(slots=True)
class _Course:
    """What is told of one transaction."""

    name: str = field(default_factory=lambda: str(uuid4()))
    events: int = 0
    state: str | None = None
    remote_start: int | None = None


class ChargePoint2(ChargePoint):
    """A wallbox with one EVSE and one connector."""

    prover = NetworkProfiles
    security: NetworkProfiles

    def __init__(self, *args: Any, version: str = "2.0.1", **options: Any) -> None:
        """Put a wallbox of a version before a car, like one of 1.6."""
        self.protocol = f"ocpp{version}"
        self.library, self._session_type = _VERSIONS[version]
        self.call = self.library.call
        self.types = self.library.datatypes
        self.local_list = 0
        self.card_kind = "ISO14443"
        """What it says that cards are."""
        self.impatient = False
        """Whether it comes back at once when it is given its first password."""
        self.remote_start: int | None = None
        self._course = _Course()
        super().__init__(*args, **options)

    @property
    def transaction_name(self) -> str | None:
        """What it calls the running transaction."""
        return None if self.transaction is None else self._course.name

    def reset(self, *, hard: bool) -> None:
        """Boot anew, and dial as it was told to."""
        self.security.restart()
        super().reset(hard=hard)

    def use_password(self, changed: tuple[str, str]) -> None:
        """Come back with a new password, if it uses one."""
        if PASSWORD in changed and (self.security.profile or self.impatient):
            self.drop()

    def ask_for_certificate(self) -> None:
        """Make a new key and have it signed."""
        request = self.call.SignCertificate(
            csr=self.security.request(), certificate_type="ChargingStationCertificate"
        )
        self.line.say(Message(lambda: request, asked=True))

    # -- how it tells ---------------------------------------------------------

    def _hello(self) -> Any:
        station = self.types.ChargingStationType(
            vendor_name="Simulated",
            model="Wallbox",
            serial_number=f"SN-{self.identity}"[:25],
            firmware_version="2.0.0",
        )
        return self.call.BootNotification(charging_station=station, reason="PowerUp")

    def _heartbeat(self) -> Any:
        return self.call.Heartbeat()

    def _session(self, connection: Connection, answer_s: float) -> Any:
        return self._session_type(self, connection, answer_s)

    def _ask_about(self, tag: str) -> None:
        def answered(answer: Any) -> None:
            if answer.id_token_info["status"] == "Accepted":
                self._card(tag)

        question = self.call.Authorize(id_token=self._token(tag))
        self.line.say(Message(lambda: question, answered=answered))

    def _token(self, tag: str) -> Any:
        kind = self.card_kind
        if tag == FREE:
            tag, kind = "", "NoAuthorization"
        return self.types.IdTokenType(id_token=tag, type=kind)

    def _tell_start(self, transaction: Transaction) -> None:
        self._course = course = _Course(remote_start=self.remote_start)
        self.remote_start = None

        def answered(answer: Any) -> None:
            transaction.number = 0  # its name is its own; this says that it is known
            refused = answer.id_token_info["status"] != "Accepted"
            self._judged(transaction, refused=refused)

        trigger = "Authorized" if course.remote_start is None else "RemoteStart"
        self._tell_event(
            "Started",
            trigger,
            context="Transaction.Begin",
            answered=answered,
            id_token=self._token(transaction.tag),
        )

    def _tell_end(self, _: Transaction, reason: str, tag: str | None) -> None:
        told = {} if tag is None else {"id_token": self._token(tag)}
        self._tell_event(
            "Ended",
            _TRIGGERS.get(reason, "AbnormalCondition"),
            context="Transaction.End",
            reason=_REASONS.get(reason, reason),
            **told,
        )

    def _tell_event(
        self,
        kind: str,
        trigger: str,
        *,
        context: str | None = None,
        reason: str | None = None,
        answered: Any = None,
        **told: Any,
    ) -> None:
        """Keep an event until it is answered, with the time it happened."""
        course = self._course
        state = _STATES.get(self.status(1))
        if kind == "Ended":
            state = "EVConnected" if self.car.connected else "Idle"
        course.state = state
        meter_value = None
        if context is not None:
            meter_value = [self._meter_value(context)]
        event = self.call.TransactionEvent(
            event_type=kind,
            timestamp=self._time(),
            trigger_reason=trigger,
            seq_no=course.events,
            transaction_info=self.types.TransactionType(
                transaction_id=course.name,
                charging_state=state,
                stopped_reason=reason,
                remote_start_id=course.remote_start,
            ),
            evse=self.types.EVSEType(id=1, connector_id=1),
            offline=not self.line.registered,
            meter_value=meter_value,
            **told,
        )
        course.events += 1
        self.line.say(Message(lambda: event, kept=True, answered=answered))

    def _meter_value(self, context: str) -> Any:
        names = self.configuration["MeterValuesSampledData"]
        measured = sample(self.house, self.car, self.offered_a, names, context)
        return self.types.MeterValueType(
            timestamp=self._time(), sampled_value=[self._sampled(m) for m in measured]
        )

    def _sampled(self, measured: Any) -> Any:
        value, unit, exponent = float(measured.value), measured.unit, 0
        if measured.measurand == "Power.Active.Import":
            value, exponent = value / 1000, 3
        more = {"multiplier": exponent} if exponent else {}
        return self.types.SampledValueType(
            value=round(value, 6),
            context=measured.context,
            measurand=measured.measurand,
            phase=measured.phase,
            unit_of_measure=self.types.UnitOfMeasureType(unit=unit or "Hz", **more),
        )

    def tell_meter(self, context: str = "Trigger") -> None:
        """Send what the meter shows, within a transaction as an event of it."""
        if self.transaction is not None:
            trigger = "Trigger" if context == "Trigger" else "MeterValuePeriodic"
            self._tell_event("Updated", trigger, context=context)
            return
        told = self.call.MeterValues(
            evse_id=1, meter_value=[self._meter_value(context)]
        )
        self.line.say(Message(lambda: told, asked=context == "Trigger"))

    def tell_transaction(self) -> None:
        """Send how the transaction is, if there is one."""
        if self.transaction is not None:
            self._tell_event("Updated", "Trigger", context="Trigger")

    def tell_report(self, number: int, parts: list[list[Any]]) -> None:
        """Send a report in parts."""
        for index, part in enumerate(parts):
            told = self.call.NotifyReport(
                request_id=number,
                generated_at=self._time(),
                seq_no=index,
                tbc=index + 1 < len(parts),
                report_data=part,
            )
            self.line.say(Message(partial(_same, told), asked=True))

    def tell_profiles(self, number: int, profiles: list[Any]) -> None:
        """Send the charging profiles there are, each in a part of its own."""
        for index, profile in enumerate(profiles, 1):
            told = self.call.ReportChargingProfiles(
                request_id=number,
                charging_limit_source="CSO",
                evse_id=1,
                charging_profile=[profile],
                tbc=index < len(profiles),
            )
            self.line.say(Message(partial(_same, told), asked=True))

    def tell_status(self, connector: int | None = None) -> None:
        """Send how its connector is."""
        self._tell_status(connector or 1, asked=True)

    def _report(self) -> None:
        """Tell what is another than it was: the connector, and the transaction."""
        if self.line.registered and self._reported.get(1) != self._state(1):
            self._tell_status(1)
        state = _STATES.get(self.status(1))
        if self.transaction is not None and state not in (None, self._course.state):
            self._tell_event("Updated", "ChargingStateChanged")

    def _state(self, connector: int) -> tuple[str, str]:
        status = self.status(connector)
        return "Occupied" if status in _OCCUPIED else status, ""

    def _notice(self, connector: int, status: str, error: str) -> Any:  # noqa: ARG002  # 2.0.1 has no errors here
        return self.call.StatusNotification(
            timestamp=self._time(),
            connector_status=status,
            evse_id=1,
            connector_id=connector,
        )


def _same(told: Any) -> Any:
    return told
