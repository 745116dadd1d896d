"""Files of a DIRIS gateway in a real Home Assistant with a real recorder."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
import ftplib
import os
from pathlib import Path
import random
import shutil
import socket
import sqlite3
import time
from types import SimpleNamespace
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import (
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    FlowType,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import (
    EVENT_DATA_ENTRY_FLOW_PROGRESSED,
    FlowResultType,
)
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.meters_and_chargers import (
    authority,
    diris_export,
    diris_export_flow,
    export_statistics,
    links,
)
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.diris import GatewayCoordinator
from custom_components.meters_and_chargers.diris_export import GatewayExport
from simulators.diris import Diris
from simulators.diris_export import Export, Measured, client, put

from .conftest import SetUp
from .test_config_flow import address, choose, submit
from .test_diris import gateway, set_up

__all__ = ["gateway", "set_up"]

NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - a gateway's own time
HOST = "127.0.0.1"

type Exporting = Callable[..., Awaitable[ConfigEntry[GatewayCoordinator]]]


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(
    recorder_mock: Recorder, enable_custom_integrations: None
) -> None:
    """Let Home Assistant have a recorder before anything else."""


@pytest.fixture(autouse=True)
def own_folders(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep files and keys of each test apart; a machine's disk may be nearly full."""
    monkeypatch.setattr(authority, "_ROOT_BITS", 2048)
    monkeypatch.setattr(diris_export, "_CALM_S", 0)
    monkeypatch.setattr(diris_export_flow, "EVERY_S", 0.05)
    real = hass.config.path
    monkeypatch.setattr(
        hass.config,
        "path",
        lambda *parts: (
            str(tmp_path / "config" / Path(*parts))
            if any(DOMAIN in part for part in parts)
            else real(*parts)
        ),
    )
    (tmp_path / "config" / ".storage").mkdir(parents=True)


@pytest.fixture
def port(socket_enabled: None) -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server((HOST, 0)) as found:
        number: int = found.getsockname()[1]
    return min(number, 65_000)


@pytest.fixture
async def exporting(
    hass: HomeAssistant, set_up: SetUp, port: int
) -> AsyncIterator[Exporting]:
    """Return a function that sets a gateway up whose files are taken."""
    added: list[ConfigEntry[Any]] = []

    async def add(**options: Any) -> ConfigEntry[GatewayCoordinator]:
        entry = await set_up()
        added.append(entry)
        chosen = {
            "source": "ftp",
            "port": port,
            "tls_mode": "off",
            "zone": "file",
            "password": "secret",
            **options,
        }
        hass.config_entries.async_update_entry(
            entry, options={**entry.options, "export": chosen}
        )
        await hass.config_entries.async_reload(entry.entry_id)
        await until(hass, lambda: not export_of(entry)._looking.locked())
        return entry

    yield add
    for entry in added:
        if hass.config_entries.async_get_entry(entry.entry_id) is not None:
            await hass.config_entries.async_unload(entry.entry_id)


def export_of(entry: ConfigEntry[GatewayCoordinator]) -> GatewayExport:
    """Return what takes the files of a gateway."""
    found = entry.runtime_data.export
    assert found is not None
    return found


async def until(hass: HomeAssistant, held: Callable[[], object]) -> None:
    """Wait until something holds."""
    for _ in range(3000):
        await hass.async_block_till_done()
        if held():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


async def send(
    hass: HomeAssistant,
    entry: ConfigEntry[GatewayCoordinator],
    *files: Export,
    how: str = "plain",
    root: str = "",
    password: str = "secret",  # noqa: S107 - a made-up one
) -> None:
    """Let a gateway send files, and wait until each was taken or put aside."""
    export = export_of(entry)
    before = export.seen.files + export.seen.rejected

    def sent() -> None:
        with client(how, root) as found:
            found.connect(HOST, export.port or 0, 30)
            found.login("diris", password)
            if isinstance(found, ftplib.FTP_TLS):
                found.prot_p()
            for number, file in enumerate(files):
                name = file.name(NOON + timedelta(seconds=number))
                put(found, name, file.text().encode())

    await asyncio.to_thread(sent)
    await until(
        hass, lambda: export.seen.files + export.seen.rejected == before + len(files)
    )


def names_in(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def energy(points: dict[datetime, int], device: int = 14) -> Export:
    """Return a file of a counter in Wh."""
    name = "Ea+ of PC 1-2-3 of I-35@4"
    return Export([Measured(1, name, "Wh", 1, points)], "Index", device_id=device)


def power(points: dict[datetime, int]) -> Export:
    """Return a file of averages of a power, in tenths of watts."""
    return Export([Measured(2, "P AVG of PC 1-2-3 of I-35@4", "W", 10, points)])


def minutes(first: int, last: int, step: int = 1) -> list[datetime]:
    """Return moments after noon."""
    return [NOON + timedelta(minutes=number) for number in range(first, last, step)]


async def statistics(hass: HomeAssistant) -> dict[str, dict[int, tuple[float, ...]]]:
    """Return by name what each statistic says of hours after noon."""
    await async_wait_recording_done(hass)

    def read() -> dict[str, dict[int, tuple[float, ...]]]:
        known = [one for one in list_statistic_ids(hass) if one["source"] == DOMAIN]
        start = datetime(2026, 1, 1, tzinfo=UTC)
        kinds: set[Any] = {"mean", "min", "max", "state", "sum"}
        found = {}
        for one in known:
            key = one["statistic_id"]
            rows = statistics_during_period(
                hass, start, None, {key}, "hour", None, kinds
            )
            found[one["name"] or ""] = {
                round((row["start"] - NOON.replace(tzinfo=UTC).timestamp()) / 3600): (
                    (row["state"], row["sum"])
                    if one["has_sum"]
                    else (row["mean"], row["min"], row["max"])
                )
                for row in rows[key]
            }
        return found

    return await hass.async_add_executor_job(read)


COUNTER = "PC 1-2-3 of I-35@4 Ea+"
AVERAGE = "PC 1-2-3 of I-35@4 P AVG"


async def test_files_become_statistics(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """A counter's total and a power's mean, least and most, hour by hour."""
    entry = await exporting()
    points = {at: 1000 + number for number, at in enumerate(minutes(0, 150, 10))}
    averages = {at: 100 * (number + 1) for number, at in enumerate(minutes(0, 90))}
    await send(hass, entry, energy(points), power(averages))
    assert await statistics(hass) == {
        COUNTER: {-1: (1000, 0), 0: (1006, 6), 1: (1012, 12), 2: (1014, 14)},
        AVERAGE: {0: (305, 10, 600), 1: (755, 610, 900)},
    }
    assert names_in(export_of(entry).folder) == []
    rows = hass.states.get("sensor.main_board_exported_rows")
    assert rows is not None
    assert rows.state == "105"
    last = hass.states.get("sensor.main_board_last_exported_file")
    assert last is not None
    assert last.state.startswith("20")


async def test_the_units_are_home_assistants(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """Energies can be shown in other units, and the maker's spelling is no obstacle."""
    entry = await exporting()
    units = {
        "kWh": "energy",
        "VArh": "reactive_energy",
        "A": "electric_current",
        "?": None,
    }
    values = [
        Measured(number, f"Q{number} of a of b", unit, 1, {NOON: 5})
        for number, unit in enumerate(units)
    ]
    await send(hass, entry, Export(values, "Index"))
    await async_wait_recording_done(hass)
    found = await hass.async_add_executor_job(list_statistic_ids, hass)
    ours = {one["name"]: one for one in found if one["source"] == DOMAIN}
    classes = [ours[f"a of b Q{number}"]["unit_class"] for number in range(4)]
    assert classes == list(units.values())
    assert ours["a of b Q1"]["statistics_unit_of_measurement"] == "varh"


async def test_the_same_file_again_changes_nothing(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """Sent twice, in overlapping parts and in any order: each point counts once."""
    entry = await exporting()
    points = {at: 7 * number for number, at in enumerate(minutes(0, 240, 10))}
    averages = {at: 10 * (number % 77) for number, at in enumerate(minutes(0, 240, 10))}
    await send(hass, entry, energy(points), power(averages))
    expected = await statistics(hass)
    keys = list(points)
    await send(hass, entry, energy(points), power(averages))
    for first, last in ((20, 24), (0, 9), (5, 15), (3, 4)):
        some = keys[first:last]
        await send(
            hass,
            entry,
            energy({at: points[at] for at in some}),
            power({at: averages[at] for at in some}),
        )
    assert await statistics(hass) == expected


async def test_a_weeks_hole_is_closed(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """Home Assistant was away for a week; the gateway sends all of it, in any order."""
    entry = await exporting()
    points = {at: 3 * number for number, at in enumerate(minutes(0, 60 * 24 * 9, 30))}
    averages = dict.fromkeys(points, 50)
    days = [
        {at: one for at, one in points.items() if (at - NOON).days == day}
        for day in range(9)
    ]
    await send(hass, entry, energy(days[0]), energy(days[8]))
    assert len((await statistics(hass))[COUNTER]) == 50
    missing = [energy(day) for day in days[1:8]]
    missing += [power({at: averages[at] for at in day}) for day in days]
    random.Random(7).shuffle(missing)  # noqa: S311 - any order will do
    await send(hass, entry, *missing)
    found = await statistics(hass)
    hours = 9 * 24
    assert sorted(found[COUNTER]) == list(range(-1, hours))
    for hour, (state, total) in found[COUNTER].items():
        # At the full hour the last one ends; the last hour ends half an hour early.
        shown = 6 * (hour + 1) if hour < hours - 1 else 6 * hours - 3
        assert (state, total) == (shown, shown), hour
    assert found[AVERAGE] == dict.fromkeys(range(hours), (5, 5, 5))


async def test_a_counter_that_was_reset(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """A module that was replaced begins at 0; the total goes on."""
    entry = await exporting()
    before = {at: 900 + 10 * number for number, at in enumerate(minutes(5, 65, 30))}
    after = {at: 4 * number for number, at in enumerate(minutes(65, 185, 30))}
    await send(hass, entry, energy(before), energy(after))
    assert (await statistics(hass))[COUNTER] == {0: (910, 10), 1: (4, 14), 2: (12, 22)}


async def test_gateways_and_modules_are_kept_apart(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """The same index in another file is another value; only its key counts."""
    entry = await exporting()
    await send(hass, entry, energy({NOON: 5}), energy({NOON: 7}, device=15))
    await async_wait_recording_done(hass)
    found = await hass.async_add_executor_job(list_statistic_ids, hass)
    ids = [one["statistic_id"] for one in found if one["source"] == DOMAIN]
    assert len(set(ids)) == 2
    assert any("diris_socomec_e5c801_14_1_ana_1_" in one for one in ids)


async def test_what_can_not_be_read_is_put_aside(
    hass: HomeAssistant, exporting: Exporting, expected_logs: list[str]
) -> None:
    """With the reason beside it; the others are taken."""
    expected_logs.append("was put aside")
    entry = await exporting()
    broken = Export([Measured(1, "P of a of b", "W", 0, {NOON: 1})])
    future = power({datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=2): 1})
    await send(hass, entry, broken, future, broken, energy({NOON: 5}))
    export = export_of(entry)
    rejected = export.folder / "rejected"
    reasons = {path.name: path.read_text() for path in rejected.glob("*.reason.txt")}
    assert sorted(reasons.values()) == [
        "coefficient (line 5)\n",
        "coefficient (line 5)\n",
        "future (line 0)\n",
    ]
    assert all(
        (rejected / name.removesuffix(".reason.txt")).exists() for name in reasons
    )
    assert list(await statistics(hass)) == [COUNTER]
    state = hass.states.get("sensor.main_board_rejected_files")
    assert state is not None
    assert state.state == "3"
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: export_of(entry).seen.rejected == 3)


async def test_a_test_of_the_connection_is_welcome(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """A file that is no CSV is counted and deleted."""
    entry = await exporting()
    export = export_of(entry)

    def sent() -> None:
        with client("plain") as found:
            found.connect(HOST, export.port or 0, 30)
            found.login("diris", "secret")
            put(found, "SOCOMEC-METERS/test.txt", b"test")

    await asyncio.to_thread(sent)
    await until(hass, lambda: export.seen.others == 1)
    assert names_in(export.folder) == []
    assert export.seen.files == export.seen.rejected == 0


@pytest.mark.parametrize("how", ["explicit", "implicit"])
async def test_encrypted(hass: HomeAssistant, exporting: Exporting, how: str) -> None:
    """With a certificate of our authority, whose root the owner gives to it."""
    entry = await exporting(tls_mode="required")
    root = await hass.async_add_executor_job(
        authority.root, links.authority_folder(hass)
    )

    def connect() -> ftplib.FTP:
        found = client(how, root.pem)
        assert isinstance(found, ftplib.FTP_TLS)
        # The certificate names Home Assistant's own addresses, not this loopback.
        found.context.check_hostname = False
        found.connect(HOST, export_of(entry).port or 0, 30)
        found.login("diris", "secret")
        found.prot_p()
        put(found, "a.csv", energy({NOON: 5}).text().encode())
        return found

    found = await asyncio.to_thread(connect)
    await until(hass, lambda: export_of(entry).seen.files == 1)
    found.close()
    assert list(await statistics(hass)) == [COUNTER]


async def test_a_restart_in_the_middle_of_an_hour(
    hass: HomeAssistant, exporting: Exporting
) -> None:
    """The first half of an hour is still known when its second half comes."""
    entry = await exporting()
    await send(hass, entry, power(dict.fromkeys(minutes(0, 30), 100)))
    assert (await statistics(hass))[AVERAGE] == {0: (10, 10, 10)}
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: export_of(entry).port)
    await send(hass, entry, power(dict.fromkeys(minutes(30, 60), 300)))
    assert (await statistics(hass))[AVERAGE] == {0: (20, 10, 30)}
    assert export_of(entry).facts.rows == 60


async def test_a_crash_between_recorder_and_deletion(
    hass: HomeAssistant, exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a crash cuts off is done again, with the same result."""
    entry = await exporting()
    points = {at: number for number, at in enumerate(minutes(0, 120, 10))}
    file = energy(points).text()
    await send(hass, entry, energy(points), power(points))
    expected = await statistics(hass)
    export = export_of(entry)
    (export.folder / "left.csv").write_text(file)
    await export.look()
    assert await statistics(hass) == expected
    assert names_in(export.folder) == []


async def test_a_file_stays_until_the_recorder_has_its_rows(
    hass: HomeAssistant,
    exporting: Exporting,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
    issue_registry: ir.IssueRegistry,
) -> None:
    """A recorder that loses them costs nothing: the file waits, and is taken later."""
    expected_logs.append("wait: the recorder does not store the rows")
    entry = await exporting()
    export = export_of(entry)
    path = export.folder / "a.csv"
    path.write_text(energy({NOON: 5, NOON + timedelta(minutes=7): 9}).text())
    with monkeypatch.context() as patch:
        patch.setattr(export_statistics, "_TRY_S", 0)
        patch.setattr(Recorder, "async_import_statistics", lambda *_: None)
        await export.look()
        assert path.exists()
        issue = f"export_stuck_{entry.entry_id}"
        assert issue_registry.async_get_issue(DOMAIN, issue)
        assert await statistics(hass) == {}
    await export.look()
    assert not path.exists()
    assert not issue_registry.async_get_issue(DOMAIN, issue)
    assert await statistics(hass) == {COUNTER: {-1: (5, 0), 0: (9, 4)}}


async def test_a_full_disk_loses_nothing(
    hass: HomeAssistant,
    exporting: Exporting,
    expected_logs: list[str],
    issue_registry: ir.IssueRegistry,
) -> None:
    """The points find no room: the file waits, and is taken when there is some."""
    expected_logs.append("wait: database or disk is full")
    entry = await exporting()
    export = export_of(entry)
    assert export._export is not None
    database: sqlite3.Connection = export._export._hours._db
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    path = export.folder / "a.csv"
    points = dict.fromkeys(minutes(0, 3000), 100)
    path.write_text(power(points).text())
    await export.look()
    assert path.exists()
    assert issue_registry.async_get_issue(DOMAIN, f"export_stuck_{entry.entry_id}")
    database.execute("PRAGMA max_page_count = 1000000")
    await export.look()
    assert not path.exists()
    found = await statistics(hass)
    assert found == {AVERAGE: dict.fromkeys(range(50), (10, 10, 10))}


async def test_no_room_for_a_file(
    hass: HomeAssistant,
    exporting: Exporting,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
    issue_registry: ir.IssueRegistry,
) -> None:
    """The gateway is refused and keeps it; told until the next file is taken in."""
    expected_logs.append("wait: No space left on device")
    entry = await exporting()
    export = export_of(entry)
    issue = f"export_stuck_{entry.entry_id}"

    def refused() -> None:
        with client("plain") as found:
            found.connect(HOST, export.port or 0, 30)
            found.login("diris", "secret")
            with pytest.raises(ftplib.error_perm, match="No room"):
                put(found, "a.csv", b"x")

    with monkeypatch.context() as patch:
        usage = SimpleNamespace(total=1, used=1, free=0)
        patch.setattr(shutil, "disk_usage", lambda _: usage)
        await asyncio.to_thread(refused)
        await until(hass, lambda: issue_registry.async_get_issue(DOMAIN, issue))
    await export.look()
    assert issue_registry.async_get_issue(DOMAIN, issue)
    await send(hass, entry, energy({NOON: 1}))
    await until(hass, lambda: not issue_registry.async_get_issue(DOMAIN, issue))


async def test_a_stop_closes_the_port(
    hass: HomeAssistant, exporting: Exporting, port: int
) -> None:
    """With Home Assistant's own stop, when entries are not unloaded."""
    entry = await exporting()
    assert export_of(entry).port == port
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await until(hass, lambda: export_of(entry).port is None)
    with socket.create_server(("0.0.0.0", port)):  # noqa: S104 - the same as ours
        pass


async def test_a_port_that_is_taken(
    hass: HomeAssistant,
    exporting: Exporting,
    port: int,
    expected_logs: list[str],
    issue_registry: ir.IssueRegistry,
) -> None:
    """It is said, and tried again; the gateway itself is read meanwhile."""
    expected_logs.append("can't listen")
    with socket.create_server(("0.0.0.0", port)):  # noqa: S104 - the same as ours
        entry = await exporting()
        await until(
            hass,
            lambda: issue_registry.async_get_issue(
                DOMAIN, f"export_server_{entry.entry_id}"
            ),
        )
        assert export_of(entry).port is None
    await export_of(entry).look()
    assert export_of(entry).port == port
    assert not issue_registry.async_get_issue(DOMAIN, f"export_server_{entry.entry_id}")


async def test_wrong_passwords_are_told_once(
    hass: HomeAssistant,
    exporting: Exporting,
    expected_logs: list[str],
    issue_registry: ir.IssueRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After the third, without the password; a right one ends it."""
    expected_logs.append("wrong passwords")
    entry = await exporting()
    export = export_of(entry)

    def wrong() -> None:
        found = client("plain")
        found.connect(HOST, export.port or 0, 60)
        for _ in range(2):
            with pytest.raises(ftplib.error_perm):
                found.login("diris", "hunter2")
        found.close()

    await asyncio.to_thread(wrong)
    await asyncio.to_thread(wrong)
    await until(hass, lambda: export.seen.wrong_passwords == 4)
    issue = f"export_password_{entry.entry_id}"
    assert issue_registry.async_get_issue(DOMAIN, issue)
    assert "hunter2" not in caplog.text
    assert caplog.text.count("wrong passwords") == 1
    await send(hass, entry, energy({NOON: 1}))
    assert not issue_registry.async_get_issue(DOMAIN, issue)


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant may use."""
    found = tmp_path / "exports"
    found.mkdir()
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return found


async def test_a_folder_that_is_watched(
    hass: HomeAssistant, exporting: Exporting, folder: Path, tmp_path: Path
) -> None:
    """Its CSV files are taken and deleted, all else in it is nobody's business."""
    entry = await exporting(source="folder", folder=str(folder))
    (folder / "a.csv").write_text(energy({NOON: 5}).text())
    (folder / "table.CSV").write_text(
        "time,circuit,quantity,unit,value\n2026-03-02T12:30:00Z,Pump,P,W,1200.5\n"
    )
    (folder / "notes.txt").write_text("mine")
    outside = tmp_path / "outside.csv"
    outside.write_text(energy({NOON: 5}).text())
    (folder / "link.csv").symlink_to(outside)
    await export_of(entry).look()
    assert names_in(folder) == ["link.csv", "notes.txt"]
    assert outside.exists()
    assert (await statistics(hass))["Pump P"] == {0: (1200.5, 1200.5, 1200.5)}
    assert export_of(entry).port is None


async def test_a_file_that_is_still_written_waits(
    hass: HomeAssistant,
    exporting: Exporting,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A program may take its time to write into a folder."""
    monkeypatch.setattr(diris_export, "_CALM_S", 3600)
    entry = await exporting(source="folder", folder=str(folder))
    path = folder / "a.csv"
    path.write_text(energy({NOON: 5}).text())
    await export_of(entry).look()
    assert path.exists()
    os.utime(path, (time.time() - 3601,) * 2)
    await export_of(entry).look()
    assert not path.exists()


# The options


async def options(
    hass: HomeAssistant, entry: ConfigEntry[Any], typed: dict[str, Any]
) -> Any:
    """Open the options and type into the form of files."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.MENU
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"next_step_id": "diris_export"}
    )
    assert result["step_id"] == "diris_export"
    return await hass.config_entries.options.async_configure(result["flow_id"], typed)


async def test_the_options_wait_for_the_first_file(
    hass: HomeAssistant, set_up: SetUp, port: int
) -> None:
    """What to type into the gateway, then what came of it; off again afterwards."""
    entry = await set_up()
    result = await options(
        hass, entry, {"source": "ftp", "port": port, "tls_mode": "detect"}
    )
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "diris_export_ftp"
    shown = result["description_placeholders"]
    assert shown["port"] == str(port)
    assert shown["user"] == "diris"
    assert len(shown["password"]) == 16
    assert "home-assistant-wallboxes.pem" in shown["download"]
    await until(hass, lambda: export_of(entry).port)

    def sent() -> None:
        with client("plain") as found:
            found.connect(HOST, port, 30)
            found.login("diris", shown["password"])
            put(found, "test", b"")
            put(
                found,
                "first.csv",
                power({NOON: 1, NOON.replace(hour=11): 2}).text().encode(),
            )

    await asyncio.to_thread(sent)
    await until(hass, lambda: export_of(entry).seen.files)
    flow = hass.config_entries.options
    for _ in range(1500):
        await hass.async_block_till_done(wait_background_tasks=True)
        result = await flow.async_configure(result["flow_id"])
        if result["type"] is FlowResultType.FORM:
            break
        await asyncio.sleep(0.02)
    assert result["step_id"] == "diris_export_done"
    assert result["errors"] == {}
    told = result["description_placeholders"]
    assert (told["file"], told["rows"]) == ("first.csv", "2")
    assert told["newest"].startswith("2026-03-02")
    assert told["written"] == "; - utf-8"
    result = await flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["export"]["password"] == shown["password"]
    # Closed while it waits for another: what was chosen stays.
    result = await options(
        hass, entry, {"source": "ftp", "port": port, "tls_mode": "detect"}
    )
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    flow.async_abort(result["flow_id"])
    result = await options(
        hass, entry, {"source": "off", "port": port, "tls_mode": "detect"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "export" not in entry.options
    assert entry.runtime_data.export is None
    assert hass.states.get("sensor.main_board_exported_rows") is None


async def test_the_options_tell_of_a_test_of_the_connection(
    hass: HomeAssistant, set_up: SetUp, port: int
) -> None:
    """Whoever presses the button in the gateway sees it come; a file is missing yet."""
    entry = await set_up()
    chosen = {"source": "ftp", "port": port, "tls_mode": "off"}
    result = await options(hass, entry, chosen)
    shown = result["description_placeholders"]
    assert shown["tests"] == "0"
    changed: list[str] = []
    hass.bus.async_listen(
        EVENT_DATA_ENTRY_FLOW_PROGRESSED,
        lambda event: changed.append(event.data["flow_id"]),
    )
    await until(hass, lambda: export_of(entry).port)

    def sent() -> None:
        with client("plain") as found:
            found.connect(HOST, port, 30)
            found.login("diris", shown["password"])
            put(found, "SOCOMEC-METERS/test.txt", b"test")

    await asyncio.to_thread(sent)
    await until(hass, lambda: result["flow_id"] in changed)
    flow = hass.config_entries.options
    result = await flow.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["description_placeholders"] == {**shown, "tests": "1"}
    flow.async_abort(result["flow_id"])
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_options_wait_while_the_gateway_is_off(
    hass: HomeAssistant,
    set_up: SetUp,
    gateway: Diris,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """Nothing can come as long as it does not answer: that is said, and kept."""
    expected_logs.append("Main board")
    monkeypatch.setattr(diris_export_flow, "PATIENCE_S", 0.1)
    entry = await set_up()
    await gateway.stop()
    chosen = {"source": "ftp", "port": port, "tls_mode": "off"}
    result = await options(hass, entry, chosen)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert result["description_placeholders"]["tests"] == "0"
    flow = hass.config_entries.options
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await flow.async_configure(result["flow_id"])
    assert result["step_id"] == "diris_export_done"
    assert result["errors"] == {"base": "export_none_yet"}
    assert set(result["description_placeholders"].values()) == {"-"}
    result = await flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["export"]["source"] == "ftp"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_options_refuse_what_can_not_be(
    hass: HomeAssistant, set_up: SetUp, port: int, tmp_path: Path
) -> None:
    """A port that is taken; folders that are none, hidden or not ours."""
    entry = await set_up()
    with socket.create_server(("0.0.0.0", port)):  # noqa: S104 - the same as ours
        result = await options(
            hass, entry, {"source": "ftp", "port": port, "tls_mode": "off"}
        )
    assert result["errors"] == {"base": "cannot_listen"}
    config = hass.config.config_dir
    for name in (
        "",
        "/nowhere",
        "/",
        config,
        f"{config}/.storage",
        str(tmp_path),
        "/etc",
    ):
        result = await hass.config_entries.options.async_configure(
            result["flow_id"],
            {"source": "folder", "folder": name, "port": port, "tls_mode": "off"},
        )
        assert result["errors"] == {"folder": "folder_not_allowed"}, name


@pytest.mark.parametrize("come", [False, True], ids=["none", "unreadable"])
async def test_the_options_say_what_did_not_come(
    hass: HomeAssistant,
    set_up: SetUp,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
    *,
    come: bool,
) -> None:
    """No file in time, or one that can't be read; what was chosen stays stored."""
    expected_logs.append("was put aside")
    monkeypatch.setattr(diris_export_flow, "EVERY_S", 0.05)
    if not come:
        monkeypatch.setattr(diris_export_flow, "PATIENCE_S", 0.1)
    entry = await set_up()
    result = await options(
        hass, entry, {"source": "ftp", "port": port, "tls_mode": "off"}
    )
    await until(hass, lambda: export_of(entry).port)
    if come:
        broken = Export([Measured(1, "P of a of b", "W", 0, {NOON: 1})])
        shown = result["description_placeholders"]
        await send(hass, entry, broken, password=shown["password"])
    flow = hass.config_entries.options
    for _ in range(500):
        await hass.async_block_till_done(wait_background_tasks=True)
        result = await flow.async_configure(result["flow_id"])
        if result["type"] is FlowResultType.FORM:
            break
        await asyncio.sleep(0.02)
    error = "export_rejected" if come else "export_none_yet"
    assert result["errors"] == {"base": error}
    assert (result["description_placeholders"]["reason"] == "-") is not come
    result = await flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["export"]["source"] == "ftp"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_diagnostics_and_removal(
    hass: HomeAssistant, exporting: Exporting, tmp_path: Path
) -> None:
    """Figures without names and password; nothing of ours is left afterwards."""
    entry = await exporting()
    await send(hass, entry, energy({NOON: 5}))
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["export"]["files"] == 1
    assert told["export"]["written"] == ["utf-8", ";", ""]
    assert "secret" not in str(told)
    assert "E5C801" not in str(told)
    database = tmp_path / "config" / ".storage" / f"{DOMAIN}_{entry.entry_id}.db"
    assert database.exists()
    await hass.config_entries.async_remove(entry.entry_id)
    assert not database.exists()


async def test_a_gateway_that_only_sends_files(
    hass: HomeAssistant, port: int, gateway: Diris
) -> None:
    """It is never asked, its files are asked for at once; later it can be read, too."""
    await gateway.stop()  # nobody is at its address
    result = await choose(hass, "diris")
    typed = {**address(gateway), "path": "files"}
    result = await submit(hass, result, typed)
    assert result["step_id"] == "diris_files"
    result = await submit(hass, result, {"name": "Main board"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: ConfigEntry[GatewayCoordinator] = result["result"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    kind, flow_id = result["next_flow"]
    assert kind is FlowType.OPTIONS_FLOW
    options = hass.config_entries.options
    result = await options.async_configure(
        flow_id, {"source": "ftp", "port": port, "tls_mode": "off", "zone": "file"}
    )
    assert result["step_id"] == "diris_export_wait", result
    await until(hass, lambda: export_of(entry).port is not None)
    export = export_of(entry)
    points = energy({NOON: 5, NOON + timedelta(minutes=7): 9})

    def upload() -> None:
        with client("plain") as found:
            found.connect(HOST, export.port or 0, 30)
            found.login("diris", entry.options["export"]["password"])
            put(found, "a.csv", points.text().encode())

    await asyncio.to_thread(upload)
    await until(hass, lambda: export.seen.files == 1)
    assert await statistics(hass) == {COUNTER: {-1: (5, 0), 0: (9, 4)}}
    found = {one.split(".")[1] for one in hass.states.async_entity_ids()}
    assert {one for one in found if one.startswith("main_board_")} == {
        "main_board_last_exported_file",
        "main_board_exported_rows",
        "main_board_rejected_files",
    }
    menu = await options.async_init(entry.entry_id)
    assert menu["menu_options"] == [
        *("diris_mib", "diris_traps", "diris_outputs", "diris_export"),
    ]
    again = await choose(hass, "diris")
    again = await submit(hass, again, typed)
    assert again["reason"] == "gateway_exists"
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["export"]["files"] == 1
    await gateway.start()
    changing = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    changing = await submit(hass, changing, {**address(gateway), "path": "modbus"})
    assert changing["step_id"] == "diris_modules"
    changing = await submit(hass, changing, {"addresses": "2-5"})
    await hass.async_block_till_done(wait_background_tasks=True)
    changing = await hass.config_entries.flow.async_configure(changing["flow_id"])
    assert changing["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get("sensor.diris_b30_rs485_2_circuit_1_power") is not None
    await hass.config_entries.async_unload(entry.entry_id)
