"""Pictures that are none, and pictures that cannot be looked at."""

import socket
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from contract.sightings import CameraState
from edge.domain.sight import Box
from edge.vision.camera_socket import CameraGoneError, CameraSocket, read_answer
from edge.vision.captures import PictureFiles
from edge.vision.checks import HINTS, PictureCheck
from edge.vision.pictures import BrokenPictureError, cut, decoded, jpeg, turned
from edge.vision.sources import open_source, shown
from firmware_sim.render.bar_view import BarView, Standing, bar_products

PLACES = [f"top-{n}" for n in range(6)]
VIEW = BarView(PLACES, seed=2)
BOTTLES = {place: Standing(number, 0.6) for place, number in zip(PLACES, bar_products(6, 2), strict=True)}
PICTURE = VIEW.picture(BOTTLES, 1).image
ANSWER = bytes.fromhex(
    "42424652 01 00 01 00 10000000 10000000 0700000000000000 00ca9a3b00000000 10270000 00030000"
)
"""BBFR, version 1, ok, RGB24, 16 x 16 pixels, frame 7, 1 s, 10 ms, 768 bytes."""


def read(data: bytes):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.close()
        return read_answer(ours)


def test_the_camera_process_is_understood_by_its_fixture_bytes() -> None:
    still = read(ANSWER + b"\xff\x00\x01" * 256)
    assert (still.picture.shape, still.seq, still.boottime_s) == ((16, 16, 3), 7, 1.0)
    assert still.picture[0, 0].tolist() == [1, 0, 255]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP" + ANSWER[4:], "no camera process of version 1"),
        (ANSWER[:6] + b"\x09" + ANSWER[7:], "format 9"),
        (ANSWER[:8] + struct.pack("<I", 17) + ANSWER[12:], "17 x 16"),
        (ANSWER + b"\x00" * 700, "closed after 700 of 768 bytes"),
        (ANSWER[:20], "closed after 20 of 40 bytes"),
    ],
)
def test_a_damaged_answer_is_refused_before_memory_is_taken(answer: bytes, sentence: str) -> None:
    with pytest.raises(BrokenPictureError, match=sentence):
        read(answer)


def test_a_camera_process_without_a_frame_says_why() -> None:
    words = b"no new frame within 5 s: check the camera"
    head = ANSWER[:5] + b"\x01" + ANSWER[6:36] + struct.pack("<I", len(words))
    with pytest.raises(CameraGoneError, match="check the camera"):
        read(head + words)


def test_a_missing_camera_process_is_a_sentence(tmp_path: Path) -> None:
    source = CameraSocket(tmp_path / "camera.sock")
    with pytest.raises(CameraGoneError, match=r"does not answer at .*check its service"):
        source.grab()
    source.close()


@pytest.mark.parametrize("name", ["socket:/run/camera.sock", "usb:0", "rtsp://camera/stream", "file:/a.jpg"])
def test_every_kind_of_source_is_opened_only_when_it_is_used(name: str) -> None:
    open_source(name).close()


@pytest.mark.parametrize("name", ["", "camera", "usb:front", "http://camera"])
def test_what_is_no_source_is_refused_with_examples(name: str) -> None:
    with pytest.raises(ValueError, match="is no camera: use socket:"):
        open_source(name)


def test_a_streams_password_is_never_shown() -> None:
    assert shown("rtsp://admin:secret@10.0.0.7:554/h264") == "rtsp://10.0.0.7:554/h264"


def test_a_folder_of_pictures_is_a_camera(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(cv2.imencode(".png", np.full((20, 20, 3), 9 * number))[1])
    source = PictureFiles(tmp_path)
    assert [int(source.grab().picture[0, 0, 0]) for _ in range(3)] == [0, 9, 0]


def test_a_missing_file_is_a_camera_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(CameraGoneError, match="No such file"):
        PictureFiles(tmp_path / "none.jpg").grab()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "0 bytes"),
        (jpeg(PICTURE)[:-2000], "ends in its middle"),
        (b"\xff\xd8" + b"x" * 100 + b"\xff\xd9", "no JPEG or PNG"),
        (b"GIF89a", "no JPEG or PNG"),
        (cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes(), "16 to 4608 pixels"),
    ],
)
def test_what_is_no_whole_picture_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(BrokenPictureError, match=sentence):
        decoded(data)


def test_a_camera_that_hangs_sideways_is_turned() -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[0, 0] = 255
    assert turned(picture, 90).shape == (30, 20, 3)
    assert turned(picture, 90)[0, -1, 0] == 255
    assert turned(picture, 180)[-1, -1, 0] == 255


def test_a_cut_stays_within_the_picture() -> None:
    assert cut(PICTURE, Box(0.9, 0.9, 1.4, 1.4)).shape == (36, 64, 3)
    assert cut(PICTURE, Box(1.0, 1.0, 1.0, 1.0)).shape[:2] == (4, 4)


def used(check: PictureCheck) -> PictureCheck:
    """A camera that has looked for a while, at bottles that come and go."""
    for moment in range(6):
        bottles = {place: None if number == moment else BOTTLES[place] for number, place in enumerate(PLACES)}
        assert check.state(VIEW.picture(bottles, moment).image) is CameraState.OK
    return check


BAD = {
    CameraState.DARK: np.clip(PICTURE * 0.03, 0, 255).astype(np.uint8),
    CameraState.BLOWN_OUT: np.clip(PICTURE.astype(int) * 6 + 120, 0, 255).astype(np.uint8),
    CameraState.BLURRED: np.asarray(cv2.GaussianBlur(PICTURE, (0, 0), 14)),
    CameraState.BLOCKED: np.full_like(PICTURE, 90),
    CameraState.ROTATED: np.ascontiguousarray(PICTURE[::-1, ::-1]),
}


@pytest.mark.parametrize("state", BAD)
def test_a_picture_that_cannot_be_looked_at_is_told_with_a_hint(state) -> None:
    assert used(PictureCheck()).state(BAD[state]) is state
    assert HINTS[state].endswith(".")


def test_a_good_picture_after_a_bad_one_is_good_again() -> None:
    check = used(PictureCheck())
    check.state(BAD[CameraState.BLURRED])
    assert check.state(PICTURE) is CameraState.OK


def test_a_dimmer_evening_is_still_ok() -> None:
    assert used(PictureCheck()).state(VIEW.picture(BOTTLES, 9, light=0.45).image) is CameraState.OK
