"""How long after a pour does the manager see it? From the bottle that stands to the line on an open page.

One bar at the speed of life with hurried bartenders; the page is open in Chromium (without one, a plain
client of the event stream stands in, and the table says so). Three parts, measured apart:
  settling   the bottle stood still -> the scale was sure (samples it needs by design)
  frame      that sample was taken -> its frame had reached the gateway (nodes send one frame a second)
  transport  accepted by the gateway -> on the page; of it
    uplink   accepted -> outbox commit, signed batch -> received by the cloud
    page     received -> PostgreSQL commit, event, drawing -> on the page
"""

import argparse
import json
import re
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from contract.bartime import BarTime
from firmware_sim.house.house import DATABASE, House

LIMIT_MS = 300.0
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
SCENARIO = """
title = "A hurried bar: one bottle in the hand at a time, a pour every two or three seconds"
weekday = "friday"
starts_at = 20:30:00
minutes = 300
staff = 8
pours_per_hour = [[0, 1400]]
fill = [0.5, 0.95]
[people]
pair_chance = 0.0
wrong_slot_chance = 0.0
bumps_per_hour = 0
leans_per_hour = 0
"""
WATCH = """
window.seen = {};
const note = node => {
  if (node.nodeType !== 1) return;
  for (const line of [node, ...node.querySelectorAll("[data-movement-id]")]) {
    const id = line.dataset && line.dataset.movementId;
    if (id && !(id in window.seen)) window.seen[id] = Date.now();
  }
};
document.querySelectorAll("[data-movement-id]").forEach(note);
for (const id in window.seen) window.seen[id] = 0;
new MutationObserver(changes => changes.forEach(c => {
  c.addedNodes.forEach(note); if (c.type === "attributes") note(c.target);
})).observe(document.body, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["data-movement-id"]
});
"""


class Pour(NamedTuple):
    """One movement, all in real seconds."""

    settling_s: float
    frame_s: float
    uplink_s: float
    page_s: float

    @property
    def transport_s(self) -> float:
        """From the gateway that has accepted it to the page."""
        return self.uplink_s + self.page_s

    @property
    def total_s(self) -> float:
        """From the bottle that stands to the page."""
        return self.settling_s + self.frame_s + self.transport_s


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--quick", action="store_true", help="half a minute of pours")
    words.add_argument("--seconds", type=float, default=180.0, help="how long to watch")
    options = words.parse_args()
    seconds = 25.0 if options.quick else options.seconds
    with tempfile.TemporaryDirectory(prefix="barback-latency-") as folder, bar(Path(folder)) as house:
        seen, page = watch(house, seconds)
        time.sleep(1.0)
        pours = measured(house, seen)
    report(pours, page)


@contextmanager
def bar(folder: Path) -> Iterator[House]:
    """Run a hurried bar at the speed of life."""
    scenario = folder / "hurried.toml"
    scenario.write_text(SCENARIO)
    house = House(folder, BarTime.real(), gateway_env={"BARBACK_EDGE_TRUST_HOST_CLOCK": "true"})
    people = house.bar(str(scenario), "--seed", "11")
    try:
        house.start_database()
        house.broker.start()
        house.start_cloud()
        house.introduce()
        for gateway in house.gateways.values():
            gateway.start()
        people.start()
        time.sleep(12.0)
        yield house
    finally:
        people.stop()
        house.discard()


def watch(house: House, seconds: float) -> tuple[dict[str, float], str]:
    """Keep the page open; return when each movement came to it (Unix s) and what kind of page it was."""
    url = f"{house.cloud_url}/{house.layout.id}"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return watch_stream(f"{url}/events", seconds), "event stream"
    if not CHROMIUM.exists():
        return watch_stream(f"{url}/events", seconds), "event stream"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{url}/today")
        page.evaluate(WATCH)
        page.wait_for_timeout(seconds * 1000)
        seen = page.evaluate("window.seen")
        browser.close()
    return {name: at_ms / 1000 for name, at_ms in seen.items() if at_ms}, "Chromium"


def watch_stream(url: str, seconds: float) -> dict[str, float]:
    """Listen to the event stream as the page does."""
    seen: dict[str, float] = {}

    def listen() -> None:
        with httpx.stream("GET", url, timeout=None) as answer:
            for line in answer.iter_lines():
                for name in re.findall(r'data-movement-id="?([0-9a-f]{32})', line):
                    seen.setdefault(name, time.time())

    threading.Thread(target=listen, daemon=True).start()
    time.sleep(seconds)
    return dict(seen)


def measured(house: House, seen: dict[str, float]) -> list[Pour]:
    """Join what the gateways accepted with what the page showed."""
    pours = []
    received = received_at(house)
    for gateway_id in house.gateways:
        outbox = house.data_dir(gateway_id) / "outbox.db"
        with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT body, accepted_at FROM record WHERE lane = 'movements'"
            ).fetchall()
        for body, accepted_s in rows:
            record = json.loads(body)
            movement = record["body"]
            first = movement["revision"] == 1  # what the page shows first; later revisions make it sure
            if first and movement["movement_id"] in seen and record["wall_at"]:
                sure_s = unix_s(record["wall_at"])
                cloud_s, page_s = received[movement["movement_id"]], seen[movement["movement_id"]]
                settling_s = movement["settled_after_s"]
                pours.append(Pour(settling_s, accepted_s - sure_s, cloud_s - accepted_s, page_s - cloud_s))
    return pours


def received_at(house: House) -> dict[str, float]:
    """Ask the cloud's database when each movement arrived, Unix s."""
    assert house.postgres is not None
    with psycopg.connect(house.postgres.url(DATABASE)) as connection:
        rows = connection.execute(
            "SELECT movement_id, min(received_at) FROM movement_log GROUP BY movement_id"
        ).fetchall()
    return {movement_id: at.timestamp() for movement_id, at in rows}


def unix_s(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def report(pours: list[Pour], page: str) -> None:
    if not pours:
        raise SystemExit("no pour reached the page; look at the logs with ./dev demo")
    print(f"{len(pours)} movements on a page ({page})\n")
    print(f"{'':<12}{'p50 ms':>9}{'p95 ms':>9}{'worst':>9}")
    figures: dict[str, float | int | str] = {"movements": len(pours), "page": page}
    for part in ("settling_s", "frame_s", "uplink_s", "page_s", "transport_s", "total_s"):
        values = [1000 * getattr(pour, part) for pour in pours]
        p50, p95 = quantile(values, 0.5), quantile(values, 0.95)
        name = part.removesuffix("_s")
        print(f"{name:<12}{p50:>9.0f}{p95:>9.0f}{max(values):>9.0f}")
        figures |= {f"{name}_p50_ms": round(p50, 1), f"{name}_p95_ms": round(p95, 1)}
    ratio = float(figures["transport_p95_ms"]) / LIMIT_MS
    print(f"\ntransport p95 is {ratio:.2f} of its limit of {LIMIT_MS:.0f} ms")
    print(json.dumps(figures | {"transport_p95_of_limit": round(ratio, 3)}))


if __name__ == "__main__":
    main()
