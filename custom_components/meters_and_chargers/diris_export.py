"""Files that a DIRIS gateway exports: from an FTP server of ours, or from a folder.

A file is deleted when the recorder has its rows, and not before. What can't be read is
put aside with the reason; what can't be stored waits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
import logging
from pathlib import Path
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_HOST,
    CONF_PORT,
    CONF_SOURCE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.requirements import RequirementsNotFound
from homeassistant.util import dt as dt_util

from . import export_statistics, links, ocpp_tls
from .const import CONF_EXPORT, CONF_FOLDER, CONF_ZONE, DOMAIN
from .engine.devices.diris.export import Export, Facts, HoursError, Malformed

_LOGGER = logging.getLogger(__name__)

FTP, FOLDER = "ftp", "folder"
ZONE_FILE, ZONE_UTC, ZONE_LOCAL = "file", "utc", "local"
_LOOK = timedelta(seconds=60)
_CALM_S = 10
"""A file in a folder is whole when nobody has written to it for so long."""
_REJECTED = "rejected"
_OFTEN = 3
"""So many wrong passwords are no slip of the finger."""
_ISSUES = ("export_server", "export_password", "export_stuck")


class NotStored(Exception):
    """The rows of a file are not where they belong; it waits."""


@dataclass(slots=True)
class Seen:
    """What has come since the start."""

    files: int = 0
    rejected: int = 0
    others: int = 0
    """Files that are no CSV: tests of the connection, logs."""
    reason: str = ""
    """Why the last one was rejected."""
    wrong_passwords: int = 0


def incoming(hass: HomeAssistant, entry: ConfigEntry) -> Path:
    """Return the folder into which the FTP server of a gateway puts files."""
    return Path(hass.config.path(f"{DOMAIN}_export", entry.unique_id or entry.entry_id))


def _database(hass: HomeAssistant, entry: ConfigEntry) -> Path:
    return Path(hass.config.path(".storage", f"{DOMAIN}_{entry.entry_id}.db"))


_IN_THE_LOG = {
    "export_server": "The FTP server of %s can't listen: %s",
    "export_password": "Somebody tries wrong passwords at the FTP server of %s%s",
    "export_stuck": "Files of %s wait: %s",
}


class GatewayExport:
    """Takes the files of one gateway, one after the other."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Do nothing yet."""
        self.seen = Seen()
        self.facts = Facts()
        self._hass = hass
        self._entry = entry
        self._options: dict[str, Any] = dict(entry.options[CONF_EXPORT])
        self._ftp = self._options[CONF_SOURCE] == FTP
        self.folder = (
            incoming(hass, entry) if self._ftp else Path(self._options[CONF_FOLDER])
        )
        self._server: links.FtpListener | None = None
        self._export: Export | None = None
        self._looking = asyncio.Lock()
        self._again = self._stopped = False
        self._told: set[str] = set()
        self._no_room: str | None = None
        """Why the server last refused a file."""
        self._listeners: list[Callable[[], None]] = []
        self._ends: list[CALLBACK_TYPE] = []

    @classmethod
    def wanted(cls, entry: ConfigEntry) -> bool:
        """Whether a gateway's owner wants its files."""
        return CONF_EXPORT in entry.options

    @property
    def port(self) -> int | None:
        """Where the FTP server listens, if it does."""
        return None if self._server is None else self._server.port

    def figures(self) -> dict[str, Any]:
        """Return what is known of the files, without names, for who helps."""
        facts, seen = self.facts, self.seen
        return {
            "source": self._options[CONF_SOURCE],
            "listens": self.port is not None,
            "files": seen.files,
            "rejected": seen.rejected,
            "others": seen.others,
            "reason": seen.reason,
            "wrong_passwords": seen.wrong_passwords,
            "rows": facts.rows,
            "skipped": facts.skipped,
            "newest": facts.newest,
            "written": [facts.encoding, facts.delimiter, facts.decimal],
        }

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call when something has come."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def start(self) -> None:
        """Listen and look, now and each minute."""

        async def look(_: object) -> None:
            await self.look()

        async def stop(_: object) -> None:
            await self.stop()

        self._ends = [
            async_track_time_interval(self._hass, look, _LOOK),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stop),
        ]
        self._soon()

    async def stop(self) -> None:
        """Let go of port and files; what is under way is done first."""
        self._stopped = True
        for end in self._ends:
            end()
        self._ends = []
        server, self._server = self._server, None
        if server is not None:
            await self._hass.async_add_executor_job(server.stop)
        async with self._looking:
            if self._export is not None:
                await self._hass.async_add_executor_job(self._export.close)
                self._export = None

    @callback
    def _soon(self) -> None:
        if not self._stopped:
            self._entry.async_create_background_task(
                self._hass, self.look(), f"{DOMAIN} export"
            )

    async def look(self) -> None:
        """Take all files that are there; once more if some came meanwhile."""
        self._again = True
        if self._looking.locked():
            return
        async with self._looking:
            while self._again and not self._stopped:
                self._again = False
                await self._look()

    async def _look(self) -> None:
        if self._ftp and self._server is None:
            await self._serve()
        if "recorder" not in self._hass.config.components:
            self._tell("export_stuck", "there is no recorder")
            return
        problem = self._no_room
        try:
            if self._export is None:
                await self._open()
            for path in await self._hass.async_add_executor_job(self._waiting):
                if self._stopped:
                    return
                problem = await self._taken(path) or problem
        except (NotStored, HoursError) as err:
            problem = str(err)
        except OSError as err:
            problem = err.strerror or str(err)
        if problem is None:
            self._forget("export_stuck")
        else:
            self._tell("export_stuck", problem)

    # Where files come from

    async def _serve(self) -> None:
        loop = self._hass.loop

        def done(_: Path) -> None:
            loop.call_soon_threadsafe(self._arrived)

        def logged_in(right: bool) -> None:  # noqa: FBT001 - told so by the server
            loop.call_soon_threadsafe(self._password, right)

        def refused(err: OSError) -> None:
            loop.call_soon_threadsafe(self._refused, err.strerror or str(err))

        names = await ocpp_tls.names_of(self._hass, {CONF_HOST: ""})
        told = done, logged_in, refused
        try:
            self._server = await links.open_ftp(
                self._hass, self._options, self.folder, names, told
            )
        except (OSError, RequirementsNotFound) as err:
            self._tell("export_server", str(err))
        else:
            self._forget("export_server")

    @callback
    def _arrived(self) -> None:
        self._no_room = None
        self._soon()

    @callback
    def _refused(self, error: str) -> None:
        """Say that the gateway keeps a file, until the next one is taken in."""
        self._no_room = error
        self._tell("export_stuck", error)

    @callback
    def _password(self, right: bool) -> None:  # noqa: FBT001 - as above
        if right:
            self.seen.wrong_passwords = 0
            self._forget("export_password")
            return
        self.seen.wrong_passwords += 1
        if self.seen.wrong_passwords >= _OFTEN:
            self._tell("export_password", "")

    async def _open(self) -> None:
        """Open what is kept; raises `HoursError`."""
        local = await dt_util.async_get_time_zone(self._hass.config.time_zone)
        zones = {ZONE_FILE: None, ZONE_UTC: UTC, ZONE_LOCAL: local}
        zone = zones[self._options[CONF_ZONE]]
        path = _database(self._hass, self._entry)
        self._export = await self._hass.async_add_executor_job(Export, path, zone)
        self.facts = self._export.facts
        self.seen.rejected = await self._hass.async_add_executor_job(self._put_aside)
        self._changed()

    def _put_aside(self) -> int:
        """Return how many files were rejected and still are there."""
        return sum(1 for _ in (self.folder / _REJECTED).glob("*.reason.txt"))

    def _waiting(self) -> list[Path]:
        """Return the whole files that are there, the oldest first."""
        now = time.time()
        found = []
        if self._ftp and not self.folder.exists():
            return []
        for path in self.folder.iterdir():
            if path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            stat = path.stat()
            if path.suffix.lower() == ".csv":
                if self._ftp or now - stat.st_mtime >= _CALM_S:
                    found.append((stat.st_mtime_ns, path))
            elif self._ftp:
                self.seen.others += 1
                path.unlink()
        return [path for _, path in sorted(found)]

    # One file

    async def _taken(self, path: Path) -> str | None:
        """Take a file; returns why it waits, if only it does.

        Raises `NotStored` and `HoursError` where all others would wait as well.
        """
        try:
            await self._take(path)
        except OSError as err:
            return err.strerror or str(err)
        except Malformed as err:
            await self._hass.async_add_executor_job(
                _reject, path, f"{err.reason} (line {err.line})"
            )
            self.seen.rejected += 1
            self.seen.reason = err.reason
            _LOGGER.warning(
                "A file of %s was put aside: %s in line %s",
                self._entry.title,
                err.reason,
                err.line,
            )
            self._changed()
        return None

    async def _take(self, path: Path) -> None:
        """Take a file, and delete it when the recorder has its rows.

        Raises `Malformed`, `NotStored`, `HoursError` and OSError; the file stays.
        """
        export, run = self._export, self._hass.async_add_executor_job
        if export is None:
            raise NotStored("nothing is open")
        now = int(dt_util.utcnow().timestamp())
        stored = await run(export.take, path, now)
        settled = False
        try:
            known = await export_statistics.known(self._hass, stored)
            hours = await run(export.settle, stored, known)
            settled = True
        finally:
            if not settled:
                await run(export.forget_taken)
        if not await export_statistics.bring(self._hass, hours):
            raise NotStored("the recorder does not store the rows")
        await run(path.unlink)
        await run(export.done, path.name, stored, now)
        self.seen.files += 1
        self._changed()

    # Who is told

    @callback
    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @callback
    def _tell(self, key: str, error: str) -> None:
        """Make an issue, and log it once."""
        if key not in self._told:
            self._told.add(key)
            _LOGGER.warning(_IN_THE_LOG[key], self._entry.title, error)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{key}_{self._entry.entry_id}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={
                "name": self._entry.title,
                "error": error,
                "folder": str(self.folder),
                "port": str(self._options.get(CONF_PORT, "")),
            },
        )

    @callback
    def _forget(self, key: str) -> None:
        if key in self._told:
            self._told.discard(key)
            _LOGGER.info("%s of %s is over", key, self._entry.title)
        ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{self._entry.entry_id}")


def _reject(path: Path, reason: str) -> None:
    """Put a file aside, with the reason beside it; nothing is replaced."""
    home = path.parent / _REJECTED
    home.mkdir(exist_ok=True)
    target, number = home / path.name, 1
    while target.exists():
        number += 1
        target = home / f"{path.stem} ({number}){path.suffix}"
    target.with_name(f"{target.name}.reason.txt").write_text(f"{reason}\n", "utf-8")
    path.rename(target)


async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete what a removed gateway leaves; files that were not taken stay."""
    for key in _ISSUES:
        ir.async_delete_issue(hass, DOMAIN, f"{key}_{entry.entry_id}")

    def delete() -> None:
        path = _database(hass, entry)
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink(missing_ok=True)

    await hass.async_add_executor_job(delete)
