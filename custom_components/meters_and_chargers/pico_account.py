"""What a Pico's smart-me account says of it; nothing local needs it.

The values are up to a minute old: a site hears whether a car is there and how much it
got, but not what it draws, which it would compare with the grid of now.
"""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import CONF_ACCESS_KEY, CONF_MEMBERS, DOMAIN
from .coordinator import ACCOUNT_INTERVAL_S, DeviceEntry
from .engine.devices.smart_me import (
    AccountDevice,
    PhaseCurrents,
    State,
    Status,
)
from .engine.model import BadAnswer, DeviceError, NotAllowed, OutOfRange
from .figures import figures_of_house
from .links import open_account
from .pico_station import PicoStation

_LOGGER = logging.getLogger(__name__)

SHOWN_AFTER_S = 150.0
"""So long after a write the account may still show what was told before."""
_AGREED = 2
"""So many polls in a row have to show the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What the account said last: of the first station, and of all of a group."""

    status: Status | None = None
    stations: tuple[AccountDevice, ...] = ()


class OtherWriter:
    """Tells from what the account shows whether somebody else sets the current."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.there = False
        self._differed = 0
        self._told: deque[tuple[float, PhaseCurrents]] = deque()
        """What we told it, and since when; the last is still so."""
        self._last: PhaseCurrents | None = None

    def note(self, told: PhaseCurrents | None, now: float, *, ours: bool) -> None:
        """Take what it was told; ``ours`` unless it was found to be another's."""
        if told == self._last:
            return
        self._last = told
        if ours and told is not None:
            self._told.append((now, told))

    def judge(self, shown_ma: int, now: float) -> bool:
        """Return whether another writes, by what the account shows."""
        while len(self._told) > 1 and self._told[1][0] < now - SHOWN_AFTER_S:
            self._told.popleft()
        if not self._told:
            return False
        # Which of three currents it shows is not known.
        known = {current for _, told in self._told for current in told}
        self._differed = 0 if shown_ma in known else self._differed + 1
        self.there = self._differed >= _AGREED
        return self.there


class PicoAccount(DataUpdateCoordinator[AccountState]):
    """Asks the account once a minute."""

    config_entry: ConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: DeviceEntry, station: PicoStation, key: str
    ) -> None:
        """Use an API key; nothing is asked yet."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=f"{entry.title} account",
            update_interval=timedelta(seconds=ACCOUNT_INTERVAL_S),
            # Who else writes is told by the second poll that says the same.
            always_update=True,
        )
        self.data = AccountState()
        self.meter = entry.runtime_data
        self.members: bool = self.meter.family.members
        """Whether it is a group."""
        self._account = open_account(hass, key)
        self._serials = serials_of(entry)
        self._station = station
        self._other = OtherWriter()

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in, in a group at any station."""
        if not self.last_update_success:
            return None
        if not self.members:
            return None if self.data.status is None else self.data.status.car_connected
        told = {one.car_connected for one in self.data.stations}
        if True in told:
            return True
        return False if told == {False} else None

    @property
    def session_energy_wh(self) -> float | None:
        """The energy of the car that is plugged in; cars of a group have none."""
        status = self.data.status
        if status is None or self.members or not self.last_update_success:
            return None
        return status.energy_wh

    @callback
    def start(self) -> None:
        """Follow the account from now on, without making the station wait."""
        entry = self.config_entry
        entry.async_on_unload(self.async_add_listener(self._tell))
        entry.async_on_unload(self.meter.async_add_listener(self._note))
        self._note()
        entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{DOMAIN} account of {entry.title}"
        )

    @override
    async def _async_update_data(self) -> AccountState:
        try:
            said = await self._ask()
        except NotAllowed as err:
            raise self._failed(
                ConfigEntryAuthFailed, "account_key_refused", err
            ) from err
        except DeviceError as err:
            raise self._failed(UpdateFailed, "account_unread", err) from err
        await self._compare(said)
        return said

    async def _ask(self) -> AccountState:
        stations = {one.serial: one for one in await self._account.stations()}
        mine = [stations[one] for one in self._serials if one in stations]
        if not mine:
            raise BadAnswer("the station is not in this account")
        status = await self._account.status(mine[0].id)
        return AccountState(status=status, stations=tuple(mine))

    async def _compare(self, said: AccountState) -> None:
        """See whether another program sets the current, and stop repeating ours."""
        status, now = said.status, self.hass.loop.time()
        if status is None or status.dynamic_a is None or status.state is State.OFFLINE:
            return
        shown_ma = round(status.dynamic_a * 1000)
        if not self._other.judge(shown_ma, now):
            return
        try:
            currents = PhaseCurrents.alike(shown_ma)
        except OutOfRange:
            return

        async def shown() -> PhaseCurrents:
            return currents

        await self._station.pico.steering.look(shown)
        self._other.note(self._station.pico.currents, now, ours=False)
        self.meter.async_update_listeners()

    @callback
    def _note(self) -> None:
        told = self._station.pico.currents
        self._other.note(told, self.hass.loop.time(), ours=True)

    @callback
    def _tell(self) -> None:
        """Show or take back that another program sets the current; tell the site."""
        self.meter.async_update_listeners()
        status = self.data.status
        if not self.last_update_success or status is None:
            return
        if not self._other.there:
            ir.async_delete_issue(self.hass, DOMAIN, _issue(self.config_entry))
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            _issue(self.config_entry),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="other_writer",
            translation_placeholders={
                "name": self.config_entry.title,
                "current": figures_of_house(self.hass).plain(status.dynamic_a or 0),
            },
        )

    def _failed[Kind: HomeAssistantError](
        self, kind: type[Kind], key: str, err: DeviceError
    ) -> Kind:
        return kind(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={
                "name": self.config_entry.title,
                "error": str(err),
            },
        )


def serials_of(entry: ConfigEntry) -> tuple[int, ...]:
    """Return the serial numbers of an entry's station, or of all of its group."""
    if CONF_MEMBERS in entry.data:
        return tuple(map(int, entry.data[CONF_MEMBERS]))
    return (int((entry.unique_id or "").rpartition("_")[2]),)


def _issue(entry: ConfigEntry) -> str:
    return f"other_writer_{entry.entry_id}"


def make(hass: HomeAssistant, entry: DeviceEntry) -> None:
    """Make the account of an entry that has a key; asks it for nothing."""
    coordinator = entry.runtime_data
    key, station = entry.options.get(CONF_ACCESS_KEY), coordinator.station
    if key and station is not None:
        coordinator.account = PicoAccount(hass, entry, station, key)
    else:
        ir.async_delete_issue(hass, DOMAIN, _issue(entry))


def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back what was said of an entry that was deleted."""
    ir.async_delete_issue(hass, DOMAIN, _issue(entry))
