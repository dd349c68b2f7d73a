"""cloud.dashboard.bundle: files by their hashed names, packed, for ever; and the lock file."""

import gzip
import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from cloud.dashboard.bundle import Bundle, BundleMissingError

ASSETS = Path(__file__).parents[4] / "cloud" / "dashboard" / "assets"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "manifest.json").write_text('{"main.css": "main-AB12.css"}')
    (tmp_path / "main-AB12.css").write_text("body{}")
    (tmp_path / "main-AB12.css.gz").write_bytes(gzip.compress(b"body{}"))
    return tmp_path


@pytest.fixture
def client(folder):
    return TestClient(Starlette(routes=[Route("/static/{name}", Bundle.load(folder).file)]))


def test_a_file_is_packed_and_cached_for_ever(client):
    answer = client.get("/static/main-AB12.css")
    assert answer.text == "body{}"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


def test_who_does_not_unpack_gets_it_plain(client):
    answer = client.get("/static/main-AB12.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.text == "body{}"


@pytest.mark.parametrize("name", ["main.css", "manifest.json", "main-AB12.css.gz", "..%2Fbundle.py"])
def test_nothing_but_the_build_is_served(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_a_missing_build_says_which_command_makes_it(tmp_path):
    with pytest.raises(BundleMissingError, match=r"Run: \./dev build"):
        Bundle.load(tmp_path)


def test_a_name_the_build_did_not_make_is_said(folder):
    with pytest.raises(BundleMissingError, match=r"no other\.js"):
        Bundle.load(folder).url("other.js")


def test_the_lock_file_names_no_registry():
    text = (ASSETS / "package-lock.json").read_text("utf-8")
    assert "http" not in text
    assert json.loads(text)["packages"]["node_modules/htmx.org"]["version"] == "4.0.1"
