"""What a stand-in needs of a charger without OCPP, and what it says in OCPP 1.6."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from typing import Protocol

from ..gateway.limits import Bounds
from ..journal import gained
from ..model import Identity
from ..protocols.ocpp.types import Json, Payload

CHARGES_W = 100.0
"""What flows beside a car: the charger's own electronics, and what cars take asleep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a charger shows now; None for what it does not say."""

    reachable: bool = True
    faulted: bool = False
    plugged: bool | None = None
    """Whether a car is plugged in."""
    power_w: float | None = None
    energy_wh: float | None = None
    """A register of its own, or of the meter before it."""
    currents_a: tuple[float | None, ...] = ()
    """Of L1, L2 and L3."""

    @property
    def charges(self) -> bool:
        """Whether a car draws something, as far as that is measured."""
        if self.power_w is not None:
            return self.power_w >= CHARGES_W
        return any((one or 0.0) >= CHARGES_W / 230 for one in self.currents_a)


class Appliance(Protocol):
    """A charger, whatever it is."""

    @property
    def identity(self) -> Identity:
        """Who it is."""

    def seen(self) -> Seen:
        """Return what it shows now."""

    def bounds(self) -> Bounds:
        """Return what bounds it here, besides the backend."""

    def bound(self, most_ma: int | None) -> None:
        """Let no more flow from now on, by whatever steers it; None takes that back."""

    def knows(self, tag: str) -> bool:
        """Say whether a card may charge by what is known here."""


@dataclass(slots=True)
class Register:
    """An energy register that only rises, whatever meter is behind it; Wh."""

    total_wh: float = 0.0
    last_wh: float | None = None

    def take(self, wh: float | None) -> None:
        """Take what the meter shows; a little less than before says nothing."""
        if wh is None:
            return
        if self.last_wh is None:
            # What is there at first counts: the two then show the same.
            self.total_wh = max(self.total_wh, wh)
        elif (gain := gained(self.last_wh, wh)) is None:
            return
        else:
            self.total_wh += gain
        self.last_wh = wh

    @property
    def is_known(self) -> bool:
        """Whether the meter was ever read."""
        return self.last_wh is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A transaction that runs; ``text`` is its StartTransaction."""

    number: int
    tag: str = field(repr=False)
    text: str = field(repr=False)
    at_s: int


def introduction(who: Identity) -> Payload:
    """Return a BootNotification of a charger."""
    said: dict[str, Json] = {
        "chargePointVendor": (who.maker or "Unknown")[:20],
        "chargePointModel": (who.model or "Unknown")[:20],
        "chargePointSerialNumber": who.serial[:25],
    }
    if who.firmware:
        said["firmwareVersion"] = who.firmware[:50]
    return said


def zulu(at_s: float) -> str:
    """Write a time, in whole seconds."""
    return datetime.fromtimestamp(int(at_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_text(
    tag: str, register_wh: float, at_s: float, reservation: int | None
) -> str:
    """Return a StartTransaction."""
    said: dict[str, Json] = {
        "connectorId": 1,
        "idTag": tag,
        "meterStart": round(register_wh),
        "timestamp": zulu(at_s),
    }
    if reservation is not None:
        said["reservationId"] = reservation
    return json.dumps(said)


def stop_text(
    session: Session, register_wh: float, at_s: float, reason: str, tag: str = ""
) -> str:
    """Return a StopTransaction; the card is named where one has ended it."""
    said: dict[str, Json] = {
        "transactionId": session.number,
        "meterStop": round(register_wh),
        "timestamp": zulu(at_s),
        "reason": reason,
    }
    if tag:
        said["idTag"] = tag
    return json.dumps(said)


def status_text(connector: int, status: str, at_s: float) -> str:
    """Return a StatusNotification."""
    error = "OtherError" if status == "Faulted" else "NoError"
    return json.dumps(
        {
            "connectorId": connector,
            "errorCode": error,
            "status": status,
            "timestamp": zulu(at_s),
        }
    )


def values_text(
    session: int | None, seen: Seen, register_wh: float, at_s: float, context: str
) -> str:
    """Return a MeterValues: plain figures, which nobody has signed."""
    said: dict[str, Json] = {"connectorId": 1}
    if session is not None:
        said["transactionId"] = session
    sampled: list[Json] = [
        {**words, "context": context, "format": "Raw", "location": "Outlet"}
        for words in _sampled(seen, register_wh)
    ]
    said["meterValue"] = [{"timestamp": zulu(at_s), "sampledValue": sampled}]
    return json.dumps(said)


def _sampled(seen: Seen, register_wh: float) -> Iterator[Mapping[str, str]]:
    yield {
        "value": str(round(register_wh)),
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
    }
    if seen.power_w is not None:
        yield {
            "value": f"{max(seen.power_w, 0.0):.1f}",
            "measurand": "Power.Active.Import",
            "unit": "W",
        }
    for phase, current_a in enumerate(seen.currents_a, 1):
        if current_a is not None:
            yield {
                "value": f"{max(current_a, 0.0):.2f}",
                "measurand": "Current.Import",
                "phase": f"L{phase}",
                "unit": "A",
            }
