"""A cloud for soaks: a database, a running `python -m cloud serve`, a fleet that may speak, and a count."""

import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg

from benchmarks.soak.common import Verdict
from cloud.assembly import build_services, open_database
from cloud.clock import Clock
from cloud.db.migrate import migrate
from cloud.settings import Settings
from contract.bartime import BarTime
from firmware_sim.fleet.bars import Member, layouts
from firmware_sim.house.ports import LOOPBACK, free_port, wait_until
from firmware_sim.house.postgres import EmbeddedPostgres
from firmware_sim.house.processes import Process

DATABASE_VARIABLE = "BARBACK_TEST_DATABASE"
"""Address of a server on which soaks may make databases, for those that do not stop the server."""


class SoakCloud:
    """A running cloud on a database of its own."""

    def __init__(self, folder: Path, url: str, env: Mapping[str, str] | None = None) -> None:
        self.url = url
        self.port = free_port()
        self.address = f"http://{LOOPBACK}:{self.port}"
        self.process = Process(
            "cloud",
            [sys.executable, "-m", "cloud", "serve"],
            log=folder / "cloud.log",
            env={
                "BARBACK_CLOUD_DATABASE_URL": url,
                "BARBACK_CLOUD_PORT": str(self.port),
                "PYTHONPATH": str(Path(__file__).parents[2]),
                **(env or {}),
            },
        )

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.process.start()
        wait_until("the cloud to be ready", self._is_ready)

    def stop(self) -> None:
        """Stop it."""
        self.process.stop(within_s=20)

    def processor_s(self) -> float:
        """Return the processor time of its processes so far."""
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        times = [each.cpu_times() for each in family]
        return sum(each.user + each.system for each in times)

    def stored(self) -> tuple[int, int]:
        """Return how many records there are, and how many of them are there twice."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "SELECT count(*), count(*) - count(DISTINCT (gateway_id, epoch, lane, seq)) FROM"
                " (SELECT gateway_id, epoch, lane, seq FROM reading_log UNION ALL"
                " SELECT gateway_id, epoch, lane, seq FROM movement_log) r"
            ).fetchone()
            assert row is not None
            return int(row[0]), int(row[1])

    def missing(self, acknowledged: Mapping[tuple[str, str], int]) -> int:
        """Return how many acknowledged positions are not there: (gateway, epoch) -> number of records."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT gateway_id, epoch, array_agg(seq) FROM reading_log GROUP BY 1, 2"
            ).fetchall()
        have = {(gateway_id, epoch): set(seqs) for gateway_id, epoch, seqs in rows}
        return sum(len(set(range(count)) - have.get(key, set())) for key, count in acknowledged.items())

    def _is_ready(self) -> bool:
        self.process.must_live()
        try:
            return httpx.get(f"{self.address}/readyz", timeout=2).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@contextmanager
def own_postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Lend a PostgreSQL that may be killed; it keeps what it acknowledges."""
    postgres = EmbeddedPostgres(folder / "postgres")
    try:
        postgres.start()
        postgres.ensure_database("barback")
        yield postgres
    finally:
        postgres.discard()


@contextmanager
def any_database(folder: Path) -> Iterator[str]:
    """Lend an empty database: on the server that is named, or on a PostgreSQL of our own."""
    server = os.environ.get(DATABASE_VARIABLE)
    if server is None:
        with own_postgres(folder) as postgres:
            yield postgres.url("barback")
        return
    name = f"barback_soak_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")  # type: ignore[arg-type]
        try:
            yield server.rsplit("/", 1)[0] + f"/{name}"
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]


async def introduce(url: str, fleet: list[Member]) -> str:
    """Migrate a database, give it a fleet, and return which kind of database it is."""
    said: list[str] = []
    migrate(url, say=said.append)
    settings = Settings(database_url=url)  # type: ignore[arg-type]
    database = open_database(settings)
    await database.open()
    try:
        services = build_services(settings, database, Clock(BarTime.real()))
        for layout in layouts(fleet):
            await services.sites.import_layout(layout)
    finally:
        await database.close()
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO gateway_key (gateway_no, public_key, registered_at)"
            " SELECT gateway_no, %s, now() FROM gateway WHERE gateway_id = %s",
            [(member.public_key, member.gateway_id) for member in fleet],
        )
    return "TimescaleDB" if "hypertables" in said[0] else "plain PostgreSQL"


def allow_connections(count: int) -> None:
    """Raise the limit of open files of this process and its children."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))


@contextmanager
def folder_for_soak() -> Iterator[Path]:
    """Lend a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="barback-soak-") as name:
        yield Path(name)


def verdict_of(counts: Mapping[str, object]) -> Verdict:
    """Return counts as the verdict that `./dev soak` prints; `broken` names what did not hold."""
    broken = counts.get("broken") or []
    return Verdict(
        {name: value for name, value in counts.items() if name != "broken"},
        [str(promise) for promise in broken],  # type: ignore[attr-defined]
    )


def say(verdict: Mapping[str, object]) -> int:
    """Print what a soak counted; return 1 where a promise was broken."""
    for name, value in verdict.items():
        if name != "broken":
            shown = f"{value:,.2f}" if isinstance(value, float) else value
            print(f"  {shown:>14} {name}" if not isinstance(value, dict | list) else f"  {name}: {value}")
    broken = verdict.get("broken") or []
    for promise in broken:  # type: ignore[attr-defined]
        print(f"  BROKEN: {promise}")
    return 1 if broken else 0


def scale_of(words: list[str]) -> float:
    """Read the share of the full count from a command line; 1 without one."""
    return float(words[0]) if words else 1.0
