"""Who hears what a wallbox says before it is answered, and bounds what it is told."""

from typing import Protocol

from ...protocols.ocpp.types import Call, Payload


class Witness(Protocol):
    """Somebody else who has a say: a billing backend's gateway."""

    async def heard(self, call: Call, answer: Payload | None) -> Payload | None:
        """Return what a call of OCPP 1.6 is answered; None leaves it to be repeated."""

    def bounded(self, connector: int, value_ma: int) -> int:
        """Return how much of a charging current a connector may have; mA."""


class Wishes:
    """The limits that were asked for here, and what a witness leaves of them."""

    def __init__(self) -> None:
        """Begin without a wish, and without anybody who bounds it."""
        self.witness: Witness | None = None
        self._wanted: dict[int, int] = {}

    def wanted_ma(self, connector: int) -> int | None:
        """Return the limit that was asked for last; None for none."""
        return self._wanted.get(connector)

    def take(self, connector: int, value_ma: int) -> int:
        """Take a wish; returns what is left of it."""
        self._wanted[connector] = value_ma
        return self._bounded(connector, value_ma)

    def left_ma(self, connector: int, most_ma: int) -> int:
        """Return what is left of the last wish, or of all where there was none."""
        return self._bounded(connector, self._wanted.get(connector, most_ma))

    def _bounded(self, connector: int, value_ma: int) -> int:
        if self.witness is None:
            return value_ma
        return self.witness.bounded(connector, value_ma)
