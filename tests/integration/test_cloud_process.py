"""The cloud as a process: its commands, its start and its end, and what only a real socket shows."""

import base64
import http.client
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.batch import BATCHES_PATH, GATEWAY_HEADER, SIGNATURE_HEADER, signing_input
from contract.layout import SiteLayout
from firmware_sim.house.ports import LOOPBACK, answers, free_port, wait_until
from firmware_sim.house.processes import Process
from tests.cloud_under_test import CORNER_BAR

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[2]


class Commands:
    """`python -m cloud ...` on one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.port = free_port()
        self.env = {
            "BARBACK_CLOUD_DATABASE_URL": url,
            "BARBACK_CLOUD_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }
        self.server = Process(
            "cloud", [sys.executable, "-m", "cloud", "serve"], log=folder / "log", env=self.env
        )

    def __call__(self, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cloud", *map(str, words)],
            env={**os.environ, **self.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )

    def serve(self) -> http.client.HTTPConnection:
        self.server.start()
        port = "the cloud's port"
        wait_until(port, lambda: answers(self.port) or bool(self.server.must_live()), timeout_s=120)
        return http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)


@pytest.fixture
def command(database_url, tmp_path):
    commands = Commands(database_url, tmp_path)
    yield commands
    commands.server.stop()


def said(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def complained(done):
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


def get(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_site_is_imported_and_a_gateway_gets_its_part_and_its_key(command):
    assert said(command("admin", "import-site", CORNER_BAR)) == [
        "new site corner-bar: 24 products, 2 gateways, 3 shelves, 24 scales, 24 slots"
    ]
    assert said(command("admin", "import-site", CORNER_BAR)) == [
        "Site corner-bar is already as the file says."
    ]
    (layout,) = said(command("admin", "layout", "gw-well"))
    assert [gateway.id for gateway in SiteLayout.model_validate_json(layout).gateways] == ["gw-well"]
    key = base64.b64encode(bytes(range(32))).decode()
    assert said(command("admin", "register-gateway", "corner-bar", "gw-well", key)) == [
        "Gateway gw-well of corner-bar may speak with this key."
    ]
    assert said(command("admin", "gateways", "corner-bar"))[0].startswith("gw-back-bar: never seen")
    assert said(command("admin", "revoke-gateway", "gw-well"))[0].startswith("1 keys of gw-well are revoked")


def test_faults_of_an_operator_are_sentences(command, tmp_path):
    assert complained(command("admin", "layout", "gw-attic")) == [
        "no site has a gateway 'gw-attic'; import a layout that names it"
    ]
    assert complained(command("admin", "register-gateway", "corner-bar", "gw-well", "short!")) == [
        "the public key is not base64; copy the line of `python -m edge identity`"
    ]
    assert complained(command("serve", BARBACK_CLOUD_PROT="1")) == [
        "BARBACK_CLOUD_PROT is not a setting; did you mean BARBACK_CLOUD_PORT?"
    ]
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('id = "a"\nname = "A"\ntimezone = "Mars"\ngateways = [{id = "g", name = "G"}]\n')
    assert complained(command("admin", "import-site", wrong))[1:] == [
        "  timezone: Value error, no such time zone 'Mars'; use a name such as 'Europe/Berlin'"
    ]
    assert "No such file" in complained(command("admin", "import-site", tmp_path / "none.toml"))[0]


def test_a_database_that_is_not_there_is_said(command):
    url = f"postgresql://postgres@{LOOPBACK}:{free_port()}/barback"
    assert complained(command("migrate", BARBACK_CLOUD_DATABASE_URL=url))[0].startswith(
        "The database cannot be reached: connection failed"
    )


def test_it_starts_without_its_schema_and_is_ready_when_it_has_it(empty_database_url, tmp_path):
    command = Commands(empty_database_url, tmp_path)
    try:
        connection = command.serve()
        assert get(connection, "/healthz") == (200, {"status": "up"})
        status, problem = get(connection, "/readyz")
        assert status == 503
        assert "the first is 0001_pre_places.sql; run `python -m cloud migrate`" in problem["detail"]
        assert said(command("migrate"))[1] == "migrating: 0001_pre_places.sql"
        assert get(connection, "/readyz") == (200, {"status": "ready"})
    finally:
        command.server.stop()


def test_it_stops_at_once_although_a_connection_is_open(command):
    connection = command.serve()
    get(connection, "/healthz")
    command.server.stop(within_s=20)
    assert command.server.exit_code == 0


def test_two_processes_answer_on_one_port_and_stop_together(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("BARBACK_CLOUD_WORKERS", "2")
    command = Commands(database_url, tmp_path)
    try:
        assert get(command.serve(), "/readyz") == (200, {"status": "ready"})
        children = psutil.Process(command.server.pid).children()
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        assert len(workers) == 2
    finally:
        command.server.stop(within_s=60)
    assert command.server.exit_code == 0
    assert not any(worker.is_running() for worker in workers)


def test_housekeeping_says_what_it_took_away(command):
    assert said(command("housekeep")) == ["There was nothing to take away."]


def test_a_body_without_end_is_answered_before_it_is_read(command):
    """A client that goes on sending still gets to read why it was refused."""
    said(command("admin", "import-site", CORNER_BAR))
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    said(command("admin", "register-gateway", "corner-bar", "gw-well", public))
    connection = command.serve()
    signature = base64.b64encode(key.sign(signing_input(b""))).decode()
    headers = {
        "Content-Type": "application/json",
        GATEWAY_HEADER: "gw-well",
        SIGNATURE_HEADER: f"ed25519 {signature}",
    }
    chunks = (b" " * 100_000 for _ in range(100))
    connection.request("POST", BATCHES_PATH, chunks, headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 413
    assert json.loads(response.read())["title"] == "Too large"
