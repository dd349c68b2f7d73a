"""Every named query is SQL that PostgreSQL accepts on the migrated schema."""

from pathlib import Path

import psycopg
import pytest
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

from cloud.db.queries import load_queries

pytestmark = pytest.mark.postgres
CLOUD = Path(__file__).parents[2] / "cloud"
QUERIES = [
    pytest.param(sql, id=f"{file.parent.name}.{name}")
    for file in sorted(CLOUD.rglob("queries.sql"))
    for name, sql in load_queries(file.parent).items()
]


class AnyParameter(dict[str, None]):
    """Gives NULL for every name a query asks for."""

    def __missing__(self, name: str) -> None:
        return None


@pytest.fixture(scope="module")
def connection(postgres_server):
    with postgres_server.migrated_database() as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_understood(connection, query):
    converted = PostgresQuery(Transformer(connection))
    converted.convert(query, AnyParameter())
    result = connection.pgconn.prepare(b"", converted.query)
    assert result.error_message == b""
