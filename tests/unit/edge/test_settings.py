import json
import re
from pathlib import Path

import pytest

from edge.settings import PREFIX, Settings, SettingsError, load, read_layout

ROOT = Path(__file__).parents[3]
LAYOUT = """{"id":"bar","name":"Bar","timezone":"UTC",
"gateways":[{"id":"gw","name":"A"},{"id":"gw-2","name":"B"}],
"shelves":[
 {"id":"top","name":"Top","gateway":"gw","scales":[
  {"id":"cell-1","node":"node-top","channel":"0","tare_counts":0,"counts_per_g":400}]},
 {"id":"well","name":"Well","gateway":"gw-2","scales":[
  {"id":"cell-2","node":"node-well","channel":"0","tare_counts":0,"counts_per_g":400}]}]}"""


@pytest.fixture
def set_up(monkeypatch, tmp_path: Path):
    (tmp_path / "layout.json").write_text(LAYOUT)

    def set_all(**changes: object) -> None:
        least = {
            "gateway_id": "gw",
            "layout_file": tmp_path / "layout.json",
            "data_dir": tmp_path,
            "cloud_url": "https://barback.example/",
        }
        for name, value in {**least, **changes}.items():
            monkeypatch.setenv(f"{PREFIX}{name.upper()}", str(value))

    return set_all


def loaded(config: Path | None = None) -> Settings:
    return load(config)


def test_the_least_settings_are_four(set_up) -> None:
    set_up()
    settings = loaded()
    assert settings.gateway_id == "gw"
    assert settings.cloud_url == "https://barback.example"
    assert (settings.broker_host, settings.broker_port) == ("localhost", 1883)


def test_the_environment_wins_over_the_file(set_up, tmp_path: Path) -> None:
    set_up(broker_port=1999)
    config = tmp_path / "edge.toml"
    config.write_text('broker_port = 2000\nbroker_host = "shelf"\nneighbour_nodes = ["node-well"]\n')
    settings = loaded(config)
    assert (settings.broker_host, settings.broker_port) == ("shelf", 1999)
    assert settings.neighbour_nodes == ("node-well",)


def test_a_password_is_not_shown(set_up) -> None:
    set_up(broker_password="hunter2")
    assert "hunter2" not in repr(loaded())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"broker_port": 70_000}, "BARBACK_EDGE_BROKER_PORT (broker_port): '70000' is not allowed"),
        ({"gateway_id": "Back Bar"}, "BARBACK_EDGE_GATEWAY_ID (gateway_id): 'Back Bar' is not allowed"),
        ({"cloud_url": "barback.example"}, "BARBACK_EDGE_CLOUD_URL (cloud_url): 'barback.example'"),
        ({"reading_interval_s": 0}, "greater than or equal to 1"),
        ({"neighbour_nodes": "node-well"}, "lists are written as JSON"),
        ({"brocker_host": "x"}, "unknown setting BARBACK_EDGE_BROCKER_HOST; known are BARBACK_EDGE_ACCEPT"),
    ],
)
def test_a_setting_that_does_not_hold_is_named_with_its_value(set_up, changes, sentence) -> None:
    set_up(**changes)
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        loaded()


def test_all_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        loaded()
    assert [line.split()[0] for line in str(refused.value).splitlines()] == [
        "BARBACK_EDGE_GATEWAY_ID",
        "BARBACK_EDGE_LAYOUT_FILE",
        "BARBACK_EDGE_DATA_DIR",
        "BARBACK_EDGE_CLOUD_URL",
    ]


def test_an_unknown_key_in_the_file_is_refused(set_up, tmp_path: Path) -> None:
    set_up()
    config = tmp_path / "edge.toml"
    config.write_text("brocker_port = 1\n")
    with pytest.raises(SettingsError, match="BROCKER_PORT"):
        loaded(config)


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), ("= 1", "is not TOML")])
def test_a_config_file_that_cannot_be_read_is_named(set_up, tmp_path: Path, text, words) -> None:
    set_up()
    config = tmp_path / "edge.toml"
    if text is not None:
        config.write_text(text)
    with pytest.raises(SettingsError, match=words):
        loaded(config)


def test_a_whole_sites_layout_gives_our_part_and_the_neighbours(set_up) -> None:
    set_up()
    layout, neighbours = read_layout(loaded())
    assert [shelf.id for shelf in layout.shelves] == ["top"]
    assert neighbours == {"node-well"}


@pytest.mark.parametrize(
    ("changes", "text", "words"),
    [
        ({"gateway_id": "gw-9"}, LAYOUT, "site bar has no gateway gw-9; check BARBACK_EDGE_GATEWAY_ID"),
        ({}, "{}", "is not a layout: id: Field required"),
        ({}, None, "`python -m edge enrol --token CODE` brings it"),
    ],
)
def test_a_layout_that_does_not_fit_says_what_to_do(set_up, tmp_path, changes, text, words) -> None:
    set_up(**changes)
    path = tmp_path / "layout.json"
    path.write_text(text) if text is not None else path.unlink()
    with pytest.raises(SettingsError, match=re.escape(words)):
        read_layout(loaded())


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    text = (ROOT / "docs/gateway.md").read_text().split("## Settings")[1].split("## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \| (.*?) \|", text, re.MULTILINE)
    documented = {name: default.strip("`") for name, default in rows}
    expected = {
        name: "required" if field.is_required() else _shown(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert documented == expected


def _shown(default: object) -> str:
    if default is None or default == ():
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def hx711(**changes: object) -> str:
    cell = {"node": "node-top", "channel": "0", "kind": "hx711", "dout": 5, "sck": 6, **changes}
    return json.dumps([{name: value for name, value in cell.items() if value is not None}])


def test_local_cells_are_read_from_json_and_from_toml(set_up, tmp_path: Path) -> None:
    set_up(local_cells=hx711())
    config = tmp_path / "edge.toml"
    config.write_text(
        '[[esphome_cells]]\nprefix = "bar-scale"\nsensor = "rail_1"\nnode = "node-top"\nchannel = "1"\n'
    )
    settings = loaded(config)
    assert (settings.local_cells[0].dout, settings.local_cells[0].rate_sps) == (5, 10)
    assert settings.esphome_cells[0].sensor == "rail_1"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"local_cells": hx711(sck=5)}, "kind hx711 needs two different pins, dout and sck"),
        ({"local_cells": hx711(kind="iio")}, "kind iio needs path, such as /sys/bus/iio"),
        ({"local_cells": hx711(dout=40)}, "less than or equal to 27"),
        ({"local_cells": hx711(), "status_led_pin": 6}, "pin used twice: GPIO6"),
        (
            {
                "local_cells": hx711(),
                "esphome_cells": '[{"prefix":"a","sensor":"b","node":"node-top","channel":"0"}]',
            },
            "node and channel used twice: node-top/0",
        ),
        (
            {"esphome_cells": '[{"prefix":"a/#","sensor":"b","node":"n","channel":"0"}]'},
            "String should match pattern",
        ),
    ],
)
def test_cells_that_contradict_each_other_are_refused(set_up, changes, sentence) -> None:
    set_up(**changes)
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        loaded()
