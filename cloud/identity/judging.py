"""Which claim lets which gateway in, and which key may be brought. Pure; each refusal says what to do."""

import hmac
from base64 import b64decode

from cloud.gateways.keys import signed_by
from cloud.identity.schemas import Candidate, ClaimRow, Holder
from cloud.problems import Forbidden, Malformed, Unauthorized
from contract.identity import EnrolmentRequest, KeyRequest, claim_mac, possession_input

MAKE_ANOTHER = "make a new one with `python -m cloud admin claim SITE`, or on the dashboard under More"


def checked(claim: ClaimRow | None, mac: str, body: bytes) -> str:
    """Return the claim's secret, if the HMAC fits and it is not over. Raises Unauthorized or Forbidden."""
    if claim is None:
        raise Unauthorized(f"there is no such claim; look at the code again, or {MAKE_ANOTHER}")
    if claim.secret is not None and not hmac.compare_digest(
        claim_mac(claim.secret, body).encode(), mac.encode()
    ):
        raise Unauthorized("the code does not fit; look at every letter of it again")
    if claim.secret is None or claim.is_expired:
        over = "was used already" if claim.used_by is not None else "is older than 15 minutes"
        raise Forbidden(f"this claim {over}; {MAKE_ANOTHER}")
    return claim.secret


def read_enrolment(handle: str, body: bytes) -> tuple[EnrolmentRequest, bytes]:
    """Return the request and the public key it proves to have. Raises Malformed or Unauthorized."""
    try:
        request = EnrolmentRequest.model_validate_json(body)
    except ValueError as error:
        raise Malformed(f"this is no enrolment: {str(error)[:200]}") from None
    return request, possessed(handle, request.public_key, request.proof)


def read_key(gateway_id: str, body: bytes) -> tuple[KeyRequest, bytes]:
    """Return the request for a new key and that key. Raises Malformed, Forbidden or Unauthorized."""
    try:
        request = KeyRequest.model_validate_json(body)
    except ValueError as error:
        raise Malformed(f"this is no new key: {str(error)[:200]}") from None
    if request.gateway_id != gateway_id:
        raise Forbidden(
            f"{gateway_id} signed a key of {request.gateway_id}; a gateway can only speak for itself"
        )
    return request, possessed(gateway_id, request.public_key, request.proof)


def possessed(context: str, public_key: str, proof: str) -> bytes:
    """Return the key, if its other half signed the proof. Raises Unauthorized."""
    key = b64decode(public_key)
    if signed_by((key,), b64decode(proof), possession_input(context, public_key)) is None:
        raise Unauthorized("the proof does not fit the public key; a gateway can only bring a key of its own")
    return key


def refuse_certificate(seen: str | None, own: str | None) -> None:
    """Refuse a gateway that was shown another certificate than this cloud's. Raises Forbidden."""
    if seen is not None and own is not None and seen != own:
        raise Forbidden(
            "the gateway was shown a certificate that is not this cloud's: somebody is in between, or "
            "something of yours ends TLS there (name its authority in cloud_ca_file). The claim still holds"
        )


def named(claim: ClaimRow, request: EnrolmentRequest) -> str:
    """Return which gateway asks. Raises Forbidden where the claim is not for it."""
    if request.site_id is not None and request.site_id != claim.site_id:
        raise Forbidden(
            f"this claim is for the site {claim.site_id}, the gateway is set up for {request.site_id}; "
            f"make a claim of {request.site_id}, or remove the old layout file from the gateway"
        )
    gateway_id = request.gateway_id or claim.gateway_id
    if gateway_id is None:
        raise Forbidden("this claim is for any gateway of its site; say which one this is (gateway_id)")
    if claim.gateway_id is not None and claim.gateway_id != gateway_id:
        raise Forbidden(f"this claim is for the gateway {claim.gateway_id}, not for {gateway_id}")
    return gateway_id


def may_enrol(
    claim: ClaimRow, gateway_id: str, candidate: Candidate | None, public_key: bytes, holders: list[Holder]
) -> bool:
    """Tell whether something is to be done; False for a repeated request. Raises Forbidden."""
    if candidate is None:
        raise Forbidden(
            f"this claim is for the site {claim.site_id}, whose layout has no gateway {gateway_id}; "
            "check the gateway's name, or import a layout that names it"
        )
    if claim.used_by is not None:
        if claim.used_by == candidate.gateway_no and claim.used_key == public_key:
            refuse_holders(holders, gateway_id)
            return False
        raise Forbidden(f"this claim was used already; {MAKE_ANOTHER}")
    refuse_holders(holders, gateway_id)
    own = any(holder.gateway_id == gateway_id for holder in holders)
    if candidate.has_key and claim.gateway_no is None and not own:
        raise Forbidden(
            f"{gateway_id} has a key already; to replace it, make the claim for it by name: "
            f"`python -m cloud admin claim {claim.site_id} --gateway {gateway_id}`"
        )
    return True


def refuse_holders(holders: list[Holder], gateway_id: str) -> None:
    """Refuse a key that another gateway has (a card that was copied), or that was revoked."""
    for holder in holders:
        if holder.gateway_id != gateway_id:
            raise Forbidden(
                f"this key belongs to {holder.gateway_id}; was its card copied? Move gateway.key away "
                "on this one, so that it makes its own"
            )
        if holder.is_over:
            raise Forbidden(
                f"this key of {gateway_id} was revoked; move gateway.key away, so that it makes a new one"
            )
