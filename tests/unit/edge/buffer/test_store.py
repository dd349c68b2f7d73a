from pathlib import Path

from edge.buffer.store import Store


def test_the_file_is_durable_on_every_commit(tmp_path: Path) -> None:
    store = Store(tmp_path / "outbox.db", lambda: 0.0)
    pragmas = {
        name: store._conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    store.close()
    store.close()


def test_two_files_have_two_epochs(tmp_path: Path) -> None:
    epochs = {Store(tmp_path / name, lambda: 0.0).epoch for name in ("one.db", "two.db")}
    assert len(epochs) == 2
    assert all(len(epoch) == 32 for epoch in epochs)
