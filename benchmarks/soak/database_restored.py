"""The database is put back to yesterday's copy: gateways rewind to its marks, nothing is missing.

python -m benchmarks.soak.database_restored [SHARE]
"""

import asyncio
import sys
import time
from pathlib import Path

import psycopg

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
from benchmarks.soak.under_ingest import Ingest
from firmware_sim.fleet.bars import Member, members

GATEWAYS = 100
DAY_S = 20.0
"""How long yesterday, and today up to the fault, last here."""


def count(scale: float = 1.0) -> dict[str, object]:
    """Copy the database, go on, put the copy back, go on."""
    fleet = members(max(5, round(GATEWAYS * scale)))
    day_s = max(2.0, DAY_S * scale)
    with folder_for_soak() as folder, own_postgres(folder) as postgres:
        url = postgres.url("barback")
        asyncio.run(introduce(url, fleet))
        cloud = SoakCloud(folder, url)
        ingest = Ingest(fleet, cloud.address, batch=200)
        _send_for(cloud, ingest, day_s)
        _admin(postgres.url(), "CREATE DATABASE yesterday TEMPLATE barback")
        copied, _ = cloud.stored()
        ingest = _again(ingest, fleet, cloud)
        _send_for(cloud, ingest, day_s)
        acknowledged, (before, _) = ingest.acknowledged, cloud.stored()
        _admin(postgres.url(), "DROP DATABASE barback")
        _admin(postgres.url(), "ALTER DATABASE yesterday RENAME TO barback")
        ingest = _again(ingest, fleet, cloud)
        _send_for(cloud, ingest, 2 * day_s, until=acknowledged)
        stored, doubled = cloud.stored()
        missing = cloud.missing(acknowledged)
    broken = ["0 missing"] * bool(missing) + ["0 doubled"] * bool(doubled)
    broken += ["the copy was older"] * (copied >= before)
    return {
        "gateways": len(fleet),
        "records in the copy": copied,
        "records before the fault": before,
        "records in the end": stored,
        "missing": missing,
        "doubled": doubled,
        "broken": broken,
    }


def _send_for(
    cloud: SoakCloud, ingest: Ingest, for_s: float, until: dict[tuple[str, str], int] | None = None
) -> None:
    """Send for some time, and on until every gateway is where it once was."""
    cloud.start()
    try:
        ingest.start()
        time.sleep(for_s)
        while until and any(ingest.acknowledged[key] < count for key, count in until.items()):
            time.sleep(0.2)
        ingest.stop()
    finally:
        cloud.stop()


def _again(ingest: Ingest, fleet: list[Member], cloud: SoakCloud) -> Ingest:
    """The same gateways where they stopped, on a new loop."""
    later = Ingest(fleet, cloud.address, batch=200)
    for gateway, earlier in zip(later.gateways, ingest.gateways, strict=True):
        gateway.next_seq = earlier.next_seq
    return later


def _admin(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def run(share: float = 1.0, _folder: Path | None = None, _seed: int = 1) -> Verdict:
    """Run it for `./dev soak`; the folder is its own, its dice are fixed."""
    return verdict_of(count(share))


if __name__ == "__main__":
    sys.exit(say(count(scale_of(sys.argv[1:]))))
