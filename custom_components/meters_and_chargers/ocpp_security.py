"""Raises the security profile of a wallbox over OCPP, one step at a time.

Nothing of ours is stricter before the wallbox has come back with its new proof: until
then it is let in as before, so that a step which fails locks nobody out.
"""

import asyncio
from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from yarl import URL

from . import ocpp_tls
from .const import CONF_CHARGER_ID, CONF_OWN_PAIR, CONF_SERVER, CONF_TLS_MODE
from .engine.devices.ocpp_charger import Guard, OcppCharger
from .engine.model import DeviceError, Unreachable, Unsupported
from .ocpp import OcppServer

HIGHEST = 3
_TLS = 2
PATIENCE_S = 300.0
"""How long a wallbox may take to come back; some restart."""
REQUEST_S = 60.0
GRACE_S = 10.0
"""How long it may take to hang up by itself."""
BACK_S = 60.0
"""How long one that has hung up may take to dial again without a restart."""
_LOOK_S = 0.2


class Failed(Exception):
    """A step that did not work; ``key`` is that of the text."""

    def __init__(self, key: str, found: str = "-") -> None:
        """Remember what happened."""
        super().__init__(key)
        self.key = key
        self.found = found


def guard_of(hass: HomeAssistant, entry: ConfigEntry) -> Guard | None:
    """Return who stands before a wallbox; None while its server does not listen."""
    if (server := _server(hass, entry)) is None:
        return None
    return server.central.guard(entry.data[CONF_CHARGER_ID])


def next_profile(guard: Guard) -> int:
    """Return the profile which is the next for a wallbox; the highest is renewed."""
    return min(guard.security.profile + 1, HIGHEST)


def hindrance(hass: HomeAssistant, entry: ConfigEntry) -> str | None:
    """Return the key of what keeps a wallbox from being raised now."""
    server = _server(hass, entry)
    if server is None:
        return "no_server_now"
    found = hass.config_entries.async_get_entry(entry.data[CONF_SERVER])
    if found is None or (charger := _charger(server, entry)) is None:
        return "no_server_now"
    if not charger.online:
        return "not_connected"
    encrypts = found.data.get(CONF_TLS_MODE, ocpp_tls.TLS_OFF) != ocpp_tls.TLS_OFF
    needed = next_profile(server.central.guard(charger.charger_id))
    return "tls_is_off" if needed >= _TLS and not encrypts else None


async def raise_profile(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Raise a wallbox by one profile, or renew its certificate; raises `Failed`."""
    server = _server(hass, entry)
    if server is None or (charger := _charger(server, entry)) is None:
        raise Failed("no_server_now")
    guard = server.central.guard(charger.charger_id)
    profile, before = next_profile(guard), guard.security.profile
    link = charger.link
    await _check_name(hass, entry, guard, profile)
    try:
        restart = await _prepare(hass, charger, guard, profile)
        if before == HIGHEST:
            return
        restart = await _use(charger, guard, profile) or restart
        if restart:
            await charger.reset(hard=charger.credentials.restarts_at_once)
    except Unsupported as err:
        raise Failed("raise_unsupported", str(err)) from err
    except DeviceError as err:
        raise Failed("raise_refused", str(err)) from err
    finally:
        guard.awaits_request = False
    if not await _until(lambda: charger.link is not link, GRACE_S) and link is not None:
        await link.close()
    if not await _until(
        lambda: charger.online and (guard.proved or 0) >= profile, PATIENCE_S
    ):
        await charger.credentials.take_back()
        raise Failed("raise_not_back")


async def _check_name(
    hass: HomeAssistant, entry: ConfigEntry, guard: Guard, profile: int
) -> None:
    """Raise `Failed` where a wallbox would not know our certificate by its name."""
    found = hass.config_entries.async_get_entry(entry.data[CONF_SERVER])
    host = URL(f"//{guard.address}").host
    if found is None or profile != _TLS or CONF_OWN_PAIR in found.data or host is None:
        return  # one that encrypts already knows us
    if host not in [name.lower() for name in await ocpp_tls.names_of(hass, found.data)]:
        raise Failed("raise_other_name", host)


async def _use(charger: OcppCharger, guard: Guard, profile: int) -> bool:
    """Let it use a profile; returns whether it has to restart."""
    use, link = charger.credentials.use_profile, charger.link
    try:
        return await use(profile, guard.address)
    except Unreachable:
        # Some hang up at once to come back with the password they were just given.
        if not await _until(lambda: charger.link not in (None, link), BACK_S):
            raise
    return await use(profile, guard.address)


async def _prepare(
    hass: HomeAssistant, charger: OcppCharger, guard: Guard, profile: int
) -> bool:
    """Give it what the profile needs; returns whether it has to restart."""
    credentials = charger.credentials
    if profile == 1:
        password = ocpp_tls.new_password()
        guard.add_password(password)
        return await credentials.give_password(password)
    if profile == _TLS:
        root = await ocpp_tls.root(hass)
        await credentials.trust(root.pem, root.serial)
        return False
    given, credentials.not_given = credentials.given, ""
    guard.awaits_request = True
    await credentials.request_request()
    await _until(lambda: credentials.given > given or credentials.not_given, REQUEST_S)
    if credentials.given == given:
        raise Failed("raise_no_certificate", credentials.not_given or "-")
    return False


async def _until(holds: Callable[[], object], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - several things, not one that signals
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        return False
    return True


def _server(hass: HomeAssistant, entry: ConfigEntry) -> OcppServer | None:
    found = hass.config_entries.async_get_entry(entry.data[CONF_SERVER])
    server = getattr(found, "runtime_data", None)
    return server if isinstance(server, OcppServer) and server.listening else None


def _charger(server: OcppServer, entry: ConfigEntry) -> OcppCharger | None:
    return server.central.charger(entry.data[CONF_CHARGER_ID])
