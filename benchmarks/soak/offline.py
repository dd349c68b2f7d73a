"""14 days offline at 12 readings a second: 0 lost, <= 3 GB, drained at 10,000/s with a fresh live lane.

The backlog is written as the gateway writes it, a block every 5 s, but without waiting for the disk. Then
the core gateway starts, goes on collecting, and sends it all to the stub cloud; the live lane is looked at
meanwhile.
"""

import random
import sqlite3
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.soak.common import Child, Verdict, wait_for
from benchmarks.soak.disk import record
from benchmarks.soak.gateway import Plan, core_gateway
from benchmarks.soak.stub_cloud import StubCloud
from contract.records import Lane
from edge.buffer.lives import Lives
from edge.buffer.pages import companions
from firmware_sim.house.ports import free_port

DAYS = 14.0
RATE = 12
GROUP = 60
MAX_BYTES = 3 * 10**9
DRAIN_PER_S = 10_000
LIVE_S = 5.0


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Fill, start, watch, count."""
    verdict, path = Verdict(), folder / "data" / "outbox.db"
    records = round(DAYS * share * 86_400 * RATE) // GROUP * GROUP
    filled_bytes = fill(path, records)
    cloud = StubCloud(folder, free_port(), keeps_digests=False)
    try:
        cloud.wait_ready()
        began_s = time.monotonic()
        plan = Plan(folder, cloud.url, rows_per_s=RATE, movement_every_s=60.0, commit_every_s=5.0)
        victim = Child(lambda: core_gateway(plan), folder / "gateway.log")
        wait_for("the whole backlog", lambda: stored(cloud) >= records, 60.0 + records / 2_000, 0.5)
        took_s = time.monotonic() - began_s
        victim.kill()
        tally = cloud.tally()
    finally:
        cloud.stop()
    shown = [at_s for at_s, _ in tally["latest"]]
    pauses_s = [later - earlier for earlier, later in pairwise(shown)]
    ages_s = [age_s for _, age_s in tally["latest"]]
    lost = sum(last - first + 1 for *_, first, last, _ in tally["gaps"])
    verdict.counts = {
        "records waiting": records,
        "MB on the disk": filled_bytes / 1e6,
        "bytes a record": filled_bytes / records,
        "lost": lost,
        "s to drain": took_s,
        "records/s drained": records / took_s,
        "live pictures meanwhile": len(shown),
        "s of their age at worst": max(ages_s, default=0.0),
        "s between two of them at worst": max(pauses_s, default=0.0),
    }
    verdict.must(lost == 0 and tally["stored"] >= records, "0 lost")
    verdict.must(filled_bytes * 1 / max(share, 1e-9) <= MAX_BYTES, "14 days fit into 3 GB")
    verdict.must(records / took_s >= DRAIN_PER_S, "drained at 10,000 records/s")
    verdict.must(not pauses_s or max(pauses_s) + max(ages_s) <= LIVE_S, "the live lane is at most 5 s old")
    return verdict


def stored(cloud: StubCloud) -> int:
    """Return how many records the cloud has."""
    return int(cloud.tally()["stored"])


def fill(path: Path, records: int) -> int:
    """Write a backlog and return what it takes of the disk, its log included."""
    lives = Lives(path, time.monotonic)
    lives.open("a" * 32)
    store, dice = lives.current, random.Random(4)
    store._conn.execute("PRAGMA synchronous = OFF")
    for number in range(0, records, GROUP):
        store.append({Lane.STATES: [record(number + n, dice) for n in range(GROUP)]})
    used = store.pages.used_bytes()
    lives.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version")
    return max(used, sum(one.stat().st_size for one in (path, *companions(path)) if one.exists()))
