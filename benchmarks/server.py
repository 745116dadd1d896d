"""A Home Assistant to be measured: without a recorder, its CPU and stalls seen."""

import asyncio
from itertools import count
import sys
import time
from typing import override

import aiohttp

from simulators.hass import HassError, HomeAssistant

# What would bring the recorder with it.
_LEFT_OUT = ("history:", "energy:")
_PROBE_EVERY_S = 0.005
# The kernel's clock of a process: CPUCLOCK_SCHED of linux/posix-timers.h.
_CLOCK_BITS, _CLOCK_KIND = 3, 2


def say(text: str) -> None:
    """Tell the person who waits; stdout is kept for results."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class MeasuredHomeAssistant(HomeAssistant):
    """Home Assistant without what would write each state to a disk."""

    @property
    def cpu_s(self) -> float:
        """Processor time of the whole process so far."""
        if self._process is None:
            raise HassError("not started")
        return time.clock_gettime(~self._process.pid << _CLOCK_BITS | _CLOCK_KIND)

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

    @override
    def _write_configuration(self, *, pages: bool) -> None:
        super()._write_configuration(pages=pages)
        path = self.config / "configuration.yaml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = (line for line in lines if line.strip() not in _LEFT_OUT)
        path.write_text("".join(kept), encoding="utf-8")
