"""A fake wallbox of another maker: a small HTTP interface, read and told by JSON.

It is a made-up device, and nothing of ours knows it: Home Assistant's own actions and
template entities make a number, a switch and sensors of it, as its owner would.
"""

from collections import deque
from dataclasses import dataclass
import json
import time
from typing import Any

from aiohttp import web

from .car import LOWEST_OFFER_A, VOLTAGE_V, Car
from .modbus_device import HOST

PATH = "/api"
# Whose states these are in Home Assistant: `number.driveway_current` and so on.
NAME = "driveway"
_EVERY_S = 2
_TOLD = f"{NAME}_told"


@dataclass(frozen=True, slots=True)
class Told:
    """Something the wallbox was told and took, and when."""

    monotonic: float
    name: str
    value: float | bool


class HttpWallbox:
    """Offers its car a current, A on each phase, while charging is allowed.

    GET shows how it stands; POST takes `limit_a` (its minimum to its maximum) and
    `allowed`, and refuses everything else with 400. It remembers both when nobody
    asks it any more.
    """

    def __init__(
        self,
        car: Car,
        *,
        minimum_a: float = LOWEST_OFFER_A,
        maximum_a: float = 16.0,
        port: int = 0,
    ) -> None:
        """Plug a car into a wallbox that doesn't charge yet, limited to its maximum."""
        self.car = car
        self.minimum_a = minimum_a
        self.maximum_a = maximum_a
        self.limit_a = maximum_a
        self.host = HOST
        self.port = port
        self.told: deque[Told] = deque(maxlen=10_000)
        self._runner: web.AppRunner | None = None
        self._offer()

    # -- running --------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._runner is not None

    async def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""
        if self._runner is not None:
            return
        application = web.Application()
        application.router.add_get(PATH, self._asked)
        application.router.add_post(PATH, self._was_told)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port, reuse_address=True).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every socket and refuse new ones; the car charges on."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    # -- how it stands --------------------------------------------------------

    @property
    def shown(self) -> dict[str, Any]:
        """What it shows; A on its own phases, W, Wh."""
        car = self.car
        return {
            "limit_a": self.limit_a,
            "allowed": car.enabled,
            "plugged": car.connected,
            "charging": car.current_a > 0,
            "currents_a": [round(watts / VOLTAGE_V, 2) for watts in car.phase_power_w],
            "power_w": round(car.power_w),
            "energy_wh": round(car.energy_wh),
        }

    async def _asked(self, _request: web.Request) -> web.Response:
        return web.json_response(self.shown)

    async def _was_told(self, request: web.Request) -> web.Response:
        try:
            told = await request.json()
        except ValueError:
            told = None
        if not self._take(told):
            raise web.HTTPBadRequest
        return web.json_response(self.shown)

    def _take(self, told: object) -> bool:
        """Take what is understood whole; a part of it changes nothing."""
        match told:
            case {"limit_a": float() | int() as limit_a, **more} if (
                not more and self.minimum_a <= limit_a <= self.maximum_a
            ):
                self.limit_a = float(limit_a)
                self._note("limit_a", self.limit_a)
            case {"allowed": bool() as allowed, **more} if not more:
                self.car.set_enabled(allowed)
                self._note("allowed", allowed)
            case _:
                return False
        self._offer()
        return True

    def _note(self, name: str, value: float | bool) -> None:  # noqa: FBT001 - the value itself
        self.told.append(Told(time.monotonic(), name, value))

    def _offer(self) -> None:
        self.car.set_limit(self.limit_a)

    # -- in Home Assistant ----------------------------------------------------

    def configuration(self) -> str:
        """Give the sections of a configuration.yaml that make it entities (as JSON)."""
        url = f"http://{self.host}:{self.port}{PATH}"
        asked, tell = f"{NAME}_ask", f"{NAME}_tell"
        commands = {
            asked: {"url": url, "timeout": 2},
            tell: {
                "url": url,
                "method": "post",
                "content_type": "application/json",
                "payload": "{{ told | to_json }}",
                "timeout": 2,
            },
        }

        def telling(name: str, value: object) -> list[dict[str, Any]]:
            # What it shows then is asked for at once.
            data = {"told": {name: value}}
            return [
                {"action": f"rest_command.{tell}", "data": data},
                {"event": _TOLD},
            ]

        read = {
            "action": f"rest_command.{asked}",
            "response_variable": "answer",
            "continue_on_error": True,
        }
        template = {
            "triggers": [
                {"trigger": "time_pattern", "seconds": f"/{_EVERY_S}"},
                {"trigger": "event", "event_type": _TOLD},
            ],
            "actions": [read],
            "number": [
                {
                    **_entity("current", "limit_a"),
                    "unit_of_measurement": "A",
                    "device_class": "current",
                    "min": self.minimum_a,
                    "max": self.maximum_a,
                    "step": 1,
                    "set_value": telling("limit_a", "{{ value }}"),
                }
            ],
            "switch": [
                {
                    **_entity("charging_allowed", "allowed"),
                    "turn_on": telling("allowed", value=True),
                    "turn_off": telling("allowed", value=False),
                }
            ],
            "sensor": [
                {
                    **_entity("power", "power_w"),
                    "unit_of_measurement": "W",
                    "device_class": "power",
                    "state_class": "measurement",
                }
            ],
            "binary_sensor": [
                {**_entity("plugged_in", "plugged"), "device_class": "plug"}
            ],
        }
        return (
            f"rest_command: {json.dumps(commands)}\n"
            f"template: {json.dumps([template])}\n"
        )


def _entity(name: str, shown: str) -> dict[str, Any]:
    """Describe what all entities have: a name, a value, and whether it came."""
    return {
        "name": f"{NAME} {name}".replace("_", " ").capitalize(),
        "unique_id": f"{NAME}_{name}",
        "availability": "{{ answer is defined and answer.status == 200 }}",
        "state": f"{{{{ answer.content.{shown} }}}}",
    }
