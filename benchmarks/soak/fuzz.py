"""100,000 requests that nobody sane would send, by schemathesis and hypothesis: none is answered with 5xx.

Half of them are batches: sound ones in which anything became anything else, signed so that they are read, or
bytes and headers at random. The other half calls every address that the cloud describes of itself, with
parameters inside and outside of what it describes. The database is there all the time, so 503 counts too.

Every core has a process with the whole application in it, all of them on one database. They work in rounds of
a few requests an address: hypothesis remembers every example of a test, and thousands of them make the next
one slow to find.

    python -m benchmarks.soak.fuzz [SHARE]
"""

import asyncio
import json
import multiprocessing
import os
import random
import string
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import requests
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from benchmarks.soak.clouds import any_database, folder_for_soak, introduce, say, scale_of, verdict_of
from benchmarks.soak.common import Verdict
from cloud.app import create_app
from cloud.settings import Settings
from contract.batch import BATCHES_PATH
from firmware_sim.fleet.bars import members
from firmware_sim.fleet.gateway import FleetGateway, Tally

REQUESTS = 100_000
MAX_ROUNDS = 400
BATCHES_A_ROUND = 400
PER_ADDRESS_A_ROUND = 10
ANSWER_WITHIN_S = 60.0
MAX_FAULTS_KEPT = 20

Body = str | bytes | None
Headers = list[tuple[bytes, bytes]]
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


@dataclass
class Found:
    """What one process counted."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0

    def note(self, status: int, told: str) -> None:
        """Count an answer; status 0 stands for none at all."""
        self.statuses[status] += 1
        if status >= 500 or status == 0:
            self.fault_count += 1
            if len(self.faults) < MAX_FAULTS_KEPT:
                self.faults.append(f"{status} for {told[:300]}")

    def add(self, other: "Found") -> None:
        """Take what another process counted."""
        self.statuses += other.statuses
        self.faults += other.faults
        self.fault_count += other.fault_count


def count(scale: float = 1.0, seed_no: int = 1) -> dict[str, object]:
    """Send a share of REQUESTS."""
    wanted = max(200, round(REQUESTS * scale))
    fleet, found = members(2), Found()
    cores = max(1, min(os.cpu_count() or 1, wanted // 1_000))
    with folder_for_soak() as folder, any_database(folder) as url:
        kind = asyncio.run(introduce(url, fleet))
        shares = [(url, -(-wanted // cores), 1_000 * seed_no + core) for core in range(cores)]
        with multiprocessing.get_context("spawn").Pool(cores) as pool:
            for one in pool.starmap(work, shares):
                found.add(one)
        with psycopg.connect(url) as connection:
            (stored,) = connection.execute("SELECT count(*) FROM reading_log").fetchone() or (0,)
    sent = sum(found.statuses.values())
    broken = [f"0 answers of 5xx: {fault}" for fault in found.faults[:5]]
    broken += [f"{wanted:,} requests"] * (sent < wanted)
    return {
        "database": kind,
        "requests": sent,
        "processes": cores,
        "answers": dict(sorted(found.statuses.items())),
        "answers of 5xx": found.fault_count,
        "readings stored all the same": stored,
        "broken": broken,
    }


def work(url: str, wanted: int, first_seed: int) -> Found:
    """Send a share of the requests from this process to an application of its own."""
    found, fleet = Found(), members(2)
    gateway = FleetGateway(fleet[0], "", Tally(), dice=random.Random(1))
    with start_blocking_portal() as portal:  # a loop of its own: while a request is thought up, it goes on
        app = create_app(Settings(database_url=url))  # type: ignore[arg-type]
        bench = Bench(app, portal, found, wanted)
        with portal.wrap_async_context_manager(app.router.lifespan_context(app)), suppress(_EnoughError):
            for number in range(first_seed * MAX_ROUNDS, (first_seed + 1) * MAX_ROUNDS):
                print(
                    f"    process {os.getpid()}: {sum(found.statuses.values()):,} of {wanted:,}", flush=True
                )
                _fuzz_batches(bench, gateway, BATCHES_A_ROUND, number)
                _fuzz_addresses(bench, PER_ADDRESS_A_ROUND, fleet[0].site_id, number)
    return found


class _EnoughError(Exception):
    """All requests of this process are sent."""


class Bench:
    """The application in this process, and what its answers were."""

    ADDRESS = "http://cloud"

    def __init__(self, app: FastAPI, portal: BlockingPortal, found: Found, wanted: int) -> None:
        self.app, self._portal, self._found, self._wanted = app, portal, found, wanted
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=self.ADDRESS)

    def ask(self, told: str, method: str, address: str, body: Body, headers: Headers) -> None:
        """Send one request and count its answer. What cannot even be written as HTTP is not sent."""
        with suppress(httpx.InvalidURL):
            status = self._portal.call(self._status, method, address, body, headers)
            self._found.note(status, f"{method} {address} {told}")
        if sum(self._found.statuses.values()) >= self._wanted:
            raise _EnoughError

    async def _status(self, method: str, address: str, body: Body, headers: Headers) -> int:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await self._client.request(method, address, content=body, headers=headers)
                return answer.status_code
        except TimeoutError:
            return 0


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


def _fuzz_batches(bench: Bench, gateway: FleetGateway, count: int, number: int) -> None:
    @seeded(10 * number + 1)
    @settings(QUIET, max_examples=max(1, count * 3 // 4))
    @given(batch=batches())
    def signed(batch: dict[str, Any]) -> None:
        body = json.dumps(batch).encode("utf-8", "replace")
        bench.ask(repr(body), "POST", BATCHES_PATH, body, headers_of(gateway.headers(body)))

    @seeded(10 * number + 2)
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
        bench.ask(f"{headers} {body!r}", "POST", BATCHES_PATH, body, headers_of(headers))

    signed()
    odd()


def _fuzz_addresses(bench: Bench, per_address: int, site_id: str, number: int) -> None:
    schema = schemathesis.openapi.from_dict(bench.app.openapi())
    for operation in [found.ok() for found in schema.get_all_operations()]:
        strategy = operation.as_strategy(
            generation_mode=schemathesis.GenerationMode.POSITIVE
        ) | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @seeded(10 * number + 3)
        @settings(QUIET, max_examples=per_address)
        @given(case=strategy, is_known=st.booleans())
        def called(*, case: schemathesis.Case, is_known: bool) -> None:
            for place in (case.path_parameters, case.query):
                for name in ("site", "site_id"):
                    if is_known and name in (place or {}):
                        place[name] = site_id
            _call(bench, case)

        called()


def _call(bench: Bench, case: schemathesis.Case) -> None:
    """Write a case as a request and send it; requests refuses to write some, as any client would."""
    with suppress(requests.exceptions.RequestException, UnicodeError):
        told = requests.Request(**case.as_transport_kwargs(base_url=bench.ADDRESS)).prepare()
        headers = {name: value for name, value in told.headers.items() if name.lower() != "content-length"}
        bench.ask(repr(told.body), str(told.method), str(told.url), told.body, headers_of(headers))


def headers_of(said: Mapping[str, str | bytes]) -> Headers:
    """Headers as they go over the line."""
    return [(_bytes(name), _bytes(value).strip()) for name, value in said.items()]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def run(share: float = 1.0, _folder: Path | None = None, seed: int = 1) -> Verdict:
    """Run it for `./dev soak`; the folder is its own."""
    return verdict_of(count(share, seed))


if __name__ == "__main__":
    sys.exit(say(count(scale_of(sys.argv[1:]))))
