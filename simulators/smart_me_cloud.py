"""A fake smart-me cloud: the calls about an account's Picos and how to reach devices.

Paths, fields and refusals as the maker's description of its REST API has them; names
begin with a capital letter and enumerations are numbers, as seen on the wire. How it
limits requests is not known: `answers_left` and `retry_after` are faults to switch on.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from .car import VOLTAGE_V
from .grid import PHASES
from .pico import Currents, Pico
from .pico_group import PicoGroup
from .smart_me_meter import SmartMeMeter

GROUP_ID = "6f1d0c52-0000-4000-8000-000000000001"
_READY_NO_CAR, _READY_CAR, _CHARGING = 1, 2, 4
_STATION_FAMILY = 70
_METER_FAMILY = 12
_HIGHEST_MA = 6_400_000


class SmartMeCloud:
    """One account on 127.0.0.1 with a group of Picos, and faults to switch on."""

    def __init__(
        self,
        group: PicoGroup,
        key: str = "secret-key",
        port: int = 0,
        meters: Sequence[SmartMeMeter] = (),
    ) -> None:
        """Show stations and meters to who has the key; port 0 takes a free one."""
        self.group = group
        self.meters = tuple(meters)
        self.key = key
        self.port = port
        self.requests: list[str] = []
        """Method and path with query, oldest first."""
        self.supports_phases = True
        self.group_id = GROUP_ID
        """Shown as each station's group; all zeros stand for none."""
        self.families: dict[int, int] = {}
        """Numbers of the kind of a meter, by serial number; 12 unless given."""
        self.on_switched: Callable[[int], Awaitable[None]] | None = None
        """Called with the serial number of a device whose Modbus was switched on."""
        devices: tuple[Pico | SmartMeMeter, ...] = (*group.stations, *self.meters)
        self.configurations = {one.serial: self._configuration(one) for one in devices}
        """What can be changed of a device, by its serial number."""
        # Faults.
        self.answers_left: int | None = None
        """After so many answers each request gets status 429."""
        self.retry_after: str | None = None
        self.status: int | None = None
        """An answer instead of the usual one."""
        self.garbage: str | None = None
        self.states: dict[int, object] = {}
        """A state to show for a serial number, instead of what its car does."""
        self._runner: web.AppRunner | None = None

    @property
    def host(self) -> str:
        """The address it listens on."""
        return "127.0.0.1"

    async def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""
        app = web.Application(middlewares=[self._guard])
        groups = "/pico/loadmanagementgroup"
        app.router.add_get("/Devices", self._devices)
        app.router.add_get("/Pico", self._stations)
        app.router.add_get("/pico/charging/{id}", self._charging)
        app.router.add_get("/pico/settings/{id}", self._settings)
        configuration = "/SmartMeDeviceConfiguration"
        app.router.add_get(f"{configuration}/{{id}}", self._configured)
        app.router.add_post(configuration, self._configure)
        app.router.add_get(groups, self._groups)
        app.router.add_post(f"{groups}/current/{{serial}}", self._set_current)
        app.router.add_post(f"{groups}/threephasecurrent/{{id}}", self._set_phases)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every socket and refuse new ones."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def id_of(self, station: Pico | SmartMeMeter) -> str:
        """Return the id under which the account knows a station or a meter."""
        return f"6f1d0c52-0000-4000-8000-{station.serial:012d}"

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path_qs}")
        if request.headers.get("Authorization") != f"ApiKey {self.key}":
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if self.answers_left is not None:
            if self.answers_left <= 0:
                after = self.retry_after
                return web.Response(
                    status=HTTPStatus.TOO_MANY_REQUESTS,
                    headers={"Retry-After": after} if after else None,
                )
            self.answers_left -= 1
        if self.status is not None:
            return web.Response(status=self.status)
        if self.garbage is not None:
            return web.Response(text=self.garbage)
        return await handler(request)

    async def _devices(self, _request: web.Request) -> web.Response:
        meters = [
            {
                "Id": self.id_of(one),
                "Name": f"meter_{one.serial}",
                "Serial": one.serial,
                "DeviceEnergyType": 1,
                "FamilyType": self.families.get(one.serial, _METER_FAMILY),
                "ValueDate": _now(),
            }
            for one in self.meters
        ]
        stations = [self._device(one) for one in self.group.stations]
        return web.json_response(stations + meters)

    async def _stations(self, _request: web.Request) -> web.Response:
        return web.json_response([self._device(one) for one in self.group.stations])

    async def _charging(self, request: web.Request) -> web.Response:
        station = self._station(request)
        car, told = station.car, self.group.currents_ma
        return web.json_response(
            {
                "State": self._state(station),
                "ActiveChargingPower": car.power_w / 1000,
                "ActiveChargingEnergy": car.energy_wh / 1000,
                "Duration": 0,
                "ValueDate": _now(),
                "MaxAllowedChargingCurrent": round(car.limit_a),
                "MinStationCurrent": station.minimum_ma // 1000,
                "MaxStationCurrent": round(car.max_a),
                "MaxLoadmanagementGroupCurrent": 63,
                "MaxDynamicCurrent": max(told) // 1000 if told else 0,
                "LoadSheddingState": 3,
                "LoadmanagementGroupName": "Garage",
                "ConnectionMode": 1,
                "RSSI": -60,
                "LastSeen": _now(),
            }
        )

    async def _settings(self, request: web.Request) -> web.Response:
        station = self._station(request)
        master = station is self.group.master
        modbus = self.configurations[station.serial]["EnableModbusTcp"]
        return web.json_response(
            {
                "Name": station.car.name,
                "SerialNumber": str(station.serial),
                "AuthenticationType": 0,
                "MinCurrent": station.minimum_ma // 1000,
                "MaxCurrent": round(station.car.max_a),
                "LoadmanagementGroupId": self.group_id,
                "ModbusTcp": modbus,
                "InternalIp": station.host if master else None,
                "DnsName": f"smart-me_{station.serial}.dns-me.com",
                "OcppBackendPassword": "another-secret",
                "SupportsLoadmanagementGroupChangePhases": self.supports_phases,
            }
        )

    def _configuration(self, device: Pico | SmartMeMeter) -> dict[str, object]:
        return {
            "Id": self.id_of(device),
            "UploadInterval": 5,
            "SwitchConfiguration": [{"Number": 1, "CanSwitchOff": True}],
            "ShowReactiveEnergy": None,
            "EnableModbusTcp": device is self.group.master or device in self.meters,
            "DnsUpdateState": 2,
            "DevicePinCode": "1234",
        }

    async def _configured(self, request: web.Request) -> web.Response:
        for one in self.configurations.values():
            if one["Id"] == request.match_info["id"]:
                return web.json_response(one)
        raise web.HTTPNotFound

    async def _configure(self, request: web.Request) -> web.Response:
        """Take over what is sent; what was left out is lost: the worst case."""
        body: dict[str, object] = await request.json()
        for serial, one in self.configurations.items():
            if one["Id"] == body.get("Id"):
                self.configurations[serial] = body
                if body.get("EnableModbusTcp") and self.on_switched is not None:
                    await self.on_switched(serial)
                return web.Response()
        raise web.HTTPNotFound

    async def _groups(self, _request: web.Request) -> web.Response:
        group = {
            "Name": "Garage",
            "MaxCurrent": 63.0,
            "ConnectionLostActionType": 0,
            "ConnectionLostDynamicCurrent": 0.0,
            "ChangeFrom3PhaseTo1PhaseCurrentInA": 6,
            "Enable1To3PhaseChange": True,
            "Max1PhaseChargingCurrentInA": 16,
            "Id": GROUP_ID,
            "NumberOfStations": len(self.group.stations),
        }
        return web.json_response([group])

    async def _set_current(self, request: web.Request) -> web.Response:
        serials = {str(station.serial) for station in self.group.stations}
        if request.match_info["serial"] not in serials:
            raise web.HTTPNotFound
        current = _milliamperes(request, "current")
        self.group.master.tell((current, current, current))
        return web.Response()

    async def _set_phases(self, request: web.Request) -> web.Response:
        if request.match_info["id"] != GROUP_ID:
            raise web.HTTPNotFound
        one, two, three = (_milliamperes(request, f"PhaseL{end[1]}") for end in PHASES)
        told: Currents = (one, two, three)
        for value in told:
            if value and (not 6000 <= value <= _HIGHEST_MA or value % 1000):
                raise web.HTTPBadRequest
        if not self.supports_phases:
            raise web.HTTPUnprocessableEntity
        self.group.master.tell(told)
        return web.Response()

    def _station(self, request: web.Request) -> Pico:
        for station in self.group.stations:
            if self.id_of(station) == request.match_info["id"]:
                return station
        raise web.HTTPNotFound

    def _device(self, station: Pico) -> dict[str, object]:
        car = station.car
        watts = car.phase_power_w
        currents = {
            f"Current{end.upper()}": watts[index - car.first_phase] / VOLTAGE_V
            for index, end in enumerate(PHASES)
        }
        return {
            "Id": self.id_of(station),
            "Name": car.name,
            "Serial": station.serial,
            "DeviceEnergyType": 1,
            "MeterSubType": 3,
            "FamilyType": _STATION_FAMILY,
            "ActivePower": car.power_w / 1000,
            "ActivePowerUnit": "kW",
            "ChargingStationState": self._state(station),
            "ValueDate": _now(),
            **currents,
        }

    def _state(self, station: Pico) -> object:
        if station.serial in self.states:
            return self.states[station.serial]
        if not station.car.connected:
            return _READY_NO_CAR
        return _CHARGING if station.car.current_a > 0 else _READY_CAR


def _milliamperes(request: web.Request, name: str) -> int:
    try:
        return int(request.query[name])
    except (KeyError, ValueError) as err:
        raise web.HTTPBadRequest from err


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
