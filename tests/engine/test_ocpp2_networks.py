"""Where a wallbox of OCPP 2 dials, told to it over sockets: slots that really act."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
import socket
from typing import Any

from cryptography import x509
import pytest
from test_ocpp_messages import Site, running

from custom_components.meters_and_chargers.engine.model import (
    Refused,
    Unreachable,
    Unsupported,
)
from simulators.charge_point_2 import ChargePoint2
from simulators.charge_point_2_security import NetworkProfiles
from tests.engine.protocols.ocpp_certificates import TestAuthority

PASSWORD = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - a made-up one


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations() -> None:
    """Start no Home Assistant here."""


@pytest.fixture(params=["2.0.1", "2.1"])
async def site(
    socket_enabled: None, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Site]:
    """Return a server with one known wallbox that has been accepted."""
    async with running(tmp_path, partial(ChargePoint2, version=request.param)) as site:
        await site.until("boot", lambda: site.wallbox.ready)
        variables = site.charger.dialect.variables.known  # type: ignore[union-attr]  # it speaks OCPP 2
        await site.until("its variables", lambda: bool(variables))
        yield site


def networks(site: Site) -> NetworkProfiles:
    """Return how the wallbox dials."""
    found = site.wallbox.security
    assert isinstance(found, NetworkProfiles)
    return found


def address(site: Site) -> str:
    """Return what the wallbox dials."""
    return networks(site)._own.removeprefix("ws://")


def written(site: Site) -> list[Any]:
    """Return the network profiles that it was told."""
    return site.said("SetNetworkProfile", "received")


async def restarted(site: Site) -> None:
    """Restart it, and wait until it is back by the slot it is meant to use."""
    link = site.charger.link
    await site.charger.reset(hard=site.charger.credentials.restarts_at_once)
    await site.until("back", lambda: site.charger.link not in (None, link))


async def test_the_slot_in_use_is_left_alone(site: Site) -> None:
    """Another one is written, chosen, and used from the next restart on."""
    box = networks(site)
    assert await site.charger.credentials.give_password(PASSWORD) is False
    assert box.password == PASSWORD.encode()
    assert await site.charger.credentials.use_profile(1, address(site))
    (said,) = written(site)
    assert said["configurationSlot"] == 2
    assert said["connectionData"]["ocppCsmsUrl"] == f"ws://{address(site)}"
    assert said["connectionData"]["securityProfile"] == 1
    assert (box.order, box.active) == ([2, 1], 1)
    await restarted(site)
    assert (box.active, box.profile) == (2, 1)
    await site.until("without the lower profile", lambda: box.order == [2])


async def test_what_leads_nowhere_is_given_up(site: Site) -> None:
    """It comes back by the slot before, is told so, and next time by another line."""
    box = networks(site)
    box.plug_in("Wireless0")
    credentials = site.charger.credentials
    await credentials.give_password(PASSWORD)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        await credentials.use_profile(1, f"127.0.0.1:{nobody.getsockname()[1]}")
        await restarted(site)
    assert (box.active, box.profile) == (1, 0)
    await credentials.take_back()
    assert box.order == [1]
    await credentials.use_profile(1, address(site))
    await restarted(site)
    assert (box.active, box.profile) == (2, 1)


async def test_without_what_it_needs(site: Site) -> None:
    """Neither password nor root: it refuses the order, and nothing has changed."""
    box = networks(site)
    with pytest.raises(Refused):
        await site.charger.credentials.use_profile(2, address(site))
    assert (box.order, box.active, box.profile) == ([1], 1, 0)


async def test_no_slot_to_spare(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one that is used is never written; one of another use is the last."""
    box = networks(site)
    monkeypatch.setattr(box, "choices", (1,))
    with pytest.raises(Refused):
        await site.charger.credentials.use_profile(1, address(site))
    box.order, box._slots[3] = [1, 3], box._slots[1]
    monkeypatch.setattr(box, "choices", (1, 3))
    await site.charger.credentials.give_password(PASSWORD)
    await site.charger.credentials.use_profile(1, address(site))
    assert written(site)[-1]["configurationSlot"] == 3
    assert box.slots[1] == 0


async def test_one_without_network_profiles(site: Site) -> None:
    """A password is enough where it knows no more; encryption isn't."""
    site.wallbox.secure = False
    credentials = site.charger.credentials
    with pytest.raises(Unsupported):
        await credentials.give_password(PASSWORD)
    assert await credentials.use_profile(1, address(site)) is False
    with pytest.raises(Unsupported):
        await credentials.use_profile(2, address(site))
    assert await credentials.use_profile(1, "") is False


async def test_one_that_is_gone(site: Site) -> None:
    """Nothing is said of a wallbox that can't be asked."""
    await site.wallbox.stop()
    await site.until("gone", lambda: not site.charger.online)
    with pytest.raises(Unreachable):
        await site.charger.credentials.use_profile(1, address(site))
    await site.charger.credentials.take_back()


async def test_a_root_is_given_once(site: Site, tmp_path: Path) -> None:
    """One that it trusts already takes no second place in its memory."""
    pem = TestAuthority(tmp_path).path.read_text()
    number = x509.load_pem_x509_certificate(pem.encode()).serial_number
    for _ in range(2):
        await site.charger.credentials.trust(pem, f"{number:X}")
    assert networks(site).roots == [pem]
    assert len(site.said("InstallCertificate", "received")) == 1
