"""Lanes of a gateway's history, cut into signed batches."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.batch import GATEWAY_HEADER, MAX_BATCH_RECORDS, SIGNATURE_HEADER, SIGNATURE_SCHEME
from contract.records import Lane
from firmware_sim.history.keys import GatewayKey
from firmware_sim.history.records import Timed

GZIP_LEVEL = 1
"""Five times smaller at 100 MB/s; higher levels cost more than they save."""


@dataclass(frozen=True, slots=True)
class LaneHistory:
    """All records of one lane of one gateway, in order: records[i] has the sequence number i."""

    gateway_id: str
    epoch: str
    lane: Lane
    records: Sequence[Timed]

    def body(self, first_seq: int) -> bytes:
        """Return the batch that begins at first_seq, as JSON; at most 2,000 records."""
        chunk = self.records[first_seq : first_seq + MAX_BATCH_RECORDS]
        head = (
            f'{{"v":1,"gateway_id":"{self.gateway_id}","epoch":"{self.epoch}","lane":"{self.lane.value}",'
            f'"first_seq":{first_seq},"records":['
        )
        return f"{head}{','.join(record for _, record in chunk)}]}}".encode()


def headers(body: bytes, gateway_id: str, key: GatewayKey) -> dict[str, str]:
    """Headers of a signed batch whose body travels compressed."""
    return {
        GATEWAY_HEADER: gateway_id,
        SIGNATURE_HEADER: f"{SIGNATURE_SCHEME} {key.sign(body)}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }


def compressed(body: bytes) -> bytes:
    """Compress a body for the way; the signature is over the body as it was."""
    return gzip.compress(body, GZIP_LEVEL, mtime=0)


def by_time(lanes: Sequence[LaneHistory]) -> Iterator[tuple[LaneHistory, int]]:
    """Yield (lane, first_seq) of every batch, the oldest first over all lanes."""
    starts = [
        (lane.records[first][0], number, first)
        for number, lane in enumerate(lanes)
        for first in range(0, len(lane.records), MAX_BATCH_RECORDS)
    ]
    for _, number, first in sorted(starts):
        yield lanes[number], first
