"""What aiohttp says of requests that it can't read, without the requests.

It would log each with a traceback and the line it stumbled over, which may be the one
with the password.
"""

from collections.abc import Callable
import logging
from typing import Any, override

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger


class HttpLog(logging.LoggerAdapter[logging.Logger]):
    """Passes everything on but that, of which ``refused`` hears who it was and why."""

    def __init__(self, refused: Callable[[str, str], None]) -> None:
        """Log by the logger that aiohttp would take."""
        super().__init__(server_logger)
        self._refused = refused

    @override
    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log, or tell of a request that could not be read."""
        err = kwargs.get("exc_info")
        if not isinstance(err, HttpProcessingError):
            super().log(level, msg, *args, **kwargs)
        elif level > logging.DEBUG:
            who = str(args[0]) if args else ""
            self._refused(who, f"its request can't be read ({type(err).__name__})")
