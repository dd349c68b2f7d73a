"""docs/cloud.md names every setting and every command, with the defaults of the code."""

import argparse
import re
from pathlib import Path

from cloud.__main__ import _parser
from cloud.settings import PREFIX, Settings

DOCS = (Path(__file__).parents[3] / "docs" / "cloud.md").read_text()


def commands(parser: argparse.ArgumentParser, words: str = "python -m cloud") -> set[str]:
    subparsers = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not subparsers:
        return {words}
    return {
        found
        for action in subparsers
        for name, child in action.choices.items()
        for found in commands(child, f"{words} {name}")
    }


def test_every_setting_is_described_with_its_default():
    described = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| (\S+) \|", DOCS, re.MULTILINE))
    fields = {name: field for name, field in Settings.model_fields.items() if name != "bartime_text"}
    assert set(described) == {name.upper() for name in fields}
    for name, field in fields.items():
        default = described[name.upper()].strip("`")
        if field.is_required():
            assert default == "required"
        elif isinstance(field.default, float):
            assert float(default) == field.default
        else:
            assert default == (str(field.default).replace("False", "false").replace("None", "none") or "none")


def test_every_command_is_described():
    described = set(re.findall(r"`(python -m cloud[a-z -]*[a-z])", DOCS))
    assert commands(_parser()) <= described
