"""Automations of an owner, with each trigger and each condition of the integration.

They are made as the editor does it. The charger that they watch is the Carport; it is
off and without a car when they are made.
"""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from simulators.hass import DOMAIN, HomeAssistant, Json, wait_until

# As long as anything may take on the slowest machine; an end of charging is not told in
# the first two minutes.
PATIENCE_S = 150
MODE = {"entity_id": "select.carport_mode"}
# These must not run: the car does not charge yet, and the Garage has no plan.
BLOCKED, OF_ANOTHER = "plugged_while_charging", "plan_of_another"
NEVER = (BLOCKED, OF_ANOTHER)
ALWAYS = (
    *("vehicle_connected", "charging_started", "charging_finished", "plan_at_risk"),
    *("overload", "failsafe_started", "failsafe_ended"),
    *("is_charging", "is_limited", "is_waiting"),
)


def automations_in(config: Path) -> str:
    """Begin with no automation; returns the sections of a configuration.yaml."""
    (config / "automations.yaml").write_text("[]", encoding="utf-8")
    return "automation: !include automations.yaml\nconfig:\n"


async def automate(home: HomeAssistant) -> None:
    """Make automations as the editor does: each takes a device and its fields."""
    devices = await home.ws("config/device_registry/list")
    ids = {device["name"]: device["id"] for device in devices}

    def part(of: str, kind: str, device: str, **options: object) -> Json:
        target = {"device_id": ids[device]}
        more = {"options": options} if options else {}
        return {of: f"{DOMAIN}.{kind}", "target": target, **more}

    plugged = part("trigger", "vehicle_connected", "Carport", behavior="each")
    charging = part("condition", "is_charging", "Carport", behavior="any")
    every_second = {"trigger": "time_pattern", "seconds": "/1"}
    wanted: dict[str, tuple[Json, list[Json]]] = {
        "vehicle_connected": (plugged, []),
        BLOCKED: (plugged, [charging]),
        OF_ANOTHER: (part("trigger", "plan_at_risk", "Garage"), []),
    }
    for kind in ("overload", "failsafe_started", "failsafe_ended"):
        state = part("trigger", kind, "House", behavior="each", **{"for": "00:00:00"})
        wanted[kind] = (state, [])
    for kind in ("charging_started", "charging_finished", "plan_at_risk"):
        wanted[kind] = (part("trigger", kind, "Carport"), [])
    for kind in ("is_charging", "is_limited", "is_waiting"):
        wanted[kind] = (
            every_second,
            [part("condition", kind, "House", behavior="any", **{"for": "00:00:01"})],
        )
    for name, (trigger, conditions) in wanted.items():
        automation = {
            "alias": name,
            "triggers": [trigger],
            "conditions": conditions,
            "actions": [{"event": name}],
        }
        path = f"/api/config/automation/config/{name}"
        await home.request("POST", path, automation)


async def ran(home: HomeAssistant, name: str) -> None:
    """Wait until an automation has run at least once."""

    async def look() -> bool:
        state = await home.state(f"automation.{name}")
        return state is not None and bool(state["attributes"]["last_triggered"])

    await wait_until(f"{name} runs", look, PATIENCE_S)


async def plan_too_much(home: HomeAssistant) -> None:
    """Want a car full in a minute."""
    soon = datetime.now(ZoneInfo("Europe/Zurich")) + timedelta(minutes=1)
    at = {"time": f"{soon:%H:%M:%S}", "date": f"{soon:%Y-%m-%d}"}
    await home.call(DOMAIN, "set_plan", {**MODE, **at, "energy": 100})


async def all_run(home: HomeAssistant) -> None:
    """Let the Carport's car stop and go on by a hopeless plan, then charge fast."""
    await home.call("select", "select_option", {**MODE, "option": "off"})
    await ran(home, "charging_finished")
    await plan_too_much(home)
    await home.call("select", "select_option", {**MODE, "option": "solar"})
    for name in ALWAYS:
        await ran(home, name)
    states = await home.states()
    for name in NEVER:
        told = states[f"automation.{name}"]
        assert told["state"] == "on"
        assert told["attributes"]["last_triggered"] is None
    await home.call(DOMAIN, "clear_plan", MODE)
    await home.call("select", "select_option", {**MODE, "option": "fast"})
