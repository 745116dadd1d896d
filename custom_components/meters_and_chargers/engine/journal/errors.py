"""What can go wrong with the journal."""

from ..model import DeviceError


class JournalError(DeviceError):
    """Nothing was recorded: full disk, locked or damaged file, closed journal."""
