"""The steps of an encrypted device: our certificate, its owner's Accept, its own."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    FileSelector,
    FileSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util.hass_dict import HassKey
import voluptuous as vol

from . import certificates, links
from .certificates import Kind, Stored, Unusable
from .const import (
    CONF_ENCRYPTED,
    CONF_FAMILY,
    CONF_PAIR,
    CONF_PINNED,
    CONF_TLS,
    DOMAIN,
)
from .engine.devices import FAMILIES
from .engine.model import DeviceError, Finding, Identity, Look, PortClosed

type Input = dict[str, Any]

CONF_CERTIFICATE = "certificate"
CONF_ENCRYPTION = "encryption"
CONF_KEY = "key"
AUTOMATIC, OFF, ON = "automatic", "off", "on"
KEEP, OWN = "keep", "own"
TO_TLS = "to_tls"
"""What a probe returns instead of a problem: the device wants encryption."""

EVERY_S = 5.0
PATIENCE_S = 600.0
_WAIT = "tls_not_accepted"
_PROBLEMS = {
    Finding.REFUSES: _WAIT,
    Finding.PLAIN: "tls_plain",
    Finding.OTHER: "tls_other",
    Finding.SILENT: "tls_silent",
}
_MADE: HassKey[dict[tuple[str, str], str]] = HassKey(f"{DOMAIN}_tls_made")
"""Pairs of set-ups under way, by host and kind: a second try needs no second Accept."""

ENCRYPTION = SelectSelector(
    SelectSelectorConfig(
        options=[AUTOMATIC, OFF, ON],
        translation_key=CONF_ENCRYPTION,
        mode=SelectSelectorMode.DROPDOWN,
    )
)
UPLOAD = vol.Schema(
    {
        vol.Required(CONF_CERTIFICATE): FileSelector(
            FileSelectorConfig(accept=".pem,.crt,.cer")
        ),
        vol.Required(CONF_KEY): FileSelector(FileSelectorConfig(accept=".pem,.key")),
    }
)


@dataclass(slots=True)
class _Attempts:
    """One stay in the waiting room."""

    pair: Stored
    device: Look
    """What the first look brought; its certificate is to be trusted."""
    ends_at: float
    number: int = 0
    task: asyncio.Task[str | None] | None = None
    problem: str | None = _WAIT


class TlsSteps(ConfigFlow):
    """The steps of encryption in the integration's flow."""

    _data: Input
    _identity: Identity | None
    _attempts: _Attempts | None = None
    _certificate_form: Input | None = None
    """What the form was last sent with."""
    _shown: str = ""
    """The unexpected fingerprint which the form has shown."""
    _found: str = "-"
    """What else than the device answered."""

    async def _probe(self, placeholders: dict[str, str]) -> str | None:
        """Read the device that `_data` describes; the flow itself does it."""
        raise NotImplementedError

    async def async_step_confirm(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Show what answers; the flow itself does it."""
        raise NotImplementedError

    async def _probe_or_tls(
        self, choice: str, placeholders: dict[str, str]
    ) -> str | None:
        """Read the device without encryption, unless it is to be, or wants to be.

        Returns the key of what went wrong, or `TO_TLS`.
        """
        transport = FAMILIES[self._data[CONF_FAMILY]].transport
        if transport.tls is None:
            return await self._probe(placeholders)
        port: int = self._data[CONF_PORT]
        encrypted = transport.tls.port if port == transport.port else port
        if choice == ON or (choice == AUTOMATIC and port == transport.tls.port):
            self._data[CONF_PORT] = encrypted
            return TO_TLS
        if port == transport.tls.port:
            self._data[CONF_PORT] = transport.port
        problem = await self._probe(placeholders)
        if problem and choice == AUTOMATIC and port == transport.port:
            self._data[CONF_PORT] = encrypted
            if await self._speaks_tls():
                return TO_TLS
            self._data[CONF_PORT] = port
        return problem

    async def _speaks_tls(self) -> bool:
        try:
            look = await links.look_at(self.hass, self._data, None)
        except DeviceError:
            return False
        return look.finding is Finding.REFUSES or bool(look.certificate)

    async def async_step_tls(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Say what encryption means, and ask whose certificate is shown."""
        return await self._step_tls(user_input)

    async def _step_tls(
        self, user_input: Input | None = None, problem: str | None = None
    ) -> ConfigFlowResult:
        placeholders = self._words()
        if user_input is not None:
            self._certificate_form = user_input
            choice: str = user_input[CONF_CERTIFICATE]
            if choice == OWN:
                return await self.async_step_tls_upload()
            pair = await self._pair(choice)
            problem = await self._first_look(pair, placeholders)
            if problem is None:
                return await self.async_step_tls_wait()
        kinds = [*((KEEP,) if self._before else ()), *Kind, OWN]
        schema = vol.Schema(
            {
                vol.Required(CONF_CERTIFICATE, default=kinds[0]): SelectSelector(
                    SelectSelectorConfig(
                        options=list(kinds), translation_key=CONF_CERTIFICATE
                    )
                )
            }
        )
        return self.async_show_form(
            step_id="tls",
            data_schema=self.add_suggested_values_to_schema(
                schema, self._certificate_form
            ),
            errors={"base": problem} if problem else {},
            description_placeholders=placeholders,
        )

    async def async_step_tls_upload(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Take a certificate and key of the owner's."""
        errors = {}
        placeholders = self._words()
        if user_input is not None:
            try:
                folder = links.certificate_folder(self.hass)
                pair = await self.hass.async_add_executor_job(
                    uploaded, self.hass, user_input, folder
                )
            except Unusable as err:
                errors["base"] = err.key
            else:
                problem = await self._first_look(pair, placeholders)
                if problem is None:
                    return await self.async_step_tls_wait()
                errors["base"] = problem
        return self.async_show_form(
            step_id="tls_upload",
            data_schema=UPLOAD,
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_tls_wait(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Look every 5 s until the owner has pressed Accept, for 10 min at most."""
        del user_input
        if (room := self._attempts) is None:
            return await self.async_step_tls()
        left = max(0.0, room.ends_at - self.hass.loop.time())
        if room.task is not None and room.task.done():
            room.problem = room.task.result()
            if room.problem != _WAIT or not left:
                return self.async_show_progress_done(next_step_id="tls_waited")
            room.task = None
        if room.task is None:
            room.number += 1
            room.task = self.hass.async_create_task(
                self._attempt(room), "wait for Accept", eager_start=False
            )
        self.async_update_progress(1 - left / PATIENCE_S)
        return self.async_show_progress(
            step_id="tls_wait",
            progress_action="tls_wait",
            progress_task=room.task,
            description_placeholders={
                "url": f"http://{self._data[CONF_HOST]}",
                **self._certificate_words(),
                "attempt": str(room.number),
                "left": f"{int(left) // 60}:{int(left) % 60:02}",
            },
        )

    async def _attempt(self, room: _Attempts) -> str | None:
        """Look once, after a pause; returns the key of what is wrong.

        Whoever closes the dialog cancels this: the look closes its own socket.
        """
        if room.number > 1:
            await asyncio.sleep(EVERY_S)
        try:
            look = await links.look_at(self.hass, self._data, room.pair.id)
        except DeviceError:
            # The device may be restarting with its new settings.
            return _WAIT
        if look.certificate not in (b"", room.device.certificate):
            return "tls_changed_meanwhile"
        if look.finding is Finding.SILENT:
            return _WAIT
        return _PROBLEMS.get(look.finding)

    async def async_step_tls_waited(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Read the device that accepts us, and trust its certificate from now on."""
        del user_input
        room = self._attempts
        if room is None or room.problem is not None:
            return await self._step_tls(problem=room.problem if room else None)
        pinned = await self.hass.async_add_executor_job(
            certificates.pin,
            links.certificate_folder(self.hass),
            room.pair.id,
            room.device.certificate,
        )
        self._data |= {
            CONF_ENCRYPTED: True,
            CONF_TLS: {CONF_PAIR: room.pair.id, CONF_PINNED: pinned},
        }
        said: dict[str, str] = {}
        problem = await self._probe(said)
        if problem is not None or self._identity is None:
            self._found = said.get("found", "-")
            return await self._step_tls(problem=problem)
        return await self._tls_done(self._identity)

    async def _tls_done(self, identity: Identity) -> ConfigFlowResult:
        """Go on as without encryption."""
        await self.async_set_unique_id(
            identity.key, raise_on_progress=self.source != SOURCE_USER
        )
        if self.source != SOURCE_RECONFIGURE:
            self._abort_if_unique_id_configured(
                updates=self._data,
                description_placeholders={"serial": identity.serial},
            )
            return await self.async_step_confirm()
        self._abort_if_unique_id_mismatch(reason="another_device")
        entry = self._get_reconfigure_entry()
        if (before := self._before) and before != self._data[CONF_TLS][CONF_PAIR]:
            await self.hass.async_add_executor_job(
                certificates.remove, links.certificate_folder(self.hass), before
            )
        return self.async_update_reload_and_abort(entry, data=self._data)

    def _kept(self) -> Input:
        """Return what an entry that leaves encryption keeps for the way back."""
        return {CONF_TLS: self._old[CONF_TLS]} if CONF_TLS in self._old else {}

    # What there was before

    @property
    def _old(self) -> Mapping[str, Any]:
        if self.source != SOURCE_RECONFIGURE:
            return {}
        return self._get_reconfigure_entry().data

    @property
    def _before(self) -> str | None:
        """The pair which the entry has had so far."""
        tls: Mapping[str, str] = self._old.get(CONF_TLS, {})
        return tls.get(CONF_PAIR)

    @property
    def _trusted(self) -> str | None:
        """The fingerprint which this device has shown so far."""
        tls: Mapping[str, str] = self._old.get(CONF_TLS, {})
        return tls.get(CONF_PINNED)

    async def _pair(self, choice: str) -> Stored:
        """Return the pair the entry has, or the one just made for this host, or one."""
        folder = links.certificate_folder(self.hass)
        host: str = self._data[CONF_HOST]
        made = self.hass.data.setdefault(_MADE, {})
        known = self._before if choice == KEEP else made.get((host, choice))
        used = {
            entry.data.get(CONF_TLS, {}).get(CONF_PAIR)
            for entry in self.hass.config_entries.async_entries(DOMAIN)
        }
        if choice != KEEP and known in used:
            known = None
        stored = await self.hass.async_add_executor_job(
            _load_or_make, folder, known, choice, used
        )
        if choice != KEEP:
            made[host, choice] = stored.id
        return stored

    async def _first_look(
        self, pair: Stored, placeholders: dict[str, str]
    ) -> str | None:
        """Fetch the device's certificate; returns the key of what is wrong."""
        placeholders["certificate"] = pair.name
        try:
            look = await links.look_at(self.hass, self._data, pair.id)
        except PortClosed:
            return "tls_port_closed"
        except DeviceError:
            return "no_link"
        if not look.certificate:
            return _PROBLEMS[look.finding]
        shown = certificates.fingerprint(look.certificate)
        if self._trusted not in (None, shown) and self._shown != shown:
            self._shown = placeholders["shown"] = shown
            return "tls_changed"
        ends_at = self.hass.loop.time() + PATIENCE_S
        self._attempts = _Attempts(pair, look, ends_at)
        return None

    def _words(self) -> dict[str, str]:
        """Return what the forms and their errors name."""
        return {
            "host": self._data[CONF_HOST],
            "port": str(self._data[CONF_PORT]),
            "family": FAMILIES[self._data[CONF_FAMILY]].name,
            "certificate": "-" if self._attempts is None else self._attempts.pair.name,
            "trusted": self._trusted or "-",
            "shown": "-",
            "found": self._found,
        }

    def _certificate_words(self) -> dict[str, str]:
        """Return the fingerprints for the last screen."""
        if (room := self._attempts) is None:
            return {}
        return {
            "certificate": room.pair.name,
            "fingerprint": room.pair.fingerprint,
            "device_fingerprint": certificates.fingerprint(room.device.certificate),
        }


def _load_or_make(
    folder: Path, known: str | None, choice: str, used: set[str | None]
) -> Stored:
    """Return a pair that is there, or make one; forget those long abandoned."""
    certificates.prune(folder, used)
    if known is not None:
        try:
            return certificates.load(folder, known)
        except OSError:
            choice = Kind.RSA if choice == KEEP else choice
    return certificates.store(folder, certificates.make(Kind(choice)))


def uploaded(
    hass: HomeAssistant, user_input: Mapping[str, str], folder: Path
) -> Stored:
    """Check and keep what was uploaded; raises `Unusable`."""
    try:
        with (
            process_uploaded_file(hass, user_input[CONF_CERTIFICATE]) as certificate,
            process_uploaded_file(hass, user_input[CONF_KEY]) as key,
        ):
            pair = certificates.Pair(certificate.read_bytes(), key.read_bytes())
    except ValueError as err:
        raise Unusable("tls_upload_again") from err
    return certificates.store(folder, certificates.check(pair))
