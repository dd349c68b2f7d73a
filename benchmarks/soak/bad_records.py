"""One bad record in 500, of every kind of badness: 499 are stored, and the answer names the other.

python -m benchmarks.soak.bad_records [SHARE]
"""

import asyncio
import copy
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from benchmarks.soak.clouds import (
    SoakCloud,
    any_database,
    folder_for_soak,
    introduce,
    say,
    scale_of,
    verdict_of,
)
from benchmarks.soak.common import Verdict
from contract.batch import BATCHES_PATH
from firmware_sim.fleet.bars import members
from firmware_sim.fleet.gateway import FleetGateway, Tally

RECORDS = 500
ROUNDS = 20

Spoil = Callable[[dict[str, Any]], object]
SPOILERS: dict[str, Spoil] = {
    "a weight that is a word": lambda record: record["body"].update(weight_g="heavy"),
    "a weight without its sigma": lambda record: record["body"].update(sigma_g=None),
    "a weight beyond all scales": lambda record: record["body"].update(weight_g=2e6),
    "a scale of somebody else": lambda record: record["body"].update(scale_id="cellar-1"),
    "a slot of somebody else": lambda record: record["body"].update(slots=["cellar-1"]),
    "a quality that is none": lambda record: record["body"].update(quality="fine"),
    "a boot without a name": lambda record: record.update(boot_id=""),
    "a boot time before the boot": lambda record: record.update(boottime_ns=-1),
    "a time that is none": lambda record: record.update(wall_at="yesterday"),
    "a kind that is none": lambda record: record["body"].update(kind="song"),
    "nothing in it": lambda record: record.clear(),
    "a movement in the wrong lane": lambda record: record["body"].update(kind="movement"),
    "the character NUL": lambda record: record["body"].update(scale_id="a\0b"),
}


def count(scale: float = 1.0) -> dict[str, object]:
    """Spoil one record of a batch in every way, ROUNDS times at different places."""
    rounds = max(1, round(ROUNDS * scale))
    fleet = members(1)
    counted = dict.fromkeys(("batches", "stored", "quarantined", "answers that blame another record"), 0)
    with folder_for_soak() as folder, any_database(folder) as url:
        kind = asyncio.run(introduce(url, fleet))
        cloud = SoakCloud(folder, url)
        cloud.start()
        gateway = FleetGateway(fleet[0], cloud.address, Tally(), dice=random.Random(1))
        try:
            with httpx.Client(base_url=cloud.address, timeout=30) as client:
                for number in range(rounds):
                    for spoil in SPOILERS.values():
                        _send(client, gateway, spoil, number * 37 % RECORDS, counted)
        finally:
            cloud.stop()
        with psycopg.connect(url) as connection:
            (kept,) = connection.execute("SELECT count(*) FROM reading_log").fetchone() or (0,)
    batches = counted["batches"]
    broken = ["499 of 500 stored"] * (counted["stored"] != 499 * batches or kept != 499 * batches)
    broken += ["1 of 500 quarantined, with its position"] * (
        counted["quarantined"] != batches or bool(counted["answers that blame another record"])
    )
    return {"database": kind, "kinds of badness": len(SPOILERS), **counted, "kept": kept, "broken": broken}


def _send(
    client: httpx.Client, gateway: FleetGateway, spoil: Spoil, place: int, counted: dict[str, int]
) -> None:
    batch = json.loads(gateway.body(RECORDS))
    batch["records"][place] = copy.deepcopy(batch["records"][place])
    spoil(batch["records"][place])
    body = json.dumps(batch).encode()
    answer = client.post(BATCHES_PATH, content=body, headers=gateway.headers(body)).raise_for_status().json()
    counted["batches"] += 1
    counted["stored"] += answer["stored"]
    counted["quarantined"] += len(answer["quarantined"])
    blamed = [refusal["seq"] for refusal in answer["quarantined"]]
    counted["answers that blame another record"] += blamed != [gateway.next_seq + place]
    gateway.next_seq = answer["mark"] + 1


def run(share: float = 1.0, _folder: Path | None = None, _seed: int = 1) -> Verdict:
    """Run it for `./dev soak`; the folder is its own, its dice are fixed."""
    return verdict_of(count(share))


if __name__ == "__main__":
    sys.exit(say(count(scale_of(sys.argv[1:]))))
