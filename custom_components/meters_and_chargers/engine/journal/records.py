"""The rows of the journal."""

from dataclasses import dataclass
from datetime import datetime

MOST_W = 60_000
"""80 A on three phases, and some more: who draws more does not, or counts wrong."""
SPARE_WH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerRecord:
    """A wallbox as its last BootNotification described it."""

    id: str
    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    connectors: int = 0
    """How many connectors it is known to have; 0 where nothing is known."""
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedValue:
    """What a meter has signed, such as OCMF, word for word."""

    time: datetime | None
    context: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A transaction's beginning as the wallbox reported it."""

    charger: str
    connector: int
    id_tag: str
    meter_start_wh: int | None
    time: datetime | None
    raw: str = ""
    wire_id: int | None = None
    """What somebody else has called it; None lets it have ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A transaction's end as the wallbox reported it."""

    charger: str
    wire_id: int
    meter_stop_wh: int | None
    time: datetime | None
    reason: str = ""
    id_tag: str = ""
    raw: str = ""
    signed: tuple[SignedValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One recorded transaction."""

    id: int
    """Ours: rising, above 0, unique over all wallboxes."""
    charger: str
    wire_id: int
    """What the wallbox calls it: ``id`` unless it was adopted, or a backend's."""
    connector: int | None
    """None where only the end is known."""
    id_tag: str
    meter_start_wh: int | None
    """For an unknown start the first value seen."""
    start_time: datetime | None
    meter_stop_wh: int | None
    stop_time: datetime | None
    """None as long as it is open."""
    stop_reason: str
    last_wh: float | None
    last_time: datetime | None
    start_unknown: bool
    closed_locally: bool
    """Closed without the wallbox saying so; its own word still counts."""
    energy_wh: float | None = None
    """All that its register has counted; None where it never said."""
    cost: float | None = None
    """Of the energy whose price was known; None before the first."""
    priced_wh: float = 0.0
    """How much energy that was."""
    currency: str = ""
    sun_wh: float | None = None
    """From the sun, by a site that steers the wallbox; None where none does."""
    sun_of_wh: float = 0.0
    """Of how much energy that is known; by the site's own reckoning."""

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return self.stop_time is None

    def is_doubtful(self, now: datetime) -> bool:
        """Say whether no wallbox can have given that much in that time.

        Where its clock is ahead and it ends before it begins, nobody knows the time.
        """
        if self.start_time is None or self.energy_wh is None:
            return False
        hours = ((self.stop_time or now) - self.start_time).total_seconds() / 3600
        return hours >= 0 and self.energy_wh > hours * MOST_W + SPARE_WH


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a report."""

    transaction: Transaction
    repeated: bool
    """The same report had been recorded before."""


@dataclass(frozen=True, slots=True)
class HourOfEnergy:
    """What one card took from one wallbox in one hour."""

    charger: str
    id_tag: str
    hour: int
    """Full hours since 1970."""
    wh: float
