"""The command line."""

import pytest

from firmware_sim.__main__ import main
from firmware_sim.node import Broker
from tests.unit.firmware_sim.builders import CORNER_BAR


def test_scenarios_are_listed_with_a_line_each(capsys):
    assert main(["scenarios"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "dead_cell",
        "friday_rush",
        "network_out",
        "quiet_monday",
        "wrong_bottle",
    ]


@pytest.mark.parametrize("command", ["run", "history", "replay", "scenarios"])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "usage: python -m firmware_sim" in capsys.readouterr().out


def test_the_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m firmware_sim replay run1.csv" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["localhost", ":1883", "host:0", "host:mqtt", "host:99999"])
def test_a_broker_is_a_host_and_a_port(text, capsys):
    arguments = ["run", "--layout", str(CORNER_BAR), "--scenario", "friday_rush", "--broker", text]
    assert main(arguments) == 1
    assert "--broker is HOST:PORT, for example localhost:1883" in capsys.readouterr().err


def test_an_address_in_brackets_is_understood():
    assert Broker.parse("[::1]:1883") == Broker("::1", 1883)


def test_a_missing_layout_is_a_sentence_and_exit_1(capsys):
    arguments = ["run", "--layout", "nowhere.toml", "--scenario", "friday_rush", "--broker", "localhost:1"]
    assert main(arguments) == 1
    assert "cannot read the layout nowhere.toml" in capsys.readouterr().err


def test_until_needs_an_offset(capsys):
    with pytest.raises(SystemExit):
        main(["history", "--layout", "x", "--until", "2026-11-20", "--cloud", "x", "--keys", "x"])
    assert "needs an offset" in capsys.readouterr().err
