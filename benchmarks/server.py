"""A Home Assistant to be measured: without a recorder, its CPU and stalls seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
import json
from pathlib import Path
from resource import getpagesize
import shutil
import sys
import time
from typing import Any, override

import aiohttp

from simulators.hass import REPOSITORY, HassError, HomeAssistant

# What would bring the recorder with it.
_LEFT_OUT = ("history:", "energy:")
_PROBE_EVERY_S = 0.005
# The kernel's clock of a process: CPUCLOCK_SCHED of linux/posix-timers.h.
_CLOCK_BITS, _CLOCK_KIND = 3, 2


type Json = dict[str, Any]


def say(text: str) -> None:
    """Tell the person who waits; stdout is kept for results."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def cpu_s(pid: int) -> float:
    """Return the processor time of a whole process so far."""
    return time.clock_gettime(~pid << _CLOCK_BITS | _CLOCK_KIND)


class Companion:
    """A process beside Home Assistant; both sides speak in lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Take the running process."""
        self._process = process

    async def hear(self) -> Json:
        """Wait for its next line."""
        if self._process.stdout is None or not (
            line := await self._process.stdout.readline()
        ):
            raise HassError("a process beside Home Assistant has ended by itself")
        told: Json = json.loads(line)
        return told

    @property
    def cpu_s(self) -> float:
        """Its processor time so far."""
        return cpu_s(self._process.pid)

    def tell(self, line: str) -> None:
        """Send it a line."""
        if self._process.stdin is None:
            raise HassError("a process beside Home Assistant hears nothing")
        self._process.stdin.write(f"{line}\n".encode())


@asynccontextmanager
async def companion(module: str, *arguments: str) -> AsyncIterator[Companion]:
    """Run a module in a process of its own while inside."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,  # all answer times come in one line
    )
    try:
        yield Companion(process)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


class MeasuredHomeAssistant(HomeAssistant):
    """Home Assistant without what would write each state to a disk."""

    def __init__(
        self, config: Path, *, component: Path | None = None, **more: object
    ) -> None:
        """Take integrations that are set up by `configuration.yaml` too.

        ``component`` is the folder of one that Home Assistant does not have, with its
        manifest in ``integration.json``.
        """
        super().__init__(config)
        self._component = component
        self._more = more

    @property
    def cpu_s(self) -> float:
        """Processor time of the whole process so far."""
        if self._process is None:
            raise HassError("not started")
        return cpu_s(self._process.pid)

    @property
    def memory_kb(self) -> int:
        """What of its memory is in use now, resident."""
        if self._process is None:
            raise HassError("not started")
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii")
        return int(pages.split()[1]) * getpagesize() // 1024

    async def idle_s(self, seconds: float) -> float:
        """Wait, and return the processor time used meanwhile."""
        begun = self.cpu_s
        await asyncio.sleep(seconds)
        return self.cpu_s - begun

    async def enable_all(self) -> None:
        """Enable every entity of ours, also those that are off by default."""
        entries: set[str] = set()
        for entity in await self.entities():
            if entity["disabled_by"] is not None:
                await self.ws(
                    "config/entity_registry/update",
                    entity_id=entity["entity_id"],
                    disabled_by=None,
                )
                entries.add(entity["config_entry_id"])
        for entry_id in entries:
            path = f"/api/config/config_entries/entry/{entry_id}/reload"
            await self.request("POST", path)

    async def longest_stall_s(self, seconds: float) -> float:
        """Ping its event loop 200 times a second; the longest wait for a pong.

        Pings of a WebSocket are answered by the loop itself, without any code of
        Home Assistant: a pong comes late when something else holds the loop.
        """
        if self._session is None:
            raise HassError("not started")
        clock = asyncio.get_running_loop().time
        sent: dict[bytes, float] = {}
        waits: list[float] = []
        async with self._session.ws_connect(
            f"{self.url}/api/websocket", autoping=False
        ) as probe:
            await probe.receive_json()
            await probe.send_json({"type": "auth", "access_token": self._token})
            await probe.receive_json()

            async def hear() -> None:
                async for message in probe:
                    if message.type is aiohttp.WSMsgType.PONG:
                        wait = clock() - sent.pop(bytes(message.data))
                        waits.append(wait)

            hearing = asyncio.create_task(hear())
            end = clock() + seconds
            for number in count():
                if clock() >= end:
                    break
                mark = str(number).encode()
                sent[mark] = clock()
                await probe.ping(mark)
                await asyncio.sleep(_PROBE_EVERY_S)
            await asyncio.sleep(1)
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
        if sent:
            raise HassError(f"{len(sent)} pings were never answered")
        return max(waits)

    async def state_writes(self, seconds: float) -> dict[str, int]:
        """Count how often each sensor changes its state.

        What is written without a change is not seen: let every value change.
        """
        if self._session is None:
            raise HassError("not started")
        counts: dict[str, int] = {}
        async with self._session.ws_connect(f"{self.url}/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            await socket.receive_json()
            wanted = {"type": "subscribe_events", "event_type": "state_changed"}
            await socket.send_json({"id": 1, **wanted})
            await socket.receive_json()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for message in socket:
                        entity_id = message.json()["event"]["data"]["entity_id"]
                        counts[entity_id] = counts.get(entity_id, 0) + 1
        return counts

    @override
    def _write_configuration(self, *, pages: bool) -> None:
        super()._write_configuration(pages=pages)
        path = self.config / "configuration.yaml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = (line for line in lines if line.strip() not in _LEFT_OUT)
        # JSON is YAML.
        more = (f"{name}: {json.dumps(part)}\n" for name, part in self._more.items())
        path.write_text("".join((*kept, *more)), encoding="utf-8")
        if self._component is not None:
            folder = self.config / "custom_components" / self._component.name
            shutil.copytree(self._component, folder, dirs_exist_ok=True)
            # Under its right name hassfest would take it for one of the repository.
            (folder / "integration.json").replace(folder / "manifest.json")
