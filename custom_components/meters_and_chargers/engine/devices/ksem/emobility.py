"""The wallbox behind a KSEM, by the meter's own web interface.

The meter decides what its wallbox draws: what can be told to it is how. There is no
call for a charging current. None of this is documented by the maker; the calls are
those of its own web page, as one program (ha-kostal-smartmeter, of MeisterTR and, as a
copy of it, of jhaake2308) makes them. They need an access key, firmware 2.5 and later.

What is missing: *pause* (`/api/e-mobility/evse/<uuid>/setcharging`) and the weekly plan
(`/api/e-mobility/timebasedCharge`), because nobody knows where to read them back.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from ...model import BadAnswer, Mark, OutOfRange, Refused
from ...protocols.http_json import HttpJson


@dataclass(frozen=True, slots=True)
class Call:
    """A path of the web interface, who knows it, and how sure it is."""

    path: str
    source: str
    mark: Mark


_PROGRAM = "MeisterTR and jhaake2308, ha-kostal-smartmeter"
WALLBOXES = Call(
    "/api/e-mobility/evselist",
    f"{_PROGRAM}: api.md, get_evse_list",
    Mark.SINGLE_SOURCE,
)
CHARGE_MODE = Call(
    "/api/e-mobility/config/chargemode",
    f"{_PROGRAM}: api.md, set_charge_mode; PUT only, all six fields together",
    Mark.SINGLE_SOURCE,
)
CHARGE_MODE_SHOWN = Call(
    "/api/data-transfer/ws/json/json/local/config/e-mobility/chargemode",
    f"{_PROGRAM}: api.md, Development.md, select.py; a WebSocket",
    Mark.SINGLE_SOURCE,
)
PHASE_USE = Call(
    "/api/e-mobility/config/phaseswitching",
    f"{_PROGRAM}: api.md, get_phase_switching, set_phase_switching",
    Mark.SINGLE_SOURCE,
)


class ChargeMode(StrEnum):
    """How the meter steers its wallbox, in the maker's names."""

    LOCK = "lock"
    POWER = "power"
    SOLAR_PURE = "solar_pure"
    SOLAR_PLUS = "solar_plus"


_SPELT = {
    "lock": ChargeMode.LOCK,
    "grid": ChargeMode.POWER,
    "pv": ChargeMode.SOLAR_PURE,
    "hybrid": ChargeMode.SOLAR_PLUS,
}


class PhaseUse(StrEnum):
    """On how many phases the wallbox charges, in the order of the meter's numbers."""

    THREE = "three"
    ONE = "one"
    AUTOMATIC = "automatic"


class Quota(StrEnum):
    """What Solar Plus keeps to, in per cent; as the meter spells it."""

    PV = "minpvpowerquota"
    CHARGING = "mincharginpowerquota"


QUOTA_STEPS = {Quota.PV: 10, Quota.CHARGING: 25}
"""Per cent; the steps that number.py of the same program offers from 0 to 100."""
_FULL = 100
# The names under which the meter keeps a quota while another mode is on.
_LAST = {
    Quota.PV: "lastminpvpowerquota",
    Quota.CHARGING: "lastminchargingpowerquota",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charging:
    """The meter's own word on how it charges."""

    mode: ChargeMode | None
    """None for one that these calls do not know, such as one of later firmware."""
    quotas: dict[Quota, int]
    """Per cent; they count in the mode `SOLAR_PLUS` only."""


class Emobility:
    """Reads and changes how the meter charges; writes go out one after the other.

    All methods raise `DeviceError` subclasses: `NotAllowed` when the key is refused,
    `Refused` when the meter says no or still says something else after a write.
    """

    def __init__(self, http: HttpJson, settle_s: float = 1.0) -> None:
        """Use a session; after a write the meter has `settle_s` to show it."""
        self._http = http
        self._settle_s = settle_s
        self._turn = asyncio.Lock()

    async def wallboxes(self) -> int:
        """Return how many wallboxes are set up in the meter."""
        listed = await self._http.get(WALLBOXES.path)
        if not isinstance(listed, list):
            raise BadAnswer("no list of wallboxes")
        return len(listed)

    async def charging(self) -> Charging:
        """Return mode and quotas.

        The WebSocket is open for one frame only: while one stays open, the meter
        does not charge by itself.
        """
        return _charging(await self._shown())

    async def phase_use(self) -> PhaseUse:
        """Return on how many phases the wallbox charges."""
        answer = _mapping(await self._http.get(PHASE_USE.path))
        return _phase_use(answer.get("phase_usage"))

    async def set_mode(self, mode: ChargeMode) -> Charging:
        """Change the mode; returns what the meter then says."""
        async with self._turn:
            body = await self._shown()
            if mode is ChargeMode.SOLAR_PLUS and _charging(body).mode is not mode:
                # The meter shows quotas of 0 in other modes. To write them back
                # would let Solar Plus charge without any sun.
                body |= {
                    quota.value: body[last]
                    for quota, last in _LAST.items()
                    if last in body
                }
            body["mode"] = next(key for key, one in _SPELT.items() if one is mode)
            return await self._change(body, lambda said: said.mode is mode)

    async def set_quota(self, quota: Quota, percent: int) -> Charging:
        """Change a quota of Solar Plus; returns what the meter then says."""
        if not 0 <= percent <= _FULL or percent % QUOTA_STEPS[quota]:
            raise OutOfRange(f"{percent} %")
        async with self._turn:
            body = await self._shown()
            body |= {quota.value: percent, _LAST[quota]: percent}
            return await self._change(
                body, lambda said: said.quotas.get(quota) == percent
            )

    async def set_phase_use(self, use: PhaseUse) -> PhaseUse:
        """Change the number of phases; returns what the meter then says."""
        async with self._turn:
            number = list(PhaseUse).index(use)
            await self._http.put(PHASE_USE.path, {"phase_usage": number})
            said = await self.phase_use()
            if said is not use:
                await asyncio.sleep(self._settle_s)
                said = await self.phase_use()
        if said is not use:
            raise Refused(f"it still says {said.value}")
        return said

    async def _shown(self) -> dict[str, object]:
        frame = _mapping(await self._http.first_frame(CHARGE_MODE_SHOWN.path))
        shown = _mapping(frame.get("msg"))
        _charging(shown)
        return shown

    async def _change(
        self, body: dict[str, object], done: Callable[[Charging], bool]
    ) -> Charging:
        """Write all that was read, changed in what was asked for, and read it again."""
        await self._http.put(CHARGE_MODE.path, body)
        said = await self.charging()
        if not done(said):
            await asyncio.sleep(self._settle_s)
            said = await self.charging()
        if not done(said):
            raise Refused("it still says something else")
        return said


def _mapping(answer: object) -> dict[str, object]:
    if not isinstance(answer, dict):
        raise BadAnswer("no object")
    return cast("dict[str, object]", answer)


def _charging(shown: dict[str, object]) -> Charging:
    mode = shown.get("mode")
    if not isinstance(mode, str):
        raise BadAnswer("no charge mode")
    quotas = {
        quota: value
        for quota in Quota
        if isinstance(value := shown.get(quota), int) and 0 <= value <= _FULL
    }
    return Charging(mode=_SPELT.get(mode), quotas=quotas)


def _phase_use(number: object) -> PhaseUse:
    for known, use in enumerate(PhaseUse):
        if type(number) is int and number == known:
            return use
    raise BadAnswer("no known use of phases")
