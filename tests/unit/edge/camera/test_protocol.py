"""The protocol from both sides by fixture bytes: what another implementation would write and read."""

import socket
import struct

import pytest

from edge.camera.protocol import (
    CameraAnswerError,
    Command,
    Frame,
    PixelFormat,
    ProtocolError,
    Status,
    decode_request,
    encode_frame,
    encode_refusal,
    encode_request,
    read_frame,
)

REQUEST_BYTES = bytes.fromhex("42425251 01 01 0000")
ANSWER_BYTES = bytes.fromhex(
    "42424652 01 00 01 00"  # BBFR, version 1, ok, RGB24
    "02000000 01000000"  # 2 x 1 pixels
    "0700000000000000"  # frame 7
    "00ca9a3b00000000"  # 1,000,000,000 ns
    "10270000 06000000"  # 10,000 us, 6 bytes
    "ff0000 0000ff"  # red, blue
)
FRAME = Frame(2, 1, PixelFormat.RGB24, 7, 1_000_000_000, 10_000, b"\xff\x00\x00\x00\x00\xff")


def read(data: bytes) -> Frame:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.close()
        return read_frame(ours)


def test_a_request_is_eight_fixed_bytes() -> None:
    assert encode_request() == REQUEST_BYTES
    assert decode_request(REQUEST_BYTES) is Command.NEWEST_FRAME


def test_a_frame_is_written_byte_for_byte_as_the_fixture() -> None:
    assert encode_frame(FRAME) == ANSWER_BYTES


def test_the_fixture_is_read_as_the_frame() -> None:
    assert read(ANSWER_BYTES) == FRAME


@pytest.mark.parametrize(
    ("request_bytes", "sentence"),
    [
        (b"GET / HT", "a request begins with"),
        (bytes.fromhex("42425251 02 01 0000"), "this camera speaks version 1, asked for 2"),
        (bytes.fromhex("42425251 01 09 0000"), "unknown command 9"),
    ],
)
def test_a_foreign_request_is_refused(request_bytes: bytes, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        decode_request(request_bytes)


def changed(at: int, value: bytes) -> bytes:
    return ANSWER_BYTES[:at] + value + ANSWER_BYTES[at + len(value) :]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (changed(0, b"HTTP"), "not an answer of a version 1 camera"),
        (changed(4, b"\x02"), "not an answer of a version 1 camera"),
        (changed(6, b"\x09"), "unknown pixel format 9"),
        (changed(8, struct.pack("<I", 0)), "a side must be 1 to 4608 pixels"),
        (changed(8, struct.pack("<I", 2**31)), "a side must be 1 to 4608 pixels"),
        (changed(36, struct.pack("<I", 2**31)), "2 x 1 RGB24 has 6 bytes"),
        (ANSWER_BYTES[:-2], "the other side closed after 4 of 6 bytes"),
        (ANSWER_BYTES[:10], "the other side closed after 10 of 40 bytes"),
    ],
)
def test_a_damaged_answer_is_refused_before_memory_is_taken(answer: bytes, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        read(answer)


def test_an_answer_without_a_frame_carries_its_sentence() -> None:
    with pytest.raises(CameraAnswerError, match="no new frame within 5 s"):
        read(encode_refusal(Status.NO_FRAME, "no new frame within 5 s: check the camera"))


def test_a_frame_that_does_not_hold_together_is_not_written() -> None:
    with pytest.raises(ProtocolError, match="has 6 bytes"):
        encode_frame(Frame(2, 1, PixelFormat.RGB24, 0, 0, 0, b"short"))
