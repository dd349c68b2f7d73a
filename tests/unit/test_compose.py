"""docker-compose.yml is readable, and starts what is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"


def compose_command() -> list[str]:
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is None:
            continue
        asked = subprocess.run([*command, "version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return command
    pytest.skip("neither `docker compose` nor `docker-compose` is here to check the file")


def test_compose_accepts_the_file():
    environment = {**os.environ, "BARBACK_DATABASE_PASSWORD": "of-the-test"}
    command = [*compose_command(), "-f", str(FILE), "config", "-q"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_password_stands_in_the_file():
    environments = [service.get("environment", {}) for service in services().values()]
    passwords = [value for env in environments for key, value in env.items() if "PASSWORD" in key]
    assert passwords == ["${BARBACK_DATABASE_PASSWORD:?write it into .env}"]


def test_only_loopback_is_published():
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8080:8080"]


def test_every_target_is_in_the_dockerfile():
    dockerfile = (ROOT / "Dockerfile").read_text()
    targets = {service["build"]["target"] for service in services().values() if "build" in service}
    assert targets == {"cloud", "edge", "sim"}
    assert all(f" AS {target}\n" in dockerfile for target in targets)


def services() -> dict[str, dict]:
    return yaml.safe_load(FILE.read_text())["services"]
