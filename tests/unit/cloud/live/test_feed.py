"""cloud.live.feed against a real PostgreSQL: it hears commits, survives nonsense and a cut connection."""

import asyncio
from collections.abc import Mapping

import psycopg
import pytest

from cloud.live.change import Change
from cloud.live.feed import Feed
from cloud.live.hub import Hub
from firmware_sim.house.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

POUR = '{"site": "corner-bar", "slots": ["middle-1"], "movements": ["ab"], "gateways": []}'


class ListeningHub(Hub):
    """A hub that only writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: asyncio.Queue[Mapping[str, Change] | str] = asyncio.Queue()

    def changed(self, site_id: str, change: Change) -> None:
        self.told.put_nowait({site_id: change})

    def refresh_everything(self) -> None:
        self.told.put_nowait("everything")

    async def next(self) -> Mapping[str, Change] | str:
        async with asyncio.timeout(30):
            return await self.told.get()


@pytest.fixture(scope="module")
def database_url(tmp_path_factory):
    server = EmbeddedPostgres(tmp_path_factory.mktemp("feed"))
    yield server.start()
    server.stop()


def say(database_url: str, payload: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_notify('barback', %s)", (payload,))


async def test_the_feed_tells_the_hub_what_was_committed(database_url):
    hub = ListeningHub()
    async with Feed(database_url, hub).running():
        assert await hub.next() == "everything"
        say(database_url, POUR)
        assert await hub.next() == {"corner-bar": Change(frozenset({"middle-1"}), frozenset({"ab"}))}


async def test_nonsense_refreshes_everything_and_the_feed_goes_on(database_url):
    hub = ListeningHub()
    async with Feed(database_url, hub).running():
        assert await hub.next() == "everything"
        say(database_url, "nonsense")
        assert await hub.next() == "everything"
        say(database_url, POUR)
        assert "corner-bar" in await hub.next()


async def test_after_a_cut_the_feed_listens_again_and_refreshes_everything(database_url):
    hub = ListeningHub()
    async with Feed(database_url, hub).running():
        assert await hub.next() == "everything"
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
        assert await hub.next() == "everything"
        say(database_url, POUR)
        assert "corner-bar" in await hub.next()
