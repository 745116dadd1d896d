"""Sessions with net-snmp's own agent, which serves a simulated DIRIS table."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
import tempfile
import time

import pytest
from pytest_socket import enable_socket

from custom_components.meters_and_chargers.engine.protocols.budget import Budget
from custom_components.meters_and_chargers.engine.protocols.snmp import (
    Auth,
    Community,
    Credentials,
    Privacy,
    SnmpSession,
    User,
)
from custom_components.meters_and_chargers.engine.protocols.snmp.gufo_backend import (
    GufoBackend,
)
from custom_components.meters_and_chargers.engine.protocols.snmp.pysnmp_backend import (
    PysnmpBackend,
)
from simulators.snmp_agent import (
    COMMUNITY_V1,
    COMMUNITY_V2C,
    HOST,
    PASSWORD,
    SnmpAgent,
    program,
)

needs_net_snmp = pytest.mark.skipif(
    program("snmpd") is None,
    reason="net-snmp's agent is not here: scripts/net_snmp fetches it",
)

CREDENTIALS: dict[str, Credentials] = {
    "v1": Community(COMMUNITY_V1, v1=True),
    "v2c": Community(COMMUNITY_V2C),
    "v3_md5_des": User(
        name="md5_des", password=PASSWORD, auth=Auth.MD5, privacy=Privacy.DES
    ),
    "v3_sha_aes": User(name="sha_aes", password=PASSWORD),
}
BACKENDS = {"gufo": GufoBackend, "pysnmp": PysnmpBackend}


@contextmanager
def agent() -> Iterator[SnmpAgent]:
    """Run an agent while inside; also for a whole module, before its first test."""
    enable_socket()
    running = SnmpAgent()
    try:
        running.start()
        yield running
    finally:
        running.close()


def unhurried() -> Budget:
    """Return a budget that holds nothing back."""
    return Budget(bits_per_s=1e12, requests_per_s=1e9)


@contextmanager
def session(
    port: int,
    credentials: Credentials = CREDENTIALS["v2c"],
    *,
    backend: str = "gufo",
    budget: Budget | None = None,
    timeout_s: float = 5.0,
    tries: int = 3,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[SnmpSession]:
    """Open a session with what listens on a port of loopback."""
    opened = SnmpSession(
        HOST,
        credentials,
        budget or unhurried(),
        port=port,
        timeout_s=timeout_s,
        tries=tries,
        clock=clock,
        backend=BACKENDS[backend],
    )
    try:
        yield opened
    finally:
        opened.close()


def security(user: User) -> tuple[str, ...]:
    """Return a user's proof and encryption as options of net-snmp's programs."""
    auth = {Auth.MD5: "MD5", Auth.SHA1: "SHA"}.get(user.auth)
    privacy = {Privacy.DES: "DES", Privacy.AES128: "AES"}.get(user.privacy)
    level = "noAuthNoPriv" if auth is None else "authNoPriv"
    options = () if auth is None else ("-a", auth, "-A", user.password)
    if privacy is not None:
        level, options = "authPriv", (*options, "-x", privacy, "-X", user.password)
    return ("-l", level, *options)


async def send_trap(
    port: int, *options: str, trap: str, values: tuple[str, ...] = ()
) -> None:
    """Send a trap by net-snmp's program; ``values`` are OID, type and value each."""
    found = program("snmptrap")
    assert found is not None
    if options[:2] == ("-v", "1"):
        enterprise, _, number = trap.rpartition(".0")
        enterprise, specific = enterprise or trap, number.removeprefix(".")
        said = (enterprise, HOST, "6" if specific else "0", specific or "0", "")
    else:
        said = ("", trap)
    with tempfile.TemporaryDirectory(prefix="snmptrap") as kept:
        process = await asyncio.create_subprocess_exec(
            *(found, *options, f"udp:{HOST}:{port}", *said, *values),
            env={**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": kept},
            stderr=asyncio.subprocess.PIPE,
        )
        _, problem = await process.communicate()
    assert process.returncode == 0, problem
