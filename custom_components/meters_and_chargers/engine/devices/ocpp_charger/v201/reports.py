"""Reports that a wallbox sends in parts, some time after it was asked for them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ....protocols.ocpp.types import Payload
from .. import reading
from .variables import Variables

PART_S = 30.0
"""How long the next part of a report may take."""
_MAX_PARTS = 1000


class Report:
    """The parts of one report."""

    def __init__(self) -> None:
        """Start without any."""
        self.parts: list[Payload] = []
        self._came = asyncio.Event()
        self._whole = False

    def take(self, payload: Payload) -> None:
        """Take a part."""
        self.parts.append(payload)
        more = payload.get("tbc") is True and len(self.parts) < _MAX_PARTS
        self._whole = not more
        self._came.set()

    async def wait(self) -> list[Payload]:
        """Return the parts when the last is there, or when no more come."""
        with suppress(TimeoutError):
            while not self._whole:
                async with asyncio.timeout(PART_S):
                    await self._came.wait()
                self._came.clear()
        return self.parts


class Reports:
    """Knows who waits for which report, and keeps the variables of any."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.variables = Variables()
        self._expected: dict[tuple[str, int], Report] = {}

    @contextmanager
    def expect(self, action: str, number: int) -> Iterator[Report]:
        """Collect the parts of a report as long as somebody waits."""
        report = self._expected[action, number] = Report()
        try:
            yield report
        finally:
            del self._expected[action, number]

    def take(self, action: str, payload: Payload) -> None:
        """Take a part of a report."""
        if action == "NotifyReport":
            self.variables.take(payload.get("reportData"))
        number = reading.integer(payload.get("requestId"))
        if number is not None and (action, number) in self._expected:
            self._expected[action, number].take(payload)
