"""The one door to gpiozero, opened only when a pin is wanted. Knows nothing of what hangs on the pins."""

from typing import Any

from edge.devices.errors import NoPinsError


def gpiozero() -> Any:  # noqa: ANN401 (gpiozero has no types)
    """Import gpiozero. Raises NoPinsError where it is not installed."""
    try:
        import gpiozero as library  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: PLC0415
    except ImportError:
        raise NoPinsError(
            "gpiozero is not installed: install requirements/edge.txt, or take the pins out of the settings"
        ) from None
    return library


def on_pins(make: str, *pins: int, **options: object) -> list[Any]:
    """Return one gpiozero device of class `make` per pin (BCM number), or none of them.

    Raises NoPinsError, naming the pin, when one cannot be had; those already taken are given back.
    """
    library = gpiozero()
    taken: list[Any] = []
    for pin in pins:
        try:
            taken.append(getattr(library, make)(pin, **options))
        except (library.GPIOZeroError, OSError) as error:
            for device in taken:
                device.close()
            raise NoPinsError(
                f"pin GPIO{pin} cannot be used ({error}): check that the number is right, that no other "
                "program holds it, and that this user is in the group gpio"
            ) from None
    return taken
