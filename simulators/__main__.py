"""Runs the fake house and its devices, or a day of charging: `python -m simulators`."""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
import signal
import sys

from .day import DAY_SECONDS
from .engine import load_engine
from .house import House
from .registry import DEVICES, ROOF, cars
from .replay import play


def _second_of_day(text: str) -> int:
    """Turn HH:MM into seconds since midnight."""
    hours, _, minutes = text.partition(":")
    second = int(hours) * 3600 + int(minutes) * 60
    if not 0 <= second < DAY_SECONDS:
        raise ValueError(text)
    return second


def _day(text: str) -> str | Path:
    """Tell a recorded day from the file that describes one."""
    return text if text in ("clear", "cloud") else Path(text)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="how many times faster sun and household pass; all else is real time",
    )
    parser.add_argument(
        "--day",
        type=_day,
        default="clear",
        metavar="clear|cloud|FILE.yaml",
        help="a recorded day; or a file (simulators/days has examples): that day goes"
        " through the charging decisions at once, and a table is printed",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="draw the file's day, too"
    )
    parser.add_argument(
        "--start", type=_second_of_day, default="10:00", metavar="HH:MM"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=15020,
        help="the first device's port, the others' follow; 0 takes free ones",
    )
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="instead of the house: play an entry's diagnostics, or a dump, again",
    )
    parser.add_argument(
        "--server", metavar="URL", help="the OCPP server that a replayed wallbox dials"
    )
    options = parser.parse_args(arguments)
    if options.plot is not None and not isinstance(options.day, Path):
        parser.error("--plot draws a day of --day FILE.yaml")
    return options


async def simulate(house: House, first_port: int, stop_event: asyncio.Event) -> None:
    """Run a house with all its devices until told to stop."""
    devices = []
    try:
        for index, declaration in enumerate(DEVICES):
            device = declaration.factory(house)
            device.port = first_port + index if first_port else 0
            await device.start()
            devices.append(device)
            where = f"{device.host}:{device.port}"
            print(f"{declaration.key:20} {where:22} {declaration.description}")
        await house.run(stop_event)
    finally:
        for device in devices:
            await device.stop()


def charge(described: Path, plot: Path | None) -> None:
    """Live a described day through the charging decisions, and print its figures."""
    load_engine()
    from . import charging_day  # noqa: PLC0415 - needs the line above

    day = charging_day.load(described)
    film = None if plot is None else charging_day.Film(day.begin_s)
    house = charging_day.run(day, film)
    print(day.why)
    print(charging_day.table(house.plant))
    if plot is None or film is None:
        return
    from .plot import draw  # noqa: PLC0415 - Pillow takes its time

    draw(film, day.why, plot)
    print(f"{'drawn':24}{plot!s:>22}")


async def _main(arguments: argparse.Namespace) -> None:
    stop_event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_event.set)
    if arguments.replay is not None:
        await play(arguments.replay, arguments.port, arguments.server, stop_event)
        return
    house = House(
        arguments.day, arguments.start, speed=arguments.speed, roof=ROOF, cars=cars()
    )
    await simulate(house, arguments.port, stop_event)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    options = _arguments(arguments)
    try:
        if isinstance(options.day, Path):
            charge(options.day, options.plot)
        else:
            asyncio.run(_main(options))
    except OSError as err:
        sys.exit(f"A device cannot listen, or a file not be read: {err}")
    except ValueError as err:
        sys.exit(f"This file can't be played: {err}")


if __name__ == "__main__":
    main()
