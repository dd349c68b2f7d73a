"""Claims, tokens and keys against a real database: who is let in, and with which words others are not."""

import json
import time
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.identity import (
    ANSWER_SIGNATURE_HEADER,
    ANSWER_TO_HEADER,
    CLAIM_HEADER,
    ENROLMENTS_PATH,
    KEYS_PATH,
    LAYOUT_PATH,
    TOKENS_PATH,
    ClaimCode,
    EnrolmentAnswer,
    answer_input,
    claim_mac,
    enrolled_mac,
)
from contract.layout import SiteLayout
from tests.cloud_under_test import FakeGateway, answered, reading, record, refused, running_cloud
from tests.gateway_side import bearer, enrol, enrolment, public_of, rotate, rotation, token, token_request

pytestmark = pytest.mark.postgres
NEW = Ed25519PrivateKey.generate


@pytest.fixture
def bare(cloud):
    """The corner bar, whose gateways have no key yet."""
    for gateway_id in ("gw-back-bar", "gw-well"):
        cloud.call(cloud.services.gateways.revoke, gateway_id)
    return cloud


def why(answer, status: int) -> str:
    return refused(answer, status).detail


def claim(cloud, gateway_id: str | None = None) -> ClaimCode:
    made = cloud.call(cloud.services.identity.make_claim, "corner-bar", gateway_id)
    assert made.code is not None
    return made.code


def test_a_claim_lets_a_gateway_in_and_tells_it_all_it_needs(bare):
    key, code = NEW(), claim(bare)
    body = enrolment(code, key, gateway_id="gw-well")
    mac = claim_mac(code.secret, body)
    answer = bare.client.post(ENROLMENTS_PATH, content=body, headers={CLAIM_HEADER: f"{code.handle} {mac}"})
    told = EnrolmentAnswer.model_validate_json(answer.content)
    assert (told.site_id, told.gateway_id) == ("corner-bar", "gw-well")
    assert [gateway.id for gateway in told.layout.gateways] == ["gw-well"]
    assert answer.headers[CLAIM_HEADER] == f"{code.handle} {enrolled_mac(code.secret, mac, answer.content)}"
    assert FakeGateway(bare.client, "gw-well", key).send(reading("speed-1")).stored == 1


def test_its_maker_sees_the_claim_wait_and_end(bare):
    made = bare.call(bare.services.identity.make_claim, "corner-bar", "gw-well")
    assert (made.state, made.enrolled_id, round(made.left_s / 60)) == ("waiting", None, 15)
    assert enrol(bare.client, made.code, NEW()).status_code == 200
    seen = bare.call(bare.services.identity.claim, made.claim_no)
    assert (seen.state, seen.enrolled_id, seen.code) == ("enrolled", "gw-well", None)


def test_a_lost_answer_is_asked_for_again(bare):
    key, code = NEW(), claim(bare, "gw-well")
    first, again = enrol(bare.client, code, key), enrol(bare.client, code, key)
    assert (first.status_code, again.content) == (200, first.content)


def test_a_claim_is_used_once(bare):
    code = claim(bare, "gw-well")
    assert enrol(bare.client, code, NEW()).status_code == 200
    assert why(enrol(bare.client, code, NEW()), 403).startswith("this claim was used already")


def test_a_claim_expires(bare):
    code = claim(bare)
    bare.rows("UPDATE claim SET expires_at = now() - interval '1 second' RETURNING 1")
    late = refused(enrol(bare.client, code, NEW(), gateway_id="gw-well"), 403)
    assert late.detail.startswith("this claim is older than 15 minutes")
    claim(bare)
    assert bare.rows("SELECT secret FROM claim WHERE handle = %s", code.handle) == [{"secret": None}]
    assert why(enrol(bare.client, code, NEW(), gateway_id="gw-well"), 403) == late.detail


def test_a_claim_is_for_its_site(bare):
    other = bare.layout.model_copy(
        update={
            "id": "other-bar",
            "gateways": (bare.layout.gateways[0].model_copy(update={"id": "gw-other"}),),
            "shelves": (),
        }
    )
    bare.call(bare.services.sites.import_layout, other)
    code = claim(bare)
    foreign = why(enrol(bare.client, code, NEW(), gateway_id="gw-other"), 403)
    assert foreign.startswith("this claim is for the site corner-bar, whose layout has no gateway gw-other")
    moved = why(enrol(bare.client, code, NEW(), gateway_id="gw-well", site_id="other-bar"), 403)
    assert moved.startswith("this claim is for the site corner-bar, the gateway is set up for other-bar")
    named = claim(bare, "gw-well")
    assert "not for gw-back-bar" in why(enrol(bare.client, named, NEW(), gateway_id="gw-back-bar"), 403)


def test_a_code_that_does_not_fit_opens_nothing_and_ends_nothing(bare):
    code = claim(bare, "gw-well")
    guess = ClaimCode(code.handle, "0" * 12)
    assert "look at every letter" in why(enrol(bare.client, guess, NEW()), 401)
    assert "no such claim" in why(enrol(bare.client, ClaimCode("0000", "0" * 12), NEW()), 401)
    assert enrol(bare.client, code, NEW()).status_code == 200


def test_a_gateway_brings_its_own_key_only(bare):
    code, key = claim(bare, "gw-well"), NEW()
    stolen = enrol(bare.client, code, key, public_key=public_of(NEW()))
    assert "a key of its own" in why(stolen, 401)
    bare.gateway("gw-back-bar")
    copied = FakeGateway(bare.client, "gw-back-bar", NEW())
    bare.call(
        bare.services.gateways.register,
        "corner-bar",
        "gw-back-bar",
        copied.key.public_key().public_bytes_raw(),
    )
    assert "was its card copied?" in why(enrol(bare.client, code, copied.key), 403)


def test_a_gateway_with_a_key_is_replaced_only_by_name(cloud):
    named = why(enrol(cloud.client, claim(cloud), NEW(), gateway_id="gw-well"), 403)
    assert named.endswith("`python -m cloud admin claim corner-bar --gateway gw-well`")
    key = NEW()
    assert enrol(cloud.client, claim(cloud, "gw-well"), key).status_code == 200
    assert "was revoked or replaced" in why(cloud.well.post(b"{}"), 401)
    assert FakeGateway(cloud.client, "gw-well", key).send(reading("speed-1")).stored == 1


def test_a_revoked_key_comes_back_by_no_claim(bare):
    key = NEW()
    assert enrol(bare.client, claim(bare, "gw-well"), key).status_code == 200
    bare.call(bare.services.gateways.revoke, "gw-well")
    assert "was revoked; move gateway.key away" in why(enrol(bare.client, claim(bare, "gw-well"), key), 403)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"v": 1}', b"\xff" * 20, b"{" * 9000])
def test_garbage_is_no_enrolment(bare, body):
    code = claim(bare)
    headers = {CLAIM_HEADER: f"{code.handle} {claim_mac(code.secret, body)}"}
    answer = bare.client.post(ENROLMENTS_PATH, content=body, headers=headers)
    assert answer.status_code == (413 if len(body) > 8192 else 422)
    assert bare.client.post(ENROLMENTS_PATH, content=body).status_code in {401, 413}


def test_a_signed_nonce_gives_a_token_for_ones_own_layout(cloud):
    value = token(cloud.client, "gw-well", cloud.well.key)
    layout = SiteLayout.model_validate_json(cloud.client.get(LAYOUT_PATH, headers=bearer(value)).content)
    assert [gateway.id for gateway in layout.gateways] == ["gw-well"]


def test_a_nonce_is_signed_once_by_whom_it_names(cloud):
    request = token_request(cloud.client, "gw-well", cloud.well.key)
    assert cloud.client.post(TOKENS_PATH, json=request).status_code == 200
    assert "was signed before" in why(cloud.client.post(TOKENS_PATH, json=request), 401)
    other = token_request(cloud.client, "gw-well", cloud.back_bar.key)
    assert "does not fit" in why(cloud.client.post(TOKENS_PATH, json=other), 401)
    made_up = {**other, "nonce": "1763751600." + "ab" * 16 + "." + "A" * 43}
    assert "not made here" in why(cloud.client.post(TOKENS_PATH, json=made_up), 401)


@pytest.mark.parametrize(
    "value", ["", "x", "gw-well.1.2.3", "a.b.c.d.e", "gw-well.99999999999.0000000000000000.AAAA"]
)
def test_what_is_no_token_is_refused(cloud, value):
    assert cloud.client.get(LAYOUT_PATH, headers=bearer(value)).status_code == 401
    assert cloud.client.get(LAYOUT_PATH).status_code == 401


def test_a_token_ends_with_its_key(cloud):
    value = token(cloud.client, "gw-well", cloud.well.key)
    cloud.call(cloud.services.gateways.revoke, "gw-well")
    told = why(cloud.client.get(LAYOUT_PATH, headers=bearer(value)), 401)
    assert told == "the key of gw-well that got this token counts no longer; enrol the gateway anew"


def test_the_old_key_lets_a_new_one_in_and_both_count_for_a_while(cloud):
    new = NEW()
    answer = rotate(cloud.client, "gw-well", cloud.well.key, new)
    assert answer.status_code == 200, answer.text
    assert answer.json()["old_key_ends_in_s"] == pytest.approx(86_400, abs=5)
    assert cloud.well.send(reading("speed-1")).stored == 1
    renewed = FakeGateway(cloud.client, "gw-well", new)
    assert renewed.send(reading("speed-1")).stored == 1
    assert rotate(cloud.client, "gw-well", cloud.well.key, new).status_code == 200
    cloud.rows(
        "UPDATE gateway_key SET ends_at = now() - interval '1 s' WHERE ends_at IS NOT NULL RETURNING 1"
    )
    cloud.services.gateways.forget_all()
    assert "was revoked or replaced" in why(cloud.well.post(b"{}"), 401)
    assert renewed.send(reading("speed-1")).stored == 1


def test_only_the_old_key_lets_a_new_one_in(cloud):
    new = NEW()
    assert "does not fit" in why(rotate(cloud.client, "gw-well", NEW(), new), 401)
    assert "does not fit" in why(rotate(cloud.client, "gw-well", cloud.back_bar.key, new), 401)
    body, headers = rotation("gw-well", cloud.well.key, new, proof=enrolled_proof(cloud))
    assert "a key of its own" in why(cloud.client.post(KEYS_PATH, content=body, headers=headers), 401)
    assert "belongs to gw-back-bar" in why(
        rotate(cloud.client, "gw-well", cloud.well.key, cloud.back_bar.key), 403
    )
    body, headers = rotation("gw-well", cloud.well.key, new, gateway_id="gw-back-bar")
    told = why(cloud.client.post(KEYS_PATH, content=body, headers=headers), 403)
    assert told == "gw-well signed a key of gw-back-bar; a gateway can only speak for itself"


def enrolled_proof(cloud) -> str:
    body, _ = rotation("gw-well", NEW(), NEW())
    return str(json.loads(body)["proof"])


def test_a_revoked_key_comes_back_by_no_rotation(cloud):
    new = NEW()
    cloud.call(cloud.services.gateways.revoke, "gw-well")
    assert "was revoked or replaced" in why(rotate(cloud.client, "gw-well", cloud.well.key, new), 401)
    cloud.call(cloud.services.gateways.register, "corner-bar", "gw-well", new.public_key().public_bytes_raw())
    assert "was revoked; move" in why(rotate(cloud.client, "gw-well", new, cloud.well.key), 403)


def test_a_revocation_reaches_every_process_at_once(cloud, database_url):
    with running_cloud(database_url, gateway_cache_s=60.0) as other:
        gateway = FakeGateway(other.client, "gw-well", other.well.key)
        assert gateway.send(reading("speed-1")).stored == 1
        cloud.call(cloud.services.gateways.revoke, "gw-well")
        for _ in range(100):  # the cache alone would hold the key for 60 s
            answer = gateway.post(gateway.batch([record(reading("speed-1"))]).model_dump_json().encode())
            if answer.status_code == 401:
                break
            time.sleep(0.02)
        assert "was revoked or replaced" in why(answer, 401)


def test_who_carries_a_batch_does_not_matter(cloud):
    """It is the batch of whose signature it has, and its answer is signed for that gateway."""
    batch = cloud.well.batch([record(reading("speed-1"))]).model_dump_json().encode()
    asked = {ANSWER_TO_HEADER: "0f" * 16}
    answer = cloud.well.post(batch, **asked)
    assert answered(answer).stored == 1
    code = claim(cloud, "gw-back-bar")
    told = EnrolmentAnswer.model_validate_json(enrol(cloud.client, code, NEW()).content)
    cloud_key = Ed25519PublicKey.from_public_bytes(b64decode(told.cloud_key))
    said = answer_input("0f" * 16, cloud.well.signature(batch), 200, answer.content)
    cloud_key.verify(b64decode(answer.headers[ANSWER_SIGNATURE_HEADER]), said)
    assert ANSWER_SIGNATURE_HEADER not in cloud.well.post(batch).headers


def test_a_gateway_speaks_for_itself_only(cloud):
    batch = cloud.well.batch([record(reading("speed-1"))]).model_dump_json().encode()
    told = why(cloud.back_bar.post(batch), 401)
    assert told == "'gw-back-bar' signed a batch of 'gw-well'; a gateway can only speak for itself"


def test_claims_are_bounded(cloud):
    for _ in range(50):
        claim(cloud)
    with pytest.raises(Exception, match="50 claims of corner-bar are waiting"):
        claim(cloud)
