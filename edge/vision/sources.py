"""From a setting to something that gives pictures: socket:PATH, usb:NUMBER, rtsp://..., file:PATH."""

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from edge.vision.camera_socket import CameraSocket
from edge.vision.captures import CaptureCamera, PictureFiles
from edge.vision.pictures import Still


class PictureSource(Protocol):
    """Something that gives its newest picture, waiting for it; used by one thread."""

    def grab(self) -> Still:
        """Take a picture. Raises CameraGoneError (nothing came) or BrokenPictureError (no whole picture)."""

    def close(self) -> None:
        """Let go of the device; safe to call twice."""


def open_source(words: str) -> PictureSource:
    """Return the source that a setting names; nothing is opened yet. Raises ValueError."""
    kind, _, rest = words.partition(":")
    if kind == "socket" and rest:
        return CameraSocket(Path(rest))
    if kind == "usb" and rest.isdigit():
        return CaptureCamera(int(rest), f"USB camera {rest}")
    if kind == "rtsp" and rest.startswith("//"):
        return CaptureCamera(words, f"the camera at {shown(words)}")
    if kind == "file" and rest:
        return PictureFiles(Path(rest))
    raise ValueError(
        f"{shown(words)!r} is no camera: use socket:/run/barback/camera.sock, usb:0, rtsp://HOST/PATH or "
        "file:PICTURE"
    )


def shown(words: str) -> str:
    """Return a source without user and password, for people and logs."""
    if not words.startswith("rtsp://"):
        return words
    parts = urlsplit(words)
    return f"rtsp://{parts.hostname or '?'}{f':{parts.port}' if parts.port else ''}{parts.path}"
