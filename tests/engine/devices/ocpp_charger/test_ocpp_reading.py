"""Reading what real wallboxes send."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import reading
from custom_components.meters_and_chargers.engine.model import Phase, Point, Quantity

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
POWER = Point(Quantity.POWER, part="1")
ENERGY = Point(Quantity.ENERGY_IMPORT, part="1")
VOLTAGE = Point(Quantity.VOLTAGE, part="1")


def _point(quantity: Quantity, phase: Phase = Phase.TOTAL) -> Point:
    return Point(quantity, phase, "1")


def _sampled(**value: Any) -> reading.Sample:
    item = {"timestamp": NOON.isoformat(), "sampledValue": [value]}
    report = reading.meter_values({"connectorId": 1, "meterValue": [item]})
    return report.samples[0]


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ({"value": "1234"}, {ENERGY: 1234}),
        ({"value": 1234}, {ENERGY: 1234}),
        ({"value": " 1234.5 "}, {ENERGY: 1234.5}),
        ({"value": "1234,5"}, {ENERGY: 1234.5}),
        ({"value": "1.1", "unit": "kWh"}, {ENERGY: 1100}),
        ({"value": "1", "unit": ""}, {ENERGY: 1}),
        ({"value": "1", "unit": None}, {ENERGY: 1}),
        ({"value": "1", "unit": "bananas"}, {}),
        ({"value": "1", "phase": "L1"}, {}),
        ({"value": "-5"}, {}),
        ({"value": "7.4", "measurand": "Power.Active.Import", "unit": "kW"},
         {POWER: 7400}),
        ({"value": "7400", "measurand": " Power.Active.Import "}, {POWER: 7400}),
        ({"value": "3", "measurand": "Power.Active.Import", "phase": "L2"},
         {_point(Quantity.POWER, Phase.L2): 3}),
        ({"value": "16", "measurand": "Current.Import", "phase": "L1"},
         {_point(Quantity.CURRENT, Phase.L1): 16}),
        ({"value": "16", "measurand": "Current.Import", "phase": "L3-N"},
         {_point(Quantity.CURRENT, Phase.L3): 16}),
        ({"value": "160", "measurand": "Current.Import", "unit": "mA"},
         {_point(Quantity.CURRENT): 0.16}),
        ({"value": "0.1", "measurand": "Current.Import", "phase": "N"}, {}),
        ({"value": "231", "measurand": "Voltage", "phase": "L1-N", "unit": "V"},
         {_point(Quantity.VOLTAGE, Phase.L1): 231}),
        ({"value": "400", "measurand": "Voltage", "phase": "L1-L2"}, {}),
        ({"value": "50.01", "measurand": "Frequency", "unit": "Hz"},
         {_point(Quantity.FREQUENCY): 50.01}),
        ({"value": "98", "measurand": "Power.Factor", "unit": "Percent"},
         {_point(Quantity.POWER_FACTOR): 0.98}),
        ({"value": "55", "measurand": "SoC", "unit": "Percent"}, {}),
        ({"value": "1", "measurand": "Maker.Own"}, {}),
        ({"value": "nan"}, {}),
        ({"value": "inf"}, {}),
        ({"value": "1e999"}, {}),
        ({"value": 10**400}, {}),
        ({"value": True}, {}),
        ({"value": None}, {}),
        ({"value": ["1"]}, {}),
        ({"value": "OCMF|{}", "format": "SignedData"}, {}),
        ({"value": "1,2,3"}, {}),
        ({"value": "4294967295", "measurand": "Power.Active.Import"}, {}),
        ({}, {}),
    ],
)  # fmt: skip
def test_sampled_values(value: dict[str, Any], values: dict[Point, float]) -> None:
    """Each way to write a value that was seen, and some that can't be used."""
    assert _sampled(**value).values == pytest.approx(values)


@pytest.mark.parametrize(
    ("value", "offered_ma"),
    [
        ({"value": "13.5"}, 13_500),
        ({"value": 6, "unit": "A"}, 6_000),
        ({"value": "6000", "unit": "mA"}, 6_000),
        ({"value": "-1"}, None),
        ({"value": "6", "unit": "W"}, None),
        ({"value": "x"}, None),
    ],
)
def test_offered_current(value: dict[str, Any], offered_ma: int | None) -> None:
    """The offered current is no measured one."""
    sample = _sampled(measurand="Current.Offered", **value)
    assert sample.values == {}
    assert sample.offered_ma == offered_ma


def test_the_outlet_counts_more() -> None:
    """Inside the wallbox is only taken where the outlet is not measured."""
    inlet = {"value": "2", "location": "Inlet"}
    outlet = {"value": "1", "location": "Outlet"}
    for sampled in ([inlet, outlet], [outlet, inlet]):
        item = {"sampledValue": sampled}
        report = reading.meter_values({"connectorId": 1, "meterValue": [item]})
        assert report.samples[0].values == {ENERGY: 1}
    assert _sampled(**inlet).values == {ENERGY: 2}


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-06-01T12:00:00Z", NOON),
        (" 2026-06-01T14:00:00+02:00 ", NOON),
        ("2026-06-01T12:00:00", NOON),
        ("2026-06-01T12:00:00.000000000Z", NOON),
        ("2026-06-01 12:00:00", NOON),
        ("0001-01-01T00:00:00+14:00", None),
        ("noon", None),
        ("", None),
        (None, None),
        (1234, None),
    ],
)
def test_times(value: Any, time: datetime | None) -> None:
    """A time without a zone is UTC."""
    assert reading.moment(value) == time


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (5, 5),
        ("5", 5),
        (5.0, 5),
        ("5.4", 5),
        (-1, -1),
        (None, None),
        (True, None),
        (2**60, None),
        ("1e300", None),
        ({}, None),
    ],
)
def test_whole_numbers(value: Any, result: int | None) -> None:
    """Whole numbers come as texts and with decimals."""
    assert reading.integer(value) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (" a ", "a"),
        (12, "12"),
        (1.5, "2"),
        (None, ""),
        (True, ""),
        ("x" * 999, "x" * 255),
        ("Zürich", "Zürich"),
        ("\ud800", "?"),
    ],
)
def test_texts(value: Any, result: str) -> None:
    """Texts have a bounded length and can be stored."""
    assert reading.text(value) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("SuspendedEVSE", "suspended_evse"),
        ("SuspendedEV", "suspended_ev"),
        ("Available", "available"),
        ("EVDisconnected", "ev_disconnected"),
        ("NoError", "no_error"),
        ("DeAuthorized", "de_authorized"),
        (None, ""),
    ],
)
def test_names(value: Any, result: str) -> None:
    """Names are written in lower snake case."""
    assert reading.snake(value) == result


def test_a_start_with_odd_numbers() -> None:
    """No meter value is None, a negative one is 0."""
    report = reading.start_transaction(
        {"connectorId": "1", "idTag": 1234, "meterStart": -3.0, "timestamp": "x"}
    )
    assert report == reading.StartTransaction(
        connector=1, id_tag="1234", meter_start_wh=0, time=None
    )
    assert reading.start_transaction({"meterStart": None}).meter_start_wh is None


def test_a_stop_with_its_data() -> None:
    """The data of a stop are read like meter values."""
    report = reading.stop_transaction(
        {
            "transactionId": "7",
            "meterStop": 1999.6,
            "timestamp": NOON.isoformat(),
            "reason": "PowerLoss",
            "transactionData": [{"sampledValue": [{"value": "5"}]}, "no sample"],
        }
    )
    assert (report.transaction, report.meter_stop_wh) == (7, 2000)
    assert report.reason == "power_loss"
    (sample,) = report.samples
    assert sample.values == {Point(Quantity.ENERGY_IMPORT): 5}


def test_samples_are_sorted_by_time() -> None:
    """One without a time is the newest."""
    items: list[Any] = [
        {"sampledValue": [{"value": "3"}]},
        {"timestamp": "2026-06-01T12:00:02Z", "sampledValue": [{"value": "2"}]},
        {"timestamp": "2026-06-01T12:00:01Z", "sampledValue": [{"value": "1"}, 5]},
    ]
    report = reading.meter_values({"connectorId": 1, "meterValue": items})
    assert [sample.values[ENERGY] for sample in report.samples] == [1, 2, 3]


@pytest.mark.parametrize("connector", [None, -1, 100, "x", {}])
def test_connectors_that_cannot_be(connector: Any) -> None:
    """A connector has a number from 0 to 99."""
    report = reading.meter_values({"connectorId": connector, "meterValue": [{}]})
    assert report == reading.MeterValues(None, None, ())
