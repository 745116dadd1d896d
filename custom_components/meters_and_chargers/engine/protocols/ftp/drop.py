"""The folder into which files are put: names, limits, nothing half written.

Everything here blocks.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
import errno
from itertools import count
import os
from pathlib import Path
import re
import shutil
from uuid import uuid4

_PART = ".part"
_HARMLESS = re.compile(r"[^\w .,()+@=-]")
_MOST_LETTERS = 120
_LOOK_EVERY = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be put into a folder; bytes."""

    file_size: int = 32_000_000
    all_sizes: int = 512_000_000
    files: int = 5_000
    disk_free: int = 256_000_000
    """What of the disk stays for others."""


class Drop:
    """A folder with files that are whole; those under way have other names."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        """Make the folder, and clear away what a crash left; raises OSError."""
        self.folder = folder
        self.limits = limits or Limits()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(f".*{_PART}"):
            left.unlink(missing_ok=True)

    def begin(self, name: str) -> Arriving:
        """Open a file to be written; raises OSError where there is no room."""
        found = list(self._sizes())
        if len(found) >= self.limits.files or sum(found) >= self.limits.all_sizes:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
        self._has_room()
        part = self.folder / f".{uuid4().hex}{_PART}"
        return Arriving(self, part, harmless(name))

    def _sizes(self) -> Iterator[int]:
        """Yield the sizes of all files here and in the folders of this one."""
        for home, _, names in self.folder.walk():
            for name in names:
                # It may be gone since.
                with suppress(FileNotFoundError):
                    yield (home / name).lstat().st_size

    def _has_room(self) -> None:
        if shutil.disk_usage(self.folder).free < self.limits.disk_free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def check(self, size: int, before: int) -> None:
        """Raise OSError where a file under way has become too large."""
        if size > self.limits.file_size:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        if size // _LOOK_EVERY != before // _LOOK_EVERY:
            self._has_room()


class Arriving:
    """A file under way; `finish` gives it its name, `close` forgets it."""

    def __init__(self, drop: Drop, part: Path, wanted: str) -> None:
        """Open it."""
        self.name = str(part)
        """Where it is written, as a file says it."""
        self._drop = drop
        self._wanted = wanted
        self._size = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        # Without a buffer: a full disk is seen where it can still be answered.
        self._file = os.fdopen(os.open(part, flags, 0o600), "wb", buffering=0)

    @property
    def closed(self) -> bool:
        """Whether it is closed, as of a file."""
        return self._file.closed

    def write(self, data: bytes) -> int:
        """Write some of it; raises OSError beyond the limits."""
        before, self._size = self._size, self._size + len(data)
        self._drop.check(self._size, before)
        return self._file.write(data)

    def close(self) -> None:
        """Forget it, unless it was made whole before."""
        if not self._file.closed:
            self._file.close()
            Path(self.name).unlink(missing_ok=True)

    def finish(self) -> Path:
        """Make it whole, under its own name or the next that is free.

        It outlasts a power cut from now on. Raises OSError.
        """
        os.fsync(self._file.fileno())
        stem, dot, ending = self._wanted.rpartition(".")
        name = self._wanted
        for number in count(2):
            # Nobody else makes names here.
            if not (target := self._drop.folder / name).exists():
                self._file.close()
                return Path(self.name).rename(target)
            name = f"{stem} ({number}){dot}{ending}" if dot else f"{ending} ({number})"
        raise FileExistsError(self._wanted)


def harmless(name: str) -> str:
    """Return the last part of a path as a file's name that does no harm."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    clean = _HARMLESS.sub("_", last).lstrip(". ").rstrip(". ")
    stem, dot, ending = clean.rpartition(".")
    if not dot:
        return clean[:_MOST_LETTERS] or "file"
    return f"{stem[:_MOST_LETTERS]}.{ending[:10]}"
