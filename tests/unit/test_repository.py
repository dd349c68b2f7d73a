"""Rules of the repository that no tool knows."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINS = sorted((ROOT / "requirements").glob("*.txt"))


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.stem)
def test_every_pin_has_hashes_and_no_address(pins):
    lines = pins.read_text().splitlines()
    entries = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert entries
    assert all(re.match(r"^[a-z0-9._-]+(\[[a-z0-9,]+\])?==", entry) for entry in entries)
    assert all(entry.endswith("\\") for entry in entries), "a pin without a hash"
    assert not [line for line in lines if "://" in line or "--index" in line]


def test_torch_is_in_no_pins():
    assert not [pins.name for pins in PINS if re.search(r"^torch", pins.read_text(), re.MULTILINE)]


def test_no_lock_file_names_a_registry():
    locks = [path for path in tracked() if path.name == "package-lock.json"]
    assert not [path for path in locks if '"resolved"' in path.read_text()]


def test_no_tracked_file_is_larger_than_five_megabytes():
    assert not [path for path in tracked() if path.stat().st_size > 5_000_000]


def test_dev_is_pinned_above_what_the_demo_runs():
    """The one .venv of ./dev must serve both."""

    def pinned(name: str) -> dict[str, set[str]]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        found: dict[str, set[str]] = {}
        for package, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE):
            found.setdefault(package, set()).add(version)
        return found

    dev = pinned("dev")
    for name in ("edge", "cloud", "demo", "install", "camera"):
        assert not {p: v for p, v in pinned(name).items() if dev.get(p) != v}, f"{name}.txt: run ./dev lock"


def test_every_extra_has_its_pins():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    deployables = set(project["optional-dependencies"]) - {"sim"}
    assert deployables <= {pins.stem for pins in PINS}
