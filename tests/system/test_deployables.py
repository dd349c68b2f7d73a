"""Each deployable starts from a virtual environment of its own pins, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_sim.house.house import CORNER_BAR, DATABASE
from firmware_sim.house.ports import LOOPBACK, answers, free_port, wait_until
from firmware_sim.house.postgres import EmbeddedPostgres
from firmware_sim.house.processes import Process

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]


def environment_of(pins: str, folder: Path) -> Path:
    """Make a virtual environment of one file of requirements/; return its Python."""
    uv = Path(sys.executable).parent / "uv"
    python = folder / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    wanted = ROOT / "requirements" / f"{pins}.txt"
    command = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"the packages of {wanted.name} cannot be installed here: {done.stderr.strip()[-200:]}")
    return python


def run(python: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(
        [python, "-m", *words], env=environment, capture_output=True, text=True, check=False
    )


def test_the_gateway_starts_from_its_own_pins(tmp_path):
    python = environment_of("edge", tmp_path / "venv")
    layout = tmp_path / "layout.json"
    layout.write_text(golden_layout())
    env = {
        "BARBACK_EDGE_GATEWAY_ID": "gw-well",
        "BARBACK_EDGE_LAYOUT_FILE": str(layout),
        "BARBACK_EDGE_DATA_DIR": str(tmp_path / "gateway"),
        "BARBACK_EDGE_BROKER_PORT": str(free_port()),
        "BARBACK_EDGE_CLOUD_URL": f"http://{LOOPBACK}:{free_port()}",
    }
    told = run(python, "edge", "identity", **env)
    assert told.returncode == 0, told.stderr
    gateway = Process(
        "gateway", [python, "-m", "edge", "run"], log=tmp_path / "log", env={**env, "PYTHONPATH": str(ROOT)}
    )
    gateway.start()
    try:
        wait_until("the gateway's outbox", lambda: any((tmp_path / "gateway").glob("*.db")))
        gateway.must_live()
    finally:
        gateway.stop()
    assert gateway.exit_code == 0


def test_the_camera_starts_from_its_own_pins_and_needs_no_pydantic(tmp_path):
    python = environment_of("camera", tmp_path / "venv")
    assert run(python, "pydantic").returncode != 0
    socket = tmp_path / "camera.sock"
    command = [python, "-m", "edge.camera", "serve", "--socket", socket, "--source", "pattern"]
    camera = Process("camera", command, log=tmp_path / "log", env={"PYTHONPATH": str(ROOT)})
    camera.start()
    try:
        wait_until("the camera's socket", socket.exists)
        grabbed = run(
            python, "edge.camera", "grab", "--socket", str(socket), "--out", str(tmp_path / "frame.ppm")
        )
    finally:
        camera.stop()
    assert grabbed.returncode == 0, grabbed.stderr
    assert (tmp_path / "frame.ppm").read_bytes().startswith(b"P6")


def test_the_cloud_starts_from_its_own_pins(tmp_path):
    python = environment_of("cloud", tmp_path / "venv")
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    postgres.start()
    postgres.ensure_database(DATABASE)
    port = free_port()
    env = {
        "BARBACK_CLOUD_DATABASE_URL": postgres.url(DATABASE),
        "BARBACK_CLOUD_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    cloud = Process("cloud", [python, "-m", "cloud", "serve"], log=tmp_path / "log", env=env)
    try:
        for words in (["migrate"], ["admin", "import-site", str(CORNER_BAR)]):
            told = run(python, "cloud", *words, **env)
            assert told.returncode == 0, told.stderr
        cloud.start()
        wait_until("the cloud's port", lambda: answers(port) or bool(cloud.must_live()))
    finally:
        cloud.stop()
        postgres.discard()


def golden_layout() -> str:
    fixture = ROOT / "contract" / "fixtures" / "v1" / "site_layout.json"
    return json.dumps(json.loads(fixture.read_text()))
