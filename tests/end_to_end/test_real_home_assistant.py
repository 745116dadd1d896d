"""The oldest and the newest Home Assistant, each whole, against simulated devices."""

import asyncio
from pathlib import Path
import sys
from typing import Any

import pytest

from simulators.car import Car
from simulators.hass import DOMAIN, FlowError, HomeAssistant, wait_until
from simulators.ksem import Ksem
from simulators.pico import Pico
from simulators.power_brain import PowerBrain
from simulators.serial_line import SerialLine
from simulators.tls import TlsFront
from tests.end_to_end.household import install, make_site

ROOT = Path(__file__).parent.parent.parent
PYTHONS = [
    pytest.param(Path(sys.executable), id="oldest"),
    pytest.param(ROOT / ".venv-newest" / "bin" / "python", id="newest"),
]
# No step takes longer than that, on the slowest machine.
PATIENCE_S = 90

pytestmark = pytest.mark.end_to_end


def address(device: Ksem | Pico, **fields: str) -> dict[str, Any]:
    """Return what a user types for a simulated device."""
    more = {"port": device.port, "unit_id": 1}
    return {"host": device.host, "more": more, **fields}


async def shows(home: HomeAssistant, entity_id: str, wanted: str) -> str:
    """Wait until an entity shows a value."""

    async def check() -> str | None:
        state = await home.state(entity_id)
        return wanted if state is not None and state["state"] == wanted else None

    return await wait_until(f"{entity_id} shows {wanted}", check, PATIENCE_S)


@pytest.mark.parametrize("python", PYTHONS)
async def test_whole_life(
    python: Path, tmp_path: Path, ksem: Ksem, pico: Pico, expected_logs: list[str]
) -> None:
    """A release: set up, read, steer, lose and find a meter, restart, remove."""
    await asyncio.to_thread(install, tmp_path)
    home = HomeAssistant(tmp_path, python)
    async with home:
        manifest = await home.ws("manifest/get", integration=DOMAIN)
        assert manifest["version"] == "12.3.4"
        with pytest.raises(FlowError) as refused:
            await home.flow(DOMAIN, {"next_step_id": "ksem"}, address(pico))
        assert refused.value.errors == {"base": "wrong_device"}
        meter = await home.flow(
            DOMAIN, {"next_step_id": "ksem"}, address(ksem), {"name": "Meter"}
        )
        await home.flow(
            DOMAIN,
            {"next_step_id": "smart_me_pico"},
            address(pico, minimum_current="6", maximum_current="16"),
            {"name": "Garage"},
        )
        await make_site(home, 25)
        assert await shows(home, "sensor.meter_power", "500.0")
        assert await shows(home, "select.garage_mode", "fast")
        await wait_until(
            "a limit", lambda: asyncio.sleep(0, pico.dynamic_ma), PATIENCE_S
        )
        await home.call(
            "select",
            "select_option",
            {"entity_id": "select.garage_mode", "option": "off"},
        )
        assert await shows(home, "number.garage_charging_current", "0.0")
        assert pico.min_gap_s is not None
        assert pico.min_gap_s >= 2
        await ksem.stop()
        assert await shows(home, "sensor.meter_power", "unavailable")
        await ksem.start()
        assert await shows(home, "sensor.meter_power", "500.0")
        losses = [text for text in home.problems() if "fetching Meter data" in text]
        assert len(losses) == 1
        assert home.problems() == losses

    async with home:
        assert await shows(home, "sensor.meter_power", "500.0")
        assert await shows(home, "select.garage_mode", "off")
        assert await shows(home, "number.garage_charging_current", "0.0")
        entry_id = meter["result"]["entry_id"]
        await home.request("DELETE", f"/api/config/config_entries/entry/{entry_id}")
        assert await home.state("sensor.meter_power") is None
        assert home.problems() == []


@pytest.mark.parametrize("python", PYTHONS)
async def test_encrypted_life(python: Path, tmp_path: Path, ksem: Ksem) -> None:
    """Accepted while the flow waits, rejected, accepted, restarted, back to plain."""
    front = TlsFront((ksem.host, ksem.port))
    front.single_bytes = True
    await front.start()
    home = HomeAssistant(tmp_path, python)

    def typed(port: int, encryption: str) -> dict[str, Any]:
        more = {"port": port, "unit_id": 1, "encryption": encryption}
        return {"host": front.host, "more": more}

    async def owner() -> None:
        """Press Accept as soon as a certificate is listed."""
        await wait_until(
            "a certificate", lambda: asyncio.sleep(0, bool(front.knocked)), PATIENCE_S
        )
        front.accept()

    try:
        async with home:
            accepting = asyncio.create_task(owner())
            meter = await home.flow(
                DOMAIN,
                {"next_step_id": "ksem"},
                typed(front.port, "on"),
                {"certificate": "rsa"},
                {"name": "Meter"},
            )
            await accepting
            assert await shows(home, "sensor.meter_power", "500.0")
            front.reject()
            assert await shows(home, "sensor.meter_power", "unavailable")
            front.accept()
            assert await shows(home, "sensor.meter_power", "500.0")
            (line,) = home.problems()
            assert "still accepted" in line
            before = {one["entity_id"]: one["id"] for one in await home.entities()}
        async with home:
            assert await shows(home, "sensor.meter_power", "500.0")
            entry_id = meter["result"]["entry_id"]
            with pytest.raises(FlowError) as done:
                await home.flow(DOMAIN, typed(ksem.port, "off"), entry_id=entry_id)
            assert done.value.reason == "reconfigure_successful"
            await wait_until(
                "port 502",
                lambda: asyncio.sleep(0, ksem.open_connections == 1),
                PATIENCE_S,
            )
            assert await shows(home, "sensor.meter_power", "500.0")
            after = {one["entity_id"]: one["id"] for one in await home.entities()}
            assert after == before
            assert home.problems() == []
            await home.request("DELETE", f"/api/config/config_entries/entry/{entry_id}")
            assert not list((tmp_path / ".storage").glob(f"{DOMAIN}_tls/*"))
    finally:
        await front.stop()


@pytest.mark.parametrize("python", PYTHONS)
async def test_serial_life(python: Path, tmp_path: Path, socket_enabled: None) -> None:
    """A wallbox on a serial line: set up, steered, silent and back, restarted."""
    wallbox = PowerBrain(Car())
    line = SerialLine({3: wallbox})
    await line.start()
    home = HomeAssistant(tmp_path, python)
    try:
        async with home:
            await home.flow(
                DOMAIN,
                {"next_step_id": "cfos_serial"},
                {
                    "device": line.path,
                    "baud_rate": "19200",
                    "maximum_current": "16",
                    "more": {"unit_id": 3, "format": "8N1"},
                },
                {"name": "Garage"},
            )
            assert await shows(home, "sensor.garage_status", "connected")
            await home.call(
                "number",
                "set_value",
                {"entity_id": "number.garage_charging_current", "value": 9.5},
            )
            assert wallbox.limit_a == 9.5
            line.silent = True
            assert await shows(home, "sensor.garage_status", "unavailable")
            line.silent = False
            assert await shows(home, "number.garage_charging_current", "9.5")
            losses = [text for text in home.problems() if "Garage data" in text]
            assert len(losses) == 1
            assert home.problems() == losses
        async with home:
            assert await shows(home, "number.garage_charging_current", "9.5")
            assert home.problems() == []
    finally:
        await line.stop()
