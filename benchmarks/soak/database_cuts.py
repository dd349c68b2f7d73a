"""50 power cuts of PostgreSQL under ingest: what was acknowledged is there, once.

The cluster lies on an ext4 of its own, which is shut down in mid-write (EXT4_IOC_SHUTDOWN, no flush of its
journal), as when the mains fail; then PostgreSQL is killed, the file system mounted anew and repaired by its
journal. Without root PostgreSQL is only killed (SIGKILL, the whole group), and the count says so.

    python -m benchmarks.soak.database_cuts [SHARE]
"""

import asyncio
import fcntl
import os
import signal
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
from benchmarks.soak.common import CommandError, SkippedError, Verdict, need_root, sh
from benchmarks.soak.under_ingest import ingesting
from firmware_sim.fleet.bars import members
from firmware_sim.house.postgres import EmbeddedPostgres

CUTS = 50
GATEWAYS = 12
IMAGE_BYTES = 3 << 30
EXT4_IOC_SHUTDOWN = 0x8004587D  # <linux/ext4.h>
NO_LOG_FLUSH = 2


def count(scale: float = 1.0) -> dict[str, object]:
    """Cut the power a share of CUTS times."""
    cuts = max(2, round(CUTS * scale))
    fleet = members(GATEWAYS)
    with folder_for_soak() as folder, a_disk(folder) as disk:
        place = disk.mount if disk is not None else folder
        with own_postgres(place) as postgres:
            url = postgres.url("barback")
            asyncio.run(introduce(url, fleet))
            os.sync()
            cloud = SoakCloud(folder, url)
            cloud.start()
            try:
                with ingesting(fleet, cloud.address) as ingest:
                    for _ in range(cuts):
                        time.sleep(1.5)
                        cut(postgres, disk)
            finally:
                cloud.stop()
            stored, doubled = cloud.stored()
            missing = cloud.missing(ingest.acknowledged)
    broken = ["0 lost"] * bool(missing) + ["0 doubled"] * bool(doubled)
    return {
        "power cuts": cuts,
        "how": "ext4 shut down in mid-write" if disk is not None else "SIGKILL of all of PostgreSQL",
        "batches acknowledged": ingest.tally.acknowledged,
        "records acknowledged": ingest.tally.records,
        "records stored": stored,
        "lost": missing,
        "doubled": doubled,
        "asked to wait": ingest.tally.asked_to_wait,
        "broken": broken,
    }


class Disk:
    """An ext4 in a file, mounted by a loop device."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "disk.img"
        self.mount = folder / "disk"
        self.mount.mkdir()
        with self._image.open("wb") as image:
            image.truncate(IMAGE_BYTES)
        sh("mkfs.ext4", "-q", "-F", self._image)

    def attach(self) -> None:
        """Mount it; its journal is replayed."""
        sh("mount", "-o", "loop", self._image, self.mount)
        self.mount.chmod(0o755)

    def detach(self) -> None:
        """Unmount it, once nobody holds it any more."""
        for _ in range(100):
            try:
                sh("umount", self.mount)
            except CommandError:
                time.sleep(0.1)
            else:
                return
        sh("umount", "-l", self.mount)

    def fail(self) -> None:
        """From now on nothing is written."""
        descriptor = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)


@contextmanager
def a_disk(folder: Path) -> Iterator[Disk | None]:
    """Lend a file system that can be shut down, or None where that cannot be had."""
    try:
        need_root()
        folder.chmod(0o755)
        disk = Disk(folder)
        disk.attach()
    except SkippedError as reason:
        print(f"    no ext4 to shut down ({reason}): PostgreSQL is killed instead", flush=True)
        yield None
        return
    try:
        yield disk
    finally:
        disk.detach()


def cut(postgres: EmbeddedPostgres, disk: Disk | None) -> None:
    """Cut the power and let PostgreSQL start again."""
    assert postgres.process is not None
    group = postgres.process.pid
    assert group is not None
    if disk is not None:
        disk.fail()
    os.killpg(group, signal.SIGKILL)
    postgres.kill()
    if disk is not None:
        disk.detach()
        disk.attach()
    postgres.start()


def run(share: float = 1.0, _folder: Path | None = None, _seed: int = 1) -> Verdict:
    """Run it for `./dev soak`; the folder is its own, its dice are fixed."""
    return verdict_of(count(share))


if __name__ == "__main__":
    sys.exit(say(count(scale_of(sys.argv[1:]))))
