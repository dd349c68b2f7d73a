"""What can go wrong with a device. Each error is a sentence that says what to do, and a builtin one too."""


class DeviceError(Exception):
    """Base of all errors of our devices."""


class NotReadyError(DeviceError, TimeoutError):
    """No conversion came in time."""


class DeviceClosedError(DeviceError, OSError):
    """The device was used after close()."""


class DeviceMissingError(DeviceError, FileNotFoundError):
    """There is no such device in this machine."""


class BadGainError(DeviceError, ValueError):
    """The chip has no such gain."""


class NoPinsError(DeviceError, OSError):
    """This machine has no pins that we can use."""
