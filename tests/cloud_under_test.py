"""The cloud's application in this process, on a real database, and a gateway that pretends to be one."""

import base64
import gzip
import time
import tomllib
import warnings
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.rows import dict_row

from cloud.app import create_app
from cloud.clock import Clock
from cloud.services import Services
from cloud.settings import Settings
from contract.bartime import BARTIME_VARIABLE, BarTime
from contract.batch import (
    BATCHES_PATH,
    GATEWAY_HEADER,
    SIGNATURE_HEADER,
    Batch,
    BatchAnswer,
    Problem,
    signing_input,
)
from contract.layout import SiteLayout
from contract.records import (
    Body,
    Health,
    Lane,
    Movement,
    MovementKind,
    Quality,
    Reading,
    Record,
    SlotShare,
    Stage,
)

with warnings.catch_warnings():
    # Its successor to httpx is not among our pins; this one works as it is.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

CORNER_BAR = Path(__file__).parents[1] / "firmware_sim" / "bars" / "corner_bar.toml"
EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
"""Bar time when a cloud under test starts: a Friday, 21:00 in Berlin."""
BOOT = "b0" * 16
T = TypeVar("T")


class FakeGateway:
    """A gateway with a key of its own, an epoch and its positions; it signs what it sends."""

    def __init__(self, client: httpx.Client, gateway_id: str, key: Ed25519PrivateKey) -> None:
        self._client = client
        self.gateway_id = gateway_id
        self.key = key
        self.epoch = uuid4().hex
        self._next_seq = {Lane.STATES: 0, Lane.MOVEMENTS: 0}

    def batch(
        self, records: Sequence[Record], lane: Lane = Lane.STATES, first_seq: int | None = None
    ) -> Batch:
        """The next batch of a lane; the lane's position moves on unless first_seq is given."""
        if first_seq is None:
            first_seq = self._next_seq[lane]
            self._next_seq[lane] += len(records)
        return Batch(
            gateway_id=self.gateway_id,
            epoch=self.epoch,
            lane=lane,
            first_seq=first_seq,
            records=list(records),
        )

    def post(self, body: bytes, **headers: str) -> httpx.Response:
        """Send a body with this gateway's signature; underscores in names of headers become hyphens."""
        plain = {
            GATEWAY_HEADER: self.gateway_id,
            SIGNATURE_HEADER: self.signature(body),
            "Content-Type": "application/json",
        }
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.post(BATCHES_PATH, content=own.pop("raw", body), headers={**plain, **own})

    def post_gzip(self, body: bytes, signed: bytes) -> httpx.Response:
        """Send a compressed body with a signature over what it should expand to."""
        headers = {
            GATEWAY_HEADER: self.gateway_id,
            SIGNATURE_HEADER: self.signature(signed),
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
        return self._client.post(BATCHES_PATH, content=body, headers=headers)

    def signature(self, body: bytes) -> str:
        """The header that goes with a body."""
        return "ed25519 " + base64.b64encode(self.key.sign(signing_input(body))).decode()

    def send(
        self, *bodies: Body, at: datetime | None = EVENING, lane: Lane | None = None, **stamp: Any
    ) -> BatchAnswer:
        """Send bodies as the next records, a second apart, and return the answer; anything but 200 fails."""
        kinds = {Lane.MOVEMENTS if isinstance(body, Movement) else Lane.STATES for body in bodies}
        records = [
            record(body, at and at + timedelta(seconds=place), **stamp) for place, body in enumerate(bodies)
        ]
        return answered(self.post(self.batch(records, lane or kinds.pop()).model_dump_json().encode()))

    def send_batch(self, batch: Batch) -> httpx.Response:
        """Send a batch as it is."""
        return self.post(batch.model_dump_json().encode())


class CloudUnderTest:
    """The application with the corner bar in it; both its gateways are registered."""

    def __init__(self, client: TestClient, url: str) -> None:
        self.client = client
        self.url = url
        self.layout = SiteLayout.model_validate(tomllib.loads(CORNER_BAR.read_text()))
        self.call(self.services.sites.import_layout, self.layout)
        self.back_bar = self.gateway("gw-back-bar")
        self.well = self.gateway("gw-well")

    @property
    def services(self) -> Services:
        services: Services = self.client.app.state.services  # type: ignore[attr-defined]
        return services

    @property
    def clock(self) -> Clock:
        clock: Clock = self.client.app.state.clock  # type: ignore[attr-defined]
        return clock

    def call(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Await a service's method on the application's own loop."""
        assert self.client.portal is not None
        return self.client.portal.call(function, *args)

    def gateway(self, gateway_id: str) -> FakeGateway:
        """Register a gateway with a new key."""
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        self.call(self.services.gateways.register, self.layout.id, gateway_id, public)
        return FakeGateway(self.client, gateway_id, key)

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Look straight into the database."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query, parameters).fetchall()


@contextmanager
def running_cloud(url: str, **settings: Any) -> Iterator[CloudUnderTest]:
    """Lend the application on a migrated database; its clock starts at EVENING."""
    bartime = str(BarTime(EVENING, time.time(), 1.0))
    app = create_app(Settings(**{"database_url": url, BARTIME_VARIABLE: bartime, **settings}))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield CloudUnderTest(client, url)


def record(body: Body, at: datetime | None = EVENING, *, synced: bool = True) -> Record:
    """A record of the first boot."""
    return Record(boot_no=1, boot_id=BOOT, boottime_ns=5_000_000_000, wall_at=at, synced=synced, body=body)


def reading(slot: str = "top-1", weight_g: float | None = 800.0, **values: Any) -> Reading:
    """A stable weight on the scale under one slot of the corner bar."""
    shelf, number = slot.rsplit("-", 1)
    defaults = {"scale_id": f"{shelf}-cell-{number}", "slots": (slot,), "sigma_g": 0.5}
    return Reading(**{**defaults, "weight_g": weight_g, **values})


def silence(slot: str, quality: Quality = Quality.SILENT) -> Reading:
    """A scale that gives nothing to weigh."""
    return reading(slot, None, sigma_g=None, quality=quality)


def pour(slot: str = "top-1", volume_ml: float = 40.0, **values: Any) -> Movement:
    """A final pour at one slot of the corner bar."""
    shelf, number = slot.rsplit("-", 1)
    defaults = {
        "movement_id": uuid4().hex,
        "revision": 1,
        "stage": Stage.FINAL,
        "movement": MovementKind.POUR,
        "scale_id": f"{shelf}-cell-{number}",
        "posterior": (SlotShare(slot_id=slot, probability=0.97),),
        "weight_before_g": 800.0,
        "weight_after_g": 800.0 - volume_ml,
        "delta_sigma_g": 0.8,
        "volume_ml": volume_ml,
        "volume_sigma_ml": 0.9,
        "duration_s": 6.0,
    }
    return Movement(**{**defaults, **values})


def health(**values: Any) -> Health:
    """A gateway that is well."""
    defaults = {
        "software": "1.0",
        "uptime_s": 60.0,
        "outbox_waiting": 3,
        "outbox_bytes": 40_960,
        "clock_synced": True,
    }
    return Health(**{**defaults, **values})


def answered(response: httpx.Response) -> BatchAnswer:
    """The answer of a batch that was taken."""
    assert response.status_code == 200, response.text
    return BatchAnswer.model_validate_json(response.content)


def refused(response: httpx.Response, status: int) -> Problem:
    """The problem of a batch that was refused."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return Problem.model_validate_json(response.content)


def squeezed(body: bytes) -> bytes:
    """The body, compressed."""
    return gzip.compress(body)
