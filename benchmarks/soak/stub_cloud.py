"""A cloud in one process that keeps marks by the cloud's own rule, remembers what came, and can misbehave.

The rule of positions is cloud.readings' own; what is stored is a digest per record, so that a record that was
stored twice, under whatever number, is found. It is never killed: it is the truth that a soak compares with.
"""

import gzip
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.soak.common import Child, wait_for
from cloud.problems import OutOfOrder
from cloud.readings.service import _refuse_above
from contract.batch import BATCHES_PATH, LooseBatch
from contract.latest import LATEST_PATH


def refuse_above(mark: int, batch: LooseBatch) -> int | None:
    """Return the number with which a batch must begin; None where it may be taken. The cloud's own rule."""
    try:
        _refuse_above(mark, batch)  # type: ignore[arg-type]
    except OutOfOrder as refusal:
        return refusal.expected_seq
    return None


def digest(record: object) -> str:
    """Name a record by what it says."""
    return blake2b(json.dumps(record, sort_keys=True).encode(), digest_size=12).hexdigest()


@dataclass
class Ledger:
    """Marks, digests and gaps of all lanes."""

    marks: dict[tuple[str, str], int] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    already: int = 0
    answers_lost: int = 0
    gaps: list[tuple[str, str, int, int, str]] = field(default_factory=list)
    latest: list[tuple[float, float]] = field(default_factory=list)
    anchors: list[dict[str, Any]] = field(default_factory=list)
    keeps_digests: bool = True

    def take(self, batch: LooseBatch) -> tuple[int, dict[str, object]]:
        """Judge one batch; return status and answer."""
        lane = (batch.epoch, batch.lane.value)
        mark = self.marks.get(lane, -1)
        expected = refuse_above(mark, batch)
        if expected is not None:
            return 409, {"title": "position", "status": 409, "detail": "go on", "expected_seq": expected}
        if batch.gap is not None and batch.first_seq > mark + 1:
            self.gaps.append((*lane, mark + 1, batch.first_seq - 1, batch.gap.reason))
        fresh = batch.records[max(0, mark + 1 - batch.first_seq) :]
        self.stored += len(fresh)
        self.already += len(batch.records) - len(fresh)
        if self.keeps_digests:
            self.seen.update(map(digest, fresh))
            self.kinds.update(record["body"]["kind"] for record in fresh)
            self.anchors += [record for record in fresh if record["body"]["kind"] == "anchor"]
        self.marks[lane] = max(mark, batch.first_seq + len(batch.records) - 1)
        return 200, {"epoch": batch.epoch, "lane": batch.lane, "mark": self.marks[lane], "stored": len(fresh)}

    def tally(self) -> dict[str, object]:
        """Return all of it for another process."""
        return {
            "marks": [[*lane, mark] for lane, mark in self.marks.items()],
            "stored": self.stored,
            "already": self.already,
            "answers_lost": self.answers_lost,
            "doubled": sum(times - 1 for times in self.seen.values()),
            "gaps": self.gaps,
            "kinds": self.kinds,
            "latest": self.latest,
            "anchors": self.anchors,
        }


def serve(  # noqa: C901 (the methods of the handler are counted as its own)
    port: int, address: str = "127.0.0.1", *, keeps_digests: bool = True
) -> None:
    """Serve for ever."""
    ledger, lock, faults = Ledger(keeps_digests=keeps_digests), threading.Lock(), dict[str, Any]()
    dice = random.Random(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            if self.path == "/control":
                faults.clear()
                faults.update(json.loads(self.rfile.read(length)))
                self.say(200, {})
                return
            if dice.random() < faults.get("reset_in_body", 0.0):
                self.rfile.read(length // 2)
                self.reset()
                return
            body = self.rfile.read(length)
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if faults.get("portal"):
                self.say_html()
            elif faults.get("status"):
                self.say(int(faults["status"]), {"title": "t", "status": faults["status"], "detail": "later"})
            elif self.path == LATEST_PATH:
                told = json.loads(body)
                ages = [told["sent"]["boottime_ns"] - one["boottime_ns"] for one in told["readings"]]
                with lock:
                    ledger.latest.append((time.time(), max(ages, default=0) / 1e9))
                self.say(200, {"received_at": self.now()})
            elif self.path == BATCHES_PATH:
                with lock:
                    status, answer = ledger.take(LooseBatch.model_validate_json(body))
                if dice.random() < faults.get("lose_ack", 0.0):
                    ledger.answers_lost += 1
                    self.reset()
                    return
                time.sleep(faults.get("slow_s", 0.0))
                self.say(status, {**answer, "received_at": self.now()} if status == 200 else answer)

        def do_GET(self) -> None:
            with lock:
                self.say(200, ledger.tally())

        @staticmethod
        def now() -> str:
            return (datetime.now(UTC)).isoformat()

        def reset(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

        def say_html(self) -> None:
            page = b"<html>Sign in to the WiFi of this bar</html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def say(self, status: int, content: dict[str, object]) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """A killed gateway resets its connection."""

    Server((address, port), Handler).serve_forever()


class StubCloud:
    """The cloud's process, seen from outside."""

    def __init__(
        self, folder: Path, port: int, address: str = "127.0.0.1", *, keeps_digests: bool = True
    ) -> None:
        self.url = f"http://{address}:{port}"
        self._child = Child(lambda: serve(port, address, keeps_digests=keeps_digests), folder / "cloud.log")

    def wait_ready(self) -> None:
        """Wait until it answers."""
        wait_for("the stub cloud", self._answers, 20.0)

    def _answers(self) -> bool:
        try:
            self.tally()
        except OSError:
            return False
        return True

    def tally(self) -> dict[str, Any]:
        """Ask what it has."""
        with urlopen(self.url, timeout=60) as response:
            told: dict[str, Any] = json.loads(response.read())
        told["marks"] = {(epoch, lane): mark for epoch, lane, mark in told["marks"]}
        return told

    def control(self, **faults: object) -> None:
        """Set how it misbehaves from now on."""
        urlopen(Request(f"{self.url}/control", json.dumps(faults).encode()), timeout=60).close()

    def stop(self) -> None:
        """End it."""
        self._child.kill()


def missing(accepted: list[dict[str, object]], tally: dict[str, Any]) -> tuple[int, int]:
    """Return how many accepted records are neither stored nor declared, and how many were declared a gap."""
    declared = {
        (epoch, lane, seq) for epoch, lane, first, last, _ in tally["gaps"] for seq in range(first, last + 1)
    }
    keys = {(str(one["epoch"]), str(one["lane"]), int(str(one["seq"]))) for one in accepted}
    lost = sum(1 for epoch, lane, seq in keys if seq > tally["marks"].get((epoch, lane), -1))
    return lost, len(keys & declared)


def is_dense(accepted: list[dict[str, object]]) -> bool:
    """Whether the numbers of every lane and epoch begin at 0 and have neither holes nor doubles."""
    lanes: dict[tuple[object, object], list[int]] = {}
    for one in accepted:
        lanes.setdefault((one["epoch"], one["lane"]), []).append(int(str(one["seq"])))
    return all(sorted(seqs) == list(range(len(seqs))) for seqs in lanes.values())
