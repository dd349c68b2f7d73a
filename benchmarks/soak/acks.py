"""10,000 lost acknowledgements and 1,000,000 records sent again: 0 doubled.

The stub cloud commits and then resets the connection, nine times out of ten, so that the gateway's core
sends the same hundred records again and again over real HTTP. Waits between attempts are cut short; nothing
else is.
"""

import asyncio
import json
import secrets
import time
from pathlib import Path

from benchmarks.soak.common import Child, Verdict, wait_for
from benchmarks.soak.gateway import GATEWAY
from benchmarks.soak.stub_cloud import StubCloud
from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
from edge.clock import steady_s
from edge.domain.backoff import Backoff
from edge.domain.breaker import Breaker
from edge.loops.publishing import Publishing, Reachability
from edge.uplink.client import CloudClient
from edge.uplink.signing import key_path, load_or_make_key
from firmware_sim.house.ports import free_port

LOST = 10_000
LOSS = 0.9
BATCH = 100


class Hasty(Backoff):
    """Waits a millisecond."""

    def next_s(self, at_least_s: float = 0.0) -> float:  # noqa: ARG002 (it waits for nobody)
        """Note a failure and hardly wait."""
        return 0.001


class Clock:
    """As much of a clock as reachability asks for."""

    def real_s(self) -> float:
        return time.time()


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Send everything through a line that loses answers."""
    lost_acks = max(50, round(LOST * share))
    batches = round(lost_acks * (1 - LOSS) / LOSS)
    cloud, verdict = StubCloud(folder, free_port()), Verdict()
    try:
        cloud.wait_ready()
        cloud.control(lose_ack=LOSS)
        sender = Child(lambda: send(folder, cloud.url, batches), folder / "gateway.log")
        wait_for("all records", lambda: done(folder, sender), 120.0 + lost_acks * 0.5, 0.5)
        tally = cloud.tally()
    finally:
        cloud.stop()
    verdict.counts = {
        "records": batches * BATCH,
        "answers lost": tally["answers_lost"],
        "records sent again": tally["already"],
        "stored": tally["stored"],
        "doubled": tally["doubled"],
    }
    verdict.must(tally["stored"] == batches * BATCH and tally["doubled"] == 0, "each record once")
    verdict.must(tally["already"] >= 0.7 * lost_acks * BATCH, "enough was sent again")
    return verdict


def done(folder: Path, sender: Child) -> bool:
    """Whether the sender has ended."""
    del folder
    return not sender.is_alive


def send(folder: Path, url: str, batches: int) -> None:
    """Accept the records, and publish until none waits."""
    asyncio.run(_send(folder, url, batches))


async def _send(folder: Path, url: str, batches: int) -> None:
    outbox = SqliteOutbox(folder / "data" / "outbox.db", OutboxLimits(ballast_bytes=0), steady_s)
    await outbox.open(secrets.token_hex(16))
    for batch in range(batches):
        bodies = [
            json.dumps({"n": batch * BATCH + n, "body": {"kind": "reading"}}).encode() for n in range(BATCH)
        ]
        outbox.append(Lane.STATES, bodies)
        await outbox.flush()
    async with CloudClient(url, GATEWAY, load_or_make_key(key_path(folder))) as cloud:
        breaker = Breaker(Hasty(0.001, 1.0, lambda: 0.0))
        publishing = Publishing(outbox, cloud, Reachability(Clock()), breaker, steady_s)  # type: ignore[arg-type]
        for size in publishing._sizes.values():
            size.records = BATCH
            size.took = lambda *_: None  # type: ignore[method-assign]
        task = asyncio.create_task(publishing.run())
        while (await outbox.lanes())[Lane.STATES].waiting:
            await asyncio.sleep(0.1)
        task.cancel()
    await outbox.close()
