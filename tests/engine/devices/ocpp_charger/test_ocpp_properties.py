"""No wallbox can make us stumble, whatever it sends."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocpp_fakes import Clock, FakeLink, Wallbox, Wallbox2
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Central,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.protocols.ocpp import Call, CallError

ACTIONS = (
    "BootNotification",
    "Heartbeat",
    "StatusNotification",
    "Authorize",
    "StartTransaction",
    "StopTransaction",
    "MeterValues",
    "DataTransfer",
    "FirmwareStatusNotification",
    "Other",
)
KEYS = (
    "connectorId", "transactionId", "meterValue", "sampledValue", "timestamp",
    "value", "unit", "phase", "measurand", "location", "status", "errorCode",
    "idTag", "meterStart", "meterStop", "reason", "transactionData",
    "chargePointVendor", "chargePointModel", "firmwareVersion",
)  # fmt: skip
WORDS = (
    "L1", "L1-N", "kWh", "W", "Voltage", "Current.Offered", "Available", "Charging",
    "Power.Active.Import", "2026-06-01T12:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "nan", "1e999", "-1", "\ud800", "\x00",
)  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-2, 3)
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=12,
)
payloads = st.dictionaries(st.sampled_from(KEYS), values, max_size=8)
samples = st.fixed_dictionaries(
    {
        "connectorId": scalars,
        "transactionId": scalars,
        "meterValue": st.lists(
            st.fixed_dictionaries(
                {
                    "timestamp": scalars,
                    "sampledValue": st.lists(
                        st.dictionaries(st.sampled_from(KEYS), scalars, max_size=5),
                        max_size=3,
                    ),
                }
            ),
            max_size=3,
        ),
    }
)
calls = st.tuples(st.sampled_from(ACTIONS), payloads) | st.tuples(
    st.just("MeterValues"), samples
)


ACTIONS_2 = (
    "Authorize",
    "BootNotification",
    "MeterValues",
    "NotifyReport",
    "ReportChargingProfiles",
    "StatusNotification",
    "TransactionEvent",
)
KEYS_2 = (
    "idToken", "evseId", "evse", "id", "connectorId", "connectorStatus", "timestamp",
    "meterValue", "sampledValue", "unitOfMeasure", "unit", "multiplier", "value",
    "reportData", "component", "variable", "variableAttribute", "name", "instance",
    "type", "requestId", "tbc", "chargingStation", "model", "seqNo",
)  # fmt: skip
WORDS_2 = (
    "Started", "Updated", "Ended", "Charging", "EVConnected", "Idle", "Available",
    "Occupied", "Faulted", "Authorized", "RemoteStart", "2026-06-01T12:00:00Z",
    "0001-01-01T00:00:00+14:00", "tx-1", "tx-2", "Actual", "nan", "\ud800", "\x00",
)  # fmt: skip

scalars_2 = scalars | st.sampled_from(WORDS_2)
values_2 = st.recursive(
    scalars_2,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS_2), inner, max_size=6)
    ),
    max_leaves=12,
)
events = st.fixed_dictionaries(
    {
        "eventType": st.sampled_from(WORDS_2[:3]),
        "triggerReason": st.sampled_from(WORDS_2),
        "transactionInfo": values_2
        | st.fixed_dictionaries(
            {"transactionId": st.sampled_from(("tx-1", "tx-2"))},
            optional={
                "chargingState": st.sampled_from(WORDS_2),
                "stoppedReason": scalars_2,
                "remoteStartId": scalars_2,
            },
        ),
    },
    optional={
        "timestamp": scalars_2,
        "seqNo": scalars_2,
        "evse": values_2 | st.fixed_dictionaries({"id": st.integers(-1, 3)}),
        "idToken": values_2 | st.fixed_dictionaries({"idToken": scalars_2}),
        "meterValue": values_2
        | st.lists(
            st.fixed_dictionaries(
                {
                    "timestamp": scalars_2,
                    "sampledValue": st.lists(
                        st.dictionaries(st.sampled_from(KEYS_2), values_2, max_size=4),
                        max_size=3,
                    ),
                }
            ),
            max_size=2,
        ),
    },
)
calls_2 = st.tuples(
    st.sampled_from(ACTIONS_2),
    st.dictionaries(st.sampled_from(KEYS_2), values_2, max_size=8),
) | st.tuples(st.just("TransactionEvent"), events)


async def _play(
    sequence: list[tuple[str, dict[str, Any]]],
    kind: Callable[[OcppCharger, Clock], Wallbox] = Wallbox,
) -> None:
    clock = Clock()
    with TemporaryDirectory() as folder:
        journal = await Journal.open(Path(folder) / "journal.db", now=clock.now)
        charger = OcppCharger(
            "GARAGE",
            journal,
            now=clock.now,
            monotonic=clock.monotonic,
            call_later=clock.call_later,
        )
        await charger.load()
        wallbox = kind(charger, clock)
        wallbox.connect()
        for action, payload in sequence:
            raw = json.dumps([2, "1", action, payload])
            with suppress(CallError):
                await charger.called(wallbox.link, Call(action, payload, raw))
            clock.advance(1)
        assert all(
            isinstance(value, float | int | None)
            and (value is None or low <= value <= high)
            for point, value in charger.values.items()
            for low, high in [point.quantity.plausible]
        )
        assert all(1 <= number <= 99 for number in charger.connectors)
        restarted = OcppCharger("GARAGE", journal)
        await restarted.load()
        await charger.close()
        await journal.close()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(calls, max_size=5))
def test_only_call_errors_are_raised(
    socket_enabled: None, sequence: list[tuple[str, dict[str, Any]]]
) -> None:
    """A sequence of calls with any payload is answered or refused."""
    asyncio.run(_play(sequence))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(calls_2, max_size=6))
def test_nor_by_what_speaks_version_2(
    socket_enabled: None, sequence: list[tuple[str, dict[str, Any]]]
) -> None:
    """Whatever stands in an event, a status, a value or a report."""
    asyncio.run(_play(sequence, Wallbox2))


@settings(max_examples=50, deadline=None)
@given(payloads)
def test_waiting_ones_neither(payload: dict[str, Any]) -> None:
    """A boot of any shape is pending."""
    clock = Clock()
    central = Central(list[Any]().append, now=clock.now, call_later=clock.call_later)
    handler = central.admit("NEW", "10.0.0.1")
    assert handler is not None
    link = FakeLink("NEW")
    handler.opened(link)
    call = Call("BootNotification", payload, "")
    # No event loop is needed: it never waits.
    with pytest.raises(StopIteration) as done:
        handler.called(link, call).send(None)
    assert done.value.value["status"] == "Pending"
