"""What a day writes to the card: at most 1.2 GB at 12 readings a second, 0.4 GB at 3.

The outbox on a real ext4 in a loop device, whose own counter of written sectors is read. Time is handed in,
so a day of commits every 5 s, acknowledgements, anchors and tidying takes a minute; the day before it fills
the 24 hours that are kept, so that deleting is paid for as well.
"""

import asyncio
import os
import random
from pathlib import Path

from benchmarks.soak.common import Verdict, sh
from benchmarks.soak.disk import record
from benchmarks.soak.power import Disk
from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
from edge.ports import Run

SLOT_S = 5.0
DAY_SLOTS = 17_280
PROMISES_GB = {12: 1.2, 3: 0.4}
IMAGE_BYTES = 512 * 1024 * 1024


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Live through a day at each rate."""
    verdict = Verdict()
    for rate, promise_gb in PROMISES_GB.items():
        place = folder / str(rate)
        place.mkdir()
        disk = Disk(place, IMAGE_BYTES)
        try:
            slots = max(300, round(DAY_SLOTS * share))
            written = asyncio.run(live(disk, rate, slots))
        finally:
            disk.take_out()
        gb = written / slots * DAY_SLOTS / 1e9
        verdict.counts[f"GB a day at {rate}/s"] = gb
        verdict.counts[f"bytes written a reading at {rate}/s"] = written / (slots * SLOT_S * rate)
        verdict.must(gb <= promise_gb, f"{promise_gb} GB a day at {rate} readings a second")
    return verdict


async def live(disk: Disk, rate: int, slots: int) -> int:
    """Return the bytes written to the device in so many slots of 5 s, after as many to warm up."""
    now = [0.0]
    keep_s = slots * SLOT_S
    outbox = SqliteOutbox(disk.mount / "outbox.db", OutboxLimits(keep_s=keep_s), lambda: now[0])
    await outbox.open("a" * 32)
    dice, number, before = random.Random(2), 0, 0
    for slot in range(2 * slots):
        if slot == slots:
            os.sync()
            before = disk.written_bytes()
        made = [record(number + n, dice) for n in range(int(rate * SLOT_S))]
        number += len(made)
        outbox.append(Lane.STATES, made)
        if slot % 180 == 0:
            outbox.append(Lane.MOVEMENTS, [record(number, dice)])
        await outbox.flush()
        await outbox.acknowledge(Run(Lane.STATES, 0, (), epoch=outbox.epoch), number - 1)
        now[0] += SLOT_S
        if slot % 4 == 0:
            await outbox.tidy()
    await outbox.close()
    sh("sync", "-f", disk.mount)
    return disk.written_bytes() - before
