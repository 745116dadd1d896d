"""Time for what is told the time."""

import asyncio


class Clock:
    """Time that passes only while somebody sleeps by it."""

    def __init__(self) -> None:
        """Begin at no special time."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        await asyncio.sleep(0)
