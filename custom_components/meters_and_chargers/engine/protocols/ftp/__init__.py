"""An FTP server into which files are put, and from which nothing is taken."""

from .drop import Drop, Limits
from .types import Access, Encryption, FtpListener, OnDone, OnPassword, OnRefused

__all__ = [
    "Access",
    "Drop",
    "Encryption",
    "FtpListener",
    "Limits",
    "OnDone",
    "OnPassword",
    "OnRefused",
    "open_server",
]


def open_server(
    access: Access, drop: Drop, told: tuple[OnDone, OnPassword, OnRefused]
) -> FtpListener:
    """Listen from now on; blocks, and raises OSError where the port can't be had."""
    # Its library is installed when the first one is opened.
    from .server import FtpServer  # noqa: PLC0415 - as above

    server = FtpServer(access, drop, *told)
    server.start()
    return server
