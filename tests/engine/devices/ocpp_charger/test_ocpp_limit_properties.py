"""Whatever becomes of a message, a wallbox takes no more than we say it does."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, override

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ocpp.charge_point import camel_to_snake_case
from ocpp_fakes import Clock, FakeLink, Wallbox, rest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import (
    DeviceError,
    Silent,
    Unreachable,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import Payload
from simulators.charge_point_profiles import Profiles

PUT, CLEAR = "SetChargingProfile", "ClearChargingProfile"
REFUSED = {"status": "Rejected"}
ROUNDING_MA = 1


class Fate(StrEnum):
    """What becomes of a message about a charging profile."""

    TAKEN = "taken"
    REFUSED = "refused"
    NOT_HEARD = "not heard"
    """It never reaches the wallbox, and we wait in vain."""
    NO_ANSWER = "no answer"
    """The wallbox does it, and its answer never reaches us."""
    LATE = "late"
    """Until it is let go, or the line breaks."""


class Kind(NamedTuple):
    """How a wallbox takes its limits."""

    one_phase: bool = False
    """Whether it takes them for one phase."""
    units: str = "Current"
    levels: int = 8

    @property
    def listed(self) -> list[dict[str, str]]:
        """Return what of it its configuration says."""
        keys = {
            "ChargingScheduleAllowedChargingRateUnit": self.units,
            "ChargeProfileMaxStackLevel": str(self.levels),
            "ConnectorSwitch3to1PhaseSupported": "true",
        }
        return [{"key": key, "value": value} for key, value in keys.items()]


class Line(FakeLink):
    """Puts profiles into a wallbox, or does not."""

    def __init__(self, box: Box) -> None:
        """Begin with what already lies there."""
        super().__init__()
        self._box = box
        self._late: list[asyncio.Event] = []

    @override
    async def call(self, action: str, payload: Payload) -> Payload:
        """Answer after the fate that is next."""
        answer = await super().call(action, payload)
        if action not in (PUT, CLEAR):
            return answer
        # Never at once: something else may come between.
        await asyncio.sleep(0)
        match self._box.fates.popleft() if self._box.fates else Fate.TAKEN:
            case Fate.REFUSED if action == PUT:  # there is no such answer to the other
                return REFUSED
            case Fate.NOT_HEARD:
                raise Silent("no answer")
            case Fate.NO_ANSWER:
                self._box.do(action, payload)
                raise Silent("no answer")
            case Fate.LATE:
                self._late.append(asyncio.Event())
                await self._late[-1].wait()
        if self.closed:
            raise Unreachable("the line broke")
        return answer if self._box.do(action, payload) else REFUSED

    def let_go(self) -> None:
        """Let all go on that are late."""
        while self._late:
            self._late.pop().set()

    @property
    def is_busy(self) -> bool:
        """Whether one is late."""
        return bool(self._late)


class Box(Wallbox):
    """A wallbox that keeps profiles as the standard says."""

    link: Line

    def __init__(
        self, charger: OcppCharger, clock: Clock, fates: list[Fate], kind: Kind
    ) -> None:
        """Begin without profiles."""
        super().__init__(charger, clock)
        self.fates = deque(fates)
        self.profiles = Profiles()
        self._kind = kind

    @override
    def connect(self) -> Line:
        """Dial anew."""
        self.link = Line(self)
        said = {"configurationKey": self._kind.listed}
        for _ in range(9):
            self.link.reply("GetConfiguration", said)
        self.charger.opened(self.link)
        return self.link

    def do(self, action: str, payload: Payload) -> bool:
        """Keep a profile or forget some; returns whether it does."""
        said: Any = camel_to_snake_case(dict(payload))
        if action == CLEAR:
            self.profiles.clear(
                said.get("id"),
                said.get("connector_id"),
                said.get("charging_profile_purpose"),
                said.get("stack_level"),
            )
            return True
        profile = said["cs_charging_profiles"]
        (period,) = profile["charging_schedule"]["charging_schedule_period"]
        if "number_phases" in period and not self._kind.one_phase:
            return False
        self.profiles.put(said["connector_id"], profile, self.clock.now())
        return True

    @property
    def allowed_ma(self) -> float:
        """What a car may take."""
        limit_ma = 1000 * self.profiles.limit_a(self.clock.now(), None, 3)
        return min(limit_ma, self.charger.setpoint.maximum_ma)

    @property
    def allowed_phases(self) -> int:
        """On how many phases it may take it."""
        return self.profiles.phases(self.clock.now(), None)


class Story:
    """What happens to a wallbox, and to what it is told."""

    def __init__(self, box: Box, journal: Journal) -> None:
        """Begin with a line that was just opened."""
        self.box = box
        self._journal = journal
        self._asked = set[asyncio.Task[None]]()
        self._newest: tuple[int, asyncio.Task[None]] | None = None

    def _ask(self, ask: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(ask)
        self._asked.add(task)
        return task

    async def wish(self, value_ma: int, phases: int | None, protection: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
        """Ask for a limit, without waiting for the answer."""
        charger = self.box.charger
        if not charger.switches_phases:
            phases = None
        ask = charger.set_limit(1, value_ma, phases=phases, protection=protection)
        self._newest = value_ma, self._ask(ask)

    async def fall_back(self, value_ma: int | None) -> None:
        """Turn a fallback on or off."""
        self._ask(self.box.charger.fall_back_to(value_ma))

    async def wait(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds // 2):
            self.box.clock.advance(2)
            await self._quiet(1)

    async def be_away(self, seconds: int) -> None:
        """Break the line, and dial anew some time later."""
        self.box.link.closed = True
        self.box.charger.closed(self.box.link)
        self.box.link.let_go()
        await self._quiet()
        self._check()
        await self.wait(seconds)
        self._check()
        self.box.connect()

    async def boot(self, loses: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
        """Start anew; some have lost their profiles then."""
        if loses:
            self.box.profiles = Profiles()
        await self.box.boots()
        # Until what it lost was told again nobody can know.
        await self.wait(4)

    async def let_go(self) -> None:
        """Let late answers come."""
        self.box.link.let_go()

    async def end(self) -> None:
        """See that what was wanted last acts when nothing goes wrong any more."""
        self.box.fates.clear()
        self.box.link.let_go()
        await self.wait(200)
        await self._quiet()
        assert all(task.done() for task in self._asked)
        limit = self.box.charger.connector(1).limit
        if limit.is_certain or limit.is_assumed:
            assert limit.accepted_ma == self._rounded_ma
        if self._newest is not None:
            value_ma, asked = self._newest
            if asked.exception() is None:
                assert value_ma == self._rounded_ma
        for task in self._asked:
            with suppress(DeviceError):
                task.result()
        # Less goes at once where it protects, and a stop always.
        self._ask(self.box.charger.set_limit(1, 16_000))
        await self.wait(20)
        for value_ma in (6_000, 0):
            ask = self.box.charger.set_limit(1, value_ma, protection=value_ma > 0)
            asked = self._ask(ask)
            await self._quiet()
            assert asked.done()
            assert self.box.allowed_ma == value_ma

    @property
    def _rounded_ma(self) -> int:
        return round(self.box.allowed_ma)

    async def _quiet(self, turns: int = 3) -> None:
        """Let all run that waits for nothing but each other, and the journal."""
        for _ in range(turns):
            await rest()
            await self._journal.facts("GARAGE")
        await rest()

    async def goes(self, *step: Any) -> None:
        """Do one step, and see what is said of it."""
        name, *parts = step
        await getattr(self, name)(*parts)
        await self._quiet()
        if name != "boot" and not self.box.link.is_busy:
            self._check()

    def _check(self) -> None:
        charger = self.box.charger
        told_ma = charger.connector(1).limit_ma
        if told_ma is None:
            return
        assert self.box.allowed_ma <= told_ma + ROUNDING_MA
        if charger.phases_told(1) == 1 and told_ma:
            assert self.box.allowed_phases == 1 or not self.box.allowed_ma


currents = st.sampled_from([0, 6_000, 7_000, 8_000, 12_000, 16_000])
fates = st.lists(st.sampled_from([*[Fate.TAKEN] * 4, *Fate]), max_size=40)
wishes = st.tuples(
    st.just("wish"), currents, st.sampled_from([None, 1, 3]), st.booleans()
)
steps = st.one_of(
    wishes,
    wishes,
    st.tuples(st.just("wait"), st.sampled_from([2, 16, 70, 130])),
    st.tuples(st.just("be_away"), st.sampled_from([2, 200, 200])),
    st.tuples(st.just("boot"), st.booleans()),
    st.tuples(st.just("fall_back"), st.sampled_from([None, 6_000, 10_000, 10_000])),
    st.tuples(st.just("let_go")),
)


kinds = st.builds(
    Kind,
    one_phase=st.booleans(),
    units=st.sampled_from(["Current", "Current", "Power", "Current,Power"]),
    levels=st.sampled_from([8, 8, 1, 0]),
)


async def _tell(sequence: list[Any], become: list[Fate], kind: Kind) -> None:
    clock = Clock()
    with TemporaryDirectory() as folder:
        journal = await Journal.open(Path(folder) / "journal.db", now=clock.now)
        charger = OcppCharger(
            "GARAGE",
            journal,
            now=clock.now,
            monotonic=clock.monotonic,
            call_later=clock.call_later,
        )
        await charger.load()
        box = Box(charger, clock, become, kind)
        box.connect()
        story = Story(box, journal)
        try:
            await story.wait(6)
            for step in sequence:
                await story.goes(*step)
            await story.end()
        finally:
            await charger.close()
            await journal.close()
        ringing = [one for one in clock.timers if not one.cancelled]
        assert not [one for one in ringing if one.at > clock.seconds]


@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# A fallback is turned on under a limit that was for good, and its answer is lost.
@example(
    sequence=[("wish", 0, None, False), ("fall_back", 6_000)],
    become=[Fate.TAKEN, Fate.TAKEN, Fate.NO_ANSWER],
    kind=Kind(),
)
@example(
    sequence=[("wish", 7_000, None, False), ("fall_back", 10_000)],
    become=[Fate.REFUSED, Fate.TAKEN, Fate.NO_ANSWER],
    kind=Kind(),
)
# Another fallback comes, perhaps, in the place of the one that acts.
@example(
    sequence=[("fall_back", 6_000), ("fall_back", 10_000)],
    become=[Fate.TAKEN, Fate.TAKEN, Fate.NO_ANSWER],
    kind=Kind(),
)
@example(
    sequence=[("fall_back", 6_000), ("fall_back", 10_000), ("fall_back", 6_000)],
    become=[Fate.TAKEN, Fate.NO_ANSWER, Fate.NO_ANSWER],
    kind=Kind(),
)
# It takes the place of a limit on the same stack level.
@example(
    sequence=[
        ("wish", 16_000, None, False),
        ("be_away", 200),
        ("fall_back", 10_000),
        ("be_away", 200),
        ("boot", False),
        ("wait", 16),
        ("fall_back", None),
        ("boot", True),
        ("let_go",),
        ("fall_back", 6_000),
    ],
    become=[
        *[Fate.REFUSED, Fate.TAKEN, Fate.TAKEN, Fate.TAKEN],
        *[Fate.REFUSED, Fate.TAKEN, Fate.LATE, Fate.TAKEN, Fate.TAKEN, Fate.TAKEN],
        *[Fate.REFUSED] * 2,
    ],
    kind=Kind(one_phase=True),
)
# Another one is not heard, on another connection than the one that acts.
@example(
    sequence=[("fall_back", 10_000), ("be_away", 2), ("fall_back", 6_000)],
    become=[Fate.TAKEN, Fate.TAKEN, Fate.NOT_HEARD],
    kind=Kind(),
)
# One that may be gone has to be put again.
@example(
    sequence=[("fall_back", 10_000), ("fall_back", None), ("fall_back", 10_000)],
    become=[Fate.TAKEN, Fate.TAKEN, Fate.NO_ANSWER],
    kind=Kind(),
)
# It had to make room for a limit that was refused all the same.
@example(
    sequence=[
        ("wish", 0, None, False),
        ("fall_back", 6_000),
        ("wish", 6_000, 1, False),
        ("boot", False),
    ],
    become=[],
    kind=Kind(),
)
# What was lost at a boot is refused at first.
@example(
    sequence=[("wish", 0, None, False), ("wait", 2), ("boot", True)],
    become=[Fate.TAKEN, Fate.REFUSED],
    kind=Kind(),
)
@given(st.lists(steps, min_size=4, max_size=20), fates, kinds)
def test_a_limit_is_never_above_what_is_said(
    socket_enabled: None,
    sequence: list[Any],
    become: list[Fate],
    kind: Kind,
) -> None:
    """Refused, unheard, late or lost messages, boots, cuts and fallbacks in any order.

    In the end what was wanted last acts, if we said so.
    """
    asyncio.run(_tell(sequence, become, kind))
