"""Both ends of the way: what each gateway wrote down when it accepted, and what the cloud has."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import psycopg

from contract.records import Lane
from edge.buffer.store import Store


class Key(NamedTuple):
    """Where a record stands."""

    gateway_id: str
    epoch: str
    lane: str
    seq: int


def accepted(logs: dict[str, Path]) -> dict[Key, str]:
    """Read the acceptance logs, one per gateway: key -> sha256 of the record's body."""
    found: dict[Key, str] = {}
    for gateway_id, log in logs.items():
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            key = Key(gateway_id, entry["epoch"], entry["lane"], entry["seq"])
            assert key not in found, f"accepted twice: {key}"
            found[key] = entry["sha256"]
    return found


def stored(database_url: str) -> Counter[Key]:
    """Count the cloud's records by key."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT gateway_id, epoch, lane, seq FROM reading_log UNION ALL "
            "SELECT gateway_id, epoch, lane, seq FROM movement_log UNION ALL "
            "SELECT gateway_id, epoch, lane, seq FROM health_log UNION ALL "
            "SELECT gateway_id, epoch, lane, seq FROM anchor_log"
        )
        return Counter(Key(*row) for row in rows)


def bodies(outbox: Path) -> Iterator[tuple[str, int, bytes]]:
    """Yield (lane, seq, body) of what a stopped gateway still keeps."""
    with closing(Store(outbox, lambda: 0.0)) as store:
        for lane in Lane:
            yield from ((lane.value, seq, body) for seq, body in store.bodies_after(lane, -1))


def digest(body: bytes) -> str:
    """Return the hash by which the acceptance log knows a body."""
    return sha256(body).hexdigest()


def weights(database_url: str, gateway_id: str) -> dict[int, tuple[str, float | None, str]]:
    """Return the cloud's readings of a gateway by sequence number: scale, weight, quality."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT seq, scale_id, weight_g, quality FROM reading_log WHERE gateway_id = %s", (gateway_id,)
        )
        return {seq: (scale, weight, quality) for seq, scale, weight, quality in rows}
