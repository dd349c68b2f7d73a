"""The house's own database and broker, started for real."""

import shutil

import psycopg
import pytest

from firmware_sim.house.broker import EmbeddedBroker
from firmware_sim.house.postgres import EmbeddedPostgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def postgres(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    yield server
    server.discard()


def test_a_database_keeps_what_was_committed_over_a_kill(postgres):
    postgres.ensure_database("bar")
    with psycopg.connect(postgres.url("bar")) as connection:
        connection.execute("CREATE TABLE poured (ml int)")
        connection.execute("INSERT INTO poured VALUES (42)")
    postgres.kill()
    postgres.start()
    with psycopg.connect(postgres.url("bar")) as connection:
        assert connection.execute("SELECT ml FROM poured").fetchall() == [(42,)]


def test_a_database_is_created_once(postgres):
    postgres.ensure_database("bar")
    postgres.ensure_database("bar")
    with psycopg.connect(postgres.url("bar")) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("bar",)


def test_a_refused_statement_says_why(postgres):
    with pytest.raises(RuntimeError, match="refused"):
        postgres.ensure_database('b"; DROP')


def test_a_broker_takes_connections(tmp_path):
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    try:
        assert broker.kind in {"Mosquitto", "nats-server"}
        assert broker.process.is_alive
    finally:
        broker.stop()
    assert not broker.process.is_alive


def test_a_broker_from_its_wheel_takes_connections(tmp_path, monkeypatch):
    monkeypatch.setattr("firmware_sim.house.broker.shutil.which", lambda *_args, **_kwargs: None)
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    broker.stop()
    assert broker.kind == "nats-server"


def test_discarding_a_database_leaves_nothing(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    server.ensure_database("bar")
    server.discard()
    assert server.process is None
    assert not server.home.exists()


def test_a_wiped_directory_begins_with_an_empty_database(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    server.ensure_database("bar")
    server.stop()
    shutil.rmtree(tmp_path / "postgres")
    anew = EmbeddedPostgres(tmp_path / "postgres")
    anew.start()
    try:
        with psycopg.connect(anew.url()) as connection:
            names = connection.execute("SELECT datname FROM pg_database").fetchall()
    finally:
        anew.discard()
    assert ("bar",) not in names
