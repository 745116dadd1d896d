"""The owner's smart-me account: what a Pico does not say by Modbus, and its groups.

All of it goes through the maker's cloud; nothing that works locally needs it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import time
from typing import cast
from urllib.parse import quote

from aiohttp import ClientSession
from yarl import URL

from ...model import DeviceError, Mark, TooOften, Unsupported
from ...protocols.http_json import HttpJson
from .currents import PhaseCurrents
from .rest_answers import (
    AccountDevice,
    LoadGroup,
    Settings,
    Status,
    devices_of,
    fields_of,
    flag,
    groups_of,
    settings_of,
    status_of,
)

BASE = URL("https://api.smart-me.com")
PACE_S = 60.0
"""A Pico's values change once a minute there; a program that asks more often than every
30 s reports that it is limited. The maker names no figure."""
LONGEST_PAUSE_S = 3600.0
_LONGEST = 1024 * 1024
"""Bytes of an answer: an account may hold a hundred devices of some 2 kB."""
_MODBUS = "enableModbusTcp"
_WRITE_PAUSE_S = 10.0
"""After a write that failed; a site would repeat it each second."""


@dataclass(frozen=True, slots=True)
class Call:
    """A path of the interface, who knows it, and how sure it is."""

    path: str
    source: str
    mark: Mark


_MAKER = "smart-me, description of the REST API (OpenAPI, v1, August 2026)"
DEVICES = Call("/Devices", f"{_MAKER}: Device", Mark.DOCUMENTED)
STATIONS = Call("/Pico", f"{_MAKER}: Pico, Device", Mark.DOCUMENTED)
STATUS = Call("/pico/charging/{}", f"{_MAKER}: PicoChargingData", Mark.DOCUMENTED)
SETTINGS = Call("/pico/settings/{}", f"{_MAKER}: PicoSettingsDto", Mark.DOCUMENTED)
GROUPS = Call(
    "/pico/loadmanagementgroup",
    f"{_MAKER}: PicoLoadmanagementGroupDto",
    Mark.DOCUMENTED,
)
CONFIGURATION = Call(
    "/SmartMeDeviceConfiguration/{}",
    f"{_MAKER}: SmartMeDeviceConfigurationContainer",
    Mark.DOCUMENTED,
)
CONFIGURE = Call(
    "/SmartMeDeviceConfiguration",
    f"{_MAKER}: SmartMeDeviceConfigurationContainer; the device has to be online",
    Mark.DOCUMENTED,
)
SET_CURRENT = Call(
    "/pico/loadmanagementgroup/current/{}?current={}",
    f"{_MAKER}: PicoLoadmanagementSetDynamicCurrent, in mA, by any serial of a group",
    Mark.DOCUMENTED,
)
SET_PHASES = Call(
    "/pico/loadmanagementgroup/threephasecurrent/{}?PhaseL1={}&PhaseL2={}&PhaseL3={}",
    f"{_MAKER}: PicoLoadmanagementSetDynamicCurrent, in mA, by the group's id",
    Mark.DOCUMENTED,
)


class Account:
    """Asks the account no more often than it answers, and tells its stations.

    All methods raise `DeviceError` subclasses: `NotAllowed` for a key that is refused
    or that has no right to this, `TooOften` while it is to be left alone.
    """

    def __init__(
        self,
        session: ClientSession,
        key: str,
        base: URL = BASE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Use somebody's client session and the owner's API key; asks nothing yet."""
        self._http = HttpJson(session, base, key, scheme="ApiKey", longest=_LONGEST)
        self._clock = clock
        self._answers: dict[str, tuple[float, object]] = {}
        """What each path said, and when it was asked."""
        self._quiet_until = float("-inf")
        self._refusals = 0
        self._writes_again = float("-inf")

    async def devices(self) -> tuple[AccountDevice, ...]:
        """Return all devices of the account."""
        return devices_of(await self._get(DEVICES.path))

    async def stations(self) -> tuple[AccountDevice, ...]:
        """Return the Picos of the account."""
        return devices_of(await self._get(STATIONS.path))

    async def status(self, device_id: str) -> Status:
        """Return what a Pico does; its values are up to a minute old."""
        return status_of(await self._get(_path(STATUS, device_id)))

    async def settings(self, device_id: str) -> Settings:
        """Return how a Pico is set up."""
        return settings_of(await self._get(_path(SETTINGS, device_id)))

    async def groups(self) -> tuple[LoadGroup, ...]:
        """Return the load groups of the account."""
        return groups_of(await self._get(GROUPS.path))

    async def modbus(self, device_id: str) -> bool | None:
        """Return whether Modbus TCP is switched on; None for a device without."""
        path = _path(CONFIGURATION, device_id)
        return flag(fields_of(await self._get(path)), _MODBUS)

    async def switch_modbus_on(self, device_id: str) -> None:
        """Switch Modbus TCP on, and change nothing else.

        What becomes of a setting that is left out is not documented, so all are sent
        as they are. Raises `Unsupported` for a device that has no such setting.
        """
        path = _path(CONFIGURATION, device_id)
        answer = await self._ask(lambda: self._http.get(path))
        fields = fields_of(answer)
        if flag(fields, _MODBUS) is None:
            raise Unsupported("Modbus TCP can't be switched through the account")
        fields[_MODBUS] = True
        # As spelt on the wire, in the same order.
        body = dict(
            zip(cast("dict[str, object]", answer), fields.values(), strict=True)
        )
        self._answers.pop(path, None)
        await self._post(CONFIGURE.path, body)

    async def tell(self, serial: int, current_ma: int) -> None:
        """Tell a station, or the group it is in, one current for all phases."""
        await self._post(_path(SET_CURRENT, serial, current_ma))

    async def tell_phases(self, group_id: str, currents: PhaseCurrents) -> None:
        """Tell a group a current for each phase.

        It refuses them while not all of its stations can change their phases.
        """
        await self._post(_path(SET_PHASES, group_id, *currents))

    async def _get(self, path: str) -> object:
        """Ask, or say again what was said less than a minute ago: it is the same."""
        asked_at, answer = self._answers.get(path, (float("-inf"), None))
        now = self._clock()
        if now - asked_at < PACE_S:
            return answer
        answer = await self._ask(lambda: self._http.get(path))
        self._answers[path] = now, answer
        return answer

    async def _post(self, path: str, body: object = None) -> None:
        """Tell it something, but not again at once after it did not work."""
        left = self._writes_again - self._clock()
        if left > 0:
            raise TooOften(f"not told for another {left:.0f} s", left)
        try:
            await self._ask(lambda: self._http.post(path, body))
        except TooOften:
            raise
        except DeviceError:
            self._writes_again = self._clock() + _WRITE_PAUSE_S
            raise

    async def _ask[T](self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask unless it is to be left alone; each refusal in turn doubles the pause."""
        left = self._quiet_until - self._clock()
        if left > 0:
            raise TooOften(f"not asked for another {left:.0f} s", left)
        try:
            answer = await ask()
        except TooOften as err:
            pause = max(err.retry_after_s or 0, PACE_S * 2**self._refusals)
            self._quiet_until = self._clock() + min(pause, LONGEST_PAUSE_S)
            self._refusals += 1
            raise
        self._refusals = 0
        return answer


def _path(call: Call, *values: object) -> str:
    """Put values into a path, none of which can add another part to it."""
    return call.path.format(*(quote(str(value), safe="") for value in values))
