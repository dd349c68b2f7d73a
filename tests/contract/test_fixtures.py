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
from contract.device import DeviceFrame, NodeStatus
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
    "batch": Batch,
    "answer": BatchAnswer,
    "answer_with_quarantine": BatchAnswer,
    "problem_position": Problem,
    "site_layout": SiteLayout,
}


def fixture(name: str) -> str:
    return (FIXTURES / f"{name}.json").read_text()


def test_every_fixture_has_a_model():
    assert {path.stem for path in FIXTURES.glob("*.json")} == {*MODELS, "signed_batch", "fields"}


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


def test_the_wire_only_grows():
    """A field may be added with a default; one that gateways in the field know may not change."""
    golden, today = json.loads(fixture("fields")), fields()
    for name, known in golden.items():
        for field, meaning in known["properties"].items():
            now = today[name]["properties"].get(field)
            assert now == meaning, f"{name}.{field} is on the wire and must stay as it was"
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


def includes(today: object, golden: object) -> bool:
    """Tell whether every key and value of the golden message is still there."""
    if isinstance(golden, dict):
        return isinstance(today, dict) and all(includes(today.get(key), golden[key]) for key in golden)
    if isinstance(golden, list):
        return isinstance(today, list) and len(today) == len(golden) and all(map(includes, today, golden))
    if isinstance(golden, str) and golden.endswith("Z"):
        return isinstance(today, str) and today.rstrip("Z").rstrip("0") == golden.rstrip("Z").rstrip("0")
    return today == golden
