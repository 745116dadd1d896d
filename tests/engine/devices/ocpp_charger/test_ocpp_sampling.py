"""What a wallbox is asked to measure: read first, written only if it differs."""

from typing import Any

from ocpp_fakes import BOOT2, Wallbox, Wallbox2, idle
import pytest

from custom_components.meters_and_chargers.engine.model import Silent

WANTED = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "Current.Offered",
)
ALL = ",".join(WANTED)


def keys(*values: tuple[str, str, bool]) -> dict[str, Any]:
    """Return an answer with these keys: name, value, read only."""
    return {
        "configurationKey": [
            {"key": key, "value": value, "readonly": read_only}
            for key, value, read_only in values
        ]
    }


async def boots(wallbox: Wallbox, *values: tuple[str, str, bool]) -> None:
    """Boot a wallbox with these keys, and wait until it is left alone."""
    wallbox.link.reply("GetConfiguration", keys(*values))
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)


def written(wallbox: Wallbox, key: str = "MeterValuesSampledData") -> list[str]:
    """Return the values that were written to a key."""
    changes = wallbox.link.sent("ChangeConfiguration")
    return [one["value"] for one in changes if one["key"] == key]


def sampled(value: str, *, read_only: bool = False) -> tuple[str, str, bool]:
    """Return the key of what is measured."""
    return "MeterValuesSampledData", value, read_only


def interval(value: str, *, read_only: bool = False) -> tuple[str, str, bool]:
    """Return the key of how often."""
    return "MeterValueSampleInterval", value, read_only


async def test_nothing_is_written_unless_its_owner_wants(wallbox: Wallbox) -> None:
    """Without the option the settings stay; with it they are set at once."""
    await boots(wallbox, sampled("Voltage"), interval("900"))
    assert written(wallbox) == []
    wallbox.charger.measure_every(10)
    await idle(wallbox.charger)
    assert written(wallbox) == [ALL]
    assert written(wallbox, "MeterValueSampleInterval") == ["10"]
    assert wallbox.charger.settings["MeterValuesSampledData"].value == ALL


@pytest.mark.parametrize(
    "there",
    [
        ALL,
        f"SoC,{ALL}",
        f'"{", ".join(WANTED)}"',
        f"[{' ,'.join(reversed(WANTED))}]",
    ],
)
async def test_what_is_there_is_not_written_again(wallbox: Wallbox, there: str) -> None:
    """More than is wanted, another order, blanks and quotation marks do not count."""
    wallbox.charger.measure_every(10)
    await boots(wallbox, sampled(there), interval(" 10 "))
    assert wallbox.link.sent("ChangeConfiguration") == []


async def test_what_can_not_be_written_is_not_tried(wallbox: Wallbox) -> None:
    """Neither keys that are read only nor such as the wallbox does not list."""
    wallbox.charger.measure_every(10)
    await boots(wallbox, sampled("", read_only=True), interval("60", read_only=True))
    assert wallbox.link.sent("ChangeConfiguration") == []
    await boots(wallbox)
    assert wallbox.link.sent("ChangeConfiguration") == []


async def test_as_many_as_there_is_room_for(wallbox: Wallbox) -> None:
    """The most useful come first, and are enough when they are there."""
    wallbox.charger.measure_every(10)
    room = ("MeterValuesSampledDataMaxLength", "2", True)
    await boots(wallbox, sampled("Voltage"), interval("10"), room)
    assert written(wallbox) == [",".join(WANTED[:2])]
    await boots(wallbox, sampled(",".join(WANTED[:2])), interval("10"), room)
    assert len(written(wallbox)) == 1


async def test_one_by_one_where_all_are_refused(wallbox: Wallbox) -> None:
    """What is refused alone is not tried again by the same firmware."""
    wallbox.charger.measure_every(10)
    no, yes = {"status": "Rejected"}, {"status": "Accepted"}
    wallbox.link.reply("ChangeConfiguration", no, yes, yes, no, yes, no, yes)
    await boots(wallbox, sampled("SoC"), interval("10"))
    first, second, _, fourth, _ = WANTED
    taken = f"{first},{second},{fourth}"
    assert written(wallbox) == [
        f"{ALL},SoC",
        first,
        f"{first},{second}",
        f"{first},{second},Current.Import",
        taken,
        f"{taken},Current.Offered",
        f"{taken},SoC",
    ]
    before = len(written(wallbox))
    await boots(wallbox, sampled(taken), interval("10"))
    assert len(written(wallbox)) == before


async def test_a_restart_that_is_needed_is_told(wallbox: Wallbox) -> None:
    """We restart nothing by ourselves; after the next boot none is needed."""
    wallbox.charger.measure_every(10)
    wallbox.link.reply("ChangeConfiguration", {"status": "RebootRequired"})
    await boots(wallbox, sampled(""), interval("10"))
    assert wallbox.charger.needs_restart
    assert wallbox.changes[-1].charger
    assert wallbox.link.sent("Reset") == []
    await boots(wallbox, sampled(ALL), interval("10"))
    assert not wallbox.charger.needs_restart


async def test_one_that_does_not_answer_is_asked_at_the_next_boot(
    wallbox: Wallbox,
) -> None:
    """Silence is no refusal."""
    wallbox.charger.measure_every(10)
    wallbox.link.reply("ChangeConfiguration", Silent("no answer"))
    await boots(wallbox, sampled("Voltage"), interval("60"))
    assert len(wallbox.link.sent("ChangeConfiguration")) == 1
    await boots(wallbox, sampled("Voltage"), interval("60"))
    assert written(wallbox)[1:] == [ALL]
    assert written(wallbox, "MeterValueSampleInterval") == ["10"]


class Settings2:
    """The two variables of a wallbox that speaks OCPP 2.0.1."""

    def __init__(self, box: Wallbox2, sampled: str, choices: str | None) -> None:
        """Have them reported when the wallbox is asked for all it has."""
        self.box = box
        self.values = {"TxUpdatedMeasurands": sampled, "TxUpdatedInterval": "60"}
        self.choices = choices
        self.status = "Accepted"
        self.written: list[tuple[str, str]] = []

    async def boots(self) -> None:
        """Boot, report, take what is set, until it is left alone."""
        link = self.box.link
        link.reply("GetBaseReport", self._report)
        link.reply("SetVariables", *[self._take] * 9)
        await self.box.says("BootNotification", **BOOT2)
        self.box.clock.advance(1)
        await idle(self.box.charger)

    async def _report(self) -> dict[str, str]:
        more = {}
        if self.choices is not None:
            says = {"dataType": "MemberList", "supportsMonitoring": False}
            more = {"variableCharacteristics": {**says, "valuesList": self.choices}}
        await self.box.says(
            "NotifyReport",
            requestId=self.box.link.sent("GetBaseReport")[-1]["requestId"],
            generatedAt=self.box.clock.ago(0),
            seqNo=0,
            reportData=[
                {
                    "component": {"name": "SampledDataCtrlr"},
                    "variable": {"name": name},
                    "variableAttribute": [{"value": value}],
                    **(more if name == "TxUpdatedMeasurands" else {}),
                }
                for name, value in self.values.items()
            ],
        )
        return {"status": "Accepted"}

    async def _take(self) -> dict[str, Any]:
        (asked,) = self.box.link.sent("SetVariables")[-1]["setVariableData"]
        name, value = asked["variable"]["name"], asked["attributeValue"]
        self.written.append((name, value))
        if self.status != "Rejected":
            self.values[name] = value
        told = {key: asked[key] for key in ("component", "variable")}
        return {"setVariableResult": [{**told, "attributeStatus": self.status}]}


async def test_the_same_over_ocpp_2(wallbox2: Wallbox2) -> None:
    """By its variables: what it says it can measure, and only if its owner wants."""
    known = ",".join((*WANTED[:3], "SoC"))
    there = Settings2(wallbox2, "SoC", known)
    await there.boots()
    assert there.written == []
    wallbox2.charger.measure_every(10)
    await idle(wallbox2.charger)
    assert there.written == [
        ("TxUpdatedMeasurands", known),
        ("TxUpdatedInterval", "10"),
    ]
    # Nor at the next connection, whose boot reports nothing new.
    wallbox2.charger.measure_every(10)
    await idle(wallbox2.charger)
    await there.boots()
    assert len(there.written) == 2


async def test_over_ocpp_2_nothing_is_found_out_by_attempts(wallbox2: Wallbox2) -> None:
    """What is refused together is not tried singly, nor again by the same firmware."""
    wallbox2.charger.measure_every(60)
    there = Settings2(wallbox2, "Voltage", None)
    there.status = "Rejected"
    await there.boots()
    assert there.written == [("TxUpdatedMeasurands", ALL)]
    await there.boots()
    assert len(there.written) == 1


async def test_over_ocpp_2_a_restart_is_left_to_its_owner(wallbox2: Wallbox2) -> None:
    """It is told as of a wallbox that speaks 1.6."""
    wallbox2.charger.measure_every(60)
    there = Settings2(wallbox2, "Voltage", None)
    there.status = "RebootRequired"
    await there.boots()
    assert wallbox2.charger.needs_restart
    assert wallbox2.link.sent("Reset") == []
