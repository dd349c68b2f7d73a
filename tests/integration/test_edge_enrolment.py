"""The gateway's own enrolment, over TLS, with the real cloud, and with what may stand between the two."""

import asyncio
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cloud.app import create_app
from cloud.identity.certificates import make_certificate
from cloud.settings import Settings
from contract.batch import BATCHES_PATH
from contract.commands import ExchangeRequest
from contract.identity import ClaimCode, claim_link
from contract.layout import SiteLayout
from contract.records import Lane
from edge.__main__ import main
from edge.clock import steady_s
from edge.enrol_page import until_enrolled
from edge.ports import Accepted, NotNow, Run
from edge.relay.server import Relay
from edge.settings import Settings as GatewaySettings
from edge.uplink.client import CloudClient
from edge.uplink.cloud_file import CloudFile
from edge.uplink.detour import Detour
from edge.uplink.forwarding import Forwarder
from edge.uplink.session import Session
from edge.uplink.signing import KeyOnDisk, key_path
from edge.uplink.tls import TrustError, trust
from firmware_sim.house.ports import LOOPBACK, answers, free_port, wait_until
from tests.cloud_under_test import CloudUnderTest, reading, record, running_cloud
from tests.serving import served

pytestmark = pytest.mark.postgres


class Bar:
    """A cloud over TLS with a certificate of its own, and an operator beside it."""

    def __init__(self, folder: Path, operator: CloudUnderTest, url: str) -> None:
        self.folder, self.operator, self.url = folder, operator, url
        self.config, self.data_dir = folder / "gateway.toml", folder / "data"

    def claim(self, gateway_id: str | None = "gw-well") -> str:
        made = self.operator.call(self.operator.services.identity.make_claim, "corner-bar", gateway_id)
        return str(made.code)

    def enrol(self, code: str, *words: str, url: str = "") -> int:
        told = ["--config", str(self.config), "--data-dir", str(self.data_dir), *words]
        return main(["enrol", "--token", code, "--cloud", url or self.url, *told])

    @contextmanager
    def http(self) -> Iterator[httpx.Client]:
        context = trust(self.data_dir, None, believes_clock=False)
        with httpx.Client(base_url=self.url, verify=context) as client:
            yield client


@pytest.fixture
def bar(database_url, tmp_path, monkeypatch):
    make_certificate(tmp_path / "tls", ["barback.example"], datetime.now(UTC))
    tls = {
        name: tmp_path / "tls" / f"cloud.{ext}"
        for name, ext in (("tls_cert_file", "pem"), ("tls_key_file", "key"))
    }
    with running_cloud(database_url) as operator:
        for gateway_id in ("gw-well", "gw-back-bar"):
            operator.call(operator.services.gateways.revoke, gateway_id)
        app = create_app(Settings(database_url=database_url, **tls))
        with served(app, tmp_path / "tls") as url:
            yield Bar(tmp_path, operator, url)


def test_a_bare_machine_needs_a_code_and_an_address(bar, capsys):
    assert bar.enrol(bar.claim().lower()) == 0
    told = capsys.readouterr().out
    assert "its certificate knew the claim and is pinned" in told
    assert f"python -m edge run --config {bar.config}" in told
    layout = SiteLayout.model_validate_json((bar.data_dir / "layout.json").read_bytes())
    assert [gateway.id for gateway in layout.gateways] == ["gw-well"]
    assert (bar.data_dir / "gateway.key").stat().st_mode & 0o077 == 0
    entry = CloudFile(bar.data_dir).read()
    assert (entry.gateway_id, entry.site_id, entry.cloud_url) == ("gw-well", "corner-bar", bar.url)
    with bar.http() as client:
        assert client.get("/healthz").status_code == 200


def test_a_second_try_with_the_configuration_it_wrote(bar, capsys):
    code = bar.claim()
    assert bar.enrol(code) == 0
    assert bar.enrol(code) == 0  # the same key: an answer that was lost
    assert bar.enrol(bar.claim(), "--gateway", "gw-back-bar") == 1
    assert "this gateway is configured as gw-well, not gw-back-bar" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "words", "status"),
    [
        ("7KQ4", (), "a claim has 16 letters and digits"),
        ("0000-0000-0000-0000", (), "there is no such claim"),
    ],
)
def test_a_refusal_is_a_sentence_and_leaves_nothing(bar, capsys, code, words, status):
    assert bar.enrol(code, *words) == 1
    assert status in capsys.readouterr().err
    assert not bar.config.exists()
    assert not (bar.data_dir / "cloud.pem").exists()


def test_a_gateway_without_a_layout_waits_on_its_own_page(bar):
    port = free_port()
    settings = GatewaySettings(
        gateway_id="gw-well",
        cloud_url=bar.url,
        data_dir=bar.data_dir,
        layout_file=bar.data_dir / "layout.json",
        local_page_port=port,
    )
    waiting = threading.Thread(target=lambda: asyncio.run(until_enrolled(settings)), daemon=True)
    waiting.start()
    wait_until("the page", lambda: answers(port))
    with httpx.Client(base_url=f"http://{LOOPBACK}:{port}") as phone:
        assert "Let gw-well in" in phone.get("/").text
        wrong = phone.post("/enrol", data={"code": "7KQ4-M2XD-9TPA-60FR"})
        assert (wrong.status_code, "There is no such claim" in wrong.text) == (422, True)
        code = bar.claim()
        assert phone.post("/enrol", data={"code": code}, headers={"Origin": "http://evil"}).status_code == 403
        link = claim_link("https://other.example", ClaimCode.parse(code))
        assert "This code is of https://other.example" in phone.post("/enrol", data={"code": link}).text
        assert "gw-well is enrolled" in phone.post("/enrol", data={"code": code}).text
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    assert settings.layout_file.exists()
    assert not answers(port)


def test_a_claim_for_any_gateway_wants_a_name(bar, capsys):
    assert bar.enrol(bar.claim(None)) == 1
    assert "say which one this is" in capsys.readouterr().err
    assert bar.enrol(bar.claim(None), "--gateway", "gw-back-bar") == 0


def test_somebody_in_between_learns_and_changes_nothing(bar, tmp_path, capsys):
    """A proxy with a certificate of its own passes everything on to the real cloud, and back."""
    make_certificate(tmp_path / "mallory", ["barback.example"], datetime.now(UTC))
    heard: list[bytes] = []

    async def carry(request) -> Response:
        body = await request.body()
        heard.append(body)
        async with httpx.AsyncClient(verify=False) as http:
            headers = {k: v for k, v in request.headers.items() if k in {"barback-claim", "content-type"}}
            answer = await http.request(
                request.method, bar.url + request.url.path, content=body, headers=headers
            )
        back = {"barback-claim": answer.headers.get("barback-claim", "")}
        return Response(answer.content, answer.status_code, headers=back)

    code = bar.claim()
    proxy = Starlette(routes=[Route("/{path:path}", carry, methods=["GET", "POST"])])
    with served(proxy, tmp_path / "mallory") as url:
        assert bar.enrol(code, url=url) == 1
    assert "somebody is in between" in capsys.readouterr().err
    assert not (bar.data_dir / "cloud.pem").exists()
    secret = code.replace("-", "")[4:]
    assert not [said for said in heard if secret.encode() in said]
    assert bar.enrol(code) == 0


def test_a_captive_portal_is_known_by_not_knowing_the_code(bar, capsys):
    page = Starlette(
        routes=[Route("/{path:path}", lambda _: HTMLResponse("<h1>Welcome</h1>"), methods=["GET", "POST"])]
    )
    with served(page) as url:
        assert bar.enrol(bar.claim(), url=url) == 1
    assert "does not know the code: a captive portal" in capsys.readouterr().err


def test_a_cloud_that_is_away_is_said(bar, capsys):
    assert bar.enrol(bar.claim(), url=f"https://{LOOPBACK}:{free_port()}") == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_only_the_pinned_certificate_is_believed_whatever_its_dates(bar, tmp_path):
    assert bar.enrol(bar.claim()) == 0
    with bar.http() as client:
        assert client.get("/healthz").status_code == 200
    other = tmp_path / "other"
    make_certificate(other, [LOOPBACK], datetime.now(UTC))
    context = trust(bar.data_dir, None, believes_clock=True)
    with served(Starlette(), other) as url, pytest.raises(httpx.ConnectError, match="VERIFY_FAILED"):
        httpx.get(url, verify=context)


@pytest.mark.parametrize("believes_clock", [True, False])
def test_dates_count_only_where_the_clock_is_believed(tmp_path, believes_clock):
    """As for a Pi that woke up in 1970: here it is the certificate that is from another year."""
    make_certificate(tmp_path, [LOOPBACK], datetime.now(UTC) - timedelta(days=400), days=30)
    context = trust(tmp_path / "no-pin", tmp_path / "cloud.pem", believes_clock=believes_clock)
    with served(Starlette(), tmp_path) as url:
        if believes_clock:
            with pytest.raises(httpx.ConnectError, match="certificate has expired"):
                httpx.get(url, verify=context)
        else:
            assert httpx.get(url, verify=context).status_code == 404
            with pytest.raises(httpx.ConnectError, match=r"Hostname mismatch|not valid for"):
                httpx.get(url.replace(LOOPBACK, "localhost"), verify=context)


def test_a_ca_file_that_is_none_is_said(tmp_path):
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(TrustError, match=r"ca\.pem is no certificate in PEM"):
        trust(tmp_path, tmp_path / "ca.pem", believes_clock=True)


def test_a_session_gets_tokens_and_renews_its_key(bar):
    assert bar.enrol(bar.claim()) == 0

    async def story() -> None:
        key = KeyOnDisk(key_path(bar.data_dir))
        first = key.public_key().public_bytes_raw()
        context = trust(bar.data_dir, None, believes_clock=False)
        async with httpx.AsyncClient(base_url=bar.url, verify=context) as http:
            session = Session(http, "gw-well", key, steady_s)
            assert (await session.layout()).id == "corner-bar"
            assert await session.rotate_key() is None
            assert key.public_key().public_bytes_raw() != first
            assert not isinstance(await session.exchange(ExchangeRequest()), NotNow)
        stranger = KeyOnDisk(bar.folder / "stranger.key")
        async with httpx.AsyncClient(base_url=bar.url, verify=context) as http:
            answer = await Session(http, "gw-well", stranger, steady_s).layout()
            assert isinstance(answer, NotNow)
            assert "does not fit" in answer.reason

    asyncio.run(story())


def test_a_rotation_whose_answer_was_lost_is_finished_by_the_next_start(bar):
    assert bar.enrol(bar.claim()) == 0
    lost = []

    async def drop(response: httpx.Response) -> None:
        if response.request.url.path.endswith("/keys") and not lost:
            lost.append(response)
            raise httpx.ReadError("the answer was lost")

    async def story() -> None:
        key = KeyOnDisk(key_path(bar.data_dir))
        first = key.public_key().public_bytes_raw()
        context = trust(bar.data_dir, None, believes_clock=False)
        hooks = {"response": [drop]}
        async with httpx.AsyncClient(base_url=bar.url, verify=context, event_hooks=hooks) as http:
            session = Session(http, "gw-well", key, steady_s)
            assert "the answer was lost" in (await session.rotate_key() or "")
            assert key.public_key().public_bytes_raw() == first
            bar.operator.rows("UPDATE gateway_key SET ends_at = now() WHERE how = 'enrolled' RETURNING 1")
            await session.resume_rotation()
            assert key.public_key().public_bytes_raw() != first
            assert (await session.layout()).id == "corner-bar"

    asyncio.run(story())


def test_a_neighbour_carries_batches_and_cannot_invent_answers(bar):
    """The cloud's address leads nowhere; the neighbour's relay does, and a liar's does not."""
    assert bar.enrol(bar.claim()) == 0
    cloud_key = b64decode(CloudFile(bar.data_dir).read().cloud_key)
    key, body = KeyOnDisk(key_path(bar.data_dir)), record(reading("speed-1")).model_dump_json().encode()
    context = trust(bar.data_dir, None, believes_clock=False)
    liar = Starlette(routes=[Route(BATCHES_PATH, _lie, methods=["POST"])])

    async def send(relay_urls: list[str]):
        direct = httpx.AsyncHTTPTransport(verify=context)
        detour = Detour(direct, httpx.AsyncHTTPTransport(), relay_urls, cloud_key, steady_s)
        nowhere = f"https://{LOOPBACK}:{free_port()}"
        async with CloudClient(nowhere, "gw-well", key, detour) as client:
            first = await client.send("e" * 32, Run(Lane.STATES, 0, (body, body)))
            return first, await client.send("e" * 32, Run(Lane.STATES, 2, (body,)))

    def relay() -> Starlette:
        return Relay(Forwarder(httpx.AsyncClient(base_url=bar.url, verify=context))).app()

    with served(liar) as lying, served(relay()) as honest:
        first, second = asyncio.run(send([lying]))
        assert isinstance(first, NotNow)
        assert bar.operator.rows("SELECT count(*) AS n FROM reading") == [{"n": 0}]
        first, second = asyncio.run(send([lying, honest]))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.mark, second.mark) == (1, 2)
    rows = bar.operator.rows(
        "SELECT gateway_id, count(*) AS n FROM reading JOIN gateway USING (gateway_no) GROUP BY 1"
    )
    assert rows == [{"gateway_id": "gw-well", "n": 3}]


async def _lie(_request) -> Response:
    lie = '{"epoch": "' + "e" * 32 + '", "lane": "states", "mark": 1, "stored": 2}'
    return Response(lie, media_type="application/json")


def test_a_relay_carries_four_at_a_time():
    goes_on = asyncio.Event()

    async def slow(_headers, _body):
        await goes_on.wait()

    async def story() -> list[int]:
        transport = httpx.ASGITransport(Relay(slow).app())
        async with httpx.AsyncClient(transport=transport, base_url="http://relay") as client:
            waiting = [asyncio.create_task(client.post(BATCHES_PATH, content=b"{}")) for _ in range(4)]
            await asyncio.sleep(0.1)
            fifth = await client.post(BATCHES_PATH, content=b"{}")
            goes_on.set()
            return [fifth.status_code, *[(await each).status_code for each in waiting]]

    assert asyncio.run(story()) == [429, 503, 503, 503, 503]


def test_a_relay_is_bounded_and_says_when_it_cannot_help():
    nowhere = Forwarder(httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{free_port()}"))
    with served(Relay(nowhere).app()) as url:
        assert httpx.post(url + BATCHES_PATH, content=b"x" * (4 * 1024 * 1024 + 1)).status_code == 413
        answer = httpx.post(url + BATCHES_PATH, content=b"{}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "15")
        assert httpx.post(url + "/api/v1/sites", content=b"{}").status_code == 404
