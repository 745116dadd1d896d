"""A wallbox by npm's client `ocpp-rpc`, which foreign/wallbox.js drives."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import shutil
from typing import Any

import pytest

FOREIGN = Path(__file__).parent / "foreign"
ANSWER_S = 60.0

type Json = dict[str, Any]


class RpcWallbox:
    """Says what it is told to, and keeps what it hears."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Talk to the program."""
        self._process = process
        self._told: asyncio.Queue[Json] = asyncio.Queue()
        self._heard = asyncio.Condition()
        self.asked: list[tuple[str, Json]] = []
        """What was asked of it: actions and their contents."""
        self.wrong: list[str] = []
        """What its strict mode has found wrong in what was sent to it."""

    async def hear(self) -> None:
        """Keep what the program prints, until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            async with self._heard:
                if "asked" in told:
                    self.asked.append((told["asked"], told["params"]))
                elif "wrong" in told:
                    self.wrong.append(told["wrong"])
                else:
                    self._told.put_nowait(told)
                self._heard.notify_all()

    async def told(self) -> Json:
        """Return what happened next: how it connected, was answered or refused."""
        async with asyncio.timeout(ANSWER_S):
            return await self._told.get()

    async def says(self, action: str, **payload: Any) -> Json:
        """Send a call and return its answer."""
        told = await self.tries(action, **payload)
        assert "answer" in told, told
        answer: Json = told["answer"]
        return answer

    async def tries(self, action: str, **payload: Any) -> Json:
        """Send a call and return the answer, or how it was refused."""
        assert self._process.stdin is not None
        line = json.dumps({"action": action, "payload": payload})
        self._process.stdin.write(f"{line}\n".encode())
        return await self.told()

    async def hangs_up(self) -> Json:
        """Close the connection and return what was said of it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return await self.told()

    async def was_asked(self, action: str) -> Json:
        """Wait until it was asked something, and return the newest such contents."""
        async with asyncio.timeout(ANSWER_S), self._heard:
            await self._heard.wait_for(lambda: action in dict(self.asked))
            return dict(self.asked)[action]


@asynccontextmanager
async def dialling(
    endpoint: str, identity: str, protocol: str, **more: Any
) -> AsyncIterator[RpcWallbox]:
    """Start one that dials; ``more`` goes to the program, see its first lines."""
    node = shutil.which("node")
    if node is None or not (FOREIGN / "node_modules" / "ocpp-rpc").is_dir():
        # Where it must be, a test that is left out would be no test.
        assert "GITHUB_ACTIONS" not in os.environ
        pytest.skip("needs Node.js; scripts/setup then fetches its package ocpp-rpc")
    wanted: Mapping[str, Any] = {
        "endpoint": endpoint,
        "identity": identity,
        "protocol": protocol,
        "answers": {},
    } | more
    process = await asyncio.create_subprocess_exec(
        *(node, FOREIGN / "wallbox.js", json.dumps(wanted)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    box = RpcWallbox(process)
    hearing = asyncio.create_task(box.hear())
    try:
        yield box
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await hearing
