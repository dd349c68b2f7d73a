"""One signed batch over HTTP, and what its answer means. Owns httpx; knows nothing of lanes' order or waits.

Whatever a network or a server does becomes an Answer: a captive portal's page, a proxy's error, a reset.
"""

import asyncio
import gzip
import json
import ssl
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx
from pydantic import ValidationError

from contract.anchors import Sent
from contract.batch import (
    BATCHES_PATH,
    GATEWAY_HEADER,
    SIGNATURE_HEADER,
    BatchAnswer,
    Problem,
)
from contract.latest import LATEST_PATH, Latest, LatestAnswer, latest_signing_input
from edge.ports import Accepted, Answer, Elsewhere, NotNow, Run, Timekeeper, TooLarge
from edge.uplink.signing import SigningKey, public_key_base64, signature_header
from edge.uplink.transport import http_client

GZIP_FROM_BYTES = 1024
GZIP_LEVEL = 3
"""Measured on readings: 26 bytes each at 0.9 us; level 6 saves 4 more at 2.1 us, zstd 3 at 0.4."""
WHOLE_S = 28.0
"""For a whole exchange: just under the cloud's own patience with a body (30 s)."""
LATEST_PAUSE_S = 3600.0
RETRY_AFTER_MAX_S = 3600.0
ANSWER_MAX_BYTES = 1024 * 1024


def batch_body(gateway_id: str, epoch: str, run: Run, sent: Sent | None = None) -> bytes:
    """Return the JSON of a contract Batch; the records go in as the bytes that were accepted."""
    head: dict[str, object] = {
        "v": 1,
        "gateway_id": gateway_id,
        "epoch": epoch,
        "lane": run.lane.value,
        "first_seq": run.first_seq,
    }
    if run.gap_from is not None:
        head["gap"] = {"from_seq": run.gap_from, "reason": run.gap_reason}
    if sent is not None:
        head["sent"] = sent.model_dump(mode="json")
    opening = json.dumps(head, separators=(",", ":")).encode()
    return opening[:-1] + b',"records":[' + b",".join(run.bodies) + b"]}"


class CloudClient:
    """The cloud, on kept-alive connections."""

    def __init__(
        self,
        cloud_url: str,
        gateway_id: str,
        key: SigningKey,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,  # noqa: FBT001, FBT002 - httpx's own word
    ) -> None:
        self._gateway_id, self._key = gateway_id, key
        self._http = http_client(cloud_url, verify, transport)
        self.timekeeper: Timekeeper | None = None
        """Says which clocks a message was sent by, and hears the cloud's; set once there is one."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, epoch: str, run: Run) -> Answer:
        """Send one signed batch; never raises for what a network or a server does."""
        sent = self.timekeeper.sent() if self.timekeeper else None
        body = batch_body(self._gateway_id, epoch, run, sent)
        response = await self._post(BATCHES_PATH, body, signature_header(self._key, body))
        if isinstance(response, NotNow):
            return response
        answer = self._read(response, epoch, run)
        if isinstance(answer, Accepted):
            self._hear(sent, answer.received_at)
        return answer

    async def show(self, latest: Latest) -> NotNow | None:
        """Send what every scale shows now; None when it arrived. Nothing is tried again here."""
        body = latest.model_dump_json().encode()
        response = await self._post(
            LATEST_PATH, body, signature_header(self._key, body, latest_signing_input)
        )
        if isinstance(response, NotNow):
            return response
        if response.status_code == httpx.codes.NOT_FOUND:
            return NotNow("this cloud does not take what is live", LATEST_PAUSE_S)
        try:
            answer = LatestAnswer.model_validate_json(response.content)
        except ValidationError:
            return NotNow(f"{response.url.host} answered {response.status_code}", _retry_after_s(response))
        self._hear(latest.sent, answer.received_at)
        return None

    async def _post(self, path: str, body: bytes, signature: str) -> httpx.Response | NotNow:
        headers = {
            "Content-Type": "application/json",
            GATEWAY_HEADER: self._gateway_id,
            SIGNATURE_HEADER: signature,
        }
        if len(body) > GZIP_FROM_BYTES:
            body, headers["Content-Encoding"] = gzip.compress(body, GZIP_LEVEL), "gzip"
        try:
            async with asyncio.timeout(WHOLE_S):
                return await self._http.post(path, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            is_slow = isinstance(error, httpx.TimeoutException)
            return NotNow(f"the cloud cannot be reached ({type(error).__name__}: {error})", is_slow=is_slow)
        except TimeoutError:
            return NotNow(f"the cloud did not answer within {WHOLE_S:.0f} s", is_slow=True)

    def _hear(self, sent: Sent | None, received_at: datetime | None) -> None:
        if self.timekeeper is not None and sent is not None and received_at is not None:
            self.timekeeper.heard(sent, received_at)

    def _read(self, response: httpx.Response, epoch: str, run: Run) -> Answer:
        if response.status_code == httpx.codes.OK:
            return _accepted(response, epoch, run)
        problem = _problem(response)
        if response.status_code == httpx.codes.CONFLICT and problem and problem.expected_seq is not None:
            return Elsewhere(problem.expected_seq)
        if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            return TooLarge()
        if response.status_code == httpx.codes.UNAUTHORIZED:
            return NotNow(self._unknown(problem), _retry_after_s(response))
        said = f": {problem.detail}" if problem else " with something that is not from our cloud"
        return NotNow(f"{response.url.host} answered {response.status_code}{said}", _retry_after_s(response))

    def _unknown(self, problem: Problem | None) -> str:
        key = public_key_base64(self._key)
        said = problem.detail if problem else "401"
        return (
            f"the cloud does not let this gateway in ({said}); make a claim there with "
            f"`python -m cloud admin claim SITE --gateway {self._gateway_id}` and use it here with "
            f"`python -m edge enrol` (this gateway's public key is {key})"
        )


def _accepted(response: httpx.Response, epoch: str, run: Run) -> Answer:
    if len(response.content) > ANSWER_MAX_BYTES:
        return NotNow(f"{response.url.host} answered 200 with a body that is too large to be our cloud's")
    try:
        answer = BatchAnswer.model_validate_json(response.content)
    except ValidationError:
        return NotNow(
            f"{response.url.host} answered 200 with something that is not from our cloud: "
            "a captive portal? Check the network's sign-in page and the setting cloud_url"
        )
    if answer.lane is not run.lane:
        return NotNow(f"{response.url.host} answered for the lane {answer.lane}, not {run.lane}")
    if answer.epoch != epoch:
        return NotNow(f"{response.url.host} answered for the epoch {answer.epoch}, not {epoch}")
    return Accepted(answer.mark, answer.quarantined, answer.received_at)


def _problem(response: httpx.Response) -> Problem | None:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def _retry_after_s(response: httpx.Response) -> float:
    """Seconds of Retry-After, at most an hour; 0 when it is missing or a date."""
    try:
        return min(RETRY_AFTER_MAX_S, max(0.0, float(response.headers.get("Retry-After", "0"))))
    except ValueError:
        return 0.0


async def is_healthy(cloud_url: str, verify: ssl.SSLContext | bool = True) -> str | None:  # noqa: FBT001, FBT002
    """Ask GET /healthz; None when the cloud is well, else a sentence that says what to do."""
    try:
        async with httpx.AsyncClient(timeout=10.0, verify=verify) as http:
            response = await http.get(f"{cloud_url}/healthz")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{cloud_url} cannot be reached ({type(error).__name__}): check the network and cloud_url"
    if response.status_code != httpx.codes.OK:
        return f"{cloud_url}/healthz answered {response.status_code}: ask whoever runs the cloud"
    return None
