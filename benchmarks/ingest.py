"""Durable records per second through signed HTTP batches, against plain binary COPY of the same rows.

Starts the embedded PostgreSQL and a real `python -m cloud serve`. Each client is a process of its own and
sends one batch at a time, as a gateway does. What the cloud stored is then read back and copied, in the same
blocks and by as many writers, into an empty table of the same columns and indexes: that is the limit.
The processor time per record, of the cloud and of PostgreSQL, is what a busy machine changes least.

    python benchmarks/ingest.py [--quick] [--workers 2]
"""

import argparse
import base64
import http.client
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.bartime import BarTime
from contract.batch import BATCHES_PATH, GATEWAY_HEADER, SIGNATURE_HEADER, BatchAnswer, signing_input
from firmware_sim.house.house import DATABASE, House
from firmware_sim.house.ports import LOOPBACK
from firmware_sim.house.processes import Process

EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
SCALES = {"gw-back-bar": "top", "gw-well": "speed"}
ROUNDS = {20: 400, 200: 160, 2_000: 60}
"""Batches that each client sends, by their size."""
PARTS = 4
QUICK_ROUNDS = {20: 100, 200: 50, 2_000: 20}


@dataclass(frozen=True)
class Gateway:
    """A registered gateway with its key and an epoch of one run."""

    gateway_id: str
    private_key: bytes
    epoch: str


@dataclass(frozen=True)
class Result:
    """One line of the table; rates are records per second."""

    batch: int
    clients: int
    http_per_s: float
    http_p50_ms: float
    http_p99_ms: float
    copy_per_s: float
    cloud_us: float
    """Processor time of the cloud's processes per record."""
    postgres_us: float

    @property
    def ratio(self) -> float:
        """Share of the limit that is reached."""
        return self.http_per_s / self.copy_per_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute; rougher figures")
    parser.add_argument("--workers", type=int, default=1, help="processes of the cloud")
    options = parser.parse_args()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    os.environ["BARBACK_CLOUD_WORKERS"] = str(options.workers)
    print(f"{options.workers} processes of the cloud on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder, Crew(2) as crew:
        house = House(Path(folder), BarTime(EVENING, time.time(), 1.0))
        try:
            results = measure(house, crew, rounds)
        finally:
            house.cloud.stop()
            house.postgres.discard()
    show(results)
    return 0


def measure(house: House, crew: "Crew", rounds: dict[int, int]) -> list[Result]:
    house.start_database()
    house.run("cloud", "admin", "import-site", str(house.layout_file))
    keys = {gateway_id: register(house, gateway_id) for gateway_id in SCALES}
    house.start_cloud()
    print(" batch  clients  HTTP rec/s  p50 ms  p99 ms  COPY rec/s  ratio  CPU us/rec: cloud  PostgreSQL")
    return [
        compare(house, crew, size=size, keys=dict(list(keys.items())[:clients]), count=count)
        for clients in (1, 2)
        for size, count in rounds.items()
    ]


def register(house: House, gateway_id: str) -> bytes:
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    house.run("cloud", "admin", "register-gateway", house.layout.id, gateway_id, public)
    return key.private_bytes_raw()


def compare(house: House, crew: "Crew", *, keys: dict[str, bytes], size: int, count: int) -> Result:
    """Take turns: a part over HTTP, the same part by COPY, so that a busy machine disturbs both alike."""
    url = house.postgres.url(DATABASE)
    gateways = [Gateway(name, key, uuid4().hex) for name, key in keys.items()]
    clients = len(gateways)
    empty_tables(url)
    part = count // PARTS
    latencies: list[float] = []
    sent_s = copied_s = cloud_s = postgres_s = 0.0
    for number in range(PARTS):
        batches = range(number * part, (number + 1) * part)
        before_s = processor_s(house.cloud), processor_s(house.postgres.process)
        sent = crew.together(send, [(house.cloud_port, gateway, size, batches) for gateway in gateways])
        cloud_s += processor_s(house.cloud) - before_s[0]
        postgres_s += processor_s(house.postgres.process) - before_s[1]
        copied = crew.together(copy_in, [(url, gateway.epoch, size, batches) for gateway in gateways])
        latencies += [latency for client in sent.values for latency in client]
        sent_s, copied_s = sent_s + sent.wall_s, copied_s + copied.wall_s
    records = clients * size * part * PARTS
    check(url, records)
    latencies.sort()
    result = Result(
        batch=size,
        clients=clients,
        http_per_s=records / sent_s,
        http_p50_ms=1e3 * latencies[len(latencies) // 2],
        http_p99_ms=1e3 * latencies[len(latencies) * 99 // 100],
        copy_per_s=records / copied_s,
        cloud_us=1e6 * cloud_s / records,
        postgres_us=1e6 * postgres_s / records,
    )
    print(
        f"{size:>6,} {clients:>8} {result.http_per_s:>11,.0f} {result.http_p50_ms:>7.1f} "
        f"{result.http_p99_ms:>7.1f} {result.copy_per_s:>11,.0f} {result.ratio:>6.2f} "
        f"{result.cloud_us:>18.1f} {result.postgres_us:>11.1f}",
        flush=True,
    )
    return result


def processor_s(process: Process) -> float:
    """Return the processor time of a process and its living children."""
    family = [psutil.Process(process.pid)]
    family += family[0].children(recursive=True)
    times = [each.cpu_times() for each in family]
    return sum(each.user + each.system for each in times)


def empty_tables(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE reading")
        connection.execute("DROP TABLE IF EXISTS plain_copy")
        connection.execute("CREATE TABLE plain_copy (LIKE reading INCLUDING ALL)")
        connection.execute("CHECKPOINT")


@dataclass(frozen=True)
class Together:
    """What processes returned that began at the same moment, and how long the last of them took."""

    values: list[list[float]]
    wall_s: float


class Crew:
    """Processes that begin a piece of work at the same moment."""

    def __init__(self, size: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._manager = context.Manager()
        self._pool = context.Pool(size)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()
        self._manager.shutdown()

    def together(self, work: Callable[..., list[float]], arguments: list[tuple[object, ...]]) -> Together:
        """Run work(barrier, *arguments) once for each; the clock runs from the barrier to the last end."""
        barrier = self._manager.Barrier(len(arguments) + 1)
        jobs = [self._pool.apply_async(work, (barrier, *each)) for each in arguments]
        barrier.wait(timeout=120)
        begun_s = time.perf_counter()
        values = [job.get(timeout=300) for job in jobs]
        return Together(values, time.perf_counter() - begun_s)


def send(barrier: Barrier, port: int, gateway: Gateway, size: int, batches: range) -> list[float]:
    """Send batches one after the other, as one lane does; return the seconds that each took."""
    key = Ed25519PrivateKey.from_private_bytes(gateway.private_key)
    bodies = [body_of(gateway, size, number) for number in batches]
    requests = [(body, headers_of(gateway, key, body)) for body in bodies]
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    barrier.wait()
    return [post(connection, body, headers, size) for body, headers in requests]


def post(connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str], size: int) -> float:
    begun_s = time.perf_counter()
    connection.request("POST", BATCHES_PATH, body, headers)
    response = connection.getresponse()
    text = response.read()
    took_s = time.perf_counter() - begun_s
    assert response.status == 200, text
    assert BatchAnswer.model_validate_json(text).stored == size, text
    return took_s


def body_of(gateway: Gateway, size: int, number: int) -> bytes:
    """Records of eight scales, a millisecond apart; a batch carries no sequence numbers but its first."""
    shelf = SCALES[gateway.gateway_id]
    begin = EVENING - timedelta(days=7)
    records = []
    for place in range(number * size, (number + 1) * size):
        cell = place % 8 + 1
        at = (begin + timedelta(milliseconds=place)).isoformat()
        weight_g = 400 + place % 7_000 / 10
        records.append(
            f'{{"boot_no":3,"boot_id":"{gateway.epoch}","boottime_ns":{place * 1_000_000},"wall_at":"{at}",'
            f'"synced":true,"body":{{"kind":"reading","scale_id":"{shelf}-cell-{cell}","slots":["{shelf}-{cell}"],'
            f'"weight_g":{weight_g},"sigma_g":0.61,"quality":"ok","temperature_c":21.5}}}}'
        )
    head = (
        f'{{"v":1,"gateway_id":"{gateway.gateway_id}","epoch":"{gateway.epoch}","lane":"states",'
        f'"first_seq":{number * size},"records":['
    )
    return (head + ",".join(records) + "]}").encode()


def headers_of(gateway: Gateway, key: Ed25519PrivateKey, body: bytes) -> dict[str, str]:
    signature = base64.b64encode(key.sign(signing_input(body))).decode()
    return {
        "Content-Type": "application/json",
        GATEWAY_HEADER: gateway.gateway_id,
        SIGNATURE_HEADER: f"ed25519 {signature}",
    }


def copy_in(barrier: Barrier, url: str, epoch: str, size: int, batches: range) -> list[float]:
    """Copy what the cloud stored of an epoch into the empty table, a block and a commit at a time."""
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        blocks = [read_block(cursor, epoch, number * size, size) for number in batches]
        barrier.wait()
        return [write_block(cursor, block) for block in blocks]


def read_block(cursor: psycopg.Cursor[tuple[object, ...]], epoch: str, first_seq: int, size: int) -> bytes:
    query = (
        f"COPY (SELECT * FROM reading WHERE epoch = '{epoch}' AND seq >= {first_seq}"
        f" AND seq < {first_seq + size} ORDER BY seq) TO STDOUT (FORMAT BINARY)"
    )
    with cursor.copy(query) as copy:
        return b"".join(bytes(part) for part in copy)


def write_block(cursor: psycopg.Cursor[tuple[object, ...]], block: bytes) -> float:
    begun_s = time.perf_counter()
    with cursor.copy("COPY plain_copy FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(block)
    return time.perf_counter() - begun_s


def check(url: str, records: int) -> None:
    with psycopg.connect(url) as connection:
        for table in ("reading", "plain_copy"):
            query = f"SELECT count(*), count(DISTINCT (gateway_no, epoch, lane, seq)) FROM {table}"
            counted = connection.execute(query).fetchone()
            assert counted == (records, records), f"{table} has {counted}, not {records} records"


def show(results: list[Result]) -> None:
    """Say the best ratio in words, and everything as JSON on the last line."""
    best = max(results, key=lambda result: result.ratio)
    print(f"At best {best.ratio:.2f} of plain COPY: {best.batch:,} records a batch, {best.clients} clients.")
    lines = [{**asdict(result), "ratio": result.ratio} for result in results]
    print(json.dumps({"benchmark": "ingest", "results": lines}))


if __name__ == "__main__":
    sys.exit(main())
