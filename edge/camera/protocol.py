"""The frame protocol: bytes in, values out. Request and response, so a slow reader never builds a queue.

The client sends one request (8 bytes); the server answers with the newest frame; then the next request.

    request   "BBRQ" | version u8 = 1 | command u8 (1 = newest frame) | reserved u16 = 0
    response  "BBFR" | version u8 = 1 | status u8 | format u8 | reserved u8 = 0
              width u32 | height u32 | seq u64 | boottime_ns u64 | exposure_us u32 | payload bytes u32
              then the payload; with a status other than 0 it is a sentence in UTF-8

Little-endian throughout. boottime_ns is CLOCK_BOOTTIME at the start of the exposure, seq counts frames of
the camera from 0 and may jump (frames that nobody asked for are not sent).
"""

import socket
import struct
from dataclasses import dataclass
from enum import IntEnum

VERSION = 1
REQUEST_MAGIC = b"BBRQ"
RESPONSE_MAGIC = b"BBFR"
REQUEST = struct.Struct("<4sBBH")
RESPONSE = struct.Struct("<4sBBBxIIQQII")

MAX_SIDE = 4608
"""The widest sensor mode of the Camera Module 3."""
MAX_PAYLOAD = 64 * 1024 * 1024
MAX_SENTENCE = 1024


class Command(IntEnum):
    """What a client may ask."""

    NEWEST_FRAME = 1


class Status(IntEnum):
    """How a request was answered."""

    OK = 0
    NO_FRAME = 1
    BAD_REQUEST = 2


class PixelFormat(IntEnum):
    """Layout of the payload."""

    RGB24 = 1
    BGR24 = 2
    GREY8 = 3


BYTES_PER_PIXEL = {PixelFormat.RGB24: 3, PixelFormat.BGR24: 3, PixelFormat.GREY8: 1}


class ProtocolError(ValueError):
    """The other side does not speak this protocol."""


class CameraAnswerError(RuntimeError):
    """The camera process answered, but with no frame; the message is its sentence."""


@dataclass(frozen=True)
class Frame:
    """One picture; payload has width * height pixels, row by row from the top left."""

    width: int
    height: int
    pixel_format: PixelFormat
    seq: int
    boottime_ns: int
    exposure_us: int
    payload: bytes


def encode_request(command: Command = Command.NEWEST_FRAME) -> bytes:
    """Return the 8 bytes of a request."""
    return REQUEST.pack(REQUEST_MAGIC, VERSION, command, 0)


def decode_request(data: bytes) -> Command:
    """Read a request. Raises ProtocolError."""
    magic, version, command, _ = REQUEST.unpack(data)
    if magic != REQUEST_MAGIC:
        raise ProtocolError(f"a request begins with {REQUEST_MAGIC!r}, got {magic!r}")
    if version != VERSION:
        raise ProtocolError(f"this camera speaks version {VERSION}, asked for {version}")
    try:
        return Command(command)
    except ValueError:
        raise ProtocolError(f"unknown command {command}") from None


def encode_frame(frame: Frame) -> bytes:
    """Return header and payload. Raises ProtocolError when the frame does not hold together."""
    _check_shape(frame.width, frame.height, frame.pixel_format, len(frame.payload))
    header = RESPONSE.pack(
        RESPONSE_MAGIC,
        VERSION,
        Status.OK,
        frame.pixel_format,
        frame.width,
        frame.height,
        frame.seq,
        frame.boottime_ns,
        frame.exposure_us,
        len(frame.payload),
    )
    return header + frame.payload


def encode_refusal(status: Status, sentence: str) -> bytes:
    """Return an answer without a frame."""
    text = sentence.encode()[:MAX_SENTENCE]
    return RESPONSE.pack(RESPONSE_MAGIC, VERSION, status, 0, 0, 0, 0, 0, 0, len(text)) + text


def _check_shape(width: int, height: int, pixel_format: PixelFormat, size: int) -> None:
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise ProtocolError(f"a side must be 1 to {MAX_SIDE} pixels, got {width} x {height}")
    expected = width * height * BYTES_PER_PIXEL[pixel_format]
    if size != expected or size > MAX_PAYLOAD:
        raise ProtocolError(
            f"{width} x {height} {pixel_format.name} has {expected} bytes (at most {MAX_PAYLOAD}), got {size}"
        )


def read_frame(connection: socket.socket) -> Frame:
    """Read one answer. Raises ProtocolError, CameraAnswerError, or OSError when the socket fails."""
    header = read_exactly(connection, RESPONSE.size)
    magic, version, status, form, width, height, seq, boottime_ns, exposure_us, size = RESPONSE.unpack(header)
    if magic != RESPONSE_MAGIC or version != VERSION:
        raise ProtocolError(f"not an answer of a version {VERSION} camera: {magic!r} version {version}")
    if status != Status.OK:
        raise CameraAnswerError(read_exactly(connection, min(size, MAX_SENTENCE)).decode(errors="replace"))
    try:
        pixel_format = PixelFormat(form)
    except ValueError:
        raise ProtocolError(f"unknown pixel format {form}") from None
    _check_shape(width, height, pixel_format, size)
    return Frame(width, height, pixel_format, seq, boottime_ns, exposure_us, read_exactly(connection, size))


def read_exactly(connection: socket.socket, size: int) -> bytes:
    """Read `size` bytes. Raises ProtocolError when the other side closes in between."""
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = connection.recv_into(view[got:])
        if count == 0:
            raise ProtocolError(f"the other side closed after {got} of {size} bytes")
        got += count
    return bytes(data)
