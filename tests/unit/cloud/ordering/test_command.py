import json

import pytest

from cloud.ordering.command import main
from tests.unit.cloud.ordering.test_instances import DOCUMENT


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "bar.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def test_a_plan_is_printed_with_its_reasons(file, capsys):
    assert main([str(file)]) == 0
    text = capsys.readouterr().out
    assert "supplier 1: order Tuesday, comes Friday" in text
    assert "Runs out on Sunday without it" in text
    assert "supplier 0 has no usable prices: nothing is ordered there." in text


def test_json_has_the_lines_and_the_cost(file, capsys):
    assert main([str(file), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["lines"][0] == {"item": 0, "supplier": 1, "day": 1, "cases": 2}


def test_today_shows_only_what_must_go_out(file, capsys):
    assert main([str(file), "--today"]) == 0
    assert "Nothing is worth ordering today." in capsys.readouterr().out


def test_what_if_a_supplier_is_closed_is_compared(file, capsys):
    assert main([str(file), "--closed", "supplier 1"]) == 0
    text = capsys.readouterr().out
    assert "Nothing is worth ordering." in text
    assert "Against the plan as it was: cost +" in text


def test_a_missing_file_is_said(tmp_path, capsys):
    assert main([str(tmp_path / "none.json")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_missing_key_is_named(tmp_path, capsys):
    path = tmp_path / "bar.json"
    path.write_text('{"days": 14}')
    assert main([str(path)]) == 2
    assert "'suppliers' is missing; docs/ordering.md shows the whole format." in capsys.readouterr().err


def test_what_is_not_json_is_said(tmp_path, capsys):
    path = tmp_path / "bar.json"
    path.write_text("[")
    assert main([str(path)]) == 2
    assert "not a planning instance" in capsys.readouterr().err


def test_an_unknown_supplier_lists_the_known(file, capsys):
    assert main([str(file), "--closed", "Nobody"]) == 2
    assert "no supplier is called Nobody; there are supplier 0, supplier 1." in capsys.readouterr().err


def test_several_packs_of_one_supplier_are_told_apart(tmp_path, capsys):
    (given,) = DOCUMENT["items"]
    crate = {**given["offers"][0], "pack_size": 24, "price_breaks": [{"min_cases": 1, "unit_price": 6.0}]}
    file = tmp_path / "packs.json"
    file.write_text(json.dumps({**DOCUMENT, "items": [{**given, "offers": [*given["offers"], crate]}]}))
    assert main([str(file)]) == 0
    assert "Ordered as 2 x 6." in capsys.readouterr().out
