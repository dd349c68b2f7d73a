"""Nothing that anyone sends to the calls of identity and commands is a fault of ours."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.batch import GATEWAY_HEADER, SIGNATURE_HEADER
from contract.commands import EXCHANGE_PATH
from contract.identity import CLAIM_HEADER, ENROLMENTS_PATH, KEYS_PATH, LAYOUT_PATH, NONCES_PATH, TOKENS_PATH
from tests.cloud_under_test import running_cloud
from tests.gateway_side import bearer, token

pytestmark = pytest.mark.postgres
PATHS = (ENROLMENTS_PATH, KEYS_PATH, LAYOUT_PATH, NONCES_PATH, TOKENS_PATH, EXCHANGE_PATH)
words = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80)
names = st.sampled_from(
    [
        "v",
        "gateway_id",
        "site_id",
        "public_key",
        "proof",
        "nonce",
        "signature",
        "reports",
        "reported",
        "command_id",
        "state",
        "detail",
        "result",
        "desired_version",
        "wait_s",
        "version",
        "settings",
        "problem",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
KNOWN = {
    "command_id": "c0" * 16,
    "state": "done",
    "detail": "a\0b",
    "result": "\0",
    "version": 1,
    "settings": {},
}


@pytest.fixture(scope="module")
def cloud(postgres_server):
    with postgres_server.migrated_database() as url, running_cloud(url) as running:
        yield running


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_is_a_fault_of_ours(cloud, data):
    path = data.draw(st.sampled_from(PATHS))
    body = data.draw(st.binary(max_size=60) | st.dictionaries(names, values | st.just(KNOWN), max_size=6))
    own = bearer(token(cloud.client, "gw-well", cloud.well.key)) if data.draw(st.booleans()) else {}
    loose = {
        name: data.draw(words).encode("latin-1") for name in (CLAIM_HEADER, GATEWAY_HEADER, SIGNATURE_HEADER)
    }
    method = data.draw(st.sampled_from(["POST", "GET"]))
    sent = {"content": body} if isinstance(body, bytes) else {"content": dumped(body)}
    answer = cloud.client.request(method, path, headers={**loose, **own}, **sent)
    assert answer.status_code < 500, answer.text


def dumped(body) -> bytes:
    return json.dumps({**body, "wait_s": 0}).encode()
