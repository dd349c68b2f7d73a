"""The camera's command line: serve, grab, selftest. Owns arguments and exit codes."""

import argparse
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.camera.file_source import FileSource
from edge.camera.pattern import PatternSource, read_time_block
from edge.camera.picamera_source import CameraMissingError, PicameraSource
from edge.camera.protocol import (
    CameraAnswerError,
    Frame,
    PixelFormat,
    ProtocolError,
    encode_request,
    read_frame,
)
from edge.camera.server import FrameServer, FrameSource

TIMEOUT_S = 10.0
EXPECTED = (CameraMissingError, CameraAnswerError, ProtocolError, OSError, ValueError)
SOURCES: dict[str, Callable[[int, int, float], FrameSource]] = {
    "picamera2": PicameraSource,
    "pattern": PatternSource,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except EXPECTED as error:
        print(error, file=sys.stderr)  # noqa: T201 (a command line prints)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge.camera", description="Frames over a local socket.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the newest frame until SIGTERM")
    serve.add_argument("--socket", type=Path, required=True)
    serve.add_argument("--source", choices=sorted((*SOURCES, "file")), required=True)
    serve.add_argument("--file", type=Path, help="with --source file: a binary PPM; every change is a frame")
    serve.add_argument("--width", type=int, default=1280)
    serve.add_argument("--height", type=int, default=720)
    serve.add_argument("--fps", type=float, default=5.0)
    serve.set_defaults(command=_serve)
    grab = commands.add_parser("grab", help="write the newest frame as a PPM file")
    grab.add_argument("--socket", type=Path, required=True)
    grab.add_argument("--out", type=Path, required=True)
    grab.set_defaults(command=_grab)
    selftest = commands.add_parser("selftest", help="serve the test chart to itself, then look for a camera")
    selftest.set_defaults(command=_selftest)
    return parser


def _serve(options: argparse.Namespace) -> int:
    if not 0.1 <= options.fps <= 120:
        raise ValueError(f"--fps {options.fps}: give 0.1 to 120 frames per second")
    source = _source(options)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    FrameServer(options.socket, source).serve(stop)
    return 0


def _source(options: argparse.Namespace) -> FrameSource:
    if options.source != "file":
        return SOURCES[options.source](options.width, options.height, options.fps)
    if options.file is None:
        raise ValueError("--source file needs --file PICTURE.ppm")
    return FileSource(options.file, options.fps)


def _grab(options: argparse.Namespace) -> int:
    frame = fetch(options.socket)
    options.out.write_bytes(ppm(frame))
    age_s = (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - frame.boottime_ns) / 1e9
    _print(f"frame {frame.seq}, {frame.width} x {frame.height}, {age_s:.3f} s old -> {options.out}")
    return 0


def fetch(path: Path) -> Frame:
    """Ask a camera process for its newest frame. Raises ProtocolError, CameraAnswerError or OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect(str(path))
        connection.sendall(encode_request())
        return read_frame(connection)


def ppm(frame: Frame) -> bytes:
    """Return a frame as a binary portable pixmap (or graymap)."""
    pixels = frame.payload
    if frame.pixel_format is PixelFormat.BGR24:
        swapped = bytearray(pixels)
        swapped[0::3], swapped[2::3] = pixels[2::3], pixels[0::3]
        pixels = bytes(swapped)
    kind = b"P5" if frame.pixel_format is PixelFormat.GREY8 else b"P6"
    return kind + f"\n{frame.width} {frame.height}\n255\n".encode() + pixels


def _selftest(_: argparse.Namespace) -> int:
    problems = [_report("socket and protocol", _try_chart()), _report("camera", _try_camera())]
    return int(any(problems))


def _report(name: str, problem: str | None) -> bool:
    _print(f"ok    {name}" if problem is None else f"FAIL  {name}: {problem}")
    return problem is not None


def _try_chart() -> str | None:
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "camera.sock"
        server = FrameServer(path, PatternSource(320, 240, 30.0))
        serving = threading.Thread(target=server.serve, args=(stop,))
        serving.start()
        try:
            frame = fetch(path)
            drawn_ns = read_time_block(frame)
        except EXPECTED as error:
            return str(error)
        finally:
            stop.set()
            serving.join()
    return None if drawn_ns == frame.boottime_ns else "the chart came through damaged: check the memory"


def _try_camera() -> str | None:
    try:
        source = PicameraSource(640, 480, 5.0)
    except CameraMissingError as error:
        return str(error)
    try:
        source.capture()
    finally:
        source.close()
    return None


def _print(text: str) -> None:
    print(text)  # noqa: T201 (a command line prints)


if __name__ == "__main__":
    sys.exit(main())
