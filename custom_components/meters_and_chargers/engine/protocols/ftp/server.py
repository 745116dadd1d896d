"""An FTP server in a thread of its own; it takes files and gives nothing.

pyftpdlib does the protocol (RFC 959, 2228, 2389, 2428, 4217). This module is imported
when the first server is opened, as its library is installed then.
"""

from __future__ import annotations

import errno
from functools import partial
import hmac
import logging
from pathlib import Path
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from OpenSSL import SSL
from pyftpdlib.exceptions import AuthenticationFailed, FilesystemError
from pyftpdlib.handlers import (
    DTPHandler,
    FTPHandler,
    TLS_DTPHandler,
    TLS_FTPHandler,
)
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from .types import Access, Encryption, OnDone, OnPassword, OnRefused

if TYPE_CHECKING:
    from .drop import Arriving, Drop

_LOGGER = logging.getLogger(__name__)
# Otherwise the library sets up logging for the whole process.
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AES:AES256-GCM-SHA384"
_TURN_S = 0.2
_GREETING_S = 1.0
"""How long a client has to begin with TLS, before it is greeted in the clear."""
_STOP_S = 10.0
_CONNECTIONS = 32
_OF_ONE_HOST = 8
_IDLE_S = 120
_WRONG_S = 3.0
_MOST_WRONG_S = 30.0
_TLS_HANDSHAKE = b"\x16"
_LOST = {(errno.ECONNRESET,), (errno.ECONNABORTED,), (errno.ETIMEDOUT,)}
_LEFT_OUT = ("HELP", "REST", "SITE", "SITE HELP", "STOU")
_PERMISSIONS = "ewm"
"""To change into a folder and to make one, both of which only seem so; to store."""


def _only(handler: Any) -> dict[str, Any]:
    """Return of a handler's commands those that are needed to store a whole file."""
    return {
        name: how
        for name, how in handler.proto_cmds.items()
        # The library looks for STAT itself.
        if name == "STAT" or (how["perm"] or "e") in _PERMISSIONS
        if name not in _LEFT_OUT
    }


class _Rules:
    """Who is let in, and to what: an authorizer of pyftpdlib's."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def validate_authentication(self, user: str, password: str, _door: object) -> None:
        """Raise `AuthenticationFailed` for anybody else."""
        known = self._access.user, self._access.password
        # Both are compared, whichever is wrong, and take the same time.
        right = [
            hmac.compare_digest(typed.encode(), wanted.encode())
            for typed, wanted in zip((user, password), known, strict=True)
        ]
        if not all(right):
            raise AuthenticationFailed("Authentication failed.")

    def has_perm(self, _user: str, perm: str, _path: str | None = None) -> bool:
        return perm in _PERMISSIONS

    def get_home_dir(self, _user: str) -> str:
        return "/"

    def get_msg_login(self, _user: str) -> str:
        return "Login successful."

    def get_msg_quit(self, _user: str) -> str:
        return "Goodbye."

    def impersonate_user(self, _user: str, _password: str) -> None:
        """Nobody is somebody else."""

    def terminate_impersonation(self, _user: str) -> None:
        """As above."""


class _Files:
    """A file system without any file: folders are what a client says they are.

    What is stored goes by the last part of its path into one folder, so that no path
    leads out of it.
    """

    root = "/"

    def __init__(self, _home: str, door: Any) -> None:
        self.cwd = "/"
        self.cmd_channel = door
        self._drop: Drop = door.server.drop

    def ftp2fs(self, path: str) -> str:
        return path

    def fs2ftp(self, path: str) -> str:
        return path

    def validpath(self, _path: str) -> bool:
        return True

    def chdir(self, path: str) -> None:
        """Seem to be in that folder; the process stays where it is."""
        self.cwd = "/" + path.strip("/")[:200]

    def mkdir(self, _path: str) -> None:
        """Seem to make a folder."""

    def isdir(self, _path: str) -> bool:
        return True

    def open(self, path: str, _mode: str) -> Arriving:
        try:
            return self._drop.begin(path)
        except OSError as err:
            self.cmd_channel.server.refused(err)
            raise FilesystemError("No room for this file") from err


class _Data(DTPHandler):
    """A connection of one file."""

    timeout = _IDLE_S
    file_obj: Arriving | None
    transfer_finished: bool
    _lost = _settled = False

    def handle_error(self) -> None:
        """Answer it in each kind of encryption, without the good-byes of TLS."""
        self._error = True
        DTPHandler.handle_error(self)

    def handle_close(self) -> None:
        """Tell an end from a connection that was lost."""
        reason = sys.exception()
        # TLS without its good-bye has other arguments, and is common.
        self._lost = reason is not None and reason.args[:1] in _LOST
        super().handle_close()

    def close(self) -> None:
        """Give a whole file its name before its client hears that it is there."""
        if self.receive and self.file_obj is not None and not self._settled:
            self._settled = True
            self._settle(self.file_obj)
        super().close()

    def _settle(self, file: Arriving) -> None:
        listener: _Listener = self.cmd_channel.server
        if self.transfer_finished and not self._lost:
            try:
                path = file.finish()
            except OSError as err:
                listener.refused(err)
            else:
                listener.on_done(path)
                return
        file.close()
        self.transfer_finished = False
        self._resp = ("426 Transfer aborted.", _LOGGER.debug)


class _TlsData(_Data, TLS_DTPHandler):
    """The same, encrypted where the client wants it."""


class _Door(FTPHandler):
    """A connection of commands."""

    server: _Listener
    banner = "Ready."
    timeout = _IDLE_S
    abstracted_fs = _Files
    dtp_handler = _Data
    proto_cmds: ClassVar[dict[str, Any]] = _only(FTPHandler)

    def __init__(self, sock: socket.socket, server: _Listener, ioloop: object) -> None:
        self.authorizer = _Rules(server.access)
        self.passive_ports = server.access.passive_ports
        self.auth_failed_timeout = server.delay_s
        super().__init__(sock, server, ioloop=ioloop)

    def log(self, *_: object, **__: object) -> None:
        """Say nothing of hosts, users and files."""

    logline = logerror = log_cmd = log_transfer = log

    def log_exception(self, _instance: object) -> None:
        """Keep what a client does wrong out of its owner's log."""
        _LOGGER.debug("An FTP connection failed", exc_info=sys.exception())

    def on_login(self, _user: str) -> None:
        self.server.logged_in()

    def on_login_failed(self, _user: str, _password: str) -> None:
        self.server.wrong_password()


class _TlsDoor(_Door, TLS_FTPHandler):
    """The same with TLS, from the first byte or later."""

    dtp_handler = _TlsData
    proto_cmds: ClassVar[dict[str, Any]] = _only(TLS_FTPHandler)
    _greeting: Any = None
    _implicit = False

    def __init__(self, sock: socket.socket, server: _Listener, ioloop: object) -> None:
        required = server.access.encryption is Encryption.REQUIRED
        self.tls_control_required = self.tls_data_required = required
        super().__init__(sock, server, ioloop)

    def get_ssl_context(self) -> object:
        return self.server.context

    def handle(self) -> None:
        """Wait for who speaks first: a client that does so begins with TLS."""
        self._greeting = self.ioloop.call_later(
            _GREETING_S, self._greet, _errback=self.handle_error
        )

    def _greet(self) -> None:
        self._end_wait()
        super().handle()

    def handle_read_event(self) -> None:
        """Look at the first byte without taking it."""
        if self._greeting is not None:
            first = self.socket.recv(1, socket.MSG_PEEK)
            if first == _TLS_HANDSHAKE:
                self._end_wait()
                self._implicit = True
                self.secure_connection(self.ssl_context)
            elif first:
                self._greet()
        super().handle_read_event()

    def handle_ssl_established(self) -> None:
        """Greet a client that began with TLS; its files are encrypted as well."""
        if self._implicit:
            self._pbsz = self._prot = True
            super().handle()

    def flush_account(self) -> None:
        super().flush_account()
        self._pbsz = self._prot = self._implicit

    def close(self) -> None:
        self._end_wait()
        super().close()

    def _end_wait(self) -> None:
        if self._greeting is not None and not self._greeting.cancelled:
            self._greeting.cancel()
        self._greeting = None


class _Listener(FTPServer):
    """Listens, and knows what all connections share."""

    max_cons = _CONNECTIONS
    max_cons_per_ip = _OF_ONE_HOST

    def __init__(
        self,
        access: Access,
        drop: Drop,
        on_done: OnDone,
        on_password: OnPassword,
        on_refused: OnRefused,
    ) -> None:
        self.access = access
        self.drop = drop
        self.on_done = on_done
        self.on_password = on_password
        self.refused = on_refused
        files = access.files
        self.context = None if files is None else tls_context(*files)
        self._wrong = 0
        # In a wrapping: the library would ask the class itself for what it shows.
        door = _Door if access.files is None else _TlsDoor
        super().__init__(
            (access.host, access.port),
            partial(door),
            ioloop=IOLoop(),
        )

    @property
    def delay_s(self) -> float:
        """How long a wrong password is thought about; s."""
        return min(_WRONG_S * (self._wrong + 1), _MOST_WRONG_S)

    def logged_in(self) -> None:
        self._wrong = 0
        self.on_password(True)

    def wrong_password(self) -> None:
        self._wrong += 1
        self.on_password(False)


def tls_context(certificate: Path, key: Path) -> SSL.Context:
    """Return what a server shows, TLS 1.2 or newer; raises OSError."""
    for path in (certificate, key):
        if not path.is_file():
            raise FileNotFoundError(path)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(key))
    return context


class FtpServer:
    """Serves from `start` to `stop`."""

    def __init__(
        self,
        access: Access,
        drop: Drop,
        on_done: OnDone,
        on_password: OnPassword,
        on_refused: OnRefused,
    ) -> None:
        """Do nothing yet; all three are called in the server's thread."""
        self._make = partial(_Listener, access, drop, on_done, on_password, on_refused)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.listener: _Listener | None = None
        self.port = access.port
        """Where it listens; that of the system's choice after `start`."""

    def start(self) -> None:
        """Listen from now on; raises OSError where the port can't be had."""
        self.listener = listener = self._make()
        self.port = listener.address[1]
        self._thread = threading.Thread(
            target=self._serve, args=(listener.ioloop,), name="ftp server", daemon=True
        )
        self._thread.start()

    def _serve(self, loop: Any) -> None:
        try:
            while not self._ended.is_set():
                loop.loop(timeout=_TURN_S, blocking=False)
        finally:
            loop.close()

    def stop(self) -> None:
        """Close every connection; a file under way is forgotten."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)
