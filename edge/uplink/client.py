"""One signed batch over HTTP, and what its answer means. Owns httpx; knows nothing of lanes' order or waits.

Whatever a network or a server does becomes an Answer: a captive portal's page, a proxy's error, a reset.
"""

import gzip
import json
import ssl
from types import TracebackType
from typing import Self

import httpx
from pydantic import ValidationError

from contract.batch import (
    BATCHES_PATH,
    GATEWAY_HEADER,
    SIGNATURE_HEADER,
    BatchAnswer,
    Problem,
)
from edge.ports import Accepted, Answer, Elsewhere, NotNow, Run, TooLarge
from edge.uplink.signing import SigningKey, public_key_base64, signature_header

GZIP_FROM_BYTES = 1024
TIMEOUT_S = 20.0
RETRY_AFTER_MAX_S = 3600.0
ANSWER_MAX_BYTES = 1024 * 1024


def batch_body(gateway_id: str, epoch: str, run: Run) -> bytes:
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
        self._http = httpx.AsyncClient(
            base_url=cloud_url,
            timeout=TIMEOUT_S,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=4, keepalive_expiry=60.0),
            transport=transport,
            verify=verify,
            trust_env=True,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, epoch: str, run: Run) -> Answer:
        """Send one signed batch; never raises for what a network or a server does."""
        body = batch_body(self._gateway_id, epoch, run)
        headers = {
            "Content-Type": "application/json",
            GATEWAY_HEADER: self._gateway_id,
            SIGNATURE_HEADER: signature_header(self._key, body),
        }
        if len(body) > GZIP_FROM_BYTES:
            body, headers["Content-Encoding"] = gzip.compress(body, 6), "gzip"
        try:
            response = await self._http.post(BATCHES_PATH, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return NotNow(f"the cloud cannot be reached ({type(error).__name__}: {error})")
        return self._read(response, run)

    def _read(self, response: httpx.Response, run: Run) -> Answer:
        if response.status_code == httpx.codes.OK:
            return _accepted(response, run)
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


def _accepted(response: httpx.Response, run: Run) -> Answer:
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
    return Accepted(answer.mark, answer.quarantined)


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
