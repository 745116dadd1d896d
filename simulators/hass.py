"""Run a real, headless Home Assistant on loopback and drive it over its own API."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import re
import signal
import socket
import sys
from typing import Any, Self

import aiohttp

DOMAIN = "meters_and_chargers"
REPOSITORY = Path(__file__).resolve().parent.parent
USER = PASSWORD = "demo"  # noqa: S105 - shown to who runs the demo, only on loopback

LOADER_LINE = f"custom integration {DOMAIN} which has not been tested by Home Assistant"
# A folder above the interpreter or the repository may have the same name.
_US = re.compile(rf"custom_components/{DOMAIN}|(?<!/){DOMAIN}(?!/)")
_RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ (?P<level>[A-Z]+) \([^)]*\) \[(?P<logger>[^\]]+)\] "
)
_NAMED = Path(__file__).with_name("named.py")
_START_SECONDS = 300
_STOP_SECONDS = 60
_FLOW_SECONDS = 60

_CONFIGURATION = f"""\
homeassistant:
  name: Demo
  language: en
  country: CH
  time_zone: Europe/Zurich
  currency: CHF
  latitude: 0
  longitude: {{longitude:.1f}}
history:
energy:
system_health:
logger:
  default: warning
  logs:
    custom_components.{DOMAIN}: info
frontend:
"""

type Json = dict[str, Any]


def _noon() -> float:
    """Return the longitude where the sun is highest, as it is in the simulated day."""
    now = datetime.now(UTC)
    return (12 - now.hour - now.minute / 60) * 15


class HassError(Exception):
    """Home Assistant did not do what it was asked for."""


class FlowError(HassError):
    """A config flow refused what was submitted."""

    def __init__(self, result: Json) -> None:
        """Keep what the flow answered: errors of a form, or why it gave up."""
        self.result = result
        self.step: str | None = result.get("step_id")
        self.errors: dict[str, str] = result.get("errors") or {}
        self.reason: str | None = result.get("reason")
        super().__init__(f"step {self.step}: {self.reason or self.errors or result}")


@dataclass(frozen=True)
class Record:
    """One record of the log, with its traceback if it has one."""

    level: str
    logger: str
    text: str

    @property
    def names_us(self) -> bool:
        """Whether the record is by or about the integration."""
        return _US.search(self.text) is not None


async def wait_until[T](
    what: str,
    check: Callable[[], Awaitable[T | None]],
    seconds: float,
    every: float = 0.2,
) -> T:
    """Wait until the check returns something true and return that."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if result := await check():
                    return result
                await asyncio.sleep(every)
    except TimeoutError:
        raise HassError(f"not within {max(seconds, 0):.0f} s: {what}") from None


class HomeAssistant:
    """One Home Assistant in a folder of its own."""

    def __init__(
        self,
        config: Path,
        python: Path | str = sys.executable,
        sections: str = "",
        names: Mapping[str, str] | None = None,
        language: str = "en",
    ) -> None:
        """Remember where to run, with which interpreter and what else to configure.

        `names` are those of the network that the house's own name server knows.
        """
        self.config = config.absolute()
        self.sections = sections
        self.names = names
        self.language = language
        # Not resolved: following the link would leave the virtual environment.
        self.python = Path(python).absolute()
        self.port = 0
        self.forced = False
        """Whether it did not stop by itself the last time."""
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._token = ""

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The token of the owner, empty before the first start."""
        return self._token

    async def __aenter__(self) -> Self:
        """Start with any free port."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self, port: int | None = None) -> None:
        """Write the configuration, start and onboard; again after stop() if wanted."""
        if self._process is not None:
            raise HassError("already started")
        self.port = free_port(port or self.port)
        pages = await asyncio.to_thread(_has_frontend, self.python)
        await asyncio.to_thread(self._write_configuration, pages=pages)
        program = ["-m", "homeassistant"]
        if self.names is not None:
            # -P: what lies beside the program stays out of the way.
            program = ["-P", str(_NAMED), json.dumps(dict(self.names))]
        command = [str(self.python), *program, "-c", str(self.config)]
        if not pages:
            command.append("--skip-pip")
        with (self.config / "console.log").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                # The repository's own custom_components would hide the others.
                cwd=self.config,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                # Ctrl-c in the terminal is ours to handle, once.
                start_new_session=True,
            )
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_FLOW_SECONDS)
        )
        running = False
        try:
            await wait_until("its API answers", self._answers, _START_SECONDS)
            if not self._token:
                await self._onboard()
            await wait_until("state RUNNING", self._running, _START_SECONDS)
            running = True
        finally:
            if not running:
                await self.stop()

    async def kill(self) -> None:
        """End it without a word, as a power cut does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self.stop()

    async def stop(self) -> None:
        """Interrupt, wait, and leave no process behind."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if (process := self._process) is None:
            return
        self._process = None
        self.forced = False
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            self.forced = True
            print("Home Assistant did not stop by itself", file=sys.stderr)
        finally:
            # The group: also what Home Assistant itself may have started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def request(self, method: str, path: str, data: object = None) -> Any:
        """Call the REST API and return its JSON."""
        if self._session is None:
            raise HassError("not started")
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(
            method, f"{self.url}{path}", json=data, headers=headers
        ) as answer:
            if not answer.ok:
                text = await answer.text()
                raise HassError(f"{method} {path}: {answer.status} {text}")
            return await answer.json()

    async def ws(self, command: str, /, **data: Any) -> Any:
        """Send one WebSocket command and return its result."""
        if self._session is None:
            raise HassError("not started")
        # A connection for each command: on loopback cheap, and nothing to keep alive.
        async with (
            asyncio.timeout(_FLOW_SECONDS),
            self._session.ws_connect(f"{self.url}/api/websocket") as socket_,
        ):
            await socket_.receive_json()
            await socket_.send_json({"type": "auth", "access_token": self._token})
            if (answer := await socket_.receive_json())["type"] != "auth_ok":
                raise HassError(f"log-in refused: {answer}")
            await socket_.send_json({**data, "id": 1, "type": command})
            answer = await socket_.receive_json()
            if not answer["success"]:
                raise HassError(f"{command}: {answer['error']}")
            return answer["result"]

    async def flow(self, handler: str, *steps: Json, **start: Any) -> Json:
        """Start a config flow, submit the steps and return the last result."""
        return await self._flow("", {"handler": handler, **start}, steps)

    async def subentry_flow(
        self, entry_id: str, kind: str, *steps: Json, **start: Any
    ) -> Json:
        """Start a flow for a subentry, submit the steps, return the last result."""
        first = {"handler": [entry_id, kind], **start}
        return await self._flow("subentries/", first, steps)

    async def options_flow(self, entry_id: str, *steps: Json) -> Json:
        """Start the flow of an entry's options, submit the steps."""
        return await self._flow("options/", {"handler": entry_id}, steps)

    async def continue_flow(self, flow_id: str, *steps: Json) -> Json:
        """Submit steps to a flow that Home Assistant itself has started."""
        path = f"/api/config/config_entries/flow/{flow_id}"
        return await self._submit(path, await self.request("GET", path), steps)

    async def _flow(self, kind: str, start: Json, steps: tuple[Json, ...]) -> Json:
        path = f"/api/config/config_entries/{kind}flow"
        result: Json = await self.request("POST", path, start)
        return await self._submit(f"{path}/{result['flow_id']}", result, steps)

    async def _submit(self, path: str, result: Json, steps: tuple[Json, ...]) -> Json:
        result = await self._after_progress(path, result)
        for step in steps:
            result = await self.request("POST", path, step)
            result = await self._after_progress(path, result)
            if result.get("errors"):
                raise FlowError(result)
        if result["type"] == "abort":
            raise FlowError(result)
        return result

    async def _after_progress(self, path: str, result: Json) -> Json:
        """Wait while a flow shows a progress step."""

        async def next_step() -> Json | None:
            step: Json = await self.request("GET", path)
            return None if step["type"].startswith("progress") else step

        if not result["type"].startswith("progress"):
            return result
        return await wait_until("the flow's next step", next_step, _FLOW_SECONDS)

    async def states(self) -> dict[str, Json]:
        """Fetch all states by entity id."""
        listed = await self.request("GET", "/api/states")
        return {state["entity_id"]: state for state in listed}

    async def state(self, entity_id: str) -> Json | None:
        """Fetch one state, None if there is no such entity."""
        return (await self.states()).get(entity_id)

    async def call(self, domain: str, service: str, data: Json | None = None) -> Any:
        """Perform an action and return the states it changed."""
        return await self.request(
            "POST", f"/api/services/{domain}/{service}", data or {}
        )

    async def entries(self, domain: str = DOMAIN) -> list[Json]:
        """Fetch the config entries of a domain."""
        path = f"/api/config/config_entries/entry?domain={domain}"
        listed: list[Json] = await self.request("GET", path)
        return listed

    async def entities(self) -> list[Json]:
        """Fetch our entries of the entity registry."""
        listed = await self.ws("config/entity_registry/list")
        return [entity for entity in listed if entity["platform"] == DOMAIN]

    def records(self) -> list[Record]:
        """Read the log since the last start."""
        log = self.config / "home-assistant.log"
        if not log.exists():
            return []
        found: list[Record] = []
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := _RECORD.match(line):
                found.append(Record(match["level"], match["logger"], line))
            elif found:  # goes on with the record before: a traceback
                last = found.pop()
                found.append(Record(last.level, last.logger, f"{last.text}\n{line}"))
        return found

    def problems(self) -> list[str]:
        """List the log's warnings and errors about us but the loader's standing one."""
        return [
            record.text
            for record in self.records()
            if record.level in {"WARNING", "ERROR", "CRITICAL"}
            and record.names_us
            and LOADER_LINE not in record.text
        ]

    def _write_configuration(self, *, pages: bool) -> None:
        storage = self.config / ".storage"
        components = self.config / "custom_components"
        for folder in (storage, components):
            folder.mkdir(parents=True, exist_ok=True)
        text = self.sections + _CONFIGURATION.format(longitude=_noon())
        text = text.replace("language: en", f"language: {self.language}")
        if not pages:
            # Home Assistant refuses to run without web pages; an empty folder will do.
            empty = self.config / "no_pages"
            empty.mkdir(exist_ok=True)
            text += f"  development_repo: {empty}\n"
        (self.config / "configuration.yaml").write_text(text, encoding="utf-8")
        server = {"server_host": ["127.0.0.1"], "server_port": self.port}
        # Version 1 on purpose: every Home Assistant can migrate from it.
        _store(storage, "http", 1, server)
        # Looking names up by multicast stays on loopback too.
        _store(storage, "core.network", 1, {"configured_adapters": ["lo"]})
        if not (storage / "onboarding").exists():
            # Only the owner is left to make. The other steps would add services that
            # ask the internet, which a demo on loopback has no business with.
            done = {"done": ["core_config", "analytics", "integration"]}
            _store(storage, "onboarding", 4, done)
        link = components / DOMAIN
        if not link.exists():
            link.symlink_to(REPOSITORY / "custom_components" / DOMAIN)

    async def _answers(self) -> bool:
        if self._process is None or self._process.returncode is not None:
            console = (self.config / "console.log").read_text(encoding="utf-8")
            raise HassError(f"Home Assistant ended by itself:\n{console[-2000:]}")
        try:
            path = "/api/config" if self._token else "/api/onboarding"
            await self.request("GET", path)
        except aiohttp.ClientError:
            return False
        except HassError:  # 404 until that part is up
            return False
        return True

    async def _running(self) -> bool:
        config: Json = await self.request("GET", "/api/config")
        if config["recovery_mode"]:
            raise HassError("Home Assistant is in recovery mode")
        return bool(config["state"] == "RUNNING")

    async def _onboard(self) -> None:
        """Make the owner and keep a token that outlives the demo."""
        client = f"{self.url}/"
        owner = {
            "name": "Demo",
            "username": USER,
            "password": PASSWORD,
            "client_id": client,
            "language": self.language,
        }
        code = (await self.request("POST", "/api/onboarding/users", owner))["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        if self._session is None:
            raise HassError("not started")
        async with self._session.post(f"{self.url}/auth/token", data=form) as answer:
            answer.raise_for_status()
            self._token = (await answer.json())["access_token"]
        self._token = await self.ws(
            "auth/long_lived_access_token", client_name="demo", lifespan=30
        )


def _store(storage: Path, key: str, version: int, data: Json) -> None:
    """Write a file of Home Assistant's storage."""
    content = {"version": version, "minor_version": 1, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content), encoding="utf-8")


def free_port(wanted: int) -> int:
    """Make sure that nobody listens on a port; 0 finds a free one."""
    with socket.socket() as probe:
        # As Home Assistant does: what a run before has closed is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as err:
            raise HassError(f"port {wanted} is taken, choose another") from err
        return int(probe.getsockname()[1])


def _has_frontend(python: Path) -> bool:
    """Whether the web pages are installed beside the interpreter."""
    return any(python.parent.parent.glob("lib/python3*/site-packages/hass_frontend"))
