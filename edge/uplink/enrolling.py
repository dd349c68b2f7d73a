"""A claim in somebody's hand -> a registered key, the layout, and a cloud that is known again.

The code never travels: request and answer carry HMACs made with it (contract.identity), so a cloud with a
certificate of its own is believed only if it knows the code and shows that same certificate.
"""

import asyncio
import hmac
import os
import ssl
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from contract.batch import Problem
from contract.identity import (
    CLAIM_HEADER,
    ENROLMENTS_PATH,
    ClaimCode,
    EnrolmentAnswer,
    EnrolmentRequest,
    claim_mac,
    enrolled_mac,
    possession_input,
)
from edge.uplink.cloud_file import CloudEntry, CloudFile
from edge.uplink.signing import SigningKey, public_key_base64
from edge.uplink.tls import PIN_NAME, fingerprint, pinned

TIMEOUT_S = 20.0


class EnrolmentError(RuntimeError):
    """The gateway was not let in; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who asks: names are None where the claim or the cloud shall say."""

    gateway_id: str | None
    site_id: str | None


@dataclass(frozen=True, slots=True)
class _Cloud:
    """How the cloud is believed: `pem` is its own certificate, None where an authority vouches."""

    url: str
    context: ssl.SSLContext | bool
    pem: str | None


async def enrol(
    cloud_url: str,
    code: ClaimCode,
    key: SigningKey,
    who: Candidate,
    context: ssl.SSLContext,
) -> tuple[EnrolmentAnswer, str | None]:
    """Exchange a claim for the registration of our key; also return the cloud's certificate, if it is pinned.

    `context` is what is believed without a claim: an authority. Raises EnrolmentError.
    """
    cloud = await _find(cloud_url, context)
    body = _request(cloud, code, key, who)
    mac = claim_mac(code.secret, body)
    headers = {"Content-Type": "application/json", CLAIM_HEADER: f"{code.handle} {mac}"}
    try:
        async with httpx.AsyncClient(base_url=cloud.url, verify=cloud.context, timeout=TIMEOUT_S) as http:
            response = await http.post(ENROLMENTS_PATH, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EnrolmentError(
            f"{cloud_url} cannot be reached ({type(error).__name__}: {error}); check network and address"
        ) from None
    return _read(response, cloud, code, mac), cloud.pem


def keep(data_dir: Path, layout_file: Path, cloud_url: str, answer: EnrolmentAnswer, pem: str | None) -> None:
    """Write down what the enrolment told: layout, cloud, certificate. Raises OSError."""
    data_dir.mkdir(parents=True, exist_ok=True)
    layout_file.parent.mkdir(parents=True, exist_ok=True)
    _replace(layout_file, answer.layout.model_dump_json())
    pin = data_dir / PIN_NAME
    if pem is None:
        pin.unlink(missing_ok=True)
    else:
        _replace(pin, pem)
    CloudFile(data_dir).write(
        CloudEntry(
            cloud_url=cloud_url,
            site_id=answer.site_id,
            gateway_id=answer.gateway_id,
            cloud_key=answer.cloud_key,
        )
    )


async def _find(cloud_url: str, context: ssl.SSLContext) -> _Cloud:
    """Ask with an authority first; where none vouches, look at the certificate and let the claim vouch."""
    parts = urlsplit(cloud_url)
    if parts.scheme != "https":
        return _Cloud(cloud_url, context=True, pem=None)
    try:
        async with httpx.AsyncClient(verify=context, timeout=TIMEOUT_S) as http:
            await http.get(f"{cloud_url}/healthz")
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise EnrolmentError(
                f"{cloud_url} cannot be reached ({error}); check network and address"
            ) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EnrolmentError(f"{cloud_url} cannot be reached ({error}); check network and address") from None
    else:
        return _Cloud(cloud_url, context, pem=None)
    where = (parts.hostname or "", parts.port or 443)
    try:
        pem = await asyncio.to_thread(ssl.get_server_certificate, where, timeout=TIMEOUT_S)
    except OSError as error:
        raise EnrolmentError(f"{cloud_url} shows no certificate ({error})") from None
    return _Cloud(cloud_url, pinned(pem), pem)


def _request(cloud: _Cloud, code: ClaimCode, key: SigningKey, who: Candidate) -> bytes:
    public = public_key_base64(key)
    request = EnrolmentRequest(
        gateway_id=who.gateway_id,
        site_id=who.site_id,
        public_key=public,
        proof=b64encode(key.sign(possession_input(code.handle, public))).decode(),
        seen_certificate=None if cloud.pem is None else fingerprint(cloud.pem),
    )
    return request.model_dump_json().encode()


def _read(response: httpx.Response, cloud: _Cloud, code: ClaimCode, mac: str) -> EnrolmentAnswer:
    """Believe an answer only if it knows the code, and only from the certificate that was seen."""
    if response.status_code != httpx.codes.OK:
        raise EnrolmentError(_refusal(response))
    wanted = f"{code.handle} {enrolled_mac(code.secret, mac, response.content)}"
    if not hmac.compare_digest(wanted, response.headers.get(CLAIM_HEADER, "")):
        raise EnrolmentError(
            f"what answered at {cloud.url} does not know the code: a captive portal, or somebody in between. "
            "Nothing was given away; check the network and the address"
        )
    try:
        answer = EnrolmentAnswer.model_validate_json(response.content)
    except ValidationError as error:
        raise EnrolmentError(
            f"the cloud's answer cannot be read ({error.error_count()} faults): update"
        ) from None
    if cloud.pem is not None and answer.certificate != fingerprint(cloud.pem):
        raise EnrolmentError(
            "the cloud says that this certificate is not its own, and no authority vouches for it. If "
            "something of yours ends TLS in front of the cloud, name its authority in cloud_ca_file"
        )
    return answer


def _refusal(response: httpx.Response) -> str:
    try:
        return Problem.model_validate_json(response.content).detail
    except ValidationError:
        return (
            f"{response.url.host} answered {response.status_code} with something that is not from our cloud"
        )


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".tmp")
    with fresh.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
