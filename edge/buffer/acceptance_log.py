"""A line per accepted record, written after its commit: what a test compares the cloud with.

Knows nothing of SQLite. It grows without end, so it is off unless a path is set.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from contract.records import Lane


class AcceptanceLog:
    """Append-only JSON lines {"lane", "epoch", "seq", "sha256"}."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._last = self._mend()
        self._file: TextIO = path.open("a", encoding="utf-8")

    def last_seq(self, epoch: str, lane: Lane) -> int:
        """Return the last number written for a lane of an epoch, -1 for none."""
        return self._last.get((epoch, lane.value), -1)

    def write(self, epoch: str, rows: Iterable[tuple[Lane, int, bytes]]) -> None:
        """Write and flush a line per (lane, seq, body); a record that came before is not written again."""
        for lane, seq, body in rows:
            if seq <= self.last_seq(epoch, lane):
                continue
            line = {"lane": lane.value, "epoch": epoch, "seq": seq, "sha256": sha256(body).hexdigest()}
            self._file.write(json.dumps(line) + "\n")
            self._last[epoch, lane.value] = seq
        self._file.flush()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()

    def _mend(self) -> dict[tuple[str, str], int]:
        """Read the last numbers and cut off a line that a kill left half written."""
        last: dict[tuple[str, str], int] = {}
        if not self._path.exists():
            return last
        whole = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                entry = json.loads(line)
                last[entry["epoch"], entry["lane"]] = entry["seq"]
        with self._path.open("r+b") as file:
            file.truncate(whole)
        return last
