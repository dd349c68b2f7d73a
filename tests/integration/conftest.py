"""One PostgreSQL for all integration tests; a database of its own for each."""

from collections.abc import Iterator

import pytest

from tests.cloud_under_test import CloudUnderTest, running_cloud
from tests.database_kind import KIND
from tests.postgres import PostgresServer, running_server


@pytest.fixture(scope="session")
def postgres_server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[PostgresServer]:
    """A running server with a migrated template."""
    with running_server(tmp_path_factory.mktemp("postgres")) as server:
        try:
            pytestconfig.stash[KIND] = f"Database of the tests: {server.kind}. {server.make_template()}"
            yield server
        finally:
            server.drop_template()


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Address of a migrated database that this test has to itself."""
    with postgres_server.migrated_database() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Address of an empty database that this test has to itself."""
    with postgres_server.empty_database() as url:
        yield url


@pytest.fixture
def cloud(database_url: str) -> Iterator[CloudUnderTest]:
    """The cloud with the corner bar in it."""
    with running_cloud(database_url) as running:
        yield running
