"""A full disk, EIO on fsync, 300 bit flips, broken files at boot: collecting again within 60 s, losses
declared.

* full: the disk is filled to the last byte while the cloud is away, later emptied again.
* EIO: strace lets every tenth fsync fail.
* flips: one bit of an outbox file changes; every record is then sent unchanged, or declared lost.
* broken at boot: the file is cut off, zeroed, or something else altogether.
"""

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from benchmarks.soak.common import Child, SkippedError, Verdict, lines_of, sh, wait_for
from benchmarks.soak.gateway import Plan, core_gateway
from benchmarks.soak.power import Disk
from benchmarks.soak.stub_cloud import StubCloud, missing
from contract.records import Lane
from edge.buffer.damage import is_damage
from edge.buffer.lives import Lives
from edge.buffer.store import Store
from firmware_sim.house.ports import free_port

FLIPS = 300
EIO_S = 120.0
FULL_S = 120.0
STRACE = "inject=fsync,fdatasync:error=EIO:when=20+10"


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Make each fault in turn; what this machine cannot make is named."""
    verdict = Verdict()
    for fault in (flips, broken_at_boot, full, io_errors):
        place = folder / fault.__name__
        place.mkdir()
        try:
            fault(share, place, seed, verdict)
        except SkippedError as reason:
            verdict.skipped.append(f"{fault.__name__}: {reason}")
    return verdict


def template(path: Path, blocks: int = 150) -> tuple[str, dict[str, list[bytes]]]:
    """Make an outbox as a few minutes of work leave it; return its epoch and all its records."""
    store, dice = Store(path, lambda: 0.0), random.Random(5)
    kept: dict[str, list[bytes]] = {lane.value: [] for lane in Lane}
    for number in range(blocks):
        made = {Lane.STATES: [record(number * 60 + n, dice) for n in range(60)]}
        if number % 3 == 0:
            made[Lane.MOVEMENTS] = [record(number, dice)]
        store.append(made)
        for lane, bodies in made.items():
            kept[lane.value] += bodies
    store.close()
    return store.epoch, kept


def record(number: int, dice: random.Random) -> bytes:
    """A record as the recorder writes it."""
    return (
        b'{"boot_no":1,"boot_id":"%s","boottime_ns":%d,"wall_at":"2026-11-20T21:14:03.%06dZ","synced":true,'
        b'"body":{"kind":"reading","scale_id":"cell-%d","slots":["top-%d"],"weight_g":%.2f,"sigma_g":%.3f,'
        b'"quality":"ok","temperature_c":21.5}}'
    ) % (b"0f" * 16, number * 83_000_000, dice.randrange(10**6), number % 12, number % 12,
         400 + 600 * dice.random(), dice.random())  # fmt: skip


def flips(share: float, folder: Path, seed: int, verdict: Verdict) -> None:
    """Flip one bit, send everything, compare."""
    whole = folder / "whole.db"
    epoch, kept = template(whole)
    dice, count = random.Random(seed), max(10, round(FLIPS * share))
    altered = silent = declared = noticed = 0
    slowest_s = 0.0
    for number in range(count):
        path = folder / f"flip-{number}" / "outbox.db"
        path.parent.mkdir()
        shutil.copy(whole, path)
        flip(path, dice)
        began_s = time.monotonic()
        sent, gaps = drain(path)
        slowest_s = max(slowest_s, time.monotonic() - began_s)
        for lane in Lane:
            wanted = kept[lane.value]
            got = {seq: body for (name, where, seq), body in sent.items() if name == epoch and where is lane}
            altered += sum(1 for seq, body in got.items() if seq < len(wanted) and wanted[seq] != body)
            lost = set(range(len(wanted))) - got.keys()
            said = {
                seq
                for name, where, first, last in gaps
                if name == epoch and where is lane
                for seq in range(first, last + 1)
            }
            silent += len(lost - said)
            declared += len(lost & said)
            noticed += bool(lost)
        shutil.rmtree(path.parent)
    verdict.counts |= {
        "bit flips": count,
        "of them cost records": noticed,
        "records declared lost by flips": declared,
        "lost in silence": silent,
        "altered": altered,
        "s until a flipped file was drained at worst": slowest_s,
    }
    verdict.must(silent == 0, "what a flip costs is declared")
    verdict.must(altered == 0, "no altered record is sent")
    verdict.must(slowest_s <= 60.0, "collecting again within 60 s of a flip")


def flip(path: Path, dice: random.Random) -> None:
    """Change one bit of a file."""
    with path.open("r+b") as file:
        place = dice.randrange(path.stat().st_size)
        file.seek(place)
        old = file.read(1)[0]
        file.seek(place)
        file.write(bytes([old ^ 1 << dice.randrange(8)]))


Key = tuple[str, Lane, int]


def drain(path: Path) -> tuple[dict[Key, bytes], list[tuple[str, Lane, int, int]]]:
    """Start on a file, accept a new record, send all there is; return what was sent and what was declared."""
    lives = Lives(path, time.monotonic)
    lives.open("a" * 32)
    sent: dict[Key, bytes] = {}
    gaps: list[tuple[str, Lane, int, int]] = []
    with closing(lives):
        guarded(lives, lambda: lives.current.append({Lane.MOVEMENTS: [b'{"new":1}']}))
        while True:
            while lives.salvage_step():
                pass
            runs = [guarded(lives, lambda lane=lane: next_run(lives, lane)) for lane in Lane]
            for run_ in [one for one in runs if one is not None]:
                store = lives.store_of(run_.epoch)
                if store is None:
                    continue
                if run_.gap_from is not None:
                    gaps.append((run_.epoch, run_.lane, run_.gap_from, run_.first_seq - 1))
                numbered = enumerate(run_.bodies, run_.first_seq)
                sent |= {(run_.epoch, run_.lane, seq): body for seq, body in numbered}
                store.marks.acknowledge(run_.lane, run_.last_seq, 3600.0)
            if not any(runs) and not lives.salvage_step():
                return sent, gaps


def next_run(lives: Lives, lane: Lane) -> object:
    """Return the next run of a lane of any file."""
    return next((one for store in lives.stores() if (one := store.read(lane, 2_000, 4_000_000))), None)


def guarded(lives: Lives, work: Callable[[], object]) -> object:
    """Do as the outbox does: a damaged file is set aside and the work is done again."""
    try:
        return work()
    except Exception as error:
        if not is_damage(error):
            raise
        lives.set_aside(error)
        return work()


def broken_at_boot(share: float, folder: Path, seed: int, verdict: Verdict) -> None:
    """Start on a broken file."""
    whole = folder / "whole.db"
    template(whole, 40)
    content, worst_s = whole.read_bytes(), 0.0
    broken = {
        "cut off": content[: len(content) // 2],
        "header zeroed": bytes(4096) + content[4096:],
        "text": b"no database at all\n" * 500,
        "empty": b"",
        "noise": random.Random(seed).randbytes(50_000),
    }
    for name, wrong in broken.items():
        path = folder / name / "outbox.db"
        path.parent.mkdir()
        path.write_bytes(wrong)
        (path.parent / "outbox.db-wal").write_bytes(b"\0" * 5000)
        began_s = time.monotonic()
        sent, _ = drain(path)
        worst_s = max(worst_s, time.monotonic() - began_s)
        verdict.must(b'{"new":1}' in sent.values(), f"it collects again after: {name}")
    verdict.counts |= {"files broken at boot": len(broken), "s to collect again after them at worst": worst_s}


def full(share: float, folder: Path, seed: int, verdict: Verdict) -> None:
    """Fill the disk while the cloud is away, look on, empty it, let the cloud come back."""
    disk = Disk(folder, 64 * 1024 * 1024)
    log, filler = folder / "accepted.jsonl", disk.mount / "filler"
    cloud = StubCloud(folder, free_port())
    full_s = max(6.0, FULL_S * share)
    plan = Plan(disk.mount, cloud.url, log, rows_per_s=2_000.0, movement_every_s=0.1)
    try:
        cloud.wait_ready()
        cloud.control(status=503)
        gateway = Child(lambda: core_gateway(plan), folder / "gateway.log")
        wait_for("the first records", lambda: len(lines_of(log)) > 500, 30.0)
        fill(filler)
        began_s, at_first = time.monotonic(), len(lines_of(log))
        worst_s = 0.0
        last_growth_s, last = began_s, at_first
        while time.monotonic() - began_s < full_s:
            time.sleep(0.5)
            fill(filler)
            now, now_s = len(lines_of(log)), time.monotonic()
            if now > last:
                last, last_growth_s = now, now_s
            worst_s = max(worst_s, now_s - last_growth_s)
        while_full = last - at_first
        filler.unlink()
        cloud.control()
        wait_for("the backlog", lambda: missing(lines_of(log)[:-100], cloud.tally())[0] == 0, 90.0, 0.5)
        gateway.kill()
        tally = cloud.tally()
    finally:
        cloud.stop()
        disk.take_out()
    accepted = lines_of(log)
    _, declared = missing(accepted, tally)
    lost_movements = sum(1 for _, lane, *_ in tally["gaps"] if lane == "movements")
    verdict.counts |= {
        "accepted while the disk was full": while_full,
        "s without a new record on a full disk at worst": worst_s,
        "readings thinned": declared,
        "movements given up": lost_movements,
        "doubled on a full disk": tally["doubled"],
    }
    verdict.must(while_full > 0 and worst_s <= 60.0, "it goes on collecting on a full disk")
    verdict.must(lost_movements == 0, "movements are never given up")
    verdict.must(tally["doubled"] == 0, "nothing is doubled on a full disk")


def fill(filler: Path) -> None:
    """Take the last byte of a disk."""
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"\xaa" * 65_536)
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(b"\xaa" * 512)


CORE = """
import sys
from pathlib import Path
from benchmarks.soak.gateway import Plan, core_gateway
core_gateway(Plan(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), stop_after_s=float(sys.argv[4])))
"""


def io_errors(share: float, folder: Path, seed: int, verdict: Verdict) -> None:
    """Let fsync fail again and again; compare what was accepted with the disk and the cloud."""
    sh("strace", "-qq", "-o", folder / "may-strace.log", "true")  # skips where it is missing or not allowed
    cloud, log = StubCloud(folder, free_port()), folder / "accepted.jsonl"
    try:
        cloud.wait_ready()
        lasts_s = str(max(8.0, EIO_S * share))
        traced = ("-e", "trace=fsync,fdatasync", "-e", STRACE)
        gateway = (sys.executable, "-c", CORE, folder, cloud.url, log, lasts_s)
        command = ["strace", "-f", "-qq", "-o", folder / "strace.log", *traced, *gateway]
        with (folder / "gateway.log").open("wb") as said:
            status = subprocess.run(command, check=False, stdout=said, stderr=said).returncode
        failed = (folder / "strace.log").read_text().count("(INJECTED)")
        accepted = lines_of(log)
        with closing(sqlite3.connect(folder / "data" / "outbox.db")) as connection:
            is_whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            verdict.must(is_whole, "the file is whole")
        store = Store(folder / "data" / "outbox.db", time.monotonic)
        kept = {(store.epoch, lane.value, seq) for lane in Lane for seq, _ in store.bodies_after(lane, -1)}
        store.close()
        tally = cloud.tally()
    finally:
        cloud.stop()
    lost = sum(1 for one in accepted if (one["epoch"], one["lane"], one["seq"]) not in kept)
    verdict.counts |= {
        "fsyncs that failed": failed,
        "accepted beside them": len(accepted),
        "lost beside them": lost,
        "doubled beside them": tally["doubled"],
    }
    verdict.must(status == 0, "the gateway lives on when fsync fails")
    verdict.must(failed > 0 and len(accepted) > 100, "fsync failed and records were accepted all the same")
    verdict.must(lost == 0 and tally["doubled"] == 0, "nothing lost or doubled when fsync fails")
