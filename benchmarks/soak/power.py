"""400 power cuts of a real ext4: nothing acknowledged is lost, a new reading is accepted 5 s after the start.

The gateway's data lies on a loop-mounted ext4; EXT4_IOC_SHUTDOWN stops it at a random moment without flushing
its journal, as a power cut does, and the gateway is killed. A record counts as acknowledged only if the
acceptance log (on another disk) had it before the cut. What a disk's own cache loses by lying about flushes
is not shown.
"""

import fcntl
import os
import random
import struct
import time
from contextlib import closing, suppress
from pathlib import Path

from benchmarks.soak.common import Child, Verdict, lines_of, need, need_root, sh, wait_for
from benchmarks.soak.gateway import Plan, core_gateway
from benchmarks.soak.stub_cloud import StubCloud, is_dense, missing
from contract.records import Lane
from edge.buffer.lives import Lives
from firmware_sim.house.ports import free_port

CUTS = 400
EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
IMAGE_BYTES = 96 * 1024 * 1024
LIFE_S = (0.4, 1.2)


class Disk:
    """A small ext4 in a file."""

    def __init__(self, folder: Path, size: int = IMAGE_BYTES) -> None:
        need_root()
        need("mkfs.ext4", "losetup", "mount")
        self.image, self.mount = folder / "disk.img", folder / "disk"
        self.mount.mkdir()
        with self.image.open("wb") as file:
            file.truncate(size)
        sh("mkfs.ext4", "-q", "-F", self.image)
        self.put_in()

    def put_in(self) -> None:
        """Mount it."""
        sh("mount", "-o", "loop,noatime", self.image, self.mount)

    def take_out(self) -> None:
        """Unmount it; safe to call twice."""
        with suppress(Exception):
            sh("umount", self.mount)

    def cut(self) -> None:
        """Cut the power."""
        descriptor = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def written_bytes(self) -> int:
        """How much was written to it since it was put in."""
        device = sh("findmnt", "-n", "-o", "SOURCE", self.mount).strip().rsplit("/", 1)[-1]
        return int(Path(f"/sys/block/{device}/stat").read_text().split()[6]) * 512


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Cut, look, start again, count."""
    cuts, dice, verdict = max(4, round(CUTS * share)), random.Random(seed), Verdict()
    disk, log = Disk(folder), folder / "accepted.jsonl"
    cloud = StubCloud(folder, free_port())
    plan = Plan(disk.mount, cloud.url, log, rows_per_s=60.0, movement_every_s=0.3, ballast_bytes=0)
    lost, waits_s = 0, []
    try:
        cloud.wait_ready()
        for _ in range(cuts):
            before = log.stat().st_size if log.exists() else 0
            victim = Child(lambda: core_gateway(plan), folder / "gateway.log")
            waits_s.append(
                wait_for(
                    "a reading",
                    lambda before=before: log.exists() and log.stat().st_size > before,
                    60.0,
                    0.01,
                )
            )
            time.sleep(dice.uniform(*LIFE_S))
            acknowledged = lines_of(log)
            disk.cut()
            victim.kill()
            disk.take_out()
            disk.put_in()
            lost += lost_on(disk.mount / "data" / "outbox.db", acknowledged[-500:])
        last = Child(lambda: core_gateway(plan), folder / "gateway.log")
        wait_for("the accepted records", lambda: missing(lines_of(log), cloud.tally())[0] == 0, 60.0, 0.5)
        last.kill()
        tally = cloud.tally()
    finally:
        disk.take_out()
        cloud.stop()
    accepted = lines_of(log)
    verdict.counts = {
        "power cuts": cuts,
        "accepted": len(accepted),
        "lost": lost + missing(accepted, tally)[0],
        "doubled": tally["doubled"],
        "s to a new reading at worst": max(waits_s),
    }
    verdict.must(verdict.counts["lost"] == 0, "0 acknowledged records lost")
    verdict.must(tally["doubled"] == 0 and is_dense(accepted), "0 doubled, numbers dense")
    verdict.must(max(waits_s) <= 5.0, "a new reading within 5 s of the start")
    return verdict


def lost_on(outbox: Path, acknowledged: list[dict[str, object]]) -> int:
    """Count the acknowledged records that the file does not have any more."""
    lives = Lives(outbox, time.monotonic)
    boot = (outbox.parent / "boots.json").read_text() if (outbox.parent / "boots.json").exists() else ""
    lives.open("f" * 32)
    with closing(lives):
        if boot:
            (outbox.parent / "boots.json").write_text(boot)
        first = {
            lane: min((int(str(one["seq"])) for one in acknowledged if one["lane"] == lane.value), default=0)
            for lane in Lane
        }
        kept = {
            (store.epoch, lane.value, seq)
            for store in lives.stores()
            for lane in Lane
            for seq, _ in store.bodies_after(lane, first[lane] - 1)
        }
    return sum(1 for one in acknowledged if (one["epoch"], one["lane"], one["seq"]) not in kept)
