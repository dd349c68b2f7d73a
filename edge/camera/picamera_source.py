"""The Raspberry Pi's camera through picamera2, which only Debian's packages provide: imported when opened.

RGB888 of libcamera lies as blue, green, red in memory. Exposure and white balance are fixed after the
first second, so that a bottle's colour does not follow the light beside it.
"""

import time
from typing import Any

from edge.camera.protocol import Frame, PixelFormat

SETTLE_S = 1.0


class CameraMissingError(RuntimeError):
    """There is no camera to be had."""


class PicameraSource:
    """Frames of the first camera."""

    def __init__(self, width: int, height: int, fps: float) -> None:
        """Open and start the camera. Raises CameraMissingError with what to do."""
        self._camera: Any = _open()
        self._width, self._height = width, height
        controls = {"FrameRate": fps}
        main = {"format": "RGB888", "size": (width, height)}
        self._camera.configure(self._camera.create_video_configuration(main=main, controls=controls))
        self._camera.start()
        time.sleep(SETTLE_S)
        self._camera.set_controls({"AeEnable": False, "AwbEnable": False})
        self._seq = -1

    def capture(self) -> Frame:
        """Wait for the next frame."""
        with self._camera.captured_request() as request:
            picture, metadata = request.make_array("main"), request.get_metadata()
        self._seq += 1
        return Frame(
            self._width,
            self._height,
            PixelFormat.BGR24,
            self._seq,
            int(metadata["SensorTimestamp"]),
            int(metadata["ExposureTime"]),
            picture[: self._height, : self._width].tobytes(),
        )

    def close(self) -> None:
        """Stop the camera; safe to call twice."""
        if self._camera is not None:
            self._camera.stop()
            self._camera.close()
            self._camera = None


def _open() -> Any:  # noqa: ANN401 (picamera2 has no types)
    try:
        from picamera2 import Picamera2  # type: ignore[import-not-found]  # noqa: PLC0415 (only where it exists)
    except ImportError as error:
        raise CameraMissingError(
            f"picamera2 is not to be had ({error}): on Raspberry Pi OS run "
            "`apt install python3-picamera2 --no-install-recommends` and use the system's Python"
        ) from None
    try:
        return Picamera2()
    except (IndexError, RuntimeError) as error:
        raise CameraMissingError(
            f"no camera was found ({error}): check the ribbon cable, then reboot"
        ) from None
