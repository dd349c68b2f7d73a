"""Brings TimescaleDB's policies to what the operator's settings say; without it there are none."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

_NOW = """
SELECT EXTRACT(epoch FROM (config->>%s)::interval)::bigint / 86400 FROM timescaledb_information.jobs
WHERE hypertable_name = %s AND proc_name = %s"""


@dataclass(frozen=True, slots=True)
class Policies:
    """How many days until readings are compressed, and until readings and health are dropped."""

    compress_after_days: int
    readings_kept_days: int
    health_kept_days: int


def apply_policies(url: str, policies: Policies, say: Callable[[str], None] = print) -> None:
    """Set what differs, and say so. Needs the owner of the tables, as migrate does."""
    with psycopg.connect(url, autocommit=True, application_name="barback-migrate") as connection:
        row = connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
        if row is None or row[0] != "timescale":
            return
        for table, kind, days in (
            ("reading", "compression", policies.compress_after_days),
            ("reading", "retention", policies.readings_kept_days),
            ("health", "retention", policies.health_kept_days),
        ):
            _set(connection, table, kind, days, say)


def _set(
    connection: psycopg.Connection[tuple[object, ...]],
    table: str,
    kind: str,
    days: int,
    say: Callable[[str], None],
) -> None:
    after = "compress_after" if kind == "compression" else "drop_after"
    now = connection.execute(_NOW, (after, table, f"policy_{kind}")).fetchone()
    if now is not None and now[0] == days:
        return
    with connection.transaction():
        connection.execute(f"SELECT remove_{kind}_policy('{table}', if_exists => true)".encode())
        connection.execute(f"SELECT add_{kind}_policy('{table}', %s::interval)".encode(), (f"{days} days",))
    say(f"{kind} of {table}: after {days} days.")
