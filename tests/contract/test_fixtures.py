"""The golden messages of every version are read by today's code, and mean the same."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel

from contract.batch import (
    GATEWAY_HEADER,
    SIGNATURE_HEADER,
    Batch,
    BatchAnswer,
    LooseBatch,
    Problem,
    signing_input,
)
from contract.commands import ExchangeAnswer, ExchangeRequest
from contract.device import DeviceFrame, NodeStatus
from contract.identity import (
    EnrolmentAnswer,
    EnrolmentRequest,
    KeyAnswer,
    KeyRequest,
    NonceAnswer,
    TokenAnswer,
    TokenRequest,
    answer_input,
    claim_link,
    claim_mac,
    enrolled_mac,
    nonce_input,
    parse_claim,
    rotation_input,
)
from contract.latest import Latest, LatestAnswer, latest_signing_input
from contract.layout import SiteLayout
from contract.records import Record

FIXTURES = Path(__file__).parents[2] / "contract" / "fixtures" / "v1"
MODELS: dict[str, type[BaseModel]] = {
    "device_frame": DeviceFrame,
    "node_status": NodeStatus,
    "record_reading": Record,
    "record_reading_in_hand": Record,
    "record_movement": Record,
    "record_movement_on_a_tray": Record,
    "record_movement_empty": Record,
    "record_health": Record,
    "record_anchor": Record,
    "record_sighting": Record,
    "batch": Batch,
    "batch_with_sent": Batch,
    "answer": BatchAnswer,
    "answer_with_time": BatchAnswer,
    "answer_with_quarantine": BatchAnswer,
    "problem_position": Problem,
    "site_layout": SiteLayout,
    "latest": Latest,
    "latest_answer": LatestAnswer,
    "enrolment_request": EnrolmentRequest,
    "enrolment_answer": EnrolmentAnswer,
    "nonce_answer": NonceAnswer,
    "token_request": TokenRequest,
    "token_answer": TokenAnswer,
    "key_request": KeyRequest,
    "key_answer": KeyAnswer,
    "exchange_request": ExchangeRequest,
    "exchange_answer": ExchangeAnswer,
}


def fixture(name: str) -> str:
    return (FIXTURES / f"{name}.json").read_text()


def test_every_fixture_has_a_model():
    assert {path.stem for path in FIXTURES.glob("*.json")} == {
        *MODELS,
        "signed_batch",
        "signed_identity",
        "fields",
    }


@pytest.mark.parametrize("name", MODELS)
def test_a_golden_message_is_read_without_loss(name):
    message = MODELS[name].model_validate_json(fixture(name))
    assert includes(json.loads(message.model_dump_json()), json.loads(fixture(name)))


@pytest.mark.parametrize("name", MODELS)
def test_a_key_of_the_future_is_ignored(name):
    told = json.loads(fixture(name)) | {"of_the_future": 1}
    assert MODELS[name].model_validate(told) == MODELS[name].model_validate_json(fixture(name))


def test_a_loose_batch_reads_what_a_batch_refuses():
    told = json.loads(fixture("batch"))
    told["records"][1] = {"nonsense": True}
    assert LooseBatch.model_validate(told).records[1] == {"nonsense": True}


def test_the_golden_signature_is_made_and_accepted():
    golden = json.loads(fixture("signed_batch"))
    body = golden["body"].encode()
    scheme, signature = golden["headers"][SIGNATURE_HEADER].split()
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(golden["private_key"]))
    assert scheme == "ed25519"
    assert base64.b64decode(signature) == key.sign(signing_input(body))
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(golden["public_key"]))
    public.verify(base64.b64decode(signature), b"barback-batch-v1\n" + body)
    assert Batch.model_validate_json(body).gateway_id == golden["headers"][GATEWAY_HEADER]


def test_a_signature_fits_one_kind_of_message_only():
    assert latest_signing_input(b"{}") == b"barback-latest-v1\n{}"
    assert latest_signing_input(b"{}") != signing_input(b"{}")


def test_a_choice_of_messages_may_grow_and_not_shrink():
    some = {"discriminator": {"mapping": {"a": "A"}}, "oneOf": ["A"]}
    more = {"discriminator": {"mapping": {"a": "A", "b": "B"}}, "oneOf": ["A", "B"]}
    assert is_at_least(more, some)
    assert not is_at_least(some, more)


def test_what_identity_signs_is_as_it_was():
    golden = json.loads(fixture("signed_identity"))
    code, cloud_url = parse_claim(golden["link"])
    assert (str(code), cloud_url) == (golden["code"], "https://barback.example")
    assert claim_link("https://barback.example", code) == golden["link"]
    body, answer = golden["body"].encode(), golden["answer"].encode()
    assert claim_mac(code.secret, body) == golden["claim_mac"]
    assert enrolled_mac(code.secret, golden["claim_mac"], answer) == golden["enrolled_mac"]
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(golden["private_key"]))
    rotation = golden["rotation_body"].encode()
    to, batch = golden["answer_to"], golden["batch_signature"]
    for said, signature in (
        (rotation_input(rotation), golden["rotation_signature"]),
        (nonce_input(json.loads(rotation)["gateway_id"], golden["nonce"]), golden["nonce_signature"]),
        (answer_input(to, batch, 200, answer), golden["answer_signature"]),
    ):
        assert base64.b64encode(key.sign(said)).decode() == signature


@pytest.mark.parametrize("typed", ["7kq4m2xd9tpa60fr", " 7KQ4 M2XD 9TPA 6OFR ", "7KQ4-M2XD-9TPA-60FR"])
def test_a_claim_is_read_as_people_type_it(typed):
    assert str(parse_claim(typed)[0]) == "7KQ4-M2XD-9TPA-60FR"


@pytest.mark.parametrize("typed", ["", "7KQ4", "7KQ4-M2XD-9TPA-60F!", "barback://enrol?cloud=x"])
def test_what_is_no_claim_says_what_one_looks_like(typed):
    with pytest.raises(ValueError, match="such as 7KQ4-M2XD-9TPA-60FR"):
        parse_claim(typed)


def test_the_wire_only_grows():
    """A field may be added with a default; one that gateways in the field know may not change."""
    golden, today = json.loads(fixture("fields")), fields()
    for name, known in golden.items():
        for field, meaning in known["properties"].items():
            now = today[name]["properties"].get(field)
            assert is_at_least(now, meaning), f"{name}.{field} is on the wire and must stay as it was"
        new = set(today[name]["required"]) - set(known["required"])
        assert not new, f"{name}: old senders do not know {new}: give it a default"
        assert set(known["values"]) <= set(today[name]["values"]), f"{name}: a value was taken away"


def fields() -> dict[str, dict[str, object]]:
    """Every message and enumeration on the wire with its fields, those required, and its values."""
    schemas = {}
    for model in MODELS.values():
        schema = model.model_json_schema()
        schemas |= {model.__name__: schema, **schema.get("$defs", {})}
    return {
        name: {
            "properties": schema.get("properties", {}),
            "required": schema.get("required", []),
            "values": schema.get("enum", []),
        }
        for name, schema in sorted(schemas.items())
    }


def is_at_least(now: object, meaning: object) -> bool:
    """Tell whether a field is as it was; a choice of messages (by their kind) may have got more of them."""
    if not (isinstance(now, dict) and isinstance(meaning, dict) and "discriminator" in meaning):
        return now == meaning
    kinds = meaning["discriminator"]["mapping"]
    return kinds.items() <= now["discriminator"]["mapping"].items() and all(
        one in now["oneOf"] for one in meaning["oneOf"]
    )


def includes(today: object, golden: object) -> bool:
    """Tell whether every key and value of the golden message is still there."""
    if isinstance(golden, dict):
        return isinstance(today, dict) and all(includes(today.get(key), golden[key]) for key in golden)
    if isinstance(golden, list):
        return isinstance(today, list) and len(today) == len(golden) and all(map(includes, today, golden))
    if isinstance(golden, str) and golden.endswith("Z"):
        return isinstance(today, str) and today.rstrip("Z").rstrip("0") == golden.rstrip("Z").rstrip("0")
    return today == golden
