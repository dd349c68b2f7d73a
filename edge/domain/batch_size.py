"""How many records go into the next batch: as many as fit into two seconds of this line. Pure."""

from contract.batch import MAX_BATCH_RECORDS

START = 200
LEAST = 20
SLOW_S = 4.0
QUICK_S = 1.0


class BatchSize:
    """Grows while batches are full and quick, shrinks while they are slow: a thin line is not blocked."""

    def __init__(self) -> None:
        self.records = START

    def took(self, sent: int, took_s: float) -> None:
        """A batch of `sent` records was answered after took_s."""
        if took_s > SLOW_S:
            self.records = max(LEAST, self.records // 2)
        elif sent >= self.records and took_s < QUICK_S:
            self.records = min(MAX_BATCH_RECORDS, self.records * 2)

    def refused(self, sent: int) -> bool:
        """A batch was too large; False when it cannot be made smaller."""
        self.records = max(1, sent // 2)
        return sent > 1

    def timed_out(self) -> None:
        """A batch did not get through in time."""
        self.records = max(LEAST, self.records // 4)
