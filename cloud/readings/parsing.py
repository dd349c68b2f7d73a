"""From the bytes of a body to records: fast when all are sound, one by one when some are not. Pure."""

import json

from pydantic import JsonValue, ValidationError

from cloud.problems import Malformed
from cloud.readings.schemas import BadRecord, BatchHead, ParsedBatch
from contract.batch import Batch, LooseBatch
from contract.records import LANE_OF_KIND, Lane, Record

MAX_KEPT_CHARACTERS = 4_000
"""Of a bad record, in quarantine."""
MAX_REASON_CHARACTERS = 200
NUL_IN_JSON = b"\\u0000"
"""PostgreSQL's texts cannot hold this character: it must not get as far as the database."""


def parse_batch(body: bytes) -> ParsedBatch:
    """Read a batch. Raises Malformed, with the first fault in words, when not even its head can be read."""
    if NUL_IN_JSON in body:
        return _parsed_one_by_one(body)
    try:
        return _parsed(Batch.model_validate_json(body))
    except (
        ValidationError,
        OverflowError,
    ):  # pydantic lets the overflow of a date at the end of time through
        return _parsed_one_by_one(body)


def _parsed(batch: Batch) -> ParsedBatch:
    records: list[Record | BadRecord] = list(batch.records)
    for place, record in enumerate(batch.records):
        if LANE_OF_KIND[record.body.kind] is not batch.lane:
            records[place] = _in_wrong_lane(record, batch.lane)
    return ParsedBatch(_head(batch), records)


def _parsed_one_by_one(body: bytes) -> ParsedBatch:
    try:
        loose = LooseBatch.model_validate_json(body)
    except (ValidationError, OverflowError) as error:
        raise Malformed(f"this is no batch of version 1: {_first_fault(error)}") from None
    records = [_record(raw, loose.lane) for raw in loose.records]
    return ParsedBatch(_head(loose), records)


def _head(batch: Batch | LooseBatch) -> BatchHead:
    count = len(batch.records)
    return BatchHead(batch.gateway_id, batch.epoch, batch.lane, batch.first_seq, batch.gap, count, batch.sent)


def _record(raw: JsonValue, lane: Lane) -> Record | BadRecord:
    try:
        record = Record.model_validate(raw)
    except (ValidationError, OverflowError) as error:
        return BadRecord(_first_fault(error), json.dumps(raw)[:MAX_KEPT_CHARACTERS])
    if _has_nul(raw):
        return BadRecord(
            "a text in this record holds the character NUL", json.dumps(raw)[:MAX_KEPT_CHARACTERS]
        )
    return record if LANE_OF_KIND[record.body.kind] is lane else _in_wrong_lane(record, lane)


def _has_nul(raw: JsonValue) -> bool:
    if isinstance(raw, str):
        return "\x00" in raw
    if isinstance(raw, dict):
        return any("\x00" in key or _has_nul(value) for key, value in raw.items())
    return isinstance(raw, list) and any(_has_nul(value) for value in raw)


def _in_wrong_lane(record: Record, lane: Lane) -> BadRecord:
    reason = f"a {record.body.kind} does not travel in the lane {lane.value}"
    return BadRecord(reason, record.model_dump_json()[:MAX_KEPT_CHARACTERS])


def _first_fault(error: ValidationError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "wall_at: this instant is outside the calendar"
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "body"
    return f"{place}: {fault['msg']}"[:MAX_REASON_CHARACTERS]
