"""Sends batches to the cloud and follows its answers; httpx lives only here.

Idempotent: a cloud that has some of it already answers with its mark, or with the sequence number it
expects, and sending goes on from there.
"""

import logging
import threading
from collections.abc import Callable, Sequence

import httpx
from pydantic import ValidationError

from contract.batch import BATCHES_PATH, MAX_BATCH_RECORDS, BatchAnswer, Problem
from firmware_sim.clock import wait_real
from firmware_sim.errors import SimulatorError
from firmware_sim.history.keys import GatewayKey
from firmware_sim.history.lanes import LaneHistory, by_time, compressed, headers

log = logging.getLogger(__name__)

TIMEOUT_S = 60.0
MAX_TRIES = 12
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
MAX_QUARANTINE_SHOWN = 3

Progress = Callable[[int], None]


class Poster:
    """One connection to the cloud."""

    def __init__(self, client: httpx.Client, stop: threading.Event) -> None:
        """Send through `client`, whose base_url is the cloud's; waiting ends with `stop`."""
        self._client = client
        self._stop = stop
        self._next: dict[tuple[str, str], int] = {}

    def post_all(self, lanes: Sequence[LaneHistory], key: GatewayKey, progress: Progress) -> None:
        """Send all lanes of one gateway, oldest batches first; raises SimulatorError when refused."""
        for lane, first in by_time(lanes):
            self._bring_up_to(lane, min(first + MAX_BATCH_RECORDS, len(lane.records)), key, progress)

    def _bring_up_to(self, lane: LaneHistory, end: int, key: GatewayKey, progress: Progress) -> None:
        name = (lane.gateway_id, lane.lane.value)
        start = self._next.get(name, 0)
        while start < end:
            reached = min(self._post(lane, start, key), len(lane.records))
            if reached == start:
                raise SimulatorError(f"the cloud does not move on from record {start} of {lane.gateway_id}")
            progress(reached - start)
            start = self._next[name] = reached

    def _post(self, lane: LaneHistory, first_seq: int, key: GatewayKey) -> int:
        """Send one batch; returns the sequence number with which to go on."""
        body = lane.body(first_seq)
        response = self._patiently(compressed(body), headers(body, lane.gateway_id, key))
        try:
            if response.status_code == httpx.codes.OK:
                return _understood(BatchAnswer.model_validate_json(response.content), lane)
            problem = Problem.model_validate_json(response.content)
        except ValidationError:
            raise SimulatorError(
                f"the cloud answered {response.status_code} in a form the contract does not know; "
                f"is {self._client.base_url} the cloud?"
            ) from None
        if response.status_code == httpx.codes.CONFLICT and problem.expected_seq is not None:
            return problem.expected_seq
        raise SimulatorError(
            f"the cloud refuses a batch of {lane.gateway_id} ({response.status_code}): {problem.detail}"
        )

    def _patiently(self, content: bytes, fields: dict[str, str]) -> httpx.Response:
        wait_s, reason = FIRST_WAIT_S, ""
        for _ in range(MAX_TRIES):
            asked_s = wait_s
            try:
                response = self._client.post(BATCHES_PATH, content=content, headers=fields)
                if response.status_code not in {429, 503}:
                    return response
                reason = f"it answers {response.status_code}"
                asked_s = _retry_after_s(response, wait_s)
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
            if wait_real(self._stop, asked_s):
                raise SimulatorError("stopped; run the same command again to go on where it stopped")
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        raise SimulatorError(f"gave up on {self._client.base_url} after {MAX_TRIES} tries: {reason}")


def _retry_after_s(response: httpx.Response, otherwise_s: float) -> float:
    try:
        return min(max(float(response.headers["Retry-After"]), 0.0), LONGEST_WAIT_S)
    except (KeyError, ValueError):
        return otherwise_s


def _understood(answer: BatchAnswer, lane: LaneHistory) -> int:
    for refusal in answer.quarantined[:MAX_QUARANTINE_SHOWN]:
        log.warning("%s: record %d was put into quarantine: %s", lane.gateway_id, refusal.seq, refusal.reason)
    return answer.mark + 1
