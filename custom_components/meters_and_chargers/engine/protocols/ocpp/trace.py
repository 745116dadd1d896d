"""The last frames of one wallbox, over all its connections."""

from collections import deque
from dataclasses import dataclass
from heapq import merge
import time

from .redact import Redaction
from .types import Version

MAX_FRAMES = 50
"""Kept each way."""
MAX_CHARACTERS = 32_000
"""Kept each way, as the frames came."""


@dataclass(frozen=True, slots=True, order=True)
class Traced:
    """A frame that went over the line, as it was; its text may hold secrets."""

    at: float
    """On the monotonic clock, s."""
    number: int
    incoming: bool
    text: str


class Trace:
    """Keeps frames and counts them; nothing is looked into before somebody asks."""

    def __init__(self) -> None:
        """Begin without a frame."""
        self.version = Version.V16
        """Of the last connection."""
        self.connections = 0
        self.received = 0
        self.sent = 0
        self.malformed = 0
        self._kept: dict[bool, deque[Traced]] = {True: deque(), False: deque()}
        self._length = {True: 0, False: 0}
        """Characters kept each way."""

    def took(self, text: str) -> None:
        """Note a frame of the wallbox."""
        self.received += 1
        self._keep(text, incoming=True)

    def gave(self, text: str) -> None:
        """Note a frame of ours."""
        self.sent += 1
        self._keep(text, incoming=False)

    def frames(
        self, *secrets: str, now: float | None = None
    ) -> list[dict[str, float | str]]:
        """Return the frames in order, without what is nobody else's business.

        ``secrets`` are texts to be left out wherever they stand, besides all that
        `Redaction` leaves out.
        """
        now = time.monotonic() if now is None else now
        redaction = Redaction(*secrets)
        return [
            {
                "at_s": round(frame.at - now, 3),
                "way": "in" if frame.incoming else "out",
                "frame": redaction.text(frame.text, incoming=frame.incoming),
            }
            for frame in merge(*self._kept.values())
        ]

    def _keep(self, text: str, *, incoming: bool) -> None:
        kept = self._kept[incoming]
        number = self.received + self.sent
        kept.append(Traced(time.monotonic(), number, incoming, text))
        length = self._length[incoming] + len(text)
        while kept and (len(kept) > MAX_FRAMES or length > MAX_CHARACTERS):
            length -= len(kept.popleft().text)
        self._length[incoming] = length
