"""cloud.live.hub: drawn once, newest per element, bounded, nothing missed and nothing sent twice."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from cloud.live import hub as hub_module
from cloud.live.change import Change
from cloud.live.hub import Hub, TooManyClientsError
from cloud.live.lines import Line
from cloud.live.site import Client, Lane

pytestmark = pytest.mark.anyio

SITE = "corner-bar"
NO_PAUSE = {Lane.QUICK: 0.0, Lane.SLOW: 0.0}


class CountingPainter:
    """Draws each named slot in the quick lane and one sum in the slow one; `block` holds drawings back."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.sums: list[Change] = []
        self.texts: dict[str, str] = {"slot-a": "a0", "slot-b": "b0"}
        self.began = asyncio.Event()
        self.block = asyncio.Event()
        self.block.set()
        self.failures = 0

    async def paint(self, lane: Lane, site_id: str, change: Change) -> Mapping[str, str]:
        if lane is Lane.SLOW:
            self.sums.append(change)
            return {"night": "4.2 l"} if change.is_all else {}
        self.changes.append(change)
        self.began.set()
        await self.block.wait()
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        keys = self.texts if change.is_all else [f"slot-{name}" for name in sorted(change.slots)]
        return {key: self.texts[key] for key in keys}

    def time_stamp(self) -> str:
        return "2026-11-20T21:41:07.000+00:00"


def slots(*names: str) -> Change:
    return Change(slots=frozenset(names))


@pytest.fixture
def painter():
    return CountingPainter()


@pytest.fixture
def hub():
    return Hub(pauses_s=NO_PAUSE, head_start_s=0.0, review_every_s=3600)


async def heard(client: Client) -> str:
    async with asyncio.timeout(5):
        return b"".join(line.text for line in await client.message()).decode()


async def heard_all(client: Client, elements: int) -> str:
    text = ""
    while text.count("hx-partial hx-target") < elements:
        text += await heard(client)
    return text


async def test_a_change_reaches_every_page_and_is_drawn_once(hub, painter):
    async with hub.running(painter):
        version = hub.version(SITE)
        async with hub.watching(SITE, version) as one, hub.watching(SITE, version) as two:
            hub.changed(SITE, slots("a"))
            first, second = await heard(one), await heard(two)
    assert first == second
    assert 'data: <hx-partial hx-target="#slot-a" hx-swap="outerMorph">a0</hx-partial>\n\n' in first
    assert painter.changes == [slots("a")]


async def test_a_slow_page_gets_only_the_newest_of_each_element():
    client = Client()
    for count in range(1000):
        client.offer({"slot-a": Line.of(f"data: {count}\n"), "slot-b": Line.of("data: b\n")}, f"x-{count}")
    assert client.waiting == 2
    assert await heard(client) == "id: x-999\ndata: 999\ndata: b\n\n"
    assert client.waiting == 0


async def test_changes_during_a_drawing_are_drawn_together(hub, painter):
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        painter.block.clear()
        hub.changed(SITE, slots("a"))
        await painter.began.wait()
        hub.changed(SITE, slots("a"))
        hub.changed(SITE, slots("b"))
        painter.block.set()
        await heard(client)
        assert "slot-b" in await heard(client)
    assert painter.changes == [slots("a"), slots("a", "b")]


async def test_what_looks_as_before_is_not_sent_again(hub, painter):
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        hub.changed(SITE, slots("a"))
        await heard(client)
        hub.changed(SITE, slots("a", "b"))
        message = await heard(client)
    assert "slot-b" in message
    assert "slot-a" not in message


async def test_a_page_is_told_what_changed_since_it_was_drawn(hub, painter):
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        hub.changed(SITE, slots("a"))
        await heard(client)
        drawn_at = hub.version(SITE)
        hub.changed(SITE, slots("b"))
        await heard(client)
        async with hub.watching(SITE, drawn_at) as late:
            message = await heard(late)
    assert "slot-b" in message
    assert "slot-a" not in message


async def test_a_page_that_is_up_to_date_is_told_nothing(hub, painter):
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        hub.changed(SITE, slots("a"))
        await heard(client)
        async with hub.watching(SITE, hub.version(SITE)) as same:
            assert same.waiting == 0


@pytest.mark.parametrize("version", ["0123abcd-7", "", "nonsense", "-", "x-1e9"])
async def test_a_page_of_another_process_gets_the_whole_site(hub, painter, version):
    async with hub.running(painter), hub.watching(SITE, version) as client:
        assert set(re.findall("#([a-z-]+)", await heard_all(client, 3))) == {"slot-a", "slot-b", "night"}


async def test_a_second_page_of_another_process_gets_it_without_another_drawing(hub, painter):
    async with hub.running(painter), hub.watching(SITE, "") as client:
        await heard_all(client, 3)
        async with hub.watching(SITE, "") as second:
            assert second.waiting == 3
    assert len(painter.changes) == 1


async def test_what_grew_old_unseen_is_not_shown_to_the_next_page(hub, painter):
    async with hub.running(painter):
        async with hub.watching(SITE, "") as client:
            await heard_all(client, 3)
            version = hub.version(SITE)
        painter.texts["slot-a"] = "a1"
        async with hub.watching(SITE, "0-0") as late:
            assert "a1" in await heard_all(late, 3)
        async with hub.watching(SITE, version) as later:
            assert "a1" in await heard_all(later, 3)


async def test_sums_do_not_hold_back_the_bottles(painter):
    hub = Hub(pauses_s={Lane.QUICK: 0.0, Lane.SLOW: 3600}, head_start_s=0.0, review_every_s=3600)
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        for text in ("a1", "a2", "a3"):
            painter.texts["slot-a"] = text
            hub.changed(SITE, slots("a"))
            assert text in await heard(client)
    assert len(painter.changes) == 3
    assert len(painter.sums) == 1


async def test_a_site_nobody_watches_is_not_drawn_but_nothing_is_forgotten(hub, painter):
    async with hub.running(painter):
        version = hub.version(SITE)
        hub.changed(SITE, slots("a"))
        hub.changed(SITE, slots("b"))
        assert painter.changes == []
        async with hub.watching(SITE, version) as client:
            assert "slot-a" in await heard(client)
    assert painter.changes == [slots("a", "b")]


async def test_a_drawing_that_is_broken_off_is_made_up_for(hub, painter):
    async with hub.running(painter):
        painter.block.clear()
        async with hub.watching(SITE, hub.version(SITE)):
            hub.changed(SITE, slots("a"))
            await painter.began.wait()
        painter.block.set()
        async with hub.watching(SITE, hub.version(SITE)) as next_one:
            assert "slot-a" in await heard(next_one)


async def test_a_failed_drawing_is_tried_again(hub, painter, monkeypatch):
    monkeypatch.setattr(hub_module, "FAILURE_PAUSE_S", 0.0)
    painter.failures = 2
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        hub.changed(SITE, slots("a"))
        assert "a0" in await heard(client)
    assert len(painter.changes) == 3


async def test_after_the_feed_was_away_everything_is_drawn_anew(hub, painter):
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        hub.refresh_everything()
        assert (await heard_all(client, 3)).count("hx-partial hx-target") == 3


async def test_a_watched_site_is_judged_anew_as_time_goes(painter):
    hub = Hub(pauses_s=NO_PAUSE, head_start_s=0.0, review_every_s=0.01)
    async with hub.running(painter), hub.watching(SITE, hub.version(SITE)) as client:
        await heard(client)
    assert painter.changes[0].is_all


async def test_one_page_too_many_is_refused(hub, painter, monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_CLIENTS", 1)
    async with hub.running(painter), hub.watching(SITE, ""):
        with pytest.raises(TooManyClientsError, match="1 pages are open already"):
            async with hub.watching(SITE, ""):
                pass
    assert hub.clients == 0


async def test_sites_are_bounded_and_watched_ones_stay(hub, painter, monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_SITES", 2)
    async with hub.running(painter), hub.watching(SITE, ""):
        for name in ("b", "c", "d"):
            hub.changed(name, slots("x"))
        assert hub.knows(SITE)
        assert hub.knows("d")
        assert not hub.knows("b")
