"""Run a simulated house with its devices and a real Home Assistant that charges."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
import json
from pathlib import Path
import shutil
import signal
import sys
import tempfile
from typing import Any

from .backend import Backend
from .charge_point import ChargePoint
from .check import Installed, Result, check
from .dashboard import URL_PATH, add_dashboard, complete_dashboard
from .day import DAY_SECONDS
from .hass import (
    DOMAIN,
    PASSWORD,
    REPOSITORY,
    USER,
    HassError,
    HomeAssistant,
    Json,
    free_port,
    wait_until,
)
from .house import House, first_surplus
from .inverter import Inverter
from .modbus_device import Device
from .pico_group import PicoGroup
from .registry import CLIENTS, DEVICES, ROOF, Client, Declaration, cars

FUSE_A = 25
# The least the cars take (6 A: one on three phases, two on a single one, the three of
# a group on one each), and what the site keeps back for the meter's errors, with some
# air for the sun to waver.
ENOUGH_W = (3 + 1 + 1 + 3) * 230 * 6 + 50 + 250
# How long before that sun a run begins, so that the waiting is seen too.
EARLIER_S = 30

type Simulated = tuple[Declaration, Device]


def say(text: str) -> None:
    """Tell the person who waits; stdout is kept for results."""
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def simulated(
    options: argparse.Namespace,
) -> AsyncIterator[tuple[House, tuple[Simulated, ...]]]:
    """Let the house live and its devices answer while inside."""
    start_s = options.start
    if start_s is None:
        start_s = first_surplus(options.day, ENOUGH_W, roof=ROOF) - EARLIER_S
    house = House(
        options.day,
        start_s,
        speed=options.speed,
        roof=ROOF,
        cars=cars(),
        fuse_a=FUSE_A,
    )
    devices = tuple((known, known.factory(house)) for known in DEVICES)
    ended = asyncio.Event()
    house.step()  # so that no device shows a house without a first second
    life = asyncio.create_task(house.run(ended))
    try:
        for _, device in devices:
            await device.start()
        clock = f"{start_s // 3600:02}:{start_s % 3600 // 60:02}"
        say(f"A simulated house lives from {clock} of a {options.day} day.")
        yield house, devices
    finally:
        for _, device in devices:
            await device.stop()
        ended.set()
        await life


async def install(
    home: HomeAssistant, declared: Declaration, device: Device
) -> Installed:
    """Set a simulated device up through the integration's own flow."""
    address = {"host": device.host, "more": {"port": device.port, "unit_id": 1}}
    result = await home.flow(
        DOMAIN,
        {"next_step_id": declared.key},
        {**declared.answers, **address},
        *(dict(step) for step in declared.asked),
        {"name": declared.title},
    )
    return await registered(home, declared, result, device)


async def bill(home: HomeAssistant, one: Installed, backend: Backend) -> None:
    """Have a charger without OCPP billed, each car by the same card."""
    if isinstance(one.declared, Declaration) and one.declared.billed is not None:
        await home.options_flow(
            one.entry_id,
            {"next_step_id": "stand_in"},
            {**one.declared.billed, "free": False},
            {"url": backend.url, "client_id": one.key, "fixed_tag": "DEMO"},
            {},
        )


async def registered(
    home: HomeAssistant,
    declared: Declaration | Client,
    result: Json,
    device: Device | ChargePoint,
) -> Installed:
    """Find the device that an entry has made."""
    entry_id: str = result["result"]["entry_id"]
    for found in await home.ws("config/device_registry/list"):
        if found["config_entry_id"] == entry_id:
            key: str = found["identifiers"][0][1]
            return Installed(declared, entry_id, key, device)
    raise HassError(f"{declared.title} has made no device")


async def let_in(
    home: HomeAssistant, declared: Client, wallbox: ChargePoint
) -> Installed:
    """Let a wallbox dial, and accept it when Home Assistant shows it."""
    await wallbox.start()

    async def knocks() -> str | None:
        flows = await home.ws("config_entries/flow/progress")
        ours = (flow for flow in flows if flow["handler"] == DOMAIN)
        return next((flow["flow_id"] for flow in ours), None)

    flow_id = await wait_until(f"{declared.title} knocks", knocks, 30)
    result = await home.continue_flow(
        flow_id, {"name": declared.title, **declared.answers}
    )
    return await registered(home, declared, result, wallbox)


async def add_charger(home: HomeAssistant, site_id: str, one: Installed) -> None:
    """Let a site charge with a device from the sun."""
    charger: Json = {"charger": one.key, "mode": "solar"}
    charger |= one.declared.site or {}
    await home.subentry_flow(site_id, "charger", charger)


async def set_up(
    home: HomeAssistant,
    house: House,
    devices: tuple[Simulated, ...],
    backend: Backend,
    ended: AsyncExitStack,
) -> tuple[Installed, ...]:
    """Set up the devices and a site that charges the cars from the sun."""
    installed = {
        declared.key: await install(home, declared, device)
        for declared, device in devices
    }
    site = {"name": "House", "grid_meter": installed["ksem"].key}
    result = await home.flow(
        DOMAIN,
        {"next_step_id": "site"},
        {**site, "fuse_current": FUSE_A},
        {"sign": "yes"},
    )
    entry_id = result["result"]["entry_id"]
    for one in installed.values():
        if one.declared.site is not None:
            await add_charger(home, entry_id, one)
    for declared in CLIENTS:
        listener = {"host": "127.0.0.1", "port": free_port(0)}
        await home.flow(DOMAIN, {"next_step_id": declared.key}, listener)
        url = f"ws://{listener['host']}:{listener['port']}"
        wallbox = declared.factory(house, url)
        ended.push_async_callback(wallbox.stop)
        found = await let_in(home, declared, wallbox)
        installed[declared.key] = found
        await add_charger(home, entry_id, found)
        wallbox.car.connected = True
    for one in installed.values():
        await bill(home, one, backend)
    await add_dashboard(home, installed["ksem"].key)
    return tuple(installed.values())


def names(devices: tuple[Simulated, ...]) -> dict[str, str]:
    """Give the addresses of all that has a name on the network."""
    groups = [device for _, device in devices if isinstance(device, PicoGroup)]
    return {name: host for one in groups for name, host in one.names.items()}


def grid_key(installed: tuple[Installed, ...]) -> str:
    """Give the identity of the meter at the grid."""
    return next(one.key for one in installed if one.key.startswith("ksem_"))


@asynccontextmanager
async def demo(
    options: argparse.Namespace,
    config: Path,
    python: Path | str = sys.executable,
    language: str = "en",
) -> AsyncIterator[tuple[House, HomeAssistant, tuple[Installed, ...], Backend]]:
    """Run everything, set up, while inside; Home Assistant by that interpreter."""
    await asyncio.to_thread(shutil.rmtree, config, ignore_errors=True)
    async with simulated(options) as (house, devices), AsyncExitStack() as ended:
        inverter = Inverter(house)
        await inverter.start()
        ended.push_async_callback(inverter.stop)
        backend = Backend()
        await backend.start()
        ended.push_async_callback(backend.stop)
        home = HomeAssistant(
            config, python, inverter.configuration(), names(devices), language
        )
        clock = asyncio.get_running_loop().time
        begun = clock()
        say("Starting Home Assistant ...")
        await home.start(options.port)
        try:
            started = clock()
            installed = await set_up(home, house, devices, backend, ended)
            say(
                f"Started in {started - begun:.1f} s, "
                f"set up in {clock() - started:.1f} s."
            )
            yield house, home, installed, backend
        finally:
            say("Stopping ...")
            await home.stop()


async def run(options: argparse.Namespace) -> int:
    """Run the demo until it is interrupted, or the check until it has its figures."""
    # Ctrl-c or a polite kill: everything is stopped on the way out.
    if (task := asyncio.current_task()) is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await (measure(options) if options.check else show(options))


async def show(options: argparse.Namespace) -> int:
    """Run the demo until it is interrupted."""
    # Before the folder of a demo that still runs on this port is emptied.
    free_port(options.port)
    config = REPOSITORY / ".demo" / str(options.port)
    async with demo(options, config) as (_, home, installed, _):
        print(f"{home.url}/  user {USER}, password {PASSWORD}", flush=True)
        print(f"{home.url}/{URL_PATH}  the dashboard", flush=True)
        await complete_dashboard(home, grid_key(installed))
        await asyncio.Event().wait()
    return 0


async def measure(options: argparse.Namespace) -> int:
    """Run the check and print its figures; the folder of a failed one stays."""
    config = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=DOMAIN))
    result = Result()
    try:
        async with (
            demo(options, config) as (house, home, installed, backend),
            asyncio.TaskGroup() as beside,
        ):
            beside.create_task(complete_dashboard(home, grid_key(installed)))
            await check(house, home, installed, backend, result)
    except* HassError as errors:
        for err in errors.exceptions:
            say(f"Failed: {err}")
        result.failed = True
    figures = result.figures()
    if figures["ok"]:
        await asyncio.to_thread(shutil.rmtree, config)
    else:
        say(f"The log: {config}/home-assistant.log")
    print(json.dumps(figures), flush=True)
    return 0 if figures["ok"] else 1


def seconds(text: str) -> int:
    """Read a time of day, HH:MM, as seconds since midnight."""
    hour, minute = map(int, text.split(":"))
    second = 3600 * hour + 60 * minute
    if not 0 <= second < DAY_SECONDS:
        raise ValueError(text)
    return second


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    add: Any = parser.add_argument
    add("--check", action="store_true", help="measure, print JSON, exit 0 or 1")
    add("--port", type=int, help="port of Home Assistant (8123; any with --check)")
    add("--day", choices=("clear", "cloud"), default="clear")
    add("--start", type=seconds, metavar="HH:MM", help="when the day begins")
    add("--speed", type=float, default=1.0, help="hasten sun and household by this")
    options = parser.parse_args(arguments)
    if options.check and options.speed != 1:
        parser.error("the check runs at real speed")
    if options.port is None:
        options.port = 0 if options.check else 8123
    return options


def main() -> int:
    """Run from the command line."""
    options = parse()
    try:
        return asyncio.run(run(options))
    except HassError as err:
        say(f"Failed: {err}")
        return 1
    except asyncio.CancelledError:
        return 130 if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
