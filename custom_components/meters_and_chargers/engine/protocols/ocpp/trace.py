"""The last frames of one wallbox, over all its connections."""

from collections.abc import Iterable, Iterator
from heapq import merge
from struct import Struct
import time
import zlib

from .redact import Redaction
from .types import Version

MAX_FRAMES = 50
"""Kept each way."""
MAX_CHARACTERS = 32_000
"""Kept each way, as the frames came."""

_SHORT = 100
"""Up to so many characters a frame is kept as it came: packed it takes as much."""

_HEAD = Struct("<dQI")
"""When it went over the line (monotonic clock, s), its number, its characters."""
_RAW = -zlib.MAX_WBITS
_LITTLE_MEMORY = 5
"""Enough for a frame: more would only have to be cleared for each."""
_WORDS = (
    b'{"configurationKey":[{"key":"","readonly":false,"value":"true"}'
    b'[2,"","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"'
    b'[3,"",{"currentTime":"2026-01-01T00:00:00.000Z"}]{"status":"Accepted"}]'
    b'[2,"","MeterValues",{"connectorId": 1, "transactionId": 1, "meterValue": '
    b'[{"timestamp": "2026-01-01T00:00:00.000Z", "sampledValue": [{"value": "0.0", '
    b'"measurand": "Energy.Active.Import.Register", "unit": "Wh", "context": '
    b'"Sample.Periodic"}, {"measurand": "Power.Active.Import", "phase": "L1-N", '
    b'"unit": "W", "location": "Outlet", "format": "Raw", "measurand": "Voltage", '
    b'{"value": "0", "measurand": "Current.Import", "phase": "L1", "unit": "A"}]}]}]'
)
"""What most frames are made of: with it one shrinks to a tenth."""


class Trace:
    """Keeps frames and counts them; nothing is looked into before somebody asks.

    They are kept packed: there may be thousands of wallboxes. Texts may hold secrets.
    """

    def __init__(self) -> None:
        """Begin without a frame."""
        self.version = Version.V16
        """Of the last connection."""
        self.connections = 0
        self.received = 0
        self.sent = 0
        self.malformed = 0
        self.unasked = 0
        """Answers for which nobody waited, or no longer."""
        self._kept: tuple[list[bytes], list[bytes]] = ([], [])
        """Ours, and the wallbox's. Lists take less than deques, and are short."""
        self._length = [0, 0]
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
                "at_s": round(at - now, 3),
                "way": "in" if incoming else "out",
                "frame": redaction.text(text, incoming=incoming),
            }
            for at, _, incoming, text in merge(
                *(
                    _unpacked(kept, incoming=incoming)
                    for incoming, kept in zip((False, True), self._kept, strict=True)
                )
            )
        ]

    def _keep(self, text: str, *, incoming: bool) -> None:
        kept = self._kept[incoming]
        length = self._length[incoming] + len(text)
        if len(text) <= MAX_CHARACTERS:
            kept.append(_packed(self.received + self.sent, text))
        while kept and (len(kept) > MAX_FRAMES or length > MAX_CHARACTERS):
            length -= _HEAD.unpack_from(kept.pop(0))[2]
        self._length[incoming] = length if kept else 0


def _packed(number: int, text: str) -> bytes:
    head = _HEAD.pack(time.monotonic(), number, len(text))
    if len(text) <= _SHORT:
        return head + text.encode(errors="surrogatepass")
    packer = zlib.compressobj(
        zlib.Z_BEST_SPEED, wbits=_RAW, memLevel=_LITTLE_MEMORY, zdict=_WORDS
    )
    packed = packer.compress(text.encode(errors="surrogatepass")) + packer.flush()
    return head + packed


def _unpacked(
    frames: Iterable[bytes], *, incoming: bool
) -> Iterator[tuple[float, int, bool, str]]:
    """Yield when each went over the line, its number, its way and its text."""
    for frame in frames:
        at, number, length = _HEAD.unpack_from(frame)
        text = frame[_HEAD.size :]
        if length > _SHORT:
            unpacker = zlib.decompressobj(_RAW, zdict=_WORDS)
            text = unpacker.decompress(text) + unpacker.flush()
        yield at, number, incoming, text.decode(errors="surrogatepass")
