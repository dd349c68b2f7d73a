"""The one way to the database: a bounded pool, and its troubles turned into Unavailable.

Every statement of the cloud runs on a connection from here. Connections are in autocommit, so a read needs
no transaction; what must happen together asks for transaction().
"""

import logging
import select
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from cloud.problems import Unavailable

Connection = psycopg.AsyncConnection[DictRow]
Parameters = Mapping[str, Any] | Sequence[Any]

BEGIN = b"BEGIN"
COMMIT = b"COMMIT"
RETRY_AFTER_S = 5
log = logging.getLogger(__name__)


class Database:
    """A pool of checked connections. open() does not wait for the database; the first use does."""

    def __init__(
        self,
        url: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        wait_s: float = 5.0,
        statement_timeout_s: float = 10.0,
        connect_timeout_s: float = 3.0,
    ) -> None:
        self._pool = AsyncConnectionPool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=wait_s,
            max_waiting=200,
            reconnect_timeout=60.0,
            check=_check,
            open=False,
            connection_class=Connection,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": "barback-cloud",
                "connect_timeout": max(2, round(connect_timeout_s)),
                "options": f"-c statement_timeout={round(statement_timeout_s * 1000)} -c timezone=UTC",
            },
        )

    async def open(self) -> None:
        """Begin to fill the pool."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give every connection back. Safe to call twice."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection. Raises Unavailable when there is none, or when it breaks on the way."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, TooManyRequests) as error:
            log.warning("The database did not answer: %s", str(error).strip() or type(error).__name__)
            raise Unavailable(
                "the database cannot be reached just now; keep what you have and send it again later",
                retry_after_s=RETRY_AFTER_S,
            ) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside one transaction: committed at the end, rolled back on an exception."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def transaction_by_hand(self) -> AsyncIterator[Connection]:
        """Lend a connection on which the caller begins and commits, to save round trips.

        What is still open at the end, for whatever reason, is rolled back.
        """
        async with self.connection() as connection:
            try:
                yield connection
            finally:
                if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                    await connection.rollback()

    async def rows(self, query: bytes, parameters: Parameters = ()) -> list[DictRow]:
        """Run one statement and return its rows."""
        async with self.connection() as connection:
            return await (await connection.execute(query, parameters)).fetchall()

    async def row(self, query: bytes, parameters: Parameters = ()) -> DictRow | None:
        """Run one statement and return its first row, if any."""
        async with self.connection() as connection:
            return await (await connection.execute(query, parameters)).fetchone()


async def _check(connection: Connection) -> None:
    """Ask a connection whether it lives, if the server has said something since: mostly a farewell."""
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    if socket.poll(0):
        await AsyncConnectionPool.check_connection(connection)
