"""A simulated DIRIS gateway's SNMP: net-snmp's own agent, unprivileged, on loopback."""

from collections.abc import Iterable, Mapping, Sequence
import os
from pathlib import Path
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from . import diris_table

HOST = "127.0.0.1"
COMMUNITY_V1, COMMUNITY_V2C = "public", "publicV2"
COMMUNITY_WRITE = "privateV2"
PASSWORD = "Digiware-16-char"  # noqa: S105 - of a simulator on loopback
USERS = {
    "md5_des": ("MD5", "DES"),
    "sha_aes": ("SHA", "AES"),
    "sha_only": ("SHA", ""),
    "nobody": ("", ""),
}
"""Name -> proof and encryption, in the agent's own words."""
WRITER = "writer"
"""A user of its own that may write, with SHA and AES."""
OWN = "1.3.6.1.4.1.32473"
"""Below it stand other values than the table's: the number for examples."""
MODULES, LOADS = range(4, 36), range(1, 7)
COLUMNS = range(diris_table.FIRST_COLUMN, diris_table.FIRST_COLUMN + 60)
_START_S = 20.0
_TRIES = 5


def program(name: str) -> str | None:
    """Find a program of net-snmp: the system's, or what `scripts/net_snmp` unpacked."""
    default = Path.home() / ".cache"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or default) / "meters_and_chargers"
    path = (os.environ.get("PATH", ""), "/usr/sbin", str(cache / "net-snmp" / "bin"))
    return shutil.which(name, path=os.pathsep.join(path))


class SnmpAgent:
    """Serves a table of 32 modules, 192 circuits and 60 columns, unless told others."""

    def __init__(
        self,
        loads: Iterable[tuple[int, int]] | None = None,
        columns: Sequence[int] = COLUMNS,
        engine_id: str = "80001f8804646972697331",
    ) -> None:
        """Describe the table; the agent runs from `start` on."""
        self.port = 0
        self.engine_id = engine_id
        self.communities = (COMMUNITY_V1, COMMUNITY_V2C)
        """Of v1 and of v2c, from the next start on."""
        self.only = ""
        """An OID: the agent knows nothing besides what stands below it."""
        self.kind = ""
        """What it says it is (sysObjectID), from the next start on; else net-snmp."""
        every = [(module, load) for module in MODULES for load in LOADS]
        self.loads = every if loads is None else list(loads)
        self._columns = columns
        self._folder = tempfile.TemporaryDirectory(prefix="snmp_agent")
        self._home = Path(self._folder.name)
        self._process: subprocess.Popen[bytes] | None = None
        self.change()

    def change(
        self,
        loads: Iterable[tuple[int, int]] | None = None,
        values: Mapping[str, int | str] | None = None,
        writable: Iterable[str] = (),
        stuck: Iterable[str] = (),
    ) -> None:
        """Serve other circuits, or other values by their OIDs, from now on."""
        self.loads = list(self.loads if loads is None else loads)
        table = self._home / "table.json"
        diris_table.write(
            *(table, self.loads, self._columns, values or {}),
            writable=writable,
            stuck=stuck,
        )

    def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""
        found = program("snmpd")
        if found is None:
            raise FileNotFoundError("snmpd: scripts/net_snmp would fetch it")
        for _ in range(_TRIES):
            self.port = self.port or _free_port()
            self._configure()
            self._process = subprocess.Popen(  # noqa: S603 - a program we found, our own arguments
                (
                    *(found, "-f", "-C", "-c", str(self._home / "snmpd.conf")),
                    *("-Lf", str(self._home / "log"), f"udp:{HOST}:{self.port}"),
                ),
                env={
                    **os.environ,
                    "SNMP_PERSISTENT_DIR": str(self._home / "kept"),
                    "MIBS": "",
                },
            )
            if self._answers():
                return
            self.stop()
            self.port = 0
        raise RuntimeError((self._home / "log").read_text(errors="replace"))

    def stop(self) -> None:
        """Answer nothing any more."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop and start: one boot more, and its clock begins anew."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._folder.cleanup()

    @property
    def cpu_s(self) -> float:
        """Processor time that the agent itself has used; 0 when it doesn't run."""
        if self._process is None:
            return 0.0
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii")
        ticks = stat.rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def _configure(self) -> None:
        users = [
            line
            for name, (auth, privacy) in USERS.items()
            for line in (
                f"createUser {name}"
                + (f' {auth} "{PASSWORD}"' if auth else "")
                + (f" {privacy}" if privacy else ""),
                f"rouser {name} "
                + ("priv" if privacy else "auth" if auth else "noauth")
                + (f" {self.only}" if self.only else ""),
            )
        ]
        table = Path(diris_table.__file__)
        serve = f"{sys.executable} -S -E {table} {self._home / 'table.json'}"
        served = ".".join(map(str, diris_table.ROOT[:-1]))
        lines = (
            f"exactEngineID 0x{self.engine_id}",
            f"com2sec one {HOST} {self.communities[0]}",
            f"com2sec two {HOST} {self.communities[1]}",
            f"com2sec three {HOST} {COMMUNITY_WRITE}",
            "group all v1 one",
            "group all v2c two",
            f"view all included {self.only or '.1'}",
            'access all "" any noauth exact all none none',
            "group writers v2c three",
            'access writers "" any noauth exact all all none',
            *users,
            *([f"sysobjectid {self.kind}"] if self.kind else []),
            f'createUser {WRITER} SHA "{PASSWORD}" AES',
            f"rwuser {WRITER} priv",
            f"pass_persist .{served} {serve}",
            f"pass_persist .{OWN} {serve}",
        )
        text = "\n".join(lines) + "\n"
        (self._home / "snmpd.conf").write_text(text, encoding="utf-8")
        (self._home / "kept").mkdir(exist_ok=True)
        (self._home / "log").unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Wait until the agent says that it listens; False when it ends instead."""
        log = self._home / "log"
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            if log.exists() and "NET-SNMP version" in log.read_text(errors="replace"):
                return True
            if self._process is None or self._process.poll() is not None:
                return False
            time.sleep(0.02)
        return False


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
