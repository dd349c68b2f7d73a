"""A gateway's side of enrolment, tokens and commands, spoken straight to a cloud over any httpx client."""

import json
from base64 import b64encode
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.batch import GATEWAY_HEADER, SIGNATURE_HEADER
from contract.commands import EXCHANGE_PATH, ExchangeAnswer
from contract.identity import (
    CLAIM_HEADER,
    ENROLMENTS_PATH,
    KEYS_PATH,
    NONCES_PATH,
    TOKENS_PATH,
    ClaimCode,
    claim_mac,
    nonce_input,
    possession_input,
    rotation_input,
)


def public_of(key: Ed25519PrivateKey) -> str:
    """The public half, base64."""
    return b64encode(key.public_key().public_bytes_raw()).decode()


def signed(key: Ed25519PrivateKey, said: bytes) -> str:
    """A signature, base64."""
    return b64encode(key.sign(said)).decode()


def enrolment(code: ClaimCode, key: Ed25519PrivateKey, **fields: Any) -> bytes:
    """The body of an enrolment; fields replace what an honest gateway would say."""
    public = public_of(key)
    proof = signed(key, possession_input(code.handle, public))
    return json.dumps({"v": 1, "public_key": public, "proof": proof, **fields}).encode()


def enrol(client: httpx.Client, code: ClaimCode, key: Ed25519PrivateKey, **fields: Any) -> httpx.Response:
    """Ask to be let in."""
    body = enrolment(code, key, **fields)
    headers = {CLAIM_HEADER: f"{code.handle} {claim_mac(code.secret, body)}"}
    return client.post(ENROLMENTS_PATH, content=body, headers=headers)


def token_request(client: httpx.Client, gateway_id: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """A fresh nonce, signed."""
    nonce = client.post(NONCES_PATH).json()["nonce"]
    return {
        "gateway_id": gateway_id,
        "nonce": nonce,
        "signature": signed(key, nonce_input(gateway_id, nonce)),
    }


def token(client: httpx.Client, gateway_id: str, key: Ed25519PrivateKey) -> str:
    """A token."""
    answer = client.post(TOKENS_PATH, json=token_request(client, gateway_id, key))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def bearer(value: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {value}"}


def rotation(
    gateway_id: str, old: Ed25519PrivateKey, new: Ed25519PrivateKey, /, **fields: Any
) -> tuple[bytes, dict]:
    """Body and headers of a key that is renewed."""
    public = public_of(new)
    proof = signed(new, possession_input(gateway_id, public))
    told = {"v": 1, "gateway_id": gateway_id, "public_key": public, "proof": proof, **fields}
    body = json.dumps(told).encode()
    headers = {GATEWAY_HEADER: gateway_id, SIGNATURE_HEADER: f"ed25519 {signed(old, rotation_input(body))}"}
    return body, headers


def rotate(
    client: httpx.Client, gateway_id: str, old: Ed25519PrivateKey, new: Ed25519PrivateKey
) -> httpx.Response:
    """Ask for a new key."""
    body, headers = rotation(gateway_id, old, new)
    return client.post(KEYS_PATH, content=body, headers=headers)


def exchange(client: httpx.Client, value: str, **fields: Any) -> ExchangeAnswer:
    """One poll with a token."""
    answer = client.post(EXCHANGE_PATH, json=fields, headers=bearer(value))
    assert answer.status_code == 200, answer.text
    return ExchangeAnswer.model_validate_json(answer.content)
