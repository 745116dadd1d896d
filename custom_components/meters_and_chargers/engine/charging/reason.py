"""Why a charger is as it is: the reasons, their stages, what their sentences name."""

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Why a charger gets what it gets; the keys of the reason line."""

    NO_VEHICLE = "no_vehicle"
    OFF = "off"
    DISABLED = "disabled"
    AUTH_PENDING = "auth_pending"
    FAULT = "fault"
    BACKEND_PAUSE = "backend_pause"
    GRID_OFF = "grid_off"
    NO_SURPLUS = "no_surplus"
    SURPLUS_LOW = "surplus_low"
    BATTERY_FIRST = "battery_first"
    PRIORITY = "priority"
    PRICE_HIGH = "price_high"
    PLAN_LATER = "plan_later"
    STARTS_LIMIT = "starts_limit"
    START_DELAY = "start_delay"
    MIN_OFF = "min_off"
    MIN_ON = "min_on"
    STOP_DELAY = "stop_delay"
    STARTING = "starting"
    CAR_NOT_TAKING = "car_not_taking"
    SOLAR = "solar"
    SOLAR_MIN = "solar_min"
    BATTERY_HELP = "battery_help"
    FAST = "fast"
    PLAN = "plan"
    PLAN_LATE = "plan_late"
    PRICE = "price"
    MIN_SOC = "min_soc"
    BOOST = "boost"
    FUSE = "fuse"
    POWER_CAP = "power_cap"
    GRID_DIM = "grid_dim"
    UNBALANCE = "unbalance"
    SHARED = "shared"
    BACKEND_LIMIT = "backend_limit"
    MANUAL = "manual"
    FUSE_FULL = "fuse_full"
    FUSE_PAUSE = "fuse_pause"
    FUSE_RESUME = "fuse_resume"
    COOL_DOWN = "cool_down"
    ONE_PHASE_SOON = "one_phase_soon"
    THREE_PHASES_SOON = "three_phases_soon"
    SWITCHING = "switching"
    PHASE_WAIT = "phase_wait"
    AGEING = "ageing"
    METER_STALE = "meter_stale"
    METER_LOST = "meter_lost"
    METER_SLOW = "meter_slow"
    RECOVERING = "recovering"
    WARM_UP = "warm_up"
    NOT_FOLLOWING = "not_following"
    CHARGER_OFFLINE = "charger_offline"
    FINISHED = "finished"
    TARGET = "target"
    OBSERVE = "observe"


class Stage(StrEnum):
    """Where a charger stands; each reason belongs to one."""

    NO_VEHICLE = "no_vehicle"
    BLOCKED = "blocked"
    WAITING_SURPLUS = "waiting_surplus"
    START_DELAY = "start_delay"
    STARTING = "starting"
    CHARGING = "charging"
    LIMITED = "limited"
    STOP_DELAY = "stop_delay"
    SWITCHING_PHASES = "switching_phases"
    PAUSED_FUSE = "paused_fuse"
    FAILSAFE = "failsafe"
    FINISHED = "finished"
    FAULT = "fault"


STAGES: Mapping[Reason, Stage] = {
    reason: stage
    for stage, reasons in {
        Stage.NO_VEHICLE: (Reason.NO_VEHICLE,),
        Stage.BLOCKED: (
            Reason.OFF,
            Reason.DISABLED,
            Reason.AUTH_PENDING,
            Reason.BACKEND_PAUSE,
            Reason.GRID_OFF,
        ),
        Stage.WAITING_SURPLUS: (
            Reason.NO_SURPLUS,
            Reason.SURPLUS_LOW,
            Reason.BATTERY_FIRST,
            Reason.PRIORITY,
            Reason.PRICE_HIGH,
            Reason.PLAN_LATER,
            Reason.STARTS_LIMIT,
            Reason.FUSE_FULL,
            Reason.MIN_OFF,
            Reason.WARM_UP,
        ),
        Stage.START_DELAY: (Reason.START_DELAY,),
        Stage.STARTING: (Reason.STARTING, Reason.CAR_NOT_TAKING),
        Stage.CHARGING: (
            Reason.SOLAR,
            Reason.SOLAR_MIN,
            Reason.BATTERY_HELP,
            Reason.FAST,
            Reason.PLAN,
            Reason.PLAN_LATE,
            Reason.PRICE,
            Reason.MIN_SOC,
            Reason.BOOST,
            Reason.MIN_ON,
            Reason.ONE_PHASE_SOON,
            Reason.THREE_PHASES_SOON,
            Reason.PHASE_WAIT,
            Reason.OBSERVE,
        ),
        Stage.LIMITED: (
            Reason.FUSE,
            Reason.POWER_CAP,
            Reason.GRID_DIM,
            Reason.UNBALANCE,
            Reason.AGEING,
            Reason.COOL_DOWN,
            Reason.SHARED,
            Reason.BACKEND_LIMIT,
            Reason.MANUAL,
            Reason.NOT_FOLLOWING,
        ),
        Stage.STOP_DELAY: (Reason.STOP_DELAY,),
        Stage.SWITCHING_PHASES: (Reason.SWITCHING,),
        Stage.PAUSED_FUSE: (Reason.FUSE_PAUSE, Reason.FUSE_RESUME),
        Stage.FAILSAFE: (
            Reason.METER_STALE,
            Reason.METER_LOST,
            Reason.METER_SLOW,
            Reason.RECOVERING,
        ),
        Stage.FINISHED: (Reason.FINISHED, Reason.TARGET),
        Stage.FAULT: (Reason.FAULT, Reason.CHARGER_OFFLINE),
    }.items()
    for reason in reasons
}


class Figure(StrEnum):
    """What a figure of a sentence is; in brackets the unit that the engine gives."""

    POWER = "power"
    """(W)"""
    CURRENT = "current"
    """As it was measured (mA)."""
    LIMIT = "limit"
    """As it was set (mA)."""
    ENERGY = "energy"
    """(Wh)"""
    DURATION = "duration"
    """(ms)"""
    TIME = "time"
    """By the wall clock (ms since 1970)."""
    END = "end"
    """When the reason ends by itself: `Explanation.until_ms`."""
    PRICE = "price"
    """(thousandths of a cent for a kWh)"""
    PERCENT = "percent"
    COUNT = "count"
    PHASES = "phases"
    """How many."""
    PHASE = "phase"
    """(L1, L2 or L3)"""
    NAME = "name"
    """Of a charger or a circuit (its key)."""
    REASON = "reason"


_END: Mapping[str, Figure] = {"until": Figure.END}
_LIMIT: Mapping[str, Figure] = {"limit": Figure.LIMIT}
_POWER: Mapping[str, Figure] = {"power": Figure.POWER}
_AGE: Mapping[str, Figure] = {"age": Figure.DURATION}
_CAP: Mapping[str, Figure] = {"circuit": Figure.NAME, "cap": Figure.POWER}
_FUSE: Mapping[str, Figure] = {"circuit": Figure.NAME, "phase": Figure.PHASE}
_BALANCE: Mapping[str, Figure] = {"have": Figure.POWER, "need": Figure.POWER}
_PRICES: Mapping[str, Figure] = {"price": Figure.PRICE, "max_price": Figure.PRICE}

FIGURES: Mapping[Reason, Mapping[str, Figure]] = {
    Reason.GRID_OFF: _CAP,
    Reason.NO_SURPLUS: {"grid": Figure.POWER, **_BALANCE},
    Reason.SURPLUS_LOW: _BALANCE,
    Reason.BATTERY_FIRST: {"soc": Figure.PERCENT, "target": Figure.PERCENT},
    Reason.PRIORITY: {"charger": Figure.NAME},
    Reason.PRICE_HIGH: {**_PRICES, "start": Figure.TIME},
    Reason.PLAN_LATER: {"start": Figure.TIME, "ready": Figure.TIME},
    Reason.STARTS_LIMIT: {"count": Figure.COUNT, **_END},
    Reason.START_DELAY: _END,
    Reason.MIN_OFF: _END,
    Reason.MIN_ON: _END,
    Reason.STOP_DELAY: _END,
    Reason.STARTING: _END,
    Reason.CAR_NOT_TAKING: _LIMIT,
    Reason.SOLAR: _POWER,
    Reason.SOLAR_MIN: {**_POWER, "grid": Figure.POWER},
    Reason.BATTERY_HELP: _POWER,
    Reason.FAST: _POWER,
    Reason.PLAN: {"ready": Figure.TIME},
    Reason.PLAN_LATE: {"late": Figure.DURATION},
    Reason.PRICE: {**_PRICES, **_END},
    Reason.MIN_SOC: {"soc": Figure.PERCENT},
    Reason.BOOST: _END,
    Reason.FUSE: {**_FUSE, **_LIMIT},
    Reason.POWER_CAP: _CAP,
    Reason.GRID_DIM: _CAP,
    Reason.UNBALANCE: _LIMIT,
    Reason.SHARED: _LIMIT,
    Reason.BACKEND_LIMIT: _LIMIT,
    Reason.MANUAL: _LIMIT,
    Reason.FUSE_FULL: {**_FUSE, "free": Figure.CURRENT, "need": Figure.LIMIT},
    Reason.FUSE_PAUSE: {**_FUSE, "current": Figure.CURRENT},
    Reason.FUSE_RESUME: {"need": Figure.LIMIT, **_END},
    Reason.COOL_DOWN: _END,
    Reason.ONE_PHASE_SOON: _END,
    Reason.THREE_PHASES_SOON: _END,
    Reason.SWITCHING: {"phases": Figure.PHASES},
    Reason.PHASE_WAIT: _END,
    Reason.AGEING: _AGE,
    Reason.METER_STALE: {**_LIMIT, **_AGE},
    Reason.METER_LOST: _AGE,
    Reason.METER_SLOW: _AGE,
    Reason.RECOVERING: _END,
    Reason.NOT_FOLLOWING: {**_LIMIT, "current": Figure.CURRENT},
    Reason.CHARGER_OFFLINE: {"since": Figure.TIME, **_LIMIT},
    Reason.FINISHED: {"energy": Figure.ENERGY},
    Reason.TARGET: {"target": Figure.ENERGY},
    Reason.OBSERVE: {**_LIMIT, "reason": Figure.REASON},
}
"""What the sentence of a reason may name; what is not known at the time is absent."""
