"""Calls under a short token: the long poll, the layout, a new key. The token is got for a signed nonce."""

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from contract.batch import GATEWAY_HEADER, SIGNATURE_HEADER, SIGNATURE_SCHEME, Problem
from contract.commands import EXCHANGE_PATH, ExchangeAnswer, ExchangeRequest
from contract.identity import (
    KEYS_PATH,
    LAYOUT_PATH,
    NONCES_PATH,
    TOKENS_PATH,
    KeyAnswer,
    KeyRequest,
    NonceAnswer,
    TokenAnswer,
    TokenRequest,
    nonce_input,
    possession_input,
    rotation_input,
)
from contract.layout import SiteLayout
from edge.ports import NotNow
from edge.uplink.signing import (
    KeyFileError,
    KeyOnDisk,
    SigningKey,
    load_key,
    load_or_make_key,
    public_key_base64,
)

log = logging.getLogger(__name__)

CALL_TIMEOUT_S = 20.0
TOKEN_USED_FOR = 0.8
"""Of a token's life; then a new one is got before the old one is refused."""
RETRY_AFTER_MAX_S = 3600.0
M = TypeVar("M", bound=BaseModel)


class Refused(RuntimeError):  # noqa: N818 (an answer, not a fault of ours)
    """The cloud's answer was no; status 0 stands for no answer at all."""

    def __init__(self, status: int, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.status, self.retry_after_s = status, retry_after_s


class Session:
    """One gateway's calls; a token is renewed when it grows old or is refused."""

    def __init__(
        self, http: httpx.AsyncClient, gateway_id: str, key: KeyOnDisk, steady_s: Callable[[], float]
    ) -> None:
        self._http, self._gateway_id, self._key, self._steady_s = http, gateway_id, key, steady_s
        self._token, self._ends_s = "", float("-inf")

    async def exchange(self, request: ExchangeRequest) -> ExchangeAnswer | NotNow:
        """Report and wait for news; never raises for what a network or a server does."""
        body = request.model_dump_json(exclude_none=True).encode()
        timeout_s = CALL_TIMEOUT_S + request.wait_s
        try:
            return await self._with_token("POST", EXCHANGE_PATH, ExchangeAnswer, body, timeout_s)
        except Refused as refused:
            return NotNow(str(refused), refused.retry_after_s)

    async def layout(self) -> SiteLayout | NotNow:
        """Fetch this gateway's part of the layout."""
        try:
            return await self._with_token("GET", LAYOUT_PATH, SiteLayout)
        except Refused as refused:
            return NotNow(str(refused), refused.retry_after_s)

    async def rotate_key(self) -> str | None:
        """Put a new key in the place of the old one; None when it is there, else why it is not.

        The new key waits on disk until the cloud knows it, so an answer that is lost costs nothing: the next
        try sends the same key again, or finds that the cloud takes it already.
        """
        fresh = load_or_make_key(self._key.next_path)
        try:
            await self._sign_in(fresh)
        except Refused as refused:
            if not refused.status or not await self._is_known(fresh):
                return str(refused)
        self._key.adopt_next()
        self._ends_s = float("-inf")
        return None

    async def resume_rotation(self) -> None:
        """Finish what was begun before this start, if the cloud can be reached."""
        if not self._key.next_path.exists():
            return
        try:
            is_known = await self._is_known(load_key(self._key.next_path))
        except KeyFileError as error:
            log.warning("a key that was being made is forgotten: %s", error)
            self._key.next_path.unlink(missing_ok=True)
            return
        if is_known:
            self._key.adopt_next()

    async def _sign_in(self, fresh: SigningKey) -> None:
        public = public_key_base64(fresh)
        proof = _b64(fresh.sign(possession_input(self._gateway_id, public)))
        request = KeyRequest(gateway_id=self._gateway_id, public_key=public, proof=proof)
        body = request.model_dump_json().encode()
        signature = f"{SIGNATURE_SCHEME} {_b64(self._key.sign(rotation_input(body)))}"
        headers = {GATEWAY_HEADER: self._gateway_id, SIGNATURE_HEADER: signature}
        await self._call("POST", KEYS_PATH, KeyAnswer, body, headers=headers)

    async def _is_known(self, key: SigningKey) -> bool:
        try:
            await self._new_token(key)
        except Refused:
            return False
        return True

    async def _with_token(
        self, method: str, path: str, model: type[M], body: bytes = b"", timeout_s: float = CALL_TIMEOUT_S
    ) -> M:
        for attempt in range(2):
            if self._steady_s() >= self._ends_s:
                answer = await self._new_token(self._key)
                self._token = answer.token
                self._ends_s = self._steady_s() + TOKEN_USED_FOR * answer.expires_in_s
            headers = {"Authorization": f"Bearer {self._token}"}
            try:
                return await self._call(method, path, model, body, headers=headers, timeout_s=timeout_s)
            except Refused as refused:
                self._ends_s = float("-inf") if refused.status == httpx.codes.UNAUTHORIZED else self._ends_s
                if refused.status != httpx.codes.UNAUTHORIZED or attempt:
                    raise
        raise AssertionError("the loop returns or raises")

    async def _new_token(self, key: SigningKey) -> TokenAnswer:
        nonce = (await self._call("POST", NONCES_PATH, NonceAnswer)).nonce
        signature = _b64(key.sign(nonce_input(self._gateway_id, nonce)))
        request = TokenRequest(gateway_id=self._gateway_id, nonce=nonce, signature=signature)
        return await self._call("POST", TOKENS_PATH, TokenAnswer, request.model_dump_json().encode())

    async def _call(
        self,
        method: str,
        path: str,
        model: type[M],
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> M:
        """Make one call. Raises Refused."""
        said = {"Content-Type": "application/json", **(headers or {})}
        try:
            response = await self._http.request(
                method,
                path,
                content=body,
                headers=said,
                timeout=httpx.Timeout(CALL_TIMEOUT_S, read=timeout_s),
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refused(0, f"the cloud cannot be reached ({type(error).__name__}: {error})") from None
        if response.status_code != httpx.codes.OK:
            raise Refused(response.status_code, _detail(response), _retry_after_s(response))
        try:
            return model.model_validate_json(response.content)
        except ValidationError:
            raise Refused(
                0, f"{response.url.host} answered 200 with something that is not from our cloud"
            ) from None


def _b64(signature: bytes) -> str:
    return b64encode(signature).decode()


def _detail(response: httpx.Response) -> str:
    try:
        return Problem.model_validate_json(response.content).detail
    except (ValidationError, json.JSONDecodeError):
        return f"{response.url.host} answered {response.status_code}"


def _retry_after_s(response: httpx.Response) -> float:
    try:
        return min(RETRY_AFTER_MAX_S, max(0.0, float(response.headers.get("Retry-After", "0"))))
    except ValueError:
        return 0.0
