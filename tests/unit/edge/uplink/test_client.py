"""The real client against a small server that says what clouds, proxies and portals say."""

import asyncio
import base64
import gzip
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.batch import Batch, signing_input
from contract.records import Lane
from edge.ports import Accepted, Elsewhere, NotNow, Run, TooLarge
from edge.uplink.client import CloudClient, is_healthy

EPOCH = "e" * 32
BODY = (
    b'{"boot_no":1,"boot_id":"'
    + b"b" * 32
    + b'","boottime_ns":5,"wall_at":"2026-11-20T20:30:00Z","synced":true,'
    b'"body":{"kind":"reading","scale_id":"cell-1","weight_g":900.0,"sigma_g":0.3}}'
)
RUN = Run(Lane.STATES, 5, (BODY, BODY))


class Server:
    """Answers every request with the next scripted (status, headers, body); None resets the connection."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, str], bytes] | None] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.connections = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_POST(self) -> None:
                server.requests.append(
                    (dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])))
                )
                self.say(server.script.pop(0))

            def do_GET(self) -> None:
                self.say(server.script.pop(0))

            def say(self, answer: tuple[int, dict[str, str], bytes] | None) -> None:
                if answer is None:
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.close_connection = True
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    instance = Server()
    yield instance
    instance.http.shutdown()
    instance.http.server_close()


KEY = Ed25519PrivateKey.generate()


def send(url: str, *runs: Run) -> list:
    async def story() -> list:
        async with CloudClient(url, "gw", KEY) as client:
            return [await client.send(EPOCH, run) for run in runs or (RUN,)]

    return asyncio.run(story())


def accepted(mark: int) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, f'{{"epoch":"{EPOCH}","lane":"states","mark":{mark},"stored":2}}'.encode()


def problem(status: int, detail: str, extra: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, headers, f'{{"title":"t","status":{status},"detail":"{detail}"{extra}}}'.encode()


def test_a_batch_is_signed_and_is_what_the_contract_says(server) -> None:
    server.script = [accepted(6)]
    assert send(server.url) == [Accepted(6)]
    headers, body = server.requests[0]
    assert headers["Barback-Gateway"] == "gw"
    scheme, signature = headers["Barback-Signature"].split()
    assert scheme == "ed25519"
    KEY.public_key().verify(base64.b64decode(signature), signing_input(body))
    batch = Batch.model_validate_json(body)
    assert (batch.gateway_id, batch.epoch, batch.lane, batch.first_seq) == ("gw", EPOCH, "states", 5)
    assert [record.body.weight_g for record in batch.records] == [900.0, 900.0]


def test_a_body_over_a_kilobyte_is_compressed_and_the_signature_is_of_the_whole(server) -> None:
    server.script = [accepted(14)]
    send(server.url, Run(Lane.STATES, 5, (BODY,) * 10))
    headers, body = server.requests[0]
    assert headers["Content-Encoding"] == "gzip"
    signature = base64.b64decode(headers["Barback-Signature"].split()[1])
    KEY.public_key().verify(signature, signing_input(gzip.decompress(body)))


def test_a_gap_is_declared_with_its_reason(server) -> None:
    server.script = [accepted(6)]
    send(server.url, Run(Lane.STATES, 5, (BODY,), gap_from=2, gap_reason="thinned"))
    batch = Batch.model_validate_json(server.requests[0][1])
    assert (batch.gap.from_seq, batch.gap.reason) == (2, "thinned")


def test_batches_share_a_connection(server) -> None:
    server.script = [accepted(6), accepted(6), accepted(6)]
    send(server.url, RUN, RUN, RUN)
    assert server.connections == 1


def test_a_quarantined_record_is_reported_with_its_reason(server) -> None:
    body = accepted(6)[2][:-1] + b',"quarantined":[{"seq":6,"reason":"time in the future"}]}'
    server.script = [(200, {}, body)]
    (answer,) = send(server.url)
    assert [(refusal.seq, refusal.reason) for refusal in answer.quarantined] == [(6, "time in the future")]


def test_409_says_where_to_go_on(server) -> None:
    server.script = [problem(409, "begin earlier", ',"expected_seq":3')]
    assert send(server.url) == [Elsewhere(3)]


def test_413_asks_for_less(server) -> None:
    server.script = [problem(413, "too large")]
    assert send(server.url) == [TooLarge()]


def test_401_says_how_to_register_the_gateway(server) -> None:
    server.script = [problem(401, "unknown gateway")]
    (answer,) = send(server.url)
    assert "`python -m cloud admin claim SITE --gateway gw`" in answer.reason


def test_503_is_waited_out_for_as_long_as_it_asks(server) -> None:
    server.script = [problem(503, "restarting", **{"Retry-After": "7"})]
    (answer,) = send(server.url)
    assert answer == NotNow("127.0.0.1 answered 503: restarting", 7.0)


@pytest.mark.parametrize(("value", "seconds"), [("junk", 0.0), ("-5", 0.0), ("1e9", 3600.0), ("nan", 0.0)])
def test_a_senseless_retry_after_does_no_harm(server, value: str, seconds: float) -> None:
    server.script = [problem(429, "slow", **{"Retry-After": value})]
    assert send(server.url)[0].retry_after_s == seconds


@pytest.mark.parametrize("status", [200, 302, 403, 404, 500, 502, 511])
def test_a_captive_portal_is_not_our_cloud(server, status: int) -> None:
    server.script = [(status, {"Location": "http://portal.example/"}, b"<html>Sign in to WiFi</html>")]
    (answer,) = send(server.url)
    assert isinstance(answer, NotNow)
    assert "not from our cloud" in answer.reason


def test_an_answer_for_another_lane_is_not_believed(server) -> None:
    server.script = [accepted(6)]
    (answer,) = send(server.url, Run(Lane.MOVEMENTS, 0, (BODY,)))
    assert answer == NotNow("127.0.0.1 answered for the lane states, not movements")


def test_a_connection_that_is_reset_is_an_answer_and_the_next_batch_goes(server) -> None:
    server.script = [None, accepted(6)]
    first, second = send(server.url, RUN, RUN)
    assert isinstance(first, NotNow)
    assert "cannot be reached" in first.reason
    assert second == Accepted(6)


def test_a_cloud_that_is_not_there_is_an_answer() -> None:
    (answer,) = send("http://127.0.0.1:9")
    assert isinstance(answer, NotNow)
    assert "cannot be reached" in answer.reason


def test_health_is_a_plain_question(server) -> None:
    server.script = [(200, {}, b"{}"), (500, {}, b"")]
    assert asyncio.run(is_healthy(server.url)) is None
    assert asyncio.run(is_healthy(server.url)).endswith("/healthz answered 500: ask whoever runs the cloud")
