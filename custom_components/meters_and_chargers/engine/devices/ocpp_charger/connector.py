"""One connector of a wallbox: its status, its transaction, its limit."""

from datetime import datetime

from ...journal import Transaction, gained
from ...model import Setpoint
from .freshness import Freshness
from .limit import Limit

UNKNOWN = "unknown"
AVAILABLE = "available"
CHARGING = frozenset({"charging", "suspended_ev", "suspended_evse"})
STATUSES = (
    AVAILABLE,
    "preparing",
    "charging",
    "suspended_evse",
    "suspended_ev",
    "finishing",
    "reserved",
    "unavailable",
    "faulted",
    UNKNOWN,
)


class Session:
    """The energy of a running transaction, from an energy register that may restart."""

    def __init__(self, transaction: Transaction, now: datetime) -> None:
        """Go on from what the journal knows."""
        self.transaction = transaction
        self.start = transaction.start_time or now
        """When it began, or was first seen."""
        self.energy_wh = transaction.energy_wh
        self.cost = transaction.cost
        """As of the last commit of the journal."""
        self._last_wh = transaction.last_wh
        self._last_time = transaction.last_time

    def register(self, wh: float, time: datetime | None, *, live: bool) -> None:
        """Take a new value of the register; one from a queue only in its order."""
        if time is not None:
            last_time = self._last_time
            if not live and last_time is not None and time < last_time:
                return
            self._last_time = time
        gain = gained(self._last_wh, wh)
        if gain is not None:
            self.energy_wh = (self.energy_wh or 0.0) + gain
            self._last_wh = wh


class Connector:
    """What is known of one connector; 0 is the wallbox itself."""

    limit_is_assumed = False

    def __init__(self, number: int, limit: Limit) -> None:
        """Start without a word from the wallbox."""
        self.number = number
        self.status = UNKNOWN
        self.is_restored = False
        """Whether its status is of before our restart, and not said since."""
        self.error_code = ""
        self.status_time: datetime | None = None
        """What the wallbox dated its last status."""
        self.offered_ma: int | None = None
        self.measured_at: float | None = None
        """When its last live meter values came, on the monotonic clock in s."""
        self.session: Session | None = None
        self.ended: Transaction | None = None
        """The last that the wallbox ended: a closing value may still come."""
        self.spent = False
        """Whether a card's energy was used up by the car that is still plugged in."""
        self.paused = False
        """Whether its transaction is ended so that it draws nothing."""
        self.card_waits = False
        """Whether that one's card is to begin another, now or after the pause."""
        self.freshness = Freshness()
        self.limit = limit

    @property
    def setpoint(self) -> Setpoint:
        """The bounds of its charging current."""
        return self.limit.setpoint

    @property
    def limit_ma(self) -> int | None:
        """The limit it accepted, 0 once it has paused; None before the first."""
        is_ended = self.paused and self.session is None
        return 0 if is_ended else self.limit.accepted_ma

    @property
    def transaction(self) -> int | None:
        """What the wallbox calls the running transaction."""
        return self.session.transaction.wire_id if self.session else None

    @property
    def session_energy_wh(self) -> float | None:
        """The energy of the running transaction."""
        return self.session.energy_wh if self.session else None

    @property
    def session_cost(self) -> float | None:
        """The cost of the running transaction, as far as prices were known."""
        return self.session.cost if self.session else None

    @property
    def session_start(self) -> datetime | None:
        """When the running transaction began, or was first seen."""
        return self.session.start if self.session else None
