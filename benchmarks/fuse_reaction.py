"""How fast a wallbox hears of an overload, and of the loss of the grid meter.

A real Home Assistant has several sites at once, each with a simulated KSEM and an OCPP
wallbox whose car charges as fast as the fuse lets it. In some of them an appliance
overloads a phase again and again, at odd moments. The meter is read automatically, or
every two seconds as its owner chose, or it pushes five times a second. In the others
the meter falls silent or is switched off. All clocks are the simulators': a sample has
arrived with the first request, or the first pushed block, that shows the overload.
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import chain, count
import json
from math import ceil
from pathlib import Path
import random
import sys
import tempfile
import time
from typing import override

from pymodbus.pdu import ModbusPDU

from simulators.car import VOLTAGE_V, Car
from simulators.charge_point import ChargePoint, Profile
from simulators.demo import install, let_in
from simulators.hass import DOMAIN, HassError, free_port, wait_until
from simulators.house import House
from simulators.ksem import Ksem
from simulators.proxy import READ_HOLDING
from simulators.pusher import Pusher
from simulators.registry import Client, Declaration

from .server import Json, MeasuredHomeAssistant, say

# From the step in the house, unless its owner wants the meter read less often; from the
# sample always.
GOALS = {
    "step_to_command_s_p95": 1.5,
    "sample_to_command_s_p95": 1.5,
    "meter_loss_to_failsafe_s": 12.0,
}
LEAST_STEPS = 20

CHOSEN = "chosen_2s"
OVERLOADED = {"automatic": 3, CHOSEN: 1, "pushed_200ms": 2}
LOST = ("silent_automatic", f"silent_{CHOSEN}", "off_automatic", f"off_{CHOSEN}")

FUSE_A, MOST_A, FAILSAFE_A = 40, 32, 10
NIGHT_S = 3 * 3600
# The overload that an appliance makes, and how much less a wallbox is told because of
# it: a flicker of the household does not do that.
OVER_A, LOWER_A = 1.5, 2.0
# Below this there is nothing left to lower: the appliances are switched off.
LEAST_A = 10
PUSH_EVERY_S = 0.2
_SERIALS = count(72345600)
# Between two overloads the wallbox comes to rest: it is told less for the fuse at most
# once in 15 s. But some come while it may still be about to obey: no sample can tell
# then what is the car and what the appliance, so these have figures of their own.
REST_S, SOON_S = (16.0, 18.0), (4.0, 7.0)
SOON_EACH = 4
# What ends a waiting in which nothing comes, and the whole.
_CHARGING_S, _COMMAND_S, _LONGEST_S = 90, 20, 240


class Told(ChargePoint):
    """A wallbox that notes when it was told what."""

    def __init__(self, house: House, url: str, identity: str) -> None:
        """Stand before the only car of a house."""
        super().__init__(house, house.cars[0], url, identity, maximum_a=MOST_A)
        self.heard: list[tuple[float, float]] = []
        """`time.monotonic`, s, and what the car is offered since, A."""

    @override
    def limit(self, connector: int, profile: Profile) -> None:
        super().limit(connector, profile)
        self.heard.append((time.monotonic(), float(self.offered_a)))

    def told_at(self, after: float, most_a: float) -> float | None:
        """Say when after a time it was first told at most a current; s."""
        return next(
            (at for at, amperes in self.heard if at > after and amperes <= most_a), None
        )


class TimedPusher(Pusher):
    """A pusher that notes when it began to write its latest samples."""

    began: deque[float]

    @override
    async def push(self) -> list[ModbusPDU]:
        self.began.append(time.monotonic())
        return await super().push()


@dataclass
class Site:
    """A house of its own: its meter, and the wallbox that charges its car."""

    name: str
    house: House
    meter: Ksem
    wallbox: Told
    pusher: TimedPusher | None = None
    appliance_w: float = 0.0
    overloads: list[tuple[float, float]] = field(default_factory=list)
    """From the overload, and from the sample that showed it, to the command; s."""
    soon: list[tuple[float, float]] = field(default_factory=list)
    """The same, of overloads that came soon after a command."""
    loss_s: float | None = None
    """From the last answered request to the failsafe current; s."""
    missed: int = 0

    @property
    def shown(self) -> Iterable[float]:
        """When the meter has shown its power, by `time.monotonic`; s."""
        if self.pusher is not None:
            return list(self.pusher.began)
        return [
            request.monotonic
            for request in self.meter.requests
            if request.function == READ_HOLDING and request.address == 0
        ]

    async def charges(self, least_a: float) -> None:
        """Wait until the car draws at least a current."""

        async def look() -> bool:
            return self.house.cars[0].current_a >= least_a

        await wait_until(f"{self.name} draws {least_a} A", look, _CHARGING_S)

    async def told(self, after: float, most_a: float) -> float | None:
        """Wait until the wallbox is told at most a current; None where it never is."""

        async def look() -> float | None:
            return self.wallbox.told_at(after, most_a)

        try:
            return await wait_until(f"{self.name} is told", look, _COMMAND_S, 0.05)
        except HassError:
            self.missed += 1
            return None

    async def rest(self, seconds: float) -> None:
        """Wait until the wallbox has been told nothing for a time."""

        async def look() -> bool:
            return time.monotonic() >= self.wallbox.heard[-1][0] + seconds

        await wait_until(f"{self.name} is at rest", look, _CHARGING_S, 0.05)

    async def overload(self, seconds: float) -> None:
        """Switch appliances on, one on top of the other, and see what comes."""
        odd = random.Random(self.name)  # noqa: S311 - repeatable, not secret
        end = time.monotonic() + seconds
        for number in count(1):
            book, rest_s = self.overloads, REST_S
            if number % SOON_EACH == 0:
                book, rest_s = self.soon, SOON_S
            pause_s = odd.uniform(*rest_s)
            if time.monotonic() + pause_s > end:
                return
            await self.rest(pause_s)
            offered_a = float(self.wallbox.offered_a)
            if offered_a < LEAST_A:
                self._switch(0.0)
                await self.charges(MOST_A / 2)
                continue
            begun = time.monotonic()
            missing_w = (FUSE_A + OVER_A) * VOLTAGE_V - self.house.grid.power_w[0]
            self._switch(self.appliance_w + missing_w)
            told = await self.told(begun, offered_a - LOWER_A)
            shown = min((at for at in self.shown if at > begun), default=None)
            if told is not None and shown is not None:
                book.append((told - begun, told - shown))

    def _switch(self, watts: float) -> None:
        self.appliance_w = watts
        self.house.switch(0, watts)

    async def lose(self) -> None:
        """Let the meter fall silent, or switch it off."""
        begun = time.monotonic()
        answered = max(at for at in self.shown if at <= begun)
        if self.name.startswith("off"):
            await self.meter.stop()
        else:
            self.meter.silent = True
        told = await self.told(begun, FAILSAFE_A)
        if told is not None:
            self.loss_s = told - answered


async def choose(home: MeasuredHomeAssistant, site: Site, entry_id: str) -> None:
    """Have the meter read as the site's name says, or let it push."""
    chosen: Json = {"interval": "2" if CHOSEN in site.name else "automatic"}
    if site.name.startswith("pushed"):
        source, port = "127.0.0.2", free_port(0)
        chosen["push"] = {"enabled": True, "port": port, "source": source}
        site.pusher = TimedPusher(site.meter, "127.0.0.1", port, source=source)
        site.pusher.began = deque(maxlen=10_000)
    await home.options_flow(entry_id, chosen)


async def add_site(
    home: MeasuredHomeAssistant,
    ended: AsyncExitStack,
    name: str,
    url: str,
) -> Site:
    """Let a house live, and set its meter, its wallbox and its site up."""
    house = House("clear", NIGHT_S, cars=[Car(max_a=MOST_A)], fuse_a=FUSE_A)
    meter = Ksem(house, serial=str(next(_SERIALS)))
    site = Site(name, house, meter, Told(house, url, name.upper()))
    stopped = asyncio.Event()
    life = asyncio.create_task(house.run(stopped))
    ended.push_async_callback(asyncio.wait, (life,))
    ended.callback(stopped.set)
    await meter.start()
    ended.push_async_callback(meter.stop)
    installed = await install(home, Declaration("ksem", Ksem, name, ""), meter)
    answers = {"name": name, "grid_meter": installed.key, "fuse_current": FUSE_A}
    added = await home.flow(DOMAIN, {"next_step_id": "site"}, answers, {"sign": "yes"})
    await choose(home, site, installed.entry_id)
    ended.push_async_callback(site.wallbox.stop)
    house.cars[0].connected = False
    client = Client("", lambda *_: site.wallbox, name, "", {"maximum_current": "32"})
    wallbox = await let_in(home, client, site.wallbox)
    charger = {"charger": wallbox.key, "mode": "fast"}
    await home.subentry_flow(added["result"]["entry_id"], "charger", charger)
    if site.pusher is not None:
        await site.pusher.connect()
        site.pusher.every(PUSH_EVERY_S)
        ended.push_async_callback(site.pusher.close)
    house.cars[0].connected = True
    return site


def percentile(values: Sequence[float], percent: int) -> float:
    """Give the value that a percentage of all values does not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def summary(pairs: Sequence[tuple[float, float]]) -> Json:
    """Give the figures of overloads; s."""
    found: Json = {"steps": len(pairs)}
    for name, place in (("step_to_command_s", 0), ("sample_to_command_s", 1)):
        values = [pair[place] for pair in pairs]
        for percent in (50, 95, 100) if values else ():
            found[f"{name}_p{percent}"] = round(percentile(values, percent), 3)
    return found


async def run(seconds: float, config: Path) -> Json:
    """Overload and lose, all at the same time."""
    async with MeasuredHomeAssistant(config) as home, AsyncExitStack() as ended:
        say("Setting up ...")
        port = free_port(0)
        listener = {"host": "127.0.0.1", "port": port}
        await home.flow(DOMAIN, {"next_step_id": "ocpp_server"}, listener)

        async def add(name: str) -> Site:
            return await add_site(home, ended, name, f"ws://127.0.0.1:{port}")

        overloaded = {
            kind: [await add(f"{kind}_{number}") for number in range(sites)]
            for kind, sites in OVERLOADED.items()
        }
        lost = {kind: await add(kind) for kind in LOST}
        every = list(chain(*overloaded.values()))
        sites = [*every, *lost.values()]
        say("Waiting for the cars ...")
        await asyncio.gather(*(site.charges(MOST_A) for site in sites))
        say("Overloads and losses ...")
        async with asyncio.TaskGroup() as group:
            for site in every:
                group.create_task(site.overload(seconds))
            for site in lost.values():
                group.create_task(site.lose())
        problems = home.problems()
    losses = {
        kind: round(site.loss_s, 2)
        for kind, site in lost.items()
        if site.loss_s is not None
    }
    quick = [site for site in every if CHOSEN not in site.name]
    all_steps = summary([pair for site in every for pair in site.overloads])
    quick_steps = summary([pair for site in quick for pair in site.overloads])
    return {
        "seconds": seconds,
        **{
            kind: summary([pair for site in found for pair in site.overloads])
            for kind, found in overloaded.items()
        },
        **all_steps,
        "step_to_command_s_p95": quick_steps.get("step_to_command_s_p95"),
        "soon_after_a_command": summary([pair for site in every for pair in site.soon]),
        "missed": sum(site.missed for site in sites),
        "meter_losses_s": losses,
        "meter_loss_to_failsafe_s": max(losses.values(), default=None),
        "problems_logged": len(problems),
    }


async def bounded(seconds: float, config: Path) -> Json:
    """Run, but never endlessly."""
    async with asyncio.timeout(_LONGEST_S):
        return await run(seconds, config)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="fuse_reaction", description=__doc__)
    parser.add_argument("--seconds", type=float, default=100, help="of overloads")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=DOMAIN) as config:
        figures = asyncio.run(bounded(options.seconds, Path(config)))
    good = all(
        figures.get(name) is not None and figures[name] <= goal
        for name, goal in GOALS.items()
    )
    # As many as were made, or it measured something else.
    good = good and not figures["missed"] and figures["steps"] >= LEAST_STEPS
    good = good and len(figures["meter_losses_s"]) == len(LOST)
    result = {"figures": figures, "goals": GOALS, "ok": good}
    sys.stdout.write(f"{json.dumps(result)}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
