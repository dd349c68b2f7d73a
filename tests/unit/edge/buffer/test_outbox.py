import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from contract.records import Lane
from edge.buffer.marks import Marks
from edge.buffer.migrations import OutboxFromTheFutureError
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.places import place_of
from edge.buffer.store import peek
from edge.buffer.upkeep import OutboxLimits
from edge.ports import LaneState, Run

BOOT, OTHER_BOOT = "a" * 32, "b" * 32


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "outbox.db"


async def opened(path: Path, clock: Clock, boot: str = BOOT, **limits) -> SqliteOutbox:
    log = limits.pop("acceptance_log", None)
    outbox = SqliteOutbox(path, OutboxLimits(**limits), clock, log)
    await outbox.open(boot)
    return outbox


def noise(count: int) -> list[bytes]:
    """Records that do not compress."""
    return [os.urandom(200).hex().encode() for _ in range(count)]


def bodies(count: int, start: int = 0) -> list[bytes]:
    return [f'{{"n":{n}}}'.encode() for n in range(start, start + count)]


async def acknowledge(outbox: SqliteOutbox, lane: Lane, mark: int) -> None:
    await outbox.acknowledge(Run(lane, 0, (), epoch=outbox.epoch), mark)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def test_records_are_numbered_densely_per_lane_from_zero(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        outbox.append(Lane.STATES, bodies(3))
        outbox.append(Lane.MOVEMENTS, bodies(1))
        outbox.append(Lane.STATES, bodies(2, start=3))
        await outbox.flush()
        read = await outbox.read(Lane.STATES, 10, 10_000)
        assert (read.first_seq, read.bodies, read.gap_from) == (0, tuple(bodies(5)), None)
        assert (await outbox.read(Lane.MOVEMENTS, 10, 10_000)).first_seq == 0
        await outbox.close()

    run(story())


def test_a_movement_is_durable_at_once_and_takes_the_states_along(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock, commit_every_s=3600)
        committer = asyncio.create_task(outbox.run())
        states = outbox.append(Lane.STATES, bodies(3))
        await asyncio.sleep(0)
        assert not states.done()
        await outbox.append(Lane.MOVEMENTS, bodies(1))
        assert states.done()
        committer.cancel()
        await outbox.close()

    run(story())


def test_two_hundred_states_do_not_wait_for_the_interval(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock, commit_every_s=3600)
        committer = asyncio.create_task(outbox.run())
        await outbox.append(Lane.STATES, bodies(200))
        committer.cancel()
        await outbox.close()

    run(story())


def test_what_was_accepted_is_there_after_reopening_with_epoch_and_mark(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        outbox.append(Lane.STATES, bodies(5))
        await outbox.flush()
        await acknowledge(outbox, Lane.STATES, 1)
        await outbox.close()
        again = await opened(path, clock)
        assert again.epoch == outbox.epoch
        assert (await again.lanes())[Lane.STATES] == LaneState(acknowledged=1, next_seq=5, waiting=3)
        assert (await again.read(Lane.STATES, 10, 10_000)).first_seq == 2
        await again.close()

    run(story())


def test_closing_commits_what_waits(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        outbox.append(Lane.STATES, bodies(5))
        await outbox.close()
        await outbox.close()

    run(story())
    assert peek(path)[Lane.STATES] == LaneState(acknowledged=-1, next_seq=5, waiting=5)


def test_a_new_boot_counts_one_up_and_the_same_does_not(path, clock) -> None:
    async def story() -> list[int]:
        numbers = []
        for boot in (BOOT, BOOT, OTHER_BOOT):
            outbox = await opened(path, clock, boot)
            numbers.append(outbox.boot_no)
            await outbox.close()
        return numbers

    assert run(story()) == [1, 1, 2]


def test_a_run_ends_at_its_limit_of_records_and_of_bytes(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        outbox.append(Lane.STATES, [b"x" * 100] * 10)
        await outbox.flush()
        assert len((await outbox.read(Lane.STATES, 4, 10_000)).bodies) == 4
        assert len((await outbox.read(Lane.STATES, 10, 350)).bodies) == 3
        assert len((await outbox.read(Lane.STATES, 10, 1)).bodies) == 1
        await outbox.close()

    run(story())


def test_a_rewind_sends_acknowledged_records_again(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        outbox.append(Lane.STATES, bodies(5))
        await outbox.flush()
        await acknowledge(outbox, Lane.STATES, 4)
        assert await outbox.read(Lane.STATES, 10, 10_000) is None
        await acknowledge(outbox, Lane.STATES, 1)
        assert (await outbox.read(Lane.STATES, 10, 10_000)).bodies == tuple(bodies(3, start=2))
        await outbox.close()

    run(story())


@pytest.mark.parametrize(("hours", "first_kept"), [(23, 0), (25, 3)])
def test_acknowledged_records_stay_for_a_day_and_then_go(path, clock, hours, first_kept) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        for start, count in ((0, 3), (3, 2)):
            outbox.append(Lane.STATES, bodies(count, start=start))
            await outbox.flush()
        await acknowledge(outbox, Lane.STATES, 3)
        clock.now_s += hours * 3600
        await outbox.tidy()
        await acknowledge(outbox, Lane.STATES, -1)
        kept = await outbox.read(Lane.STATES, 10, 10_000)
        assert (kept.first_seq, len(kept.bodies)) == (first_kept, 5 - first_kept)
        assert kept.gap_reason == ("no longer kept by the gateway" if first_kept else "")
        await outbox.close()

    run(story())


def test_the_day_is_counted_in_running_time_over_restarts(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        outbox.append(Lane.STATES, bodies(3))
        await outbox.flush()
        await acknowledge(outbox, Lane.STATES, 2)
        clock.now_s += 20 * 3600
        await outbox.tidy()
        await outbox.close()
        clock.now_s += 365 * 24 * 3600
        again = await opened(path, clock)
        await again.tidy()
        await acknowledge(again, Lane.STATES, -1)
        assert (await again.read(Lane.STATES, 10, 10_000)).first_seq == 0
        await again.close()

    run(story())


def test_a_full_outbox_thins_the_oldest_states_and_declares_them_but_keeps_movements(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock, max_bytes=6_300_000, ballast_bytes=0)
        outbox.append(Lane.MOVEMENTS, noise(1_000))
        await outbox.flush()
        for _ in range(200):
            outbox.append(Lane.STATES, noise(64))
            await outbox.flush()
        assert await outbox.tidy() <= 6_300_000
        states = (await outbox.lanes())[Lane.STATES]
        first = await outbox.read(Lane.STATES, 1_000, 100_000)
        assert (first.first_seq, first.gap_from, len(first.bodies)) == (0, None, 64)
        await acknowledge(outbox, Lane.STATES, 63)
        second = await outbox.read(Lane.STATES, 1_000, 100_000)
        assert (second.first_seq, second.gap_from, len(second.bodies)) == (256, 64, 64)
        assert second.gap_reason == "the gateway's store was full: its oldest readings were thinned out"
        assert (await outbox.lanes())[Lane.MOVEMENTS].waiting == 1000
        assert 4_096 <= states.waiting < 12_800
        newest = states.next_seq - 4_096
        await acknowledge(outbox, Lane.STATES, newest - 1)
        assert (await outbox.read(Lane.STATES, 1_000, 100_000)).gap_from is None
        await outbox.close()

    run(story())


def test_when_all_waiting_states_were_thinned_the_gap_is_declared_alone(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock, max_bytes=1, ballast_bytes=0)
        outbox.append(Lane.STATES, bodies(10))
        await outbox.flush()
        await outbox.tidy()
        alone = await outbox.read(Lane.STATES, 10, 100_000)
        assert (alone.first_seq, alone.gap_from, alone.bodies) == (10, 0, ())
        await outbox.close()

    run(story())


def test_a_damaged_block_is_noticed_skipped_and_declared(path, clock) -> None:
    async def story() -> None:
        outbox = await opened(path, clock)
        for start in (0, 2, 3):
            outbox.append(Lane.STATES, bodies(2 if start != 2 else 1, start=start))
            await outbox.flush()
        await outbox.close()
        with sqlite3.connect(path) as conn:
            conn.execute("UPDATE block SET body = zeroblob(30) WHERE place = ?", (place_of(Lane.STATES, 2),))
        again = await opened(path, clock)
        before = await again.read(Lane.STATES, 10, 10_000)
        assert (before.first_seq, before.bodies) == (0, tuple(bodies(2)))
        await acknowledge(again, Lane.STATES, 1)
        after = await again.read(Lane.STATES, 10, 10_000)
        assert (after.first_seq, after.gap_from, after.bodies) == (3, 2, tuple(bodies(2, start=3)))
        assert after.gap_reason == "damaged on the gateway's disk (checksum)"
        await again.close()

    run(story())


def test_a_copy_goes_on_in_a_new_epoch_with_what_it_accepted_itself(path, clock) -> None:
    """Numbers below the fork are the cloud's own and keep their epoch; those above get new ones."""

    async def story() -> None:
        outbox = await opened(path, clock)
        for lane in Lane:
            await acknowledge(outbox, lane, -1)
        outbox.append(Lane.STATES, bodies(5))
        await outbox.close()
        copy = await opened(path, clock)
        old = copy.epoch
        copy.append(Lane.STATES, bodies(2, start=5))
        await copy.flush()
        probe = await copy.probe(Lane.STATES)
        assert (probe.first_seq, probe.bodies) == (0, ())
        assert not copy.is_strange(probe, 4)
        assert copy.is_strange(probe, 5)
        await copy.renew(probe)
        assert copy.epoch != old
        former = await copy.read(Lane.STATES, 10, 10_000)
        assert (former.epoch, former.first_seq, former.bodies) == (old, 0, tuple(bodies(5)))
        await copy.acknowledge(former, 900)
        own = await copy.read(Lane.STATES, 10, 10_000)
        assert (own.epoch, own.first_seq, own.bodies) == (copy.epoch, 0, tuple(bodies(2, start=5)))
        await copy.close()

    run(story())


def test_a_file_of_newer_software_is_refused_with_what_to_do(path, clock) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as conn:
        conn.execute("PRAGMA user_version = 99")
    with pytest.raises(OutboxFromTheFutureError, match="install the newer version again"):
        run(opened(path, clock))


def test_the_acceptance_log_has_every_committed_record_once_even_after_a_torn_line(path, clock) -> None:
    log = path.parent / "accepted.jsonl"

    async def accept(count: int, start: int) -> None:
        outbox = await opened(path, clock, acceptance_log=log)
        outbox.append(Lane.STATES, bodies(count, start=start))
        await outbox.close()

    run(accept(3, 0))
    whole = log.read_bytes()
    log.write_bytes(whole[:-30])
    run(accept(2, 3))
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert [entry["seq"] for entry in entries] == [0, 1, 2, 3, 4]
    assert log.read_bytes().startswith(whole)


KILLED = """
import asyncio, itertools, sys
from pathlib import Path
from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits

async def main():
    outbox = SqliteOutbox(Path(sys.argv[1]), OutboxLimits(commit_every_s=0.05), lambda: 1.0)
    await outbox.open("a" * 32)
    asyncio.create_task(outbox.run())
    start = (await outbox.lanes())[Lane.STATES].next_seq
    for n in itertools.count(start):
        await outbox.append(Lane.MOVEMENTS if n % 7 == 0 else Lane.STATES, [str(n).encode()])
        print(n, flush=True)

asyncio.run(main())
"""


def test_a_killed_process_has_kept_everything_it_acknowledged(path, clock) -> None:
    acknowledged: list[int] = []
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True)
        acknowledged += [int(child.stdout.readline()) for _ in range(60)]
        os.kill(child.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in child.stdout.read().splitlines() if line]
        child.wait()

    async def kept() -> dict[Lane, list[int]]:
        outbox = await opened(path, clock)
        lanes = {lane: await outbox.read(lane, 100_000, 10_000_000) for lane in Lane}
        await outbox.close()
        assert [run.first_seq for run in lanes.values()] == [0, 0]
        return {lane: [int(body) for body in run.bodies] for lane, run in lanes.items()}

    found = run(kept())
    for lane, numbers in found.items():
        expected = [n for n in acknowledged if (n % 7 == 0) == (lane is Lane.MOVEMENTS)]
        assert set(expected) <= set(numbers), lane


def test_a_mark_that_the_disk_refuses_is_kept_once_the_disk_writes_again(path, clock, monkeypatch) -> None:
    monkeypatch.setattr("edge.buffer.outbox.RETRY_S", 0.01)
    refusals = 3
    keep = Marks.note

    def refusing(store: Marks, **values: object) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise sqlite3.OperationalError("disk I/O error")
        keep(store, **values)

    async def story() -> None:
        outbox = await opened(path, clock)
        outbox.append(Lane.STATES, bodies(3))
        await outbox.flush()
        monkeypatch.setattr(Marks, "note", refusing)
        await acknowledge(outbox, Lane.STATES, 1)
        assert (await outbox.lanes())[Lane.STATES].waiting == 1
        await outbox.close()

    run(story())
    assert refusals == 0
