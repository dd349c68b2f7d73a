"""Migrating a real database."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from cloud.db.migrate import MIGRATIONS, MigrationError, migrate, read_migrations, with_packages
from cloud.readings.codes import LANE_CODES, MOVEMENT_KIND_CODES, QUALITY_CODES, STAGE_CODES

pytestmark = pytest.mark.postgres


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {row[0] for row in rows}


def words(url: str, table: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute(f"SELECT word, code FROM {table}").fetchall())


def test_an_empty_database_gets_the_whole_schema(empty_database_url):
    ran = migrate(empty_database_url, say=lambda line: None)
    assert ran[0] == "0001_pre_places.sql"
    assert {"site", "slot", "reading", "movement", "mark", "schema_migration"} <= tables(empty_database_url)


def test_a_second_run_does_nothing_and_says_so(database_url):
    said: list[str] = []
    assert migrate(database_url, say=said.append) == []
    assert said[-1] == "The schema is up to date."


def test_it_says_which_kind_of_database_it_found(database_url):
    said: list[str] = []
    migrate(database_url, say=said.append)
    assert said[0] in {
        "This PostgreSQL has no TimescaleDB: readings and movements are plain tables.",
        "This database has TimescaleDB: readings and movements are hypertables.",
    }


def test_a_changed_file_is_refused(database_url, tmp_path):
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    with (folder / "0001_pre_places.sql").open("a") as file:
        file.write("-- one more word\n")
    with pytest.raises(MigrationError, match=r"0001_pre_places.sql was changed after it had run"):
        migrate(database_url, folder=folder, say=lambda line: None)


def test_two_runners_at_once_take_turns(empty_database_url):
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(migrate, empty_database_url, say=lambda line: None) for _ in range(2)]
        counts = sorted(len(run.result()) for run in runs)
    assert counts[0] == 0
    assert counts[1] >= 4


def test_a_failing_file_leaves_nothing_of_itself(empty_database_url, tmp_path):
    (tmp_path / "0001_pre_good.sql").write_text("CREATE TABLE good (a int);")
    (tmp_path / "0002_pre_bad.sql").write_text("CREATE TABLE half (a int); SELECT 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database_url, folder=tmp_path, say=lambda line: None)
    assert "good" in tables(empty_database_url)
    assert "half" not in tables(empty_database_url)


def test_a_file_may_run_without_a_transaction(empty_database_url, tmp_path):
    text = "-- transaction: no\nCREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n"
    (tmp_path / "0001_post_index.sql").write_text(text)
    assert migrate(empty_database_url, folder=tmp_path, say=lambda line: None) == ["0001_post_index.sql"]


def test_only_the_wanted_phase_runs(empty_database_url, tmp_path):
    (tmp_path / "0001_pre_a.sql").write_text("CREATE TABLE a (a int);")
    (tmp_path / "0002_post_b.sql").write_text("CREATE TABLE b (a int);")
    assert migrate(empty_database_url, phases=("pre",), folder=tmp_path, say=lambda line: None) == [
        "0001_pre_a.sql"
    ]
    assert migrate(empty_database_url, folder=tmp_path, say=lambda line: None) == ["0002_post_b.sql"]


@pytest.mark.parametrize("name", ["1_pre_a.sql", "0001_a.sql", "0001_pre.sql", "0001_pre_a.oracle.sql"])
def test_a_file_with_another_name_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="is not named"):
        read_migrations(tmp_path)


def test_a_number_used_twice_is_refused(tmp_path):
    (tmp_path / "0001_pre_a.sql").write_text("SELECT 1;")
    (tmp_path / "0001_pre_b.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="share the number 0001"):
        read_migrations(tmp_path)


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ("lane", LANE_CODES),
        ("quality", QUALITY_CODES),
        ("movement_kind", MOVEMENT_KIND_CODES),
        ("stage", STAGE_CODES),
    ],
)
def test_code_and_database_agree_on_the_numbers_of_words(database_url, table, codes):
    assert words(database_url, table) == {word.value: code for word, code in codes.items()}


def test_a_line_stands_for_the_files_of_a_package_between_two_names():
    first = "00.00.00_01_initial.sql"
    line = f"-- package procrastinate.sql.migrations through {first}"
    whole = with_packages(f"SELECT 1;\n{line}\nSELECT 2;")
    assert (whole[:10], whole[-10:]) == ("SELECT 1;\n", "\nSELECT 2;")
    assert "procrastinate_jobs" in whole
    assert with_packages(f"-- package procrastinate.sql.migrations after {first} through {first}") == ""


def test_a_file_that_the_installed_package_lacks_is_refused_with_what_to_do():
    with pytest.raises(MigrationError, match=r"has no 99\.sql; install the pinned version"):
        with_packages("-- package procrastinate.sql.migrations through 99.sql")
    with pytest.raises(MigrationError, match="no_such_package is not installed"):
        with_packages("-- package no_such_package through 1.sql")
