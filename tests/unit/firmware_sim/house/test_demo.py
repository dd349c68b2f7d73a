"""The demo's options, and what it says when it cannot start."""

import socket
from pathlib import Path

import pytest

from firmware_sim.house import __main__ as command
from firmware_sim.house.demo import Demo, DemoError
from firmware_sim.house.ports import LOOPBACK


def plan(*words: str):
    return command.plan_of(command.parser().parse_args(words))


def test_without_options_it_is_a_friday_with_ninety_days_behind_it(tmp_path):
    asked = plan("--demo-dir", str(tmp_path))
    assert (asked.scenario, asked.days, asked.speed, asked.port) == ("friday_rush", 90, 6.0, 8080)
    assert asked.directory == tmp_path
    assert not asked.wipe


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--speed", "0"], "--speed 0: choose one over 0 and up to 60"),
        (["--speed", "61"], "--speed 61: choose one over 0 and up to 60"),
        (["--days", "0"], "--days 0: choose 1 to 400"),
        (["--camera", "attic"], "--camera attic: no such shelf; there are top-shelf"),
        (["--sales", "nowhere.csv"], "--sales nowhere.csv: there is no such file"),
    ],
)
def test_an_option_out_of_range_is_a_sentence(words, complaint):
    with pytest.raises(DemoError, match=complaint):
        plan(*words)


def test_a_taken_port_is_said_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"port {port} is taken"):
            Demo(plan("--demo-dir", str(tmp_path / "demo"), "--port", str(port)))
    assert not (tmp_path / "demo").exists()


def test_wiping_forgets_only_the_demos_own_folder(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "old").write_text("of an earlier demo")
    (tmp_path / "other").write_text("somebody else's")
    Demo(plan("--demo-dir", str(folder), "--wipe", "--port", "1"))
    assert not (folder / "old").exists()
    assert (tmp_path / "other").exists()


def test_the_default_folder_is_the_repositorys_own_and_ignored():
    ignored = (Path(__file__).parents[4] / ".gitignore").read_text().splitlines()
    assert f"{command.DEMO_DIR.name}/" in ignored
