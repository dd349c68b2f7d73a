"""PostgreSQL is restarted every 20 s for 10 minutes under ingest: nothing is lost, and ingest goes on.

python -m benchmarks.soak.database_restarts [SHARE]
"""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.soak.clouds import (
    SoakCloud,
    folder_for_soak,
    introduce,
    own_postgres,
    say,
    scale_of,
    verdict_of,
)
from benchmarks.soak.common import Verdict
from benchmarks.soak.under_ingest import ingesting
from firmware_sim.fleet.bars import members

RESTARTS = 30
EVERY_S = 20.0
GATEWAYS = 20


def count(scale: float = 1.0) -> dict[str, object]:
    """Restart it a share of RESTARTS times; a short form leaves less time between them."""
    restarts = max(2, round(RESTARTS * scale))
    every_s = EVERY_S if scale >= 1 else 2.5
    fleet = members(GATEWAYS)
    with folder_for_soak() as folder, own_postgres(folder) as postgres:
        url = postgres.url("barback")
        asyncio.run(introduce(url, fleet))
        cloud = SoakCloud(folder, url)
        cloud.start()
        try:
            with ingesting(fleet, cloud.address) as ingest:
                for _ in range(restarts):
                    time.sleep(every_s)
                    postgres.stop()
                    postgres.start()
                before = ingest.tally.records
                time.sleep(every_s)
        finally:
            cloud.stop()
        stored, doubled = cloud.stored()
        missing = cloud.missing(ingest.acknowledged)
    broken = ["0 lost"] * bool(missing) + ["0 doubled"] * bool(doubled)
    broken += ["ingest goes on after the last restart"] * (ingest.tally.records == before)
    broken += ["no batch is refused"] * bool(ingest.tally.refused)
    return {
        "restarts": restarts,
        "s between them": every_s,
        "records acknowledged": ingest.tally.records,
        "records stored": stored,
        "lost": missing,
        "doubled": doubled,
        "asked to wait": ingest.tally.asked_to_wait,
        "refusals": ingest.tally.refused,
        "broken": broken,
    }


def run(share: float = 1.0, _folder: Path | None = None, _seed: int = 1) -> Verdict:
    """Run it for `./dev soak`; the folder is its own, its dice are fixed."""
    return verdict_of(count(share))


if __name__ == "__main__":
    sys.exit(say(count(scale_of(sys.argv[1:]))))
