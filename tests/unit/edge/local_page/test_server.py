"""The page's routes, without a socket: who may, what they see, and what a form does."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest

from contract.device import DeviceFrame
from contract.records import Quality
from edge.bench import Bench
from edge.calibration_book import Calibration, CalibrationBook
from edge.domain.status import ScaleStatus, Status
from edge.live import Live
from edge.ports import NodeFrame
from tests import one_pad

server = pytest.importorskip(
    "edge.local_page.server", reason="starlette is not installed (requirements/edge.txt)"
)
Guard = pytest.importorskip("edge.local_page.guard").Guard

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAYOUT = one_pad.LAYOUT.model_copy(update={"name": "The <Bar>"})


class Clock:
    def real_s(self) -> float:
        return 100.0


class Visit:
    """A browser on the page, a book, and a scale with something on it."""

    def __init__(self, tmp_path: Path) -> None:
        self.live, self.book = Live(LAYOUT), CalibrationBook(tmp_path)
        self.bench = Bench(LAYOUT, self.live, self.book, lambda _: (0.0, 420.0), lambda: NOON)
        self.guard = Guard(lambda: 1000.0)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(server.LocalPage(self.bench, self.guard, Clock()).app()),
            base_url="http://192.0.2.1:8080",
            follow_redirects=True,
        )
        self.load_g, self._dice, self._seq = 0.0, np.random.default_rng(1), 0

    async def enter(self) -> httpx.Response:
        return await self.client.post("/enter", data={"pin": self.guard.pin})

    async def weigh(self) -> None:
        """Feed the scale, a frame at a time, until cancelled."""
        while True:
            counts = np.rint(420 * (self.load_g + self._dice.normal(0, 0.7, 10))).astype(int).tolist()
            frame = DeviceFrame(boot="a" * 32, seq=self._seq, uptime_ms=0, rate_hz=10, channels={"0": counts})
            self.live.offer(NodeFrame("node-top", frame, 0.0))
            self._seq += 1
            await asyncio.sleep(0.001)

    async def step(self, load_g: float) -> str:
        self.load_g = load_g
        return (await self.client.post("/scales/cell-0/step")).text


def visited(tmp_path: Path, story) -> None:
    async def run() -> None:
        visit = Visit(tmp_path)
        weighing = asyncio.create_task(visit.weigh())
        try:
            await asyncio.wait_for(story(visit), 60)
        finally:
            weighing.cancel()
            await visit.client.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/", "/scales/cell-0", "/scales/cell-9"])
def test_without_the_pin_there_is_only_the_question_for_it(tmp_path, path) -> None:
    async def story(visit: Visit) -> None:
        answer = await visit.client.get(path)
        assert answer.status_code == 401
        assert "python -m edge status" in answer.text
        assert "top-0" not in answer.text

    visited(tmp_path, story)


@pytest.mark.parametrize("path", ["/scales/cell-0/begin", "/scales/cell-0/undo", "/scales/cell-0/step"])
def test_without_the_pin_nothing_can_be_changed_nor_watched(tmp_path, path) -> None:
    async def story(visit: Visit) -> None:
        assert (await visit.client.post(path, data={"weight": "1000"})).status_code == 403
        assert (await visit.client.get("/scales/cell-0/live")).status_code == 403
        assert visit.bench.in_work == frozenset()

    visited(tmp_path, story)


def test_a_form_of_another_site_is_refused_even_with_our_cookie(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        await visit.enter()
        headers = {"Origin": "http://evil.example"}
        answer = await visit.client.post("/scales/cell-0/begin", data={"weight": "1000"}, headers=headers)
        assert answer.status_code == 403

    visited(tmp_path, story)


def test_five_wrong_pins_have_to_wait(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        for _ in range(5):
            answer = await visit.client.post("/enter", data={"pin": "no"})
        assert answer.status_code == 429
        assert "Too many tries. Wait 1 min" in answer.text
        assert (await visit.enter()).status_code == 429

    visited(tmp_path, story)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        answer = await visit.client.post("/enter", data={"pin": visit.guard.pin}, follow_redirects=False)
        assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")

    visited(tmp_path, story)


def test_the_scales_show_state_weight_age_and_what_to_do(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        visit.bench.show(
            Status(
                gateway_id="gw",
                software="barback",
                written_at_s=99.0,
                uptime_s=1.0,
                broker_connected=True,
                cloud_reachable=False,
                cloud_reason="x",
                last_acknowledged_at_s=None,
                clock_synced=True,
                nodes={},
                lanes={},
                refused={},
                scales=(
                    ScaleStatus(
                        scale_id="cell-0",
                        slots=("top-0",),
                        state=Quality.NOT_READY,
                        weight_g=1234.4,
                        age_s=300.0,
                        hint="no values: check the plug of slot <top-0>",
                    ),
                ),
            )
        )
        text = (await visit.enter()).text
        for words in (
            "top-0",
            "1 234 g",
            "5 min ago",
            "check",
            "No values: check the plug of slot &lt;top-0&gt;",
        ):
            assert words in text
        assert "The &lt;Bar&gt;" in text
        assert "<Bar>" not in text

    visited(tmp_path, story)


def test_three_steps_on_the_page_put_a_calibration_in_force_and_undo_takes_it_back(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        await visit.enter()
        text = (await visit.client.post("/scales/cell-0/begin", data={"weight": "1000"})).text
        assert "Take everything off the pad." in text
        assert visit.bench.in_work == {"cell-0"}
        assert "Put 1000 g in the middle" in await visit.step(0.0)
        assert "The pad reads as before" in await visit.step(0.0)
        assert "then put 1000 g back on" in await visit.step(1010.0)
        assert "Good enough to use" in await visit.step(1010.0)
        text = (await visit.client.post("/scales/cell-0/accept")).text
        assert "Made 20 Nov 2026, 12:00 UTC." in text
        assert visit.book.current()["cell-0"].counts_per_g == pytest.approx(420 * 1.01, rel=0.002)
        assert visit.bench.in_work == frozenset()
        text = (await visit.client.post("/scales/cell-0/undo")).text
        assert "never calibrated here" in text
        assert visit.book.current() == {}

    visited(tmp_path, story)


def test_a_check_that_fails_offers_no_button_to_use_it(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        await visit.enter()
        await visit.client.post("/scales/cell-0/begin", data={"weight": "1000"})
        for load_g in (0.0, 1000.0):
            await visit.step(load_g)
        text = await visit.step(1020.0)
        assert "Not good enough to use" in text
        assert "The check reads +" in text
        assert "Use it from now on" not in text
        text = (await visit.client.post("/scales/cell-0/accept")).text
        assert visit.book.current() == {}

    visited(tmp_path, story)


@pytest.mark.parametrize(
    ("weight", "words"),
    [("heavy", "is no weight: give grams"), ("0.1", "takes 1 to 6000 g"), ("nan", "takes 1 to 6000 g")],
)
def test_a_weight_that_is_none_is_refused_beside_the_field(tmp_path, weight, words) -> None:
    async def story(visit: Visit) -> None:
        await visit.enter()
        text = (await visit.client.post("/scales/cell-0/begin", data={"weight": weight})).text
        assert words in text
        assert visit.bench.in_work == frozenset()

    visited(tmp_path, story)


def test_the_live_view_sends_trace_and_band_in_grams(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        visit.load_g = 500.0
        watching = visit.bench.watch("cell-0")
        async for picture in watching:
            if picture.get("hold") is not None:
                break
        await watching.aclose()
        assert picture["hold"] == pytest.approx(500, abs=1)
        low, high = picture["band"]
        assert 495 < low < 500 < high < 505
        assert len(picture["trace"]) <= 120

    visited(tmp_path, story)


def test_an_old_calibration_asks_to_be_made_again(tmp_path) -> None:
    async def story(visit: Visit) -> None:
        made_at = NOON - timedelta(days=200)
        entry = Calibration(made_at=made_at, how="calibrate", tare_counts=0, counts_per_g=420)
        visit.book.add("cell-0", entry)
        await visit.enter()
        text = (await visit.client.get("/scales/cell-0")).text
        assert "Do it again: it is 200 days old (redo after 180)." in text

    visited(tmp_path, story)
