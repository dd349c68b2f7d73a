"""What an outbox file gives up: what was acknowledged long ago, and blocks of states when it is full.

One thread only. Which blocks of states go is decided elsewhere (edge.buffer.room).
"""

import sqlite3
from collections.abc import Sequence

from contract.records import Lane
from edge.buffer.marks import Marks
from edge.buffer.pages import transaction
from edge.buffer.places import end_of, place_of, seq_of

TRIM_BLOCKS = 500


class GivingUp:
    """Deletes blocks of one file, each time in a transaction of its own."""

    def __init__(self, connection: sqlite3.Connection, marks: Marks) -> None:
        self._conn, self._marks = connection, marks

    def trim(self, keep_s: float) -> int:
        """Delete up to TRIM_BLOCKS per lane of what was acknowledged keep_s ago; return how many records."""
        trimmed = 0
        for lane, position in self._marks.positions.items():
            reached = self._marks.reached(lane, keep_s)
            if reached is not None:
                trimmed += self._trim_lane(lane, min(reached, position.acknowledged))
        return trimmed

    def _trim_lane(self, lane: Lane, mark: int) -> int:
        rows = self._conn.execute(
            "SELECT place, count FROM block WHERE place >= ? AND place <= ? ORDER BY place LIMIT ?",
            (place_of(lane, 0), place_of(lane, max(0, mark)), TRIM_BLOCKS),
        ).fetchall()
        whole = [(place, count) for place, count in rows if seq_of(place) + count - 1 <= mark]
        if not whole:
            return 0
        end_seq = seq_of(whole[-1][0]) + whole[-1][1]
        with transaction(self._conn):
            self._conn.execute(
                "DELETE FROM block WHERE place >= ? AND place <= ?", (place_of(lane, 0), whole[-1][0])
            )
            self._conn.execute(
                "DELETE FROM reached WHERE lane = ? AND acknowledged < ?", (lane.value, end_seq - 1)
            )
            self._marks.put({f"trimmed_below_{lane.value}": end_seq, "lived_s": self._marks.lived_s})
        self._marks.positions[lane].trimmed_below = end_seq
        return sum(count for _, count in whole)

    def waiting_blocks(self, from_seq: int, limit: int) -> list[tuple[int, int]]:
        """Return (first number, count) of the states that wait from a number on, in order."""
        lane = Lane.STATES
        from_seq = max(from_seq, self._marks.positions[lane].acknowledged + 1)
        rows = self._conn.execute(
            "SELECT place, count FROM block WHERE place >= ? AND place < ? ORDER BY place LIMIT ?",
            (place_of(lane, from_seq), end_of(lane), limit),
        )
        return [(seq_of(place), count) for place, count in rows]

    def drop(self, first_seqs: Sequence[int], below: int, **values: object) -> None:
        """Give up the blocks of states that begin at these numbers; all of them lie below `below`."""
        position = self._marks.positions[Lane.STATES]
        thinned_below = max(position.thinned_below, below)
        with transaction(self._conn):
            self._conn.executemany(
                "DELETE FROM block WHERE place = ?", [(place_of(Lane.STATES, seq),) for seq in first_seqs]
            )
            self._marks.put({f"thinned_below_{Lane.STATES.value}": thinned_below, **values})
        position.thinned_below = thinned_below
