"""By a neighbour when the cloud itself cannot be reached: the same batch, the same signature, another way.

A neighbour is not believed: the cloud signs what it answers to a batch that asks for it, with the key that
the enrolment told, and an answer without that signature is no answer.
"""

import logging
import secrets
from base64 import b64decode
from collections.abc import Callable, Sequence

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.batch import BATCHES_PATH, SIGNATURE_HEADER
from contract.identity import ANSWER_SIGNATURE_HEADER, ANSWER_TO_HEADER, answer_input

log = logging.getLogger(__name__)

DIRECT_AGAIN_AFTER_S = 30.0
"""Real seconds for which the neighbours are asked first, once the cloud could not be reached."""
ANSWER_MAX_BYTES = 1024 * 1024


class Detour(httpx.AsyncBaseTransport):
    """Sends requests to the cloud; batches that cannot get there go by the neighbours, in turn."""

    def __init__(
        self,
        direct: httpx.AsyncBaseTransport,
        relay: httpx.AsyncBaseTransport,
        relay_urls: Sequence[str],
        cloud_key: bytes,
        steady_s: Callable[[], float],
    ) -> None:
        self._direct, self._relay, self._steady_s = direct, relay, steady_s
        self._urls = [httpx.URL(url) for url in relay_urls]
        self._cloud_key = Ed25519PublicKey.from_public_bytes(cloud_key)
        self._direct_from_s = float("-inf")
        self._is_said = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises httpx.TransportError when it got nowhere."""
        if request.url.path != BATCHES_PATH:
            return await self._direct.handle_async_request(request)
        if self._steady_s() < self._direct_from_s and (answer := await self._by_neighbours(request)):
            return answer
        try:
            answer = await self._direct.handle_async_request(request)
        except httpx.TransportError:
            self._direct_from_s = self._steady_s() + DIRECT_AGAIN_AFTER_S
            if (carried := await self._by_neighbours(request)) is not None:
                return carried
            raise
        self._is_said = False
        return answer

    async def aclose(self) -> None:
        """Close both ways."""
        await self._direct.aclose()
        await self._relay.aclose()

    async def _by_neighbours(self, request: httpx.Request) -> httpx.Response | None:
        for url in self._urls:
            try:
                answer = await self._by(url, request)
            except (httpx.HTTPError, OSError) as error:
                log.debug("the neighbour %s does not carry: %s", url, error)
                continue
            if answer is not None:
                if not self._is_said:
                    log.info(
                        "the cloud cannot be reached from here; the neighbour %s carries our batches", url
                    )
                self._is_said = True
                return answer
        return None

    async def _by(self, url: httpx.URL, request: httpx.Request) -> httpx.Response | None:
        answer_to = secrets.token_hex(16)
        headers = httpx.Headers(request.headers)
        headers["Host"] = url.netloc.decode()
        headers[ANSWER_TO_HEADER] = answer_to
        carried = httpx.Request(
            "POST", url.copy_with(path=BATCHES_PATH), headers=headers, stream=request.stream
        )
        carried.extensions = dict(request.extensions)
        response = await self._relay.handle_async_request(carried)
        body = await _bounded(response)
        if body is None or not self._is_the_clouds(response, answer_to, headers[SIGNATURE_HEADER], body):
            log.warning("what the neighbour %s says is not signed by our cloud; it is passed over", url)
            return None
        return httpx.Response(response.status_code, headers=response.headers, content=body)

    def _is_the_clouds(self, response: httpx.Response, answer_to: str, signature: str, body: bytes) -> bool:
        said = answer_input(answer_to, signature, response.status_code, body)
        try:
            self._cloud_key.verify(b64decode(response.headers.get(ANSWER_SIGNATURE_HEADER, "")), said)
        except (InvalidSignature, ValueError):
            return False
        return True


async def _bounded(response: httpx.Response) -> bytes | None:
    body = b""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for part in response.stream:
        body += part
        if len(body) > ANSWER_MAX_BYTES:
            await response.aclose()
            return None
    await response.aclose()
    return body
