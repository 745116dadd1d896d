"""What a wallbox says, read as leniently as real ones need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ...journal import SignedValue
from ...model import Point
from ...protocols.ocpp.scalars import integer, moment, number, snake, text, word
from ...protocols.ocpp.types import Json, Payload
from .measurands import CURRENT_OFFERED, ENERGY_REGISTER, Measurand, table

__all__ = [
    "MAX_CONNECTOR",
    "SIGNED",
    "Authorize",
    "Boot",
    "MeterValues",
    "Sample",
    "StartTransaction",
    "Status",
    "StopTransaction",
    "authorize",
    "boot",
    "connector",
    "integer",
    "meter_values",
    "moment",
    "number",
    "snake",
    "start_transaction",
    "status",
    "stop_transaction",
    "text",
    "word",
]

MAX_CONNECTOR = 99
_MAX_SAMPLES = 1000

SIGNED = "SignedData"
"""The format of a value that the meter has signed."""
_OFFERED_UNITS = {"": 1.0, "A": 1.0, "mA": 0.001}
_MAX_OFFERED_A = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """BootNotification."""

    maker: str
    model: str
    serial: str
    firmware: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """StatusNotification; ``connector`` None where it names none of ours."""

    connector: int | None
    status: str
    error_code: str
    time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize:
    """Authorize."""

    id_tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTransaction:
    """StartTransaction."""

    connector: int | None
    id_tag: str
    meter_start_wh: int | None
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured at one time."""

    time: datetime | None
    values: Mapping[Point, float]
    offered_ma: int | None
    signed: tuple[SignedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class MeterValues:
    """MeterValues; ``samples`` are in the order of their times."""

    connector: int | None
    transaction: int | None
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTransaction:
    """StopTransaction; ``samples`` of its transactionData are those of connector 0."""

    transaction: int | None
    meter_stop_wh: int | None
    time: datetime | None
    reason: str
    id_tag: str
    samples: tuple[Sample, ...]


def connector(value: Json) -> int | None:
    """Return the number of a connector; 0 is the wallbox itself."""
    result = integer(value)
    return result if result is not None and 0 <= result <= MAX_CONNECTOR else None


def _not_negative(value: Json) -> int | None:
    result = integer(value)
    return None if result is None else max(result, 0)


def boot(payload: Payload) -> Boot:
    """Read a BootNotification, of any version."""
    if isinstance(station := payload.get("chargingStation"), dict):
        return Boot(
            maker=text(station.get("vendorName")),
            model=text(station.get("model")),
            serial=text(station.get("serialNumber")),
            firmware=text(station.get("firmwareVersion")),
        )
    return Boot(
        maker=text(payload.get("chargePointVendor")),
        model=text(payload.get("chargePointModel")),
        serial=text(payload.get("chargePointSerialNumber"))
        or text(payload.get("chargeBoxSerialNumber")),
        firmware=text(payload.get("firmwareVersion")),
    )


def status(payload: Payload) -> Status:
    """Read a StatusNotification."""
    return Status(
        connector=connector(payload.get("connectorId")),
        status=snake(payload.get("status")),
        error_code=snake(payload.get("errorCode")),
        time=moment(payload.get("timestamp")),
    )


def authorize(payload: Payload) -> Authorize:
    """Read an Authorize."""
    return Authorize(id_tag=text(payload.get("idTag")))


def start_transaction(payload: Payload) -> StartTransaction:
    """Read a StartTransaction."""
    return StartTransaction(
        connector=connector(payload.get("connectorId")),
        id_tag=text(payload.get("idTag")),
        meter_start_wh=_not_negative(payload.get("meterStart")),
        time=moment(payload.get("timestamp")),
    )


def stop_transaction(payload: Payload) -> StopTransaction:
    """Read a StopTransaction with its transactionData."""
    return StopTransaction(
        transaction=integer(payload.get("transactionId")),
        meter_stop_wh=_not_negative(payload.get("meterStop")),
        time=moment(payload.get("timestamp")),
        reason=snake(payload.get("reason")),
        id_tag=text(payload.get("idTag")),
        samples=_samples(payload.get("transactionData"), 0),
    )


def meter_values(payload: Payload) -> MeterValues:
    """Read a MeterValues."""
    number_of = connector(payload.get("connectorId"))
    samples = (
        () if number_of is None else _samples(payload.get("meterValue"), number_of)
    )
    return MeterValues(number_of, integer(payload.get("transactionId")), samples)


def _samples(value: Json, number_of: int) -> tuple[Sample, ...]:
    if not isinstance(value, list):
        return ()
    measurands = table(number_of)
    samples = [
        _sample(item, measurands)
        for item in value[:_MAX_SAMPLES]
        if isinstance(item, dict)
    ]
    if len(samples) > 1:
        latest = datetime.max.replace(tzinfo=UTC)
        samples.sort(key=lambda sample: sample.time or latest)
    return tuple(samples)


def _sample(
    item: Mapping[str, Json], measurands: Mapping[tuple[str, str, str], Measurand]
) -> Sample:
    values: dict[Point, float] = {}
    offered_ma = None
    time = moment(item.get("timestamp"))
    signed: tuple[SignedValue, ...] = ()
    sampled = item.get("sampledValue")
    for entry in sampled[:_MAX_SAMPLES] if isinstance(sampled, list) else ():
        if not isinstance(entry, dict):
            continue
        if entry.get("format") == SIGNED:
            signed += _signed(entry, time)
            continue
        if (measurand := _measurand(entry, measurands)) is not None:
            _take(entry, measurand, values)
        elif _name(entry, "measurand") == CURRENT_OFFERED:
            offered_ma = _offered_ma(entry)
    return Sample(time, values, offered_ma, signed)


def _measurand(
    entry: Mapping[str, Json], measurands: Mapping[tuple[str, str, str], Measurand]
) -> Measurand | None:
    """Return what a value is of; most spell it as the standard does."""
    kind = (
        entry.get("measurand", ENERGY_REGISTER),
        entry.get("phase", ""),
        entry.get("unit", ""),
    )
    try:
        return measurands[kind]  # type: ignore[index]  # another type is no key
    except KeyError, TypeError:
        name = _name(entry, "measurand") or ENERGY_REGISTER
        return measurands.get((name, _name(entry, "phase"), _name(entry, "unit")))


def _signed(
    entry: Mapping[str, Json], time: datetime | None
) -> tuple[SignedValue, ...]:
    """Keep a signed value word for word: nobody but its verifier reads it."""
    value = entry.get("value")
    if not isinstance(value, str) or not value:
        return ()
    kept = value.encode("utf-8", "replace").decode("utf-8")
    return (SignedValue(time, text(entry.get("context")), kept),)


def _name(entry: Mapping[str, Json], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


def _take(
    entry: Mapping[str, Json], measurand: Measurand, values: dict[Point, float]
) -> None:
    """Keep one value; at the outlet counts more than elsewhere in the wallbox."""
    value = number(entry.get("value"))
    if value is None:
        return
    if measurand.factor != 1:
        value = round(value * measurand.factor, 6)
    if not measurand.lowest <= value <= measurand.highest:
        return
    if "location" not in entry or _name(entry, "location") in ("", "Outlet"):
        values[measurand.point] = value
    else:
        values.setdefault(measurand.point, value)


def _offered_ma(entry: Mapping[str, Json]) -> int | None:
    value = number(entry.get("value"))
    factor = _OFFERED_UNITS.get(_name(entry, "unit"))
    if value is None or factor is None or not 0 <= value * factor <= _MAX_OFFERED_A:
        return None
    return round(value * factor * 1000)
