"""Gateways that enrol, get tokens, renew their keys and fetch their layout (contract.identity)."""

import asyncio
import re
from base64 import b64decode
from binascii import Error as NotBase64
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from cloud.gateways.schemas import Speaker
from cloud.problems import CloudProblem, Malformed, TooSlow, Unauthorized
from cloud.readings.body import read_body
from cloud.requests import ServicesOf
from contract.batch import GATEWAY_HEADER, SIGNATURE_HEADER, SIGNATURE_SCHEME
from contract.identity import (
    ALPHABET,
    CLAIM_HEADER,
    ENROLMENTS_PATH,
    HANDLE_LENGTH,
    KEYS_PATH,
    LAYOUT_PATH,
    MAX_IDENTITY_BYTES,
    NONCES_PATH,
    TOKENS_PATH,
    TokenRequest,
    enrolled_mac,
)

router = APIRouter(tags=["gateway"])
M = TypeVar("M", bound=BaseModel)
NO_STORE = {"Cache-Control": "no-store"}
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
CLAIM = re.compile(rf"([{ALPHABET}]{{{HANDLE_LENGTH}}}) ([0-9a-f]{{64}})")
BODY_WITHIN_S = 30.0


@router.post(ENROLMENTS_PATH)
async def enrolments(request: Request, services: ServicesOf) -> Response:
    """Exchange a claim for the registration of a public key."""
    found = CLAIM.fullmatch(request.headers.get(CLAIM_HEADER, ""))
    if found is None:
        raise Unauthorized(f"the header {CLAIM_HEADER} must be 'HANDLE HMAC', as docs/wire.md describes")
    handle, mac = found.groups()
    body = await small_body(request)
    answer, secret = await services.identity.enrol(handle, mac, body)
    said = answer.model_dump_json().encode()
    headers = {**NO_STORE, CLAIM_HEADER: f"{handle} {enrolled_mac(secret, mac, said)}"}
    return Response(said, media_type="application/json", headers=headers)


@router.post(NONCES_PATH)
async def nonces(services: ServicesOf) -> Response:
    """Something to sign."""
    return _answer(await services.identity.nonce())


@router.post(TOKENS_PATH)
async def tokens(request: Request, services: ServicesOf) -> Response:
    """A token for a signed nonce."""
    return _answer(await services.identity.token(parsed(TokenRequest, await small_body(request))))


@router.post(KEYS_PATH)
async def keys(request: Request, services: ServicesOf) -> Response:
    """A new key, signed by the old one."""
    gateway_id = request.headers.get(GATEWAY_HEADER, "")
    if not SLUG.fullmatch(gateway_id):
        raise Unauthorized(f"the header {GATEWAY_HEADER} must name the gateway whose key is renewed")
    scheme, _, encoded = request.headers.get(SIGNATURE_HEADER, "").partition(" ")
    try:
        signature = b64decode(encoded, validate=True)
    except (NotBase64, ValueError):
        signature = b""
    if scheme != SIGNATURE_SCHEME or len(signature) != 64:
        raise Unauthorized(f"the header {SIGNATURE_HEADER} must be '{SIGNATURE_SCHEME} <base64 of 64 bytes>'")
    return _answer(await services.identity.rotate(gateway_id, signature, await small_body(request)))


async def bearer(request: Request, services: ServicesOf) -> Speaker:
    """Return the gateway whose token a request carries. Raises Unauthorized."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(f"this needs a token: sign what {NONCES_PATH} gives, and send it to {TOKENS_PATH}")
    return await services.identity.bearer(token[:512])


Bearer = Annotated[Speaker, Depends(bearer)]


@router.get(LAYOUT_PATH)
async def layout(speaker: Bearer, services: ServicesOf) -> Response:
    """The asking gateway's own part of its site's layout."""
    return _answer(await services.sites.layout_for(speaker.gateway_id))


async def small_body(request: Request, max_bytes: int = MAX_IDENTITY_BYTES) -> bytes:
    """Return a body of at most max_bytes, as it came."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await read_body(request.stream(), encoding, max_bytes)
    except TimeoutError:
        raise TooSlow(f"the body did not arrive within {BODY_WITHIN_S:.0f} s; try again") from None
    except ClientDisconnect:
        raise CloudProblem("the connection ended before the body did") from None


def parsed(model: type[M], body: bytes) -> M:
    """Read a message. Raises Malformed with the first fault."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{place or model.__name__}: {first['msg']}") from None


def _answer(message: BaseModel) -> Response:
    return Response(message.model_dump_json(), media_type="application/json", headers=NO_STORE)
