"""Brings a database to the newest schema: migrations/NNNN_{pre|post}_words[.timescale|.plain].sql.

pre files run before the new code starts, post files after the last old process is gone. A file ending in
.timescale.sql runs only where TimescaleDB is, one in .plain.sql only where it is not; all others everywhere.
Each runs in a transaction of its own, unless it says `-- transaction: no`. A file that has run is never
changed: its checksum is kept and compared. An advisory lock lets one runner work at a time.

A line `-- package NAME [after FILE] through FILE` stands for the .sql files that an installed package brings,
in the order of their names: the schema of a library stays the library's.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Literal

import psycopg

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_KEY = 0x6261726261636B
"""'barback': the advisory lock of the runner."""

Kind = Literal["timescale", "plain"]
Phase = Literal["pre", "post"]
Connection = psycopg.Connection[tuple[object, ...]]

_FILE_NAME = re.compile(r"^(\d{4})_(pre|post)_\w+(?:\.(timescale|plain))?\.sql$")
_PACKAGE = re.compile(r"^-- package ([\w.]+)(?: after (\S+))? through (\S+)$", re.MULTILINE)


class MigrationError(RuntimeError):
    """The schema cannot be brought forward; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of migrations/."""

    name: str
    number: int
    phase: Phase
    only_for: Kind | None
    text: str

    @property
    def checksum(self) -> str:
        """sha256 of the file, hexadecimal."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        """Whether the file may run in a transaction."""
        return "-- transaction: no" not in self.text


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the files of a folder by number. Raises MigrationError for a wrong name or a double number."""
    found = [_read(path) for path in sorted(folder.glob("*.sql"))]
    numbers = [migration.number for migration in found]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise MigrationError(f"migrations share the number {twice[0]:04}; give each its own")
    return found


def migrate(
    url: str,
    *,
    phases: Iterable[Phase] = ("pre", "post"),
    folder: Path = MIGRATIONS,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Run what has not run yet and return the names. Raises MigrationError; nothing half-done is kept.

    A second runner waits for the first and then finds nothing to do.
    """
    migrations = read_migrations(folder)
    with psycopg.connect(url, autocommit=True, application_name="barback-migrate") as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        kind = _database_kind(connection, say)
        applied = _applied(connection)
        _refuse_changed(migrations, applied)
        wanted = [m for m in migrations if m.name not in applied and m.only_for in (None, kind)]
        pending = [m for m in wanted if m.phase in set(phases)]
        for migration in pending:
            say(f"migrating: {migration.name}")
            _run(connection, migration)
        say(f"{len(pending)} migrations run." if pending else "The schema is up to date.")
        return [migration.name for migration in pending]


def needed_before_start(kind: Kind) -> set[str]:
    """Return the names of the migrations without which this code does not work."""
    return {m.name for m in read_migrations() if m.phase == "pre" and m.only_for in (None, kind)}


def _read(path: Path) -> Migration:
    match = _FILE_NAME.match(path.name)
    if match is None:
        raise MigrationError(
            f"{path.name} is not named NNNN_pre_words.sql or NNNN_post_words.sql "
            "(or with .timescale.sql, .plain.sql at its end)"
        )
    phase: Phase = "pre" if match[2] == "pre" else "post"
    only_for: dict[str | None, Kind | None] = {"timescale": "timescale", "plain": "plain", None: None}
    return Migration(path.name, int(match[1]), phase, only_for[match[3]], path.read_text())


def _database_kind(connection: Connection, say: Callable[[str], None]) -> Kind:
    row = connection.execute(
        "SELECT installed_version FROM pg_available_extensions WHERE name = 'timescaledb'"
    ).fetchone()
    if row is None:
        say("This PostgreSQL has no TimescaleDB: readings and movements are plain tables.")
        return "plain"
    if row[0] is None:
        _create_extension(connection)
    say("This database has TimescaleDB: readings and movements are hypertables.")
    return "timescale"


def _create_extension(connection: Connection) -> None:
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except psycopg.Error as error:
        raise MigrationError(
            "TimescaleDB is on this server but not in this database, and it could not be created "
            f"({str(error).splitlines()[0]}). "
            "Let a superuser run CREATE EXTENSION timescaledb here, then migrate again."
        ) from None


def _applied(connection: Connection) -> dict[str, str]:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, checksum text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = connection.execute("SELECT name, checksum FROM schema_migration").fetchall()
    return {str(name): str(checksum) for name, checksum in rows}


def _refuse_changed(migrations: list[Migration], applied: dict[str, str]) -> None:
    for migration in migrations:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationError(
                f"{migration.name} was changed after it had run on this database. "
                "Put it back as it was and write what is new into a migration with the next number."
            )


def _run(connection: Connection, migration: Migration) -> None:
    if migration.in_transaction:
        with connection.transaction():
            connection.execute(with_packages(migration.text).encode())
            _note(connection, migration)
        return
    for statement in _statements(migration.text):
        connection.execute(statement.encode())
    _note(connection, migration)


def with_packages(text: str) -> str:
    """Return a migration with the files of packages in the place of their lines. Raises MigrationError."""
    return _PACKAGE.sub(lambda line: _brought(line[1], line[2] or "", line[3]), text)


def _brought(package: str, after: str, through: str) -> str:
    try:
        brought = {
            path.name: path.read_text() for path in files(package).iterdir() if path.name.endswith(".sql")
        }
    except ModuleNotFoundError:
        raise MigrationError(f"{package} is not installed; install requirements/cloud.txt") from None
    if through not in brought:
        raise MigrationError(
            f"the installed {package} has no {through}; install the pinned version (requirements/cloud.txt)"
        )
    return "\n".join(brought[name] for name in sorted(brought) if after < name <= through)


def _statements(text: str) -> list[str]:
    """Split at lines that end in a semicolon: without a transaction PostgreSQL takes them one by one."""
    return [part for part in re.split(r";[ \t]*(?:\n|$)", text) if part.strip()]


def _note(connection: Connection, migration: Migration) -> None:
    connection.execute(
        "INSERT INTO schema_migration (name, checksum) VALUES (%s, %s)", (migration.name, migration.checksum)
    )
