"""What a wallbox is asked to measure, and how often; only if its owner wants that."""

from collections.abc import Mapping, Sequence
import logging

from ...model import DeviceError, Refused
from .measurands import CURRENT_OFFERED, ENERGY_REGISTER
from .reading import integer
from .requests import Requests, Setting

_LOGGER = logging.getLogger(__name__)

INTERVAL = "MeterValueSampleInterval"
MEASURANDS = "MeterValuesSampledData"
_MOST = f"{MEASURANDS}MaxLength"

WANTED = (
    ENERGY_REGISTER,
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    CURRENT_OFFERED,
)
"""The most useful first: some wallboxes take only so many."""


class Sampling:
    """Writes as little as it can: many wallboxes keep each value in their flash."""

    def __init__(self, wallbox: Requests) -> None:
        """Leave everything as it is until `every_s` is set."""
        self.every_s: int | None = None
        self.needs_restart = False
        """Whether something acts only after a restart; the owner is to choose when."""
        self.leave_out: frozenset[str] = frozenset()
        """What it is known not to take."""
        self._wallbox = wallbox
        self._refused: set[str] = set()
        self._firmware: str | None = None

    def booted(self, firmware: str | None) -> None:
        """Note a boot; another firmware may take what the one before refused."""
        self.needs_restart = False
        if firmware != self._firmware:
            self._refused.clear()
        self._firmware = firmware

    async def settle(
        self, settings: Mapping[str, Setting], *, at_once: bool = False
    ) -> None:
        """Set what differs; what the wallbox does not list is not touched.

        ``at_once`` writes all measurands or none, and does not find out by attempts
        which of them are refused.
        """
        if self.every_s is None:
            return
        try:
            await self._set_measurands(settings, at_once=at_once)
            await self._set_interval(settings, self.every_s)
        except DeviceError as err:
            _LOGGER.debug("the meter values are left as they are: %s", err)

    async def _set_interval(
        self, settings: Mapping[str, Setting], every_s: int
    ) -> None:
        setting = settings.get(INTERVAL)
        if setting is None or setting.read_only or INTERVAL in self._refused:
            return
        if integer(setting.value) != every_s:
            await self._try(INTERVAL, str(every_s), INTERVAL)

    async def _set_measurands(
        self, settings: Mapping[str, Setting], *, at_once: bool
    ) -> None:
        setting = settings.get(MEASURANDS)
        if setting is None or setting.read_only or MEASURANDS in self._refused:
            return
        there = _names(setting.value)
        left_out = self._refused | self.leave_out
        if setting.choices:
            left_out |= set(WANTED).difference(setting.choices)
        wanted = [name for name in WANTED if name not in left_out]
        limit = settings.get(_MOST)
        most = None if limit is None else integer(limit.value)
        # What somebody else wants goes on, where there is room.
        both = [*wanted, *(name for name in there if name not in wanted)][:most]
        if set(wanted[:most]) <= set(there):
            return
        to_blame = MEASURANDS if at_once else None
        if await self._try(MEASURANDS, ",".join(both), to_blame) or at_once:
            return
        taken: list[str] = []
        for name in wanted:
            if most is not None and len(taken) >= most:
                break
            if await self._try(MEASURANDS, ",".join([*taken, name]), name):
                taken.append(name)
        if taken and (lost := [name for name in both if name not in wanted]):
            await self._try(MEASURANDS, ",".join([*taken, *lost]))

    async def _try(self, key: str, value: str, name: str | None = None) -> bool:
        """Set a key, and remember the ``name`` that is to blame for a refusal."""
        try:
            status = await self._wallbox.change_configuration(key, value)
        except Refused:
            if name is not None:
                self._refused.add(name)
            return False
        self.needs_restart |= status == "reboot_required"
        return True


def _names(value: str | None) -> Sequence[str]:
    """Return a list as wallboxes write it: with blanks, some in quotation marks."""
    names = (name.strip(" \"'") for name in (value or "").strip("[]").split(","))
    return [name for name in names if name]
