"""The camera process as it runs: a server on a socket, readers fast and slow."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.camera.__main__ import fetch, main, ppm
from edge.camera.pattern import PatternSource
from edge.camera.protocol import CameraAnswerError, Frame, PixelFormat, encode_request, read_frame
from edge.camera.server import FrameServer


class Source:
    """Gives a frame whenever the test says so."""

    def __init__(self) -> None:
        self.seq = -1
        self.closed = False
        self._wanted = threading.Semaphore(0)

    def give(self, frames: int) -> None:
        for _ in range(frames):
            self._wanted.release()

    def capture(self) -> Frame:
        while not self._wanted.acquire(timeout=0.05):
            if self.closed:
                raise OSError("the camera was unplugged")
        self.seq += 1
        return Frame(1, 1, PixelFormat.GREY8, self.seq, 0, 0, bytes([self.seq]))

    def close(self) -> None:
        self.closed = True


class Serving:
    def __init__(self, path: Path, source) -> None:
        self.path, self.stop, self.failure = path, threading.Event(), None
        self.server = FrameServer(path, source)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        try:
            self.server.serve(self.stop)
        except OSError as error:
            self.failure = error

    def end(self) -> None:
        self.stop.set()
        self.thread.join()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def serving(tmp_path: Path, source: Source) -> Iterator[Serving]:
    serving = Serving(tmp_path / "camera.sock", source)
    yield serving
    source.closed = True
    serving.end()


def connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(20)
    connection.connect(str(path))
    return connection


def ask(connection: socket.socket) -> int:
    connection.sendall(encode_request())
    return read_frame(connection).seq


def test_each_request_gets_a_frame_newer_than_the_last(serving, source) -> None:
    source.give(1)
    with connected(serving.path) as reader:
        assert ask(reader) == 0
        source.give(1)
        assert ask(reader) == 1


def test_a_slow_reader_gets_the_newest_frame_and_no_queue(serving, source) -> None:
    with connected(serving.path) as fast, connected(serving.path) as slow:
        source.give(1)
        assert ask(slow) == 0
        assert ask(fast) == 0
        for seq in range(1, 20):
            source.give(1)
            assert ask(fast) == seq
        assert ask(slow) == 19


def test_a_reader_who_talks_nonsense_is_told_and_the_others_go_on(serving, source) -> None:
    with connected(serving.path) as other:
        other.sendall(b"GET / HT")
        with pytest.raises(CameraAnswerError, match="a request begins with"):
            read_frame(other)
    source.give(1)
    assert fetch(serving.path).seq == 0


def test_a_camera_that_is_unplugged_ends_the_process_with_its_error(serving, source) -> None:
    source.closed = True
    serving.thread.join(timeout=20)
    assert str(serving.failure) == "the camera was unplugged"
    assert not serving.path.exists()


def test_a_second_server_on_the_same_socket_is_refused(serving, source) -> None:
    with pytest.raises(FileExistsError, match="stop it first"):
        FrameServer(serving.path, source)


def test_the_socket_of_a_killed_server_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "camera.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    serving = Serving(path, PatternSource(64, 16, 50.0))
    assert fetch(path).width == 64
    serving.end()


def test_the_command_serves_grabs_and_stops_on_a_signal(tmp_path: Path, capsys) -> None:
    path, picture = tmp_path / "camera.sock", tmp_path / "frame.ppm"
    command = [sys.executable, "-m", "edge.camera", "serve", "--socket", path, "--source", "pattern"]
    process = subprocess.Popen([*command, "--width", "320", "--height", "240", "--fps", "30"])
    while not path.exists():
        assert process.poll() is None
        os.sched_yield()
    assert main(["grab", "--socket", str(path), "--out", str(picture)]) == 0
    assert "320 x 240" in capsys.readouterr().out
    assert picture.read_bytes().startswith(b"P6\n320 240\n255\n")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert not path.exists()


def test_grabbing_where_nobody_serves_is_an_error_and_no_traceback(tmp_path: Path, capsys) -> None:
    assert main(["grab", "--socket", str(tmp_path / "none.sock"), "--out", str(tmp_path / "x.ppm")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_blue_first_frames_are_turned_for_the_picture_file() -> None:
    frame = Frame(1, 1, PixelFormat.BGR24, 0, 0, 0, b"\x01\x02\x03")
    assert ppm(frame) == b"P6\n1 1\n255\n\x03\x02\x01"


def test_the_camera_imports_neither_pydantic_nor_picamera2() -> None:
    code = (
        "import sys, edge.camera.__main__; "
        "print([name for name in ('pydantic', 'picamera2', 'contract') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
