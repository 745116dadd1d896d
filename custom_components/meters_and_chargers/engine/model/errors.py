"""What can go wrong between us and a device."""


class DeviceError(Exception):
    """Base of everything a device or its link can do to a caller."""


class Unreachable(DeviceError):
    """No connection: wrong address, switched off, cable, network."""


class PortClosed(Unreachable):
    """The host answers, but nothing listens on that port."""


class Silent(Unreachable):
    """The connection stands, but no answer came in time."""


class Refused(DeviceError):
    """The device understood and said no (a Modbus exception)."""


class Unsupported(Refused):
    """The device does not have what was asked for (an unknown address)."""


class NotAllowed(Refused):
    """The device refuses the key, or the key does not allow this."""


class TooOften(Refused):
    """Asked more often than it answers; ``retry_after_s`` where it says how long."""

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        """Remember how long to wait."""
        super().__init__(text)
        self.retry_after_s = retry_after_s


class BadAnswer(DeviceError):
    """An answer that can't be used: too short, another request's, implausible."""


class Outdated(DeviceError):
    """What was found out about a device once no longer holds."""


class WrongDevice(DeviceError):
    """Something else answers at this address.

    ``found`` says what it is, as far as it can be told.
    """

    def __init__(self, found: str) -> None:
        """Remember what answered."""
        super().__init__(f"another device answers: {found}")
        self.found = found


class OutOfRange(DeviceError):
    """A setpoint outside what the device or its owner allows."""
