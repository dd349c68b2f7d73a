"""10,000 gateways reconnect at once, then send 170 batches of 200 readings a second.

Must show: 0 errors, all served within 120 s; then p99 <= 1 s.

    python -m benchmarks.soak.fleet [SHARE] [--steady 60]
"""

import asyncio
import gc
import os
import random
import sys
import time
from pathlib import Path

from benchmarks.soak.clouds import (
    SoakCloud,
    allow_connections,
    any_database,
    folder_for_soak,
    introduce,
    say,
    scale_of,
    verdict_of,
)
from benchmarks.soak.common import Verdict
from firmware_sim.fleet.bars import Member, members
from firmware_sim.fleet.gateway import FleetGateway, Tally

GATEWAYS = 10_000
BACKLOG_RECORDS = 20
WITHIN_S = 120.0
REQUESTS_PER_S = 170
RECORDS = 200
STEADY_S = 60.0
P99_S = 1.0


def count(scale: float = 1.0) -> dict[str, object]:
    """Run it with a share of the gateways and of the steady minute."""
    count = max(100, round(GATEWAYS * scale))
    allow_connections(count + 2_000)
    fleet = members(count)
    env = {
        "BARBACK_CLOUD_GATEWAY_CACHE_SIZE": "20000",
        "BARBACK_CLOUD_GATEWAY_CACHE_S": "60",
        "BARBACK_CLOUD_WORKERS": os.environ.get("BARBACK_CLOUD_WORKERS", "1"),
    }
    with folder_for_soak() as folder, any_database(folder) as url:
        kind = asyncio.run(introduce(url, fleet))
        cloud = SoakCloud(folder, url, env)
        cloud.start()
        try:
            counts = asyncio.run(_play(cloud, fleet, scale))
        finally:
            cloud.stop()
        stored, doubled = cloud.stored()
    broken = []
    if counts["errors"]:
        broken.append("0 errors")
    if float(str(counts["s until all were served"])) > WITHIN_S:
        broken.append(f"all served within {WITHIN_S:.0f} s")
    if float(str(counts["steady p99 s"])) > P99_S:
        broken.append(f"p99 <= {P99_S} s at {REQUESTS_PER_S} requests/s")
    if stored != counts["records acknowledged"] or doubled:
        broken.append("every acknowledged record once")
    return {"gateways": count, "database": kind, **counts, "records stored": stored, "broken": broken}


async def _play(cloud: SoakCloud, fleet: list[Member], scale: float) -> dict[str, object]:
    dice = random.Random(1)
    first, steady = Tally(), Tally()
    gateways = [FleetGateway(member, cloud.address, first, dice=dice) for member in fleet]
    gc.freeze()
    begun_s = time.perf_counter()
    await asyncio.gather(*(gateway.send(BACKLOG_RECORDS) for gateway in gateways))
    served_s = time.perf_counter() - begun_s
    await asyncio.sleep(min(5.0, 60 * scale))
    for gateway in gateways:
        gateway._tally = steady
    before_s = cloud.processor_s()
    behind_s = await _steadily(gateways, max(3.0, STEADY_S * scale), steady)
    cloud_ms = 1e3 * (cloud.processor_s() - before_s) / steady.acknowledged
    for gateway in gateways:
        gateway.close()
    latencies = sorted(steady.latencies_s)
    faults = [*first.broken.items(), *first.refused.items(), *steady.broken.items(), *steady.refused.items()]
    return {
        "errors": sum(times for _, times in faults),
        "which": dict(faults),
        "asked to wait": first.asked_to_wait,
        "s until all were served": served_s,
        "steady requests": steady.acknowledged,
        "steady requests/s": steady.acknowledged / behind_s,
        "steady ms of processor per request, of the cloud": cloud_ms,
        "steady p50 s": latencies[len(latencies) // 2],
        "steady p99 s": latencies[len(latencies) * 99 // 100],
        "steady asked to wait": steady.asked_to_wait,
        "records acknowledged": first.records + steady.records,
    }


async def _steadily(gateways: list[FleetGateway], for_s: float, tally: Tally) -> float:
    """Send at an even pace, whatever the answers take; return how long it took until the last answer."""
    begun_s = time.perf_counter()
    tasks = []
    for number in range(round(for_s * REQUESTS_PER_S)):
        due_s = number / REQUESTS_PER_S - (time.perf_counter() - begun_s)
        await asyncio.sleep(max(0.0, due_s))
        tasks.append(asyncio.create_task(gateways[number % len(gateways)].send(RECORDS)))
    await asyncio.gather(*tasks)
    assert tally.acknowledged == len(tasks), tally
    return time.perf_counter() - begun_s


def run(share: float = 1.0, _folder: Path | None = None, _seed: int = 1) -> Verdict:
    """Run it for `./dev soak`; the folder is its own, its dice are fixed."""
    return verdict_of(count(share))


if __name__ == "__main__":
    sys.exit(say(count(scale_of(sys.argv[1:]))))
