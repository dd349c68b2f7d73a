"""Broken files, old files, copies and full disks: what is accepted next is never in danger."""

import asyncio
import logging
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from zlib import crc32

import pytest

from contract.records import Lane
from edge.buffer.boots import count_boot
from edge.buffer.lives import Lives
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.places import place_of
from edge.buffer.store import Store
from edge.buffer.upkeep import OutboxLimits

BOOT = "a" * 32


def bodies(count: int, start: int = 0) -> list[bytes]:
    return [
        b'{"n":%d,"noise":"%s"}' % (n, random.Random(n).randbytes(60).hex().encode())
        for n in range(start, start + count)
    ]


def filled(path: Path, blocks: int = 40) -> str:
    """Make an outbox with blocks of 25 states and some movements; return its epoch."""
    store = Store(path, lambda: 0.0)
    for number in range(blocks):
        store.append({Lane.STATES: bodies(25, 25 * number), Lane.MOVEMENTS: bodies(1, number)})
    store.marks.acknowledge(Lane.STATES, 99, 3600.0)
    store.marks.save()
    epoch = store.epoch
    store.close()
    return epoch


def opened(path: Path) -> Lives:
    lives = Lives(path, lambda: 0.0)
    lives.open(BOOT)
    while lives.salvage_step():
        pass
    return lives


def drained(lives: Lives, lane: Lane) -> dict[tuple[str, int], bytes]:
    """Read and acknowledge everything; return records by epoch and number."""
    found = {}
    for store in lives.stores():
        while (run := store.read(lane, 100, 1_000_000)) is not None:
            found |= {(run.epoch, seq): body for seq, body in enumerate(run.bodies, run.first_seq)}
            store.marks.acknowledge(lane, run.last_seq, 3600.0)
    return found


def test_a_file_that_is_no_database_is_set_aside_and_kept(tmp_path, caplog) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"this is not SQLite" * 1000)
    with caplog.at_level(logging.WARNING):
        lives = opened(path)
    lives.current.append({Lane.STATES: bodies(1)})
    assert drained(lives, Lane.STATES).values()
    assert (tmp_path / "outbox-unreadable.db").read_bytes().startswith(b"this is not SQLite")
    assert "set aside" in caplog.text
    lives.close()


def test_what_can_be_read_of_a_damaged_file_is_sent_under_its_own_numbers(tmp_path) -> None:
    path = tmp_path / "outbox.db"
    epoch = filled(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        for page in range(4, size // 4096, 5):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)
    lives = Lives(path, lambda: 0.0)
    lives.open(BOOT)
    if not lives.former and lives.current.epoch == epoch:
        with pytest.raises(sqlite3.DatabaseError) as damage:
            drained(lives, Lane.STATES)
        lives.set_aside(damage.value)
    while lives.salvage_step():
        pass
    assert lives.current.epoch != epoch
    states, wanted = drained(lives, Lane.STATES), bodies(1000)
    assert len(states) > 300
    assert all(name == epoch and wanted[seq] == body for (name, seq), body in states.items())
    lives.close()


def test_a_changed_mark_is_noticed_before_it_can_hide_records(tmp_path) -> None:
    path = tmp_path / "outbox.db"
    epoch = filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE mark SET acknowledged = 800 WHERE lane = 'states'")
    connection.close()
    lives = opened(path)
    states = drained(lives, Lane.STATES)
    assert {(epoch, seq) for seq in range(1000)} == states.keys()
    lives.close()


def test_a_setting_aside_that_was_interrupted_is_finished(tmp_path) -> None:
    """Both names are there: whatever was cut off happens again, and nothing is lost."""
    path = tmp_path / "outbox.db"
    epoch = filled(path)
    (tmp_path / "outbox-damaged.db").hardlink_to(path)
    lives = opened(path)
    assert lives.current.epoch != epoch
    assert {seq for _, seq in drained(lives, Lane.STATES)} == set(range(100, 1000))
    lives.close()


@pytest.mark.parametrize("at", ["noted", "renamed"])
def test_a_renewal_that_was_interrupted_is_finished(tmp_path, monkeypatch, at) -> None:
    path = tmp_path / "outbox.db"
    epoch = filled(path)
    lives = opened(path)
    lives.current.append({Lane.STATES: bodies(30, 1000)})

    class CutError(Exception):
        pass

    real = Path.rename

    def rename(self, target):
        if at == "noted" or self.name == "outbox-next.db":
            raise CutError
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(CutError):
        lives.renew()
    monkeypatch.undo()
    again = opened(path)
    states = drained(again, Lane.STATES)
    assert again.current.epoch != epoch
    assert {(name == epoch, seq) for name, seq in states} == {
        *((True, seq) for seq in range(100, 1000)),
        *((False, seq) for seq in range(30)),
    }
    again.close()


def test_former_files_go_when_all_of_them_was_acknowledged_a_day_ago(tmp_path) -> None:
    now = [0.0]
    lives = Lives(tmp_path / "outbox.db", lambda: now[0])
    lives.open(BOOT)
    lives.current.append({Lane.STATES: bodies(10)})
    lives.renew()
    lives.current.positions[Lane.STATES].fork = 10
    lives.renew()
    drained(lives, Lane.STATES)
    lives.tidy(86_400.0)
    assert len(lives.former) <= 2
    now[0] = 90_000.0
    lives.tidy(86_400.0)
    assert lives.former == []
    assert not list(tmp_path.glob("*former*"))
    lives.close()


def version_1(path: Path, records: int) -> str:
    """A file as the first version of this software left it."""
    epoch = "c" * 32
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
            CREATE TABLE record (lane TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
                crc32 INTEGER NOT NULL, accepted_at REAL NOT NULL,
                PRIMARY KEY (lane, seq)) STRICT, WITHOUT ROWID;
            CREATE TABLE mark (lane TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL,
                next INTEGER NOT NULL) STRICT;
            PRAGMA user_version = 1;
            """
        )
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)", [("epoch", epoch), ("boot_id", BOOT), ("boot_no", "7")]
        )
        connection.executemany(
            "INSERT INTO mark VALUES (?, ?, ?)", [("states", 99, records), ("movements", -1, 0)]
        )
        rows = [
            ("states", seq, body, crc32(body), 1.0) for seq, body in enumerate(bodies(records)) if seq != 700
        ]
        connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", rows)
    return epoch


def test_a_file_of_version_1_is_carried_over_while_records_come_and_go(tmp_path) -> None:
    path = tmp_path / "outbox.db"
    epoch = version_1(path, 1_500)
    lives = Lives(path, lambda: 0.0)
    assert lives.open("b" * 32) == 8
    lives.current.append({Lane.STATES: bodies(5, 1_500)})
    assert lives.current.carry() == 256
    states = drained(lives, Lane.STATES)
    wanted = dict(enumerate(bodies(1_505)))
    assert states == {(epoch, seq): body for seq, body in wanted.items() if seq >= 100 and seq != 700}
    while lives.current.carry():
        pass
    tables = lives.current._database.table_names()
    assert "legacy" not in tables
    lives.close()


def test_boots_are_counted_beside_the_file(tmp_path) -> None:
    path = tmp_path / "boots.json"
    assert [count_boot(path, boot) for boot in ("a", "a", "b", "a")] == [1, 1, 2, 3]
    assert count_boot(path, "c", at_least=40) == 41
    path.write_text("{broken")
    assert count_boot(path, "d", at_least=41) == 42


class FullDisk:
    """Refuses to write as long as the ballast is there and pages would have to be added."""

    def __init__(self, ballast: Path) -> None:
        self.ballast, self.refused = ballast, 0

    def __call__(self, append):
        def refusing(bodies):
            if self.ballast.exists():
                self.refused += 1
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return append(bodies)

        return refusing


def test_on_a_full_disk_the_ballast_makes_room_and_nothing_is_lost(tmp_path) -> None:
    async def story() -> None:
        outbox = SqliteOutbox(tmp_path / "outbox.db", OutboxLimits(ballast_bytes=100_000), lambda: 0.0)
        await outbox.open(BOOT)
        ballast = tmp_path / "outbox.ballast"
        assert ballast.stat().st_size == 100_000
        store = outbox._lives.current
        full = FullDisk(ballast)
        store.append = full(store.append)
        committer = asyncio.create_task(outbox.run())
        await outbox.append(Lane.MOVEMENTS, bodies(3))
        assert full.refused == 1
        assert not ballast.exists()
        assert (await outbox.read(Lane.MOVEMENTS, 10, 10_000)).bodies == tuple(bodies(3))
        await outbox.tidy()
        assert ballast.exists()
        committer.cancel()
        await outbox.close()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_a_file_that_breaks_while_it_is_in_use_costs_no_record_that_comes_after(tmp_path) -> None:
    async def story() -> None:
        outbox = SqliteOutbox(tmp_path / "outbox.db", OutboxLimits(), lambda: 0.0)
        await outbox.open(BOOT)
        outbox.append(Lane.STATES, bodies(100))
        await outbox.flush()
        store, epoch = outbox._lives.current, outbox.epoch

        def break_it() -> None:
            for statement in (
                "wal_checkpoint(TRUNCATE)",
                "writable_schema = ON",
                "writable_schema = RESET",
            ):
                if statement.endswith("RESET"):
                    store._conn.execute("UPDATE sqlite_master SET rootpage = 1 WHERE name = 'block'")
                store._conn.execute(f"PRAGMA {statement}")

        await outbox._call(break_it)
        outbox.append(Lane.STATES, bodies(5, 100))
        await outbox.flush()
        assert outbox.epoch != epoch
        assert (await outbox.read(Lane.STATES, 10, 10_000)).bodies == tuple(bodies(5, 100))
        await outbox.close()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_the_place_of_a_lane_and_number_is_found_again() -> None:
    assert place_of(Lane.MOVEMENTS, 2**53 - 1) < place_of(Lane.STATES, 0)
