"""A real PostgreSQL for tests: the embedded one, or the server that BARBACK_TEST_DATABASE names.

One database is migrated once and is the template; each test gets a copy of it, which takes about 50 ms.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from cloud.db.migrate import migrate
from firmware_sim.house.postgres import EmbeddedPostgres

SERVER_VARIABLE = "BARBACK_TEST_DATABASE"


class PostgresServer:
    """A server on which tests make and drop databases."""

    def __init__(self, admin_url: str, kind: str) -> None:
        self._admin_url = admin_url
        self.kind = kind
        self._template = f"barback_template_{uuid4().hex[:8]}"

    def url(self, database: str) -> str:
        """Address of one database of the server."""
        parts = conninfo_to_dict(self._admin_url)
        password = f":{parts['password']}" if parts.get("password") else ""
        return f"postgresql://{parts['user']}{password}@{parts['host']}:{parts['port']}/{database}"

    def make_template(self) -> str:
        """Migrate the database that is copied, and return which kind it is."""
        self._run("CREATE DATABASE {} TEMPLATE template0", self._template)  # nobody is ever connected to it
        words: list[str] = []
        migrate(self.url(self._template), say=words.append)
        if "hypertables" in words[0]:
            with psycopg.connect(self.url(self._template), autocommit=True) as connection:
                # A template may have no other session, and TimescaleDB's scheduler keeps one.
                connection.execute("SELECT _timescaledb_functions.stop_background_workers()")
        self._run("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", self._template)
        return words[0]

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Lend an empty database."""
        with self._database("template0") as url:
            yield url

    @contextmanager
    def migrated_database(self) -> Iterator[str]:
        """Lend a copy of the template."""
        with self._database(self._template) as url:
            yield url

    def drop_template(self) -> None:
        """Drop the template."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._template)

    @contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"barback_test_{uuid4().hex[:12]}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url(name)
        finally:
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


@contextmanager
def running_server(directory: Path) -> Iterator[PostgresServer]:
    """Lend the server that BARBACK_TEST_DATABASE names, else start the embedded one."""
    if admin_url := os.environ.get(SERVER_VARIABLE):
        yield PostgresServer(admin_url, f"the server of {SERVER_VARIABLE}")
        return
    embedded = EmbeddedPostgres(directory)
    try:
        admin_url = embedded.start()
        _trade_durability_for_speed(admin_url)
        yield PostgresServer(admin_url, "the embedded PostgreSQL")
    finally:
        embedded.discard()


def _trade_durability_for_speed(admin_url: str) -> None:
    """No test here cuts the power; the system tests, which kill PostgreSQL, start one of their own."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
