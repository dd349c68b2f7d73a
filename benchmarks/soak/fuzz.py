"""100,000 requests that nobody sane would send, by schemathesis and hypothesis: none is answered with 5xx.

Half of them are batches: sound ones in which anything became anything else, signed so that they are read, or
bytes and headers at random. The other half calls every address that the cloud describes of itself, with
parameters inside and outside of what it describes. The database is there all the time, so 503 counts too.

    python -m benchmarks.soak.fuzz [SHARE]
"""

import asyncio
import json
import random
import string
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from benchmarks.soak.clouds import any_database, folder_for_soak, introduce, say, scale_of, verdict_of
from benchmarks.soak.common import Verdict
from cloud.app import create_app
from cloud.settings import Settings
from contract.batch import BATCHES_PATH
from firmware_sim.fleet.bars import members
from firmware_sim.fleet.gateway import FleetGateway, Tally

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

REQUESTS = 100_000
MAX_ROUNDS = 20


class Answer(Protocol):
    """What requests, httpx and schemathesis have in common."""

    status_code: int


Note = Callable[[Answer, str], None]
QUIET = settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
WORDS = [
    "reading",
    "movement",
    "health",
    "anchor",
    "ok",
    "states",
    "movements",
    "\0",
    "\ud83c",
    "a" * 300,
    "",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*WORDS, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 2**63, 2**53, 1e308])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=6,
)
HEADER = st.text(string.printable.replace("\r", "").replace("\n", ""), max_size=40)


def count(scale: float = 1.0) -> dict[str, object]:
    """Send a share of REQUESTS."""
    wanted = max(200, round(REQUESTS * scale))
    statuses: Counter[int] = Counter()
    faults: list[str] = []
    fleet = members(2)
    with folder_for_soak() as folder, any_database(folder) as url:
        kind = asyncio.run(introduce(url, fleet))
        app = create_app(Settings(database_url=url))  # type: ignore[arg-type]
        with TestClient(app, raise_server_exceptions=False) as client:

            def note(answer: Answer, told: str) -> None:
                statuses[answer.status_code] += 1
                if answer.status_code >= 500:
                    faults.append(f"{answer.status_code} for {told[:300]}")

            gateway = FleetGateway(fleet[0], "", Tally(), dice=random.Random(1))
            for number in range(MAX_ROUNDS):  # some addresses have fewer ways to be called than their share
                missing = wanted - sum(statuses.values())
                if missing > 0:
                    _fuzz_batches(client, gateway, -(-missing // 2), note, number)
                    _fuzz_addresses(client, missing // 2, fleet[0].site_id, note, number)
        with psycopg.connect(url) as connection:
            (stored,) = connection.execute("SELECT count(*) FROM reading_log").fetchone() or (0,)
    broken = [f"0 answers of 5xx: {fault}" for fault in faults[:5]]
    broken += [f"{wanted:,} requests"] * (sum(statuses.values()) < wanted)
    return {
        "database": kind,
        "requests": sum(statuses.values()),
        "answers": dict(sorted(statuses.items())),
        "answers of 5xx": len(faults),
        "readings stored all the same": stored,
        "broken": broken,
    }


@st.composite
def batches(draw: st.DrawFn) -> dict[str, Any]:
    """A sound batch in which some values are anything."""
    gateway = FleetGateway(members(1)[0], "", Tally(), dice=random.Random(1))
    gateway.epoch = f"{draw(st.integers(0, 2**128 - 1)):032x}"
    batch: dict[str, Any] = json.loads(gateway.body(draw(st.integers(0, 5))))
    batch["lane"] = draw(st.sampled_from(["states", "states", "movements"]))
    for _ in range(draw(st.integers(0, 4))):
        place: Any = batch
        while True:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.booleans()):
                place = place[key]
                continue
            place[key] = draw(VALUES)
            break
    if draw(st.booleans()):
        batch["sent"] = draw(VALUES)
    return batch


def _fuzz_batches(client: TestClient, gateway: FleetGateway, count: int, note: Note, number: int) -> None:
    @seed(10 * number + 1)
    @settings(QUIET, max_examples=max(1, count * 3 // 4))
    @given(batch=batches())
    def signed(batch: dict[str, Any]) -> None:
        body = json.dumps(batch).encode("utf-8", "replace")
        note(client.post(BATCHES_PATH, content=body, headers=gateway.headers(body)), repr(body))

    @seed(10 * number + 2)
    @settings(QUIET, max_examples=max(1, count // 4))
    @given(
        body=st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode("utf-8", "replace")),
        names=st.dictionaries(
            st.sampled_from(["Content-Type", "Content-Encoding", "Barback-Gateway", "Barback-Signature"]),
            st.sampled_from(["application/json", "gzip", "deflate", "ed25519 AAAA"]) | HEADER,
        ),
        is_signed=st.booleans(),
    )
    def odd(*, body: bytes, names: dict[str, str], is_signed: bool) -> None:
        headers = {**(gateway.headers(body) if is_signed else {}), **names}
        encoded = {name: value.strip().encode() for name, value in headers.items()}
        note(client.post(BATCHES_PATH, content=body, headers=encoded), f"{headers} {body!r}")

    signed()
    odd()


def _fuzz_addresses(client: TestClient, count: int, site_id: str, note: Note, number: int) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    share = max(1, -(-count // len(operations)))
    for operation in operations:
        strategy = operation.as_strategy(
            generation_mode=schemathesis.GenerationMode.POSITIVE
        ) | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @seed(10 * number + 3)
        @settings(QUIET, max_examples=share)
        @given(case=strategy, is_known=st.booleans())
        def called(*, case: schemathesis.Case, is_known: bool) -> None:
            if is_known and "site_id" in case.path_parameters:
                case.path_parameters["site_id"] = site_id
            note(case.call(session=client), f"{case.method} {case.formatted_path} {case.query}")

        called()


def run(share: float = 1.0, _folder: Path | None = None, _seed: int = 1) -> Verdict:
    """Run it for `./dev soak`; the folder is its own, its dice are fixed."""
    return verdict_of(count(share))


if __name__ == "__main__":
    sys.exit(say(count(scale_of(sys.argv[1:]))))
