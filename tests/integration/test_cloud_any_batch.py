"""Whatever a gateway sends, it is answered: nothing it can say becomes a fault of the cloud."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.batch import BatchAnswer
from tests.cloud_under_test import health, pour, reading, record

pytestmark = pytest.mark.postgres

RECORDS = [json.loads(record(body).model_dump_json()) for body in (reading("top-1"), pour("top-1"), health())]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["top-1", "top-cell-1", "ok", "silent", "2026-11-20T20:00:00Z", "\0", "a" * 300])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@st.composite
def broken_records(draw):
    """A sound record in which some values are replaced by anything."""
    broken = json.loads(json.dumps(draw(st.sampled_from(RECORDS))))
    for _ in range(draw(st.integers(0, 3))):
        part = broken["body"] if draw(st.booleans()) and isinstance(broken["body"], dict) else broken
        if part:
            part[draw(st.sampled_from(sorted(part)))] = draw(VALUES)
    return broken


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(broken_records(), max_size=4), lane=st.sampled_from(["states", "movements"]))
def test_every_record_is_stored_or_quarantined(cloud, records, lane):
    mark = json.loads(_send(cloud, lane, 0, []).content)["mark"]
    response = _send(cloud, lane, mark + 1, records)
    assert response.status_code == 200, response.text
    answer = BatchAnswer.model_validate_json(response.content)
    assert answer.stored + len(answer.quarantined) == len(records)
    assert answer.mark == mark + len(records)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_batch_is_malformed(cloud, body):
    assert cloud.back_bar.post(body).status_code == 422


def _send(cloud, lane, first_seq, records):
    head = {
        "v": 1,
        "gateway_id": "gw-back-bar",
        "epoch": cloud.back_bar.epoch,
        "lane": lane,
        "first_seq": first_seq,
    }
    return cloud.back_bar.post(json.dumps({**head, "records": records}).encode())
