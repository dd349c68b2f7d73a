"""The gateways' way in: POST /gateway/v1/batches (contract.batch)."""

import asyncio
import base64
import binascii
import re

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from cloud.problems import CloudProblem, Malformed, TooLarge, TooSlow, Unauthorized, WrongMediaType
from cloud.readings.body import read_body
from cloud.readings.schemas import SignedBody
from cloud.readings.service import ReadingsService
from cloud.requests import ServicesOf
from contract.batch import (
    BATCHES_PATH,
    GATEWAY_HEADER,
    MAX_BATCH_BYTES,
    SIGNATURE_HEADER,
    SIGNATURE_SCHEME,
)
from contract.latest import LATEST_PATH, MAX_LATEST_BYTES

BODY_WITHIN_S = 30.0
"""At 1.1 Mbit/s 4 MiB arrive in this time; a gateway on a slower line is asked for smaller batches."""
RELAYED_HEADER = "Barback-Answer-To"
"""Asks for a signed answer, which only a gateway whose batch goes by a relay does."""
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

router = APIRouter(tags=["gateway"])


@router.post(BATCHES_PATH)
async def batches(request: Request, services: ServicesOf) -> Response:
    """Take one signed batch; the answer (a BatchAnswer) comes after the commit."""
    async with services.readings.admitted():
        signed = await _signed_body(request, services.readings)
        answer = await services.readings.take(signed)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post(LATEST_PATH)
async def latest(request: Request, services: ServicesOf) -> Response:
    """Take what every scale of a gateway shows now (a Latest); nothing of it is durable."""
    async with services.readings.admitted():
        signed = await _signed_body(request, services.readings, MAX_LATEST_BYTES)
        answer = await services.latest.take(signed)
    return Response(answer.model_dump_json(), media_type="application/json")


async def _signed_body(
    request: Request, readings: ReadingsService, max_bytes: int = MAX_BATCH_BYTES
) -> SignedBody:
    gateway_id, signature = _headers(request)
    try:
        body = await _body(request, max_bytes)
        return SignedBody(body, gateway_id, signature, RELAYED_HEADER in request.headers)
    except (Malformed, TooLarge, WrongMediaType) as problem:
        await readings.count_refusal(gateway_id, problem)
        raise


def _headers(request: Request) -> tuple[str, bytes]:
    gateway_id = request.headers.get(GATEWAY_HEADER, "")
    if not SLUG.fullmatch(gateway_id):
        raise Unauthorized(f"the header {GATEWAY_HEADER} must name the gateway that signed the batch")
    scheme, _, encoded = request.headers.get(SIGNATURE_HEADER, "").partition(" ")
    try:
        signature = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if scheme != SIGNATURE_SCHEME or len(signature) != 64:
        raise Unauthorized(f"the header {SIGNATURE_HEADER} must be '{SIGNATURE_SCHEME} <base64 of 64 bytes>'")
    return gateway_id, signature


async def _body(request: Request, max_bytes: int) -> bytes:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise WrongMediaType(f"a batch is application/json, not {media_type[:80] or 'nothing'!r}")
    if int(request.headers.get("content-length", "0")) > max_bytes:
        raise TooLarge(f"a batch may have {max_bytes:,} bytes; send fewer records at a time")
    encoding = request.headers.get("content-encoding", "").strip().lower()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await read_body(request.stream(), encoding, max_bytes)
    except TimeoutError:
        raise TooSlow(f"the body did not arrive within {BODY_WITHIN_S:.0f} s; send fewer records") from None
    except ClientDisconnect:
        raise CloudProblem("the connection ended before the body did") from None
