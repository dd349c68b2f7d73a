"""The outbox beside the SQLite storage of thingsboard-gateway: durable events/s, bytes an event, lost on
kill -9.

Both get the same readings (280 bytes of JSON) on the same disk in the same run. An event counts as durable
when it can be read by another connection after its commit; after a kill -9 it is lost if the storage had
taken it (put returned, or the outbox's future was done) and it is not in the file.

    python benchmarks/outbox.py [--quick] [--thingsboard PYTHON]

PYTHON is that of a virtual environment with `pip install thingsboard-gateway`, which is no dependency of
ours; without it its column is left out. BARBACK_THINGSBOARD_PYTHON does the same.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.soak.disk import record
from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.store import Store
from edge.buffer.upkeep import OutboxLimits
from edge.clock import steady_s

EVENTS, QUICK_EVENTS = 100_000, 20_000
PER_COMMIT = (1, 60, 1_000)
KILL_RATE, KILL_S = 500, 4.0

PEER = """
import json, logging, sqlite3, sys, time
from threading import Event
from pathlib import Path
from thingsboard_gateway.storage.sqlite.sqlite_event_storage import SQLiteEventStorage
mode, folder, count = sys.argv[1], sys.argv[2] + "/", int(sys.argv[3])
logging.Logger.trace = logging.Logger.debug  # a level that its own start adds
log = logging.getLogger("peer"); log.addHandler(logging.NullHandler()); log.propagate = False
stop = Event()
settings = {"data_file_path": folder, "size_limit": 1024, "messages_ttl_in_days": 7}
storage = SQLiteEventStorage(settings, log, stop)
event = Path(sys.argv[4]).read_text().splitlines()
def rows():
    total = 0
    for file in Path(folder).glob("*.db"):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            total += connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    return total
if mode == "fill":
    began = time.perf_counter()
    for number in range(count):
        storage.put(event[number % len(event)])
    put_s = time.perf_counter() - began
    while rows() < count and time.perf_counter() - began < 300:
        time.sleep(0.02)
    durable_s = time.perf_counter() - began
    size = sum(file.stat().st_size for file in Path(folder).iterdir())
    print(json.dumps({"put_s": put_s, "durable_s": durable_s, "bytes": size}), flush=True)
    began, read = time.perf_counter(), 0
    while read < count and time.perf_counter() - began < 60:
        pack = storage.get_event_pack()
        read += len(pack)
        storage.event_pack_processing_done()
        if not pack:
            time.sleep(0.01)
    print(json.dumps({"read": read, "read_s": time.perf_counter() - began}), flush=True)
else:
    print("ready", flush=True)
    number, began = 0, time.perf_counter()
    while True:
        storage.put(event[number % len(event)])
        number += 1
        print(number, flush=True)
        time.sleep(max(0.0, began + number / count - time.perf_counter()))
"""

OWN = """
import asyncio, sys, time
from pathlib import Path
from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
async def main():
    limits = OutboxLimits(commit_every_s=float(sys.argv[5]))
    outbox = SqliteOutbox(Path(sys.argv[2]) / "outbox.db", limits, time.monotonic)
    await outbox.open("a" * 32)
    events = Path(sys.argv[4]).read_bytes().splitlines()
    runs = asyncio.create_task(outbox.run())
    print("ready", flush=True)
    number, done, began, rate = 0, 0, time.perf_counter(), int(sys.argv[3])
    def durable(_):
        nonlocal done
        done += 1
        print(done, flush=True)
    while True:
        outbox.append(Lane.STATES, [events[number % len(events)]]).add_done_callback(durable)
        number += 1
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
asyncio.run(main())
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute; rougher figures")
    parser.add_argument(
        "--thingsboard", default=os.environ.get("BARBACK_THINGSBOARD_PYTHON"), metavar="PYTHON"
    )
    options = parser.parse_args()
    events = QUICK_EVENTS if options.quick else EVENTS
    results: dict[str, object] = {"benchmark": "outbox", "events": events}
    with tempfile.TemporaryDirectory(prefix="outbox-") as place:
        sample = Path(place) / "events"
        dice = random.Random(1)
        sample.write_bytes(b"\n".join(record(number, dice) for number in range(5_000)))
        for per_commit in PER_COMMIT:
            count = events if per_commit > 1 else min(events, 5_000)
            results[f"outbox, {per_commit} a commit"] = own(
                Path(place) / f"own-{per_commit}", sample, count, per_commit
            )
        results["outbox, lost of those it took, kill -9"] = killed(
            sys.executable, OWN, Path(place), sample, "0.5"
        )
        results |= peer(options.thingsboard, Path(place), sample, events)
    print(json.dumps(results))
    return 0


def own(folder: Path, sample: Path, count: int, per_commit: int) -> dict[str, float]:
    """Fill and drain an outbox."""
    lines = sample.read_bytes().splitlines()
    events = [lines[number % len(lines)] for number in range(count)]
    result = asyncio.run(_own(folder, events, per_commit))
    print(
        f"outbox, {per_commit:>5,} a commit: {result['durable_per_s']:>9,.0f} durable events/s, "
        f"{result['read_per_s']:>9,.0f}/s read and acknowledged, {result['bytes_per_event']:.0f} bytes each",
        flush=True,
    )
    return result


async def _own(folder: Path, events: list[bytes], per_commit: int) -> dict[str, float]:
    outbox = SqliteOutbox(folder / "outbox.db", OutboxLimits(ballast_bytes=0), steady_s)
    await outbox.open("a" * 32)
    began_s = time.perf_counter()
    for start in range(0, len(events), per_commit):
        outbox.append(Lane.STATES, events[start : start + per_commit])
        await outbox.flush()
    durable_s = time.perf_counter() - began_s
    with closing(sqlite3.connect(f"file:{folder / 'outbox.db'}?mode=ro", uri=True)) as connection:
        assert connection.execute("SELECT sum(count) FROM block WHERE count > 0").fetchone()[0] == len(events)
    used = await outbox.tidy()
    began_s = time.perf_counter()
    while (run := await outbox.read(Lane.STATES, 2_000, 4_000_000)) is not None:
        await outbox.acknowledge(run, run.last_seq)
    read_s = time.perf_counter() - began_s
    await outbox.close()
    return {
        "durable_per_s": len(events) / durable_s,
        "read_per_s": len(events) / read_s,
        "bytes_per_event": used / len(events),
    }


def peer(python: str | None, folder: Path, sample: Path, events: int) -> dict[str, object]:
    """Fill, drain and kill the peer's storage."""
    if python is None or shutil.which(python) is None:
        print("thingsboard-gateway: left out; give --thingsboard PYTHON of an environment that has it")
        return {}
    place = folder / "peer"
    place.mkdir()
    script = [python, "-c", PEER, "fill", str(place), str(events), str(sample)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode or not done.stdout:
        print(f"thingsboard-gateway: left out, it did not run: {done.stderr.strip()[-300:]}")
        return {}
    filled, *rest = map(json.loads, done.stdout.splitlines())
    read = rest[0] if rest else {"read": 0, "read_s": 1.0}
    result = {
        "put_per_s": events / filled["put_s"],
        "durable_per_s": events / filled["durable_s"],
        "read_per_s": read["read"] / read["read_s"],
        "bytes_per_event": filled["bytes"] / events,
    }
    print(
        f"thingsboard-gateway, SQLite: {result['durable_per_s']:>9,.0f} durable events/s "
        f"({result['put_per_s']:,.0f} put), {result['read_per_s']:>9,.0f}/s read and done, "
        f"{result['bytes_per_event']:.0f} bytes an event",
        flush=True,
    )
    lost = killed(python, PEER, folder, sample, "")
    return {"thingsboard-gateway": result, "thingsboard-gateway, lost of those it took, kill -9": lost}


def killed(python: str, script: str, folder: Path, sample: Path, commit_s: str) -> dict[str, int]:
    """Give 500 events a second for a few seconds, kill -9, and count what it had taken and has not."""
    place = folder / f"killed-{'own' if script == OWN else 'peer'}"
    place.mkdir()
    words = [python, "-c", script, "kill", str(place), str(KILL_RATE), str(sample), commit_s]
    log = folder / f"{place.name}.log"
    with (
        log.open("w") as out,
        subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL, env=environment()) as child,
    ):
        while "ready" not in log.read_text():
            time.sleep(0.05)
            if child.poll() is not None:
                print(f"{place.name}: it did not start")
                return {}
        time.sleep(KILL_S)
        child.send_signal(signal.SIGKILL)
    taken = int(log.read_text().split("\n")[-2])
    kept = kept_by_us(place) if script == OWN else kept_by_peer(place)
    lost = max(0, taken - kept)
    print(f"    kill -9 at {KILL_RATE} events/s: {taken:,} taken, {lost:,} of them lost", flush=True)
    return {"taken": taken, "lost": lost}


def environment() -> dict[str, str]:
    """The environment of a process that may import our parts."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def kept_by_us(place: Path) -> int:
    """Count the records of an outbox."""
    with closing(Store(place / "outbox.db", steady_s)) as store:
        return sum(1 for _ in store.bodies_after(Lane.STATES, -1))


def kept_by_peer(place: Path) -> int:
    """Count the messages of the peer's files."""
    total = 0
    for file in place.glob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            total += connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    return total


if __name__ == "__main__":
    sys.exit(main())
