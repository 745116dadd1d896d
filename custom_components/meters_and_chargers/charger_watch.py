"""Tells a site's owner when a charger is slow, disobeys, wears, is wired otherwise."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import CONF_BY_ACCOUNT, DOMAIN
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator
from .engine.charging import Reason
from .engine.charging.rotation import RotationWatch
from .ocpp_connector import Connector
from .site_charger import SiteCharger

MANY_WRITES = 500
"""More in a day wear out a memory of 100,000 writes within the life of a wallbox."""
DISOBEYS_S = 60
"""How long a charger ignores its limit, or obeys again, before anything is said."""
_PHASES = ("L1", "L2", "L3")


class Steady:
    """Whether something is so, believed only after it has lasted."""

    def __init__(self) -> None:
        """Begin with what is not so."""
        self.so = False
        self._other_since: float | None = None

    def turned(self, now: float, *, so: bool, lasts_s: float) -> bool:
        """Take what is seen now; returns whether what is believed has just changed."""
        if so is self.so:
            self._other_since = None
        elif self._other_since is None:
            self._other_since = now
        elif now - self._other_since >= lasts_s:
            self.so, self._other_since = so, None
            return True
        return False


class ChargerWatch:
    """Makes issues about the chargers of a site: wiring, obedience, wear, slowness."""

    def __init__(self, hass: HomeAssistant, entry: SiteEntry) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._entry = entry
        self._site: SiteController = entry.runtime_data
        self._not_following = {one.key: Steady() for one in self._site.chargers}
        self._rotation = RotationWatch()
        self._day = dt_util.now().date()
        self._written = {one.key: one.writer.writes for one in self._site.chargers}
        """How many limits had been written when the day began."""
        self._said: set[tuple[str, str]] = set()

    @callback
    def look(self) -> None:
        """Judge the last look of the site."""
        if (look := self._site.last_look) is None:
            return
        now, today = self._hass.loop.time(), dt_util.now().date()
        if today != self._day:
            self._day = today
            self._written = {one.key: one.writer.writes for one in self._site.chargers}
        self._rotation.look(look.state.grid, look.state.chargers)
        mismatches = {one.charger: one for one in self._rotation.mismatches}
        for charger in self._site.chargers:
            disobeys = self._not_following[charger.key]
            reason = look.decision.reasons[charger.key].reason
            disobeys.turned(now, so=reason is Reason.NOT_FOLLOWING, lasts_s=DISOBEYS_S)
            present = charger.present
            # What its own entry says, or is about to find out, is not said twice.
            ours = isinstance(present, Connector) and present.limit_in_doubt
            self._say("not_following", charger, so=disobeys.so and not ours)
            count = charger.writer.writes - self._written[charger.key]
            wears = charger.own_entity is not None and count >= MANY_WRITES
            self._say("many_writes", charger, so=wears, count=str(count))
            if isinstance(present, DeviceCoordinator):
                by_account = bool(present.config_entry.data.get(CONF_BY_ACCOUNT))
                self._say("slow_group", charger, so=by_account)
            found = mismatches.get(charger.key)
            named, seen = (found.named, found.seen) if found else (0, 0)
            self._say(
                "rotation",
                charger,
                so=found is not None,
                named=_PHASES[named],
                seen=_PHASES[seen],
            )

    @callback
    def clear(self) -> None:
        """Take back what was said."""
        for key, subentry_id in self._said:
            ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{subentry_id}")

    def _say(self, key: str, charger: SiteCharger, *, so: bool, **names: str) -> None:
        """Make an issue, or take it back."""
        one = key, charger.subentry_id
        if so is (one in self._said):
            return
        if not so:
            self._said.remove(one)
            ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{charger.subentry_id}")
            return
        self._said.add(one)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{key}_{charger.subentry_id}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={
                "site": self._entry.title,
                "charger": charger.title,
                **names,
            },
        )
