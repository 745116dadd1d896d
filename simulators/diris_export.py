"""A gateway that exports EMS files: their text, and how they get to an FTP server.

Typed from the instruction manual of the DIRIS Digiware M-50 and M-70, annex III.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import ftplib
from io import BytesIO
import socket
import ssl
from typing import override


@dataclass(frozen=True)
class Measured:
    """One value of a module, as the first part of a file lists it."""

    data_id: int
    name: str
    unit: str
    coefficient: int = 1000
    points: Mapping[datetime, int] = field(default_factory=dict)
    """Raw integers by the time of the gateway."""


@dataclass(frozen=True)
class Export:
    """A module's file."""

    values: Iterable[Measured]
    data_type: str = "Avg"
    site: str = "socomec"
    server: str = "E5C801"
    device_id: int = 14
    zone: str = "UTC"
    quality: int = 192

    def rows(self) -> list[list[str]]:
        """Return the cells of the file; the newest points come first."""
        found = [
            [
                "Data Type",
                "TimeZone",
                "Datation",
                "Transfer Cycle (sec)",
                "Pooling Time",
                "Version",
                "Site name",
                "Server name",
            ],
            [self.data_type, self.zone, "Local", "600", "N/A", "1"],
            [],
            [
                "Index Key",
                "Key",
                "Type",
                "Name",
                "Fluid",
                "Use",
                "Coef",
                "Unit",
                "Path",
                "Device Id",
                "Index",
                "Data Id",
            ],
        ]
        found[1] += [self.site, self.server]
        tail: list[list[str]] = [[], ["Index Key", "Date", "Value", "Quality"]]
        for at, one in enumerate(self.values):
            number = str(self.device_id)
            key = f"{self.site}|{self.server}|{number}|1|ANA|{one.data_id}"
            found.append(
                [
                    *(str(at), key, "ANA", one.name, "ELEC", "Use2"),
                    *(str(one.coefficient), one.unit, "/", number, "1"),
                    str(one.data_id),
                ]
            )
            tail += [
                [str(at), f"{time:%Y-%m-%dT%H:%M:%S}", str(raw), str(self.quality)]
                for time, raw in sorted(one.points.items(), reverse=True)
            ]
        return found + tail

    def text(self, delimiter: str = ";", end: str = "\r\n") -> str:
        """Return the file."""
        return "".join(delimiter.join(row) + end for row in self.rows())

    def name(self, at: datetime) -> str:
        """Return what the gateway calls the file."""
        kind = f"I35_{self.data_type}_{at:%Y-%m-%d_%H-%M-%S}"
        return f"{self.site}_{self.server}_{kind}.csv"


class ImplicitTls(ftplib.FTP_TLS):
    """TLS from the first byte, which Python's own client lacks."""

    @override
    def connect(
        self,
        host: str = "",
        port: int = 0,
        timeout: float = -999,
        source_address: tuple[str, int] | None = None,
    ) -> str:
        """Encrypt before the server's greeting."""
        self.host, self.port = host, port
        plain = socket.create_connection((host, port), self.timeout)
        self.sock = self.context.wrap_socket(plain, server_hostname=host)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


def client(how: str, root: str = "") -> ftplib.FTP:
    """Return Python's client for plain, explicit or implicit encryption.

    ``root`` is the certificate that it trusts, as PEM.
    """
    if how == "plain":
        return ftplib.FTP(timeout=30)  # noqa: S321 - what such a gateway speaks
    context = ssl.create_default_context(cadata=root)
    kind = ImplicitTls if how == "implicit" else ftplib.FTP_TLS
    return kind(context=context, timeout=30)


def put(found: ftplib.FTP, name: str, content: bytes) -> str:
    """Store a file as a gateway does, binary and in one go; returns the answer."""
    return found.storbinary(f"STOR {name}", BytesIO(content))
