"""The FTP server against Python's own client: what it takes, and what it never does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
import ftplib
from io import BytesIO
import os
from pathlib import Path
import socket
import time

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers import authority
from custom_components.meters_and_chargers.engine.protocols.ftp import (
    Access,
    Drop,
    Encryption,
    Limits,
    server,
)
from custom_components.meters_and_chargers.engine.protocols.ftp.drop import harmless
from simulators.diris_export import client, put

HOST = "127.0.0.1"
CONTENT = bytes(range(256)) * 900


@dataclass
class Running:
    """A server with what it was told of."""

    folder: Path
    root: str
    access: Access
    limits: Limits = field(default_factory=lambda: Limits(disk_free=0))
    done: list[Path] = field(default_factory=list)
    passwords: list[bool] = field(default_factory=list)
    refused: list[OSError] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start it."""
        drop = Drop(self.folder, self.limits)
        self.server = server.FtpServer(
            self.access,
            drop,
            self.done.append,
            self.passwords.append,
            self.refused.append,
        )
        self.server.start()

    def login(self, how: str = "plain") -> ftplib.FTP:
        """Return a client that is logged in."""
        found = self.connected(how)
        found.login("diris", "secret")
        if isinstance(found, ftplib.FTP_TLS):
            found.prot_p()
        return found

    def connected(self, how: str = "plain") -> ftplib.FTP:
        """Return a client that was greeted."""
        found = client(how, self.root)
        found.connect(HOST, self.server.port, 30)
        return found

    def delay_s(self) -> float:
        """Return how long the next wrong password will be thought about."""
        listener = self.server.listener
        assert listener is not None
        return listener.delay_s

    def files(self) -> list[str]:
        """Return what lies in the folder, hidden files as well."""
        return sorted(path.name for path in self.folder.iterdir())

    def written(self) -> int:
        """Return how many bytes lie there."""
        return sum(path.stat().st_size for path in self.folder.iterdir())


type Start = Callable[..., Running]


@pytest.fixture
def start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, socket_enabled: None
) -> Iterator[Start]:
    """Return a function that starts a server; with ``encryption`` it shows ours."""
    monkeypatch.setattr(authority, "_ROOT_BITS", 2048)
    monkeypatch.setattr(server, "_WRONG_S", 0.1)
    monkeypatch.setattr(server, "_GREETING_S", 0.3)
    running: list[Running] = []

    def begin(
        encryption: Encryption = Encryption.OFF,
        ports: range | None = None,
        **limits: int,
    ) -> Running:
        shown, root = None, ""
        if encryption is not Encryption.OFF:
            files = authority.server_files(tmp_path / "ca", [HOST], "ftp")
            shown = files.certificate, files.key
            root = authority.root(tmp_path / "ca").pem
        access = Access(HOST, 0, "diris", "secret", encryption, shown, ports)
        found = Running(
            tmp_path / "drop", root, access, Limits(**{"disk_free": 0, **limits})
        )
        running.append(found)
        return found

    yield begin
    for one in running:
        one.server.stop()


def until(held: Callable[[], object]) -> None:
    """Wait until something holds; the test's own bound ends a wait for nothing."""
    for _ in range(3000):
        if held():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize(
    ("how", "encryption"),
    [
        ("plain", Encryption.OFF),
        ("plain", Encryption.DETECT),
        ("explicit", Encryption.DETECT),
        ("implicit", Encryption.DETECT),
        ("explicit", Encryption.REQUIRED),
        ("implicit", Encryption.REQUIRED),
    ],
)
def test_a_file_comes_whole(
    start: Start, how: str, encryption: Encryption, *, passive: bool
) -> None:
    """Plain, explicit and implicit TLS, active and passive, byte by byte."""
    running = start(encryption)
    with running.login(how) as found:
        found.set_pasv(passive)
        assert put(found, "a.csv", CONTENT).startswith("226")
        assert running.files() == ["a.csv"]
        assert put(found, "b.csv", b"").startswith("226")
    assert (running.folder / "a.csv").read_bytes() == CONTENT
    assert [path.name for path in running.done] == ["a.csv", "b.csv"]
    assert running.passwords == [True]
    assert not running.refused


def test_without_encryption_is_refused_where_it_is_required(start: Start) -> None:
    """Neither a password nor a file ever goes in the clear."""
    running = start(Encryption.REQUIRED)
    with running.connected() as found, pytest.raises(ftplib.error_perm, match="TLS"):
        found.login("diris", "secret")
    found = running.connected("explicit")
    found.login("diris", "secret")
    with pytest.raises(ftplib.error_perm, match="data channel"):
        put(found, "a.csv", CONTENT)
    found.close()
    assert running.files() == []


def test_nothing_is_given(start: Start) -> None:
    """No listing, reading, deleting, renaming, appending, resuming, changing."""
    running = start()
    with running.login() as found:
        put(found, "a.csv", CONTENT)
        for command in (
            *("LIST", "NLST", "MLSD", "MLST a.csv", "STAT a.csv", "SIZE a.csv"),
            *("RETR a.csv", "DELE a.csv", "RMD /", "RNFR a.csv", "APPE a.csv"),
            *("REST 5", "STOU", "SITE CHMOD 777 a.csv", "SITE HELP", "HELP"),
            *("MDTM a.csv", "MFMT 20200101000000 a.csv", "XRMD /"),
        ):
            with pytest.raises(ftplib.error_perm):
                found.sendcmd(command)
        assert found.sendcmd("NOOP").startswith("200")
    assert running.files() == ["a.csv"]


@pytest.mark.parametrize(
    "name",
    [
        "../../escaped.csv",
        "/etc/escaped.csv",
        "..\\..\\escaped.csv",
        "a/../../../escaped.csv",
        "./escaped.csv",
        "SOCOMEC-METERS/2026/escaped.csv",
    ],
)
def test_no_path_leads_out(start: Start, tmp_path: Path, name: str) -> None:
    """Only the last part of a path counts, whatever stands before it."""
    running = start()
    with running.login() as found:
        put(found, name, b"x")
    assert running.files() == ["escaped.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["drop"]


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "...", "a\x00b.csv", "ä✓ß.csv"])
def test_odd_names_are_tamed(start: Start, tmp_path: Path, name: str) -> None:
    """A name that is none, is hidden or holds odd signs becomes a plain one."""
    running = start()
    with running.login() as found:
        put(found, name, b"x")
    (only,) = running.files()
    assert not only.startswith(".")
    assert (running.folder / only).read_bytes() == b"x"
    assert [path.name for path in tmp_path.iterdir()] == ["drop"]


@given(st.text(max_size=400))
def test_any_name_is_harmless(name: str) -> None:
    """No separator, no control character, nothing hidden, nothing long."""
    found = harmless(name)
    assert 0 < len(found) <= 131
    assert not found.startswith(".")
    assert not set(found) & set("/\\\0\r\n")


def test_a_link_is_not_followed(start: Start, tmp_path: Path) -> None:
    """A link that lies in the folder keeps its name and is not written through."""
    running = start()
    outside = tmp_path / "outside"
    outside.write_bytes(b"kept")
    (running.folder / "a.csv").symlink_to(outside)
    with running.login() as found:
        put(found, "a.csv", b"new")
    assert outside.read_bytes() == b"kept"
    assert running.files() == ["a (2).csv", "a.csv"]


def test_folders_only_seem_to_be(start: Start) -> None:
    """A gateway finds the folder it was told to use; the process stays where it is."""
    running, here = start(), Path.cwd()
    with running.login() as found:
        assert found.mkd("SOCOMEC-METERS")
        found.cwd("SOCOMEC-METERS")
        assert found.pwd() == "/SOCOMEC-METERS"
        put(found, "a.csv", b"x")
        found.cwd("..")
        put(found, "b.csv", b"x")
    assert running.files() == ["a.csv", "b.csv"]
    assert Path.cwd() == here


def test_the_same_name_again_replaces_nothing(start: Start) -> None:
    """Both files are there, in their order."""
    running = start()
    with running.login() as found:
        for number in range(3):
            put(found, "a.csv", str(number).encode())
    found_files = {path.name: path.read_bytes() for path in running.done}
    assert found_files == {"a.csv": b"0", "a (2).csv": b"1", "a (3).csv": b"2"}


@pytest.mark.parametrize("how", ["plain", "explicit", "implicit"])
def test_a_file_that_is_too_large_is_refused(start: Start, how: str) -> None:
    """It is not there afterwards, not in part, and the client hears it."""
    running = start(Encryption.DETECT, file_size=100_000)
    with pytest.raises((ftplib.Error, OSError, EOFError)), running.login(how) as found:
        put(found, "a.csv", CONTENT)
    until(lambda: running.files() == [])
    with running.login(how) as found:
        put(found, "b.csv", b"x")
    assert running.files() == ["b.csv"]


@pytest.mark.parametrize(
    "limits", [{"files": 1}, {"all_sizes": 1}, {"disk_free": 2**60}]
)
def test_a_full_folder_or_disk_refuses(start: Start, limits: dict[str, int]) -> None:
    """What is there stays, what comes is refused, and the owner can be told."""
    running = start(**limits)
    (running.folder / "rejected").mkdir()
    (running.folder / "rejected" / "old.csv").write_bytes(b"xx")
    with (
        running.login() as found,
        pytest.raises(ftplib.error_perm, match="No room"),
    ):
        put(found, "a.csv", b"x")
    assert running.files() == ["rejected"]
    assert len(running.refused) == 1


def test_a_disk_that_fills_up_meanwhile(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that can't be kept is not confirmed: the gateway still has it."""
    running = start()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, running.login() as found:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ftplib.error_temp):
            put(found, "a.csv", CONTENT)
    assert running.files() == []
    assert running.done == []
    assert [error.errno for error in running.refused] == [28]


def test_an_upload_that_is_cut_off(start: Start) -> None:
    """A connection that is reset in the middle leaves nothing."""
    running = start()
    found = running.login()
    wire = found.transfercmd("STOR a.csv")
    wire.sendall(CONTENT)
    until(lambda: running.written() == len(CONTENT))
    assert running.files()[0].startswith(".")
    # Closed with an answer that is still to come: a reset.
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.close()
    until(lambda: running.files() == [])
    found.close()
    assert running.done == []


def test_a_file_for_which_nothing_comes(start: Start) -> None:
    """A client that leaves before its file begins leaves nothing."""
    running = start()
    found = running.login()
    found.makepasv()
    found.sendcmd("STOR a.csv")
    until(lambda: len(running.files()) == 1)
    found.close()
    until(lambda: running.files() == [])


def test_a_stop_in_the_middle(start: Start) -> None:
    """A file under way is forgotten; the next server finds a clean folder."""
    running = start()
    found = running.login()
    wire = found.transfercmd("STOR a.csv")
    wire.sendall(CONTENT)
    until(lambda: len(running.files()) == 1)
    running.server.stop()
    wire.close()
    found.close()
    assert running.files() == []
    (running.folder / ".left.part").write_bytes(b"x")
    again = start()
    with again.login() as found:
        put(found, "a.csv", CONTENT)
    assert again.files() == ["a.csv"]


@pytest.mark.parametrize(
    ("user", "password"),
    [("diris", "wrong"), ("root", "secret"), ("anonymous", ""), ("diris", "sécret")],
)
def test_a_wrong_password_is_counted(start: Start, user: str, password: str) -> None:
    """It is refused, later each time, and cut off at the third."""
    running = start()
    found = running.connected()
    for _ in range(3):
        with pytest.raises(ftplib.error_perm, match="530"):
            found.login(user, password)
    with pytest.raises((EOFError, OSError, ftplib.Error)):
        found.login("diris", "secret")
    until(lambda: running.passwords == [False, False, False])
    assert running.delay_s() > 0.3
    with running.login():
        pass
    assert running.passwords[-1]
    assert running.delay_s() == 0.1


def test_before_a_password_nothing_is_done(start: Start) -> None:
    """Nobody stores or opens a connection who has not logged in."""
    running = start()
    with running.connected() as found:
        for command in ("PASV", "EPSV", "STOR a.csv", "CWD /", "MKD a", "PWD"):
            with pytest.raises(ftplib.error_perm, match="530"):
                found.sendcmd(command)


def test_an_active_connection_goes_only_back_to_the_client(start: Start) -> None:
    """Nobody is made to connect to another host, or to a port below 1024."""
    running = start()
    with running.login() as found:
        for port in ("127,0,0,2,200,1", "127,0,0,1,0,22"):
            with pytest.raises(ftplib.error_perm, match="501"):
                found.sendcmd(f"PORT {port}")


def test_ports_of_passive_connections(start: Start) -> None:
    """They are those that a firewall was told."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    running = start(ports=range(port, port + 1))
    with running.login() as found:
        assert found.makepasv() == (HOST, port)
        put(found, "a.csv", b"x")


@pytest.mark.parametrize("encryption", [Encryption.OFF, Encryption.DETECT])
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0" * 5000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"USER \xff\xfe\r\n" * 50,
        b"\r\n" * 100,
    ],
)
def test_nonsense_ends_one_connection_only(
    start: Start, encryption: Encryption, sent: bytes
) -> None:
    """Whatever is sent, the next client is served."""
    running = start(encryption)
    with socket.create_connection((HOST, running.server.port)) as wire:
        wire.sendall(sent)
    with running.login() as found:
        put(found, "a.csv", b"x")
    assert running.files() == ["a.csv"]


def test_a_port_that_is_taken(start: Start) -> None:
    """It is said at once."""
    running = start()
    again = server.FtpServer(
        Access(HOST, running.server.port, "diris", "secret"),
        Drop(running.folder),
        *[lambda _: None] * 3,
    )
    with pytest.raises(OSError, match="in use"):
        again.start()


def test_ascii_mode(start: Start) -> None:
    """A client that stores as text has its line ends turned, as the protocol says."""
    running = start()
    with running.login() as found:
        found.storlines("STOR a.csv", BytesIO(b"a;b\nc;d\n"))
    assert (running.folder / "a.csv").read_bytes() == b"a;b\nc;d\n"
