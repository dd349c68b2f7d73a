"""Makes room in an outbox file: what was acknowledged goes first, then time is thinned."""

import logging

from contract.records import Lane
from edge.buffer.store import Store
from edge.buffer.thinning import MAX_LEVEL, NEWEST_KEPT, STEP_BLOCKS, to_drop

log = logging.getLogger(__name__)

MAX_LOOKS = 100
"""Pieces without anything to give up that are passed over in one go."""


class Room:
    """Gives up a bounded piece with each call; says in the log when it begins to give up readings."""

    def __init__(self) -> None:
        self._has_said = False

    def make(self, store: Store) -> int:
        """Give up a piece; return how many records that were, 0 when there is nothing more to give up."""
        trimmed = store.giving_up.trim(0.0)
        if trimmed:
            return trimmed
        for _ in range(MAX_LOOKS):
            thinned = self._thin(store)
            if thinned:
                self._say()
                return thinned
            if thinned is None:
                return 0
        return 0

    def _thin(self, store: Store) -> int | None:
        """One step of the pass that is under way; None when nothing is left that could be given up."""
        position, kept = store.positions[Lane.STATES], store.marks.meta()
        level, cursor = int(kept.get("thin_level", "1")), int(kept.get("thin_cursor", "0"))
        if position.acknowledged + 1 >= position.thinned_below:
            level, cursor = 1, position.acknowledged + 1
        horizon = position.next_seq - (NEWEST_KEPT if level < MAX_LEVEL else 0)
        rows = store.giving_up.waiting_blocks(cursor, STEP_BLOCKS)
        looked_at = [(first_seq, count) for first_seq, count in rows if first_seq + count <= horizon]
        if not looked_at:
            if level == MAX_LEVEL:
                return None
            store.giving_up.drop([], position.acknowledged + 2, thin_level=level + 1, thin_cursor=0)
            return 0
        end_seq = looked_at[-1][0] + looked_at[-1][1]
        gone = set(to_drop(looked_at, level))
        store.giving_up.drop(sorted(gone), end_seq, thin_level=level, thin_cursor=end_seq)
        return sum(count for first_seq, count in looked_at if first_seq in gone)

    def _say(self) -> None:
        if not self._has_said:
            log.warning("the outbox is full: the oldest waiting readings are thinned out, movements never")
            self._has_said = True
