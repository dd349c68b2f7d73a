"""Two gateways to be tormented: the whole one behind a broker, and its core with readings out of thin air.

Both are forked from a process that has imported everything, so that a thousand starts cost little. The core
is the gateway's own outbox, recorder, time keeping, publisher, live lane and HTTP client; only the weighing
is left out.
"""

import asyncio
import json
import random
import secrets
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt

from contract.bartime import BarTime
from contract.layout import Gateway, Product, Scale, Shelf, SiteLayout, Slot
from contract.records import Movement, MovementKind, Quality, Reading, SlotShare, Stage
from contract.topics import frame_topic, status_topic
from edge import app
from edge.anchor_file import AnchorFile
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
from edge.clock import BarClock, steady_s
from edge.domain.anchoring import Anchoring
from edge.domain.backoff import Backoff
from edge.domain.breaker import Breaker
from edge.domain.engine import Seen
from edge.domain.refusals import Refusals
from edge.loops.publishing import Publishing, Reachability
from edge.loops.recording import Recorder
from edge.loops.showing import Showing
from edge.loops.timekeeping import Timekeeping
from edge.settings import Settings
from edge.uplink.client import CloudClient
from edge.uplink.signing import key_path, load_or_make_key

GATEWAY = "gw"
SPEED = 40.0
PRODUCT = Product(
    id="gin", name="Gin", category="spirit", volume_ml=700, tare_weight_g=500, density_g_per_ml=0.94
)
LAYOUT = SiteLayout(
    id="bar",
    name="Bar",
    timezone="UTC",
    products=(PRODUCT,),
    gateways=(Gateway(id=GATEWAY, name="Gateway"),),
    shelves=(
        Shelf(
            id="top",
            name="Top",
            gateway=GATEWAY,
            scales=tuple(
                Scale(id=f"cell-{i}", node="node-top", channel=str(i), tare_counts=1000, counts_per_g=420)
                for i in range(12)
            ),
            slots=tuple(Slot(id=f"top-{i}", scale=f"cell-{i}", product="gin") for i in range(12)),
        ),
    ),
)


def whole_gateway(folder: Path, broker_port: int, cloud_url: str, log: Path, bartime: BarTime) -> None:
    """Run `python -m edge run` without its imports, until it is killed."""
    layout = folder / "layout.json"
    if not layout.exists():
        layout.write_text(LAYOUT.model_dump_json())
    settings = Settings(
        gateway_id=GATEWAY,
        layout_file=layout,
        data_dir=folder / "data",
        cloud_url=cloud_url,
        broker_host="127.0.0.1",
        broker_port=broker_port,
        commit_every_s=0.1,
        reading_interval_s=1.0,
        retry_cap_s=1.0,
        acceptance_log=log,
    )
    asyncio.run(app.run(settings, BarClock(bartime)))


def shelf_node(broker_port: int, speed: float = SPEED) -> None:
    """Publish a frame of twelve bottles every bar second, one of which is poured from, until killed."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.connect("127.0.0.1", broker_port)
    client.loop_start()
    boot, dice = secrets.token_hex(16), random.Random(7)
    status = json.dumps({"v": 1, "state": "online", "boot": boot})
    client.publish(status_topic("bar", "node-top"), status, qos=1, retain=True)
    began_s, seconds = time.monotonic(), 0
    while True:
        client.publish(frame_topic("bar", "node-top"), frame(boot, seconds, dice))
        seconds += 1
        time.sleep(max(0.0, began_s + seconds / speed - time.monotonic()))


def frame(boot: str, second: int, dice: random.Random) -> str:
    """A second of raw counts: bottle 0 is lifted every 20 s and comes back 40 g lighter."""
    cycle, at = divmod(second, 20)
    full_g = 1100 - 40 * (cycle % 12)
    first_g = 0.0 if 14 <= at < 18 else full_g - (40 if at >= 18 else 0)
    channels = {
        str(i): [
            round((first_g if i == 0 else 900 + dice.gauss(0, 0.8)) * 420 + 1000 + dice.gauss(0, 300))
            for _ in range(10)
        ]
        for i in range(12)
    }
    told = {"v": 1, "boot": boot, "seq": second, "uptime_ms": second * 1000, "rate_hz": 10}
    return json.dumps({**told, "channels": channels})


CLOCK_FORMAT = "dd?"


class WrongClock:
    """The clock door with a wall clock that another process sets: how far it is off, whether the kernel
    vouches.

    Boot time is real; a boot has a name of its own, and begins when it is told.
    """

    def __init__(self, file: Path, boot_id: str, boot_began_s: float) -> None:
        self._file, self.boot_id = file, boot_id
        self._began_s = boot_began_s

    @staticmethod
    def write(file: Path, off_s: float, *, synced: bool, speed: float = 1.0) -> None:
        """Set it."""
        fresh = file.with_suffix(".new")
        fresh.write_bytes(struct.pack(CLOCK_FORMAT, off_s, speed, synced))
        fresh.rename(file)

    def _read(self) -> tuple[float, float, bool]:
        off_s, speed, synced = struct.unpack(CLOCK_FORMAT, self._file.read_bytes())
        return off_s, speed, synced

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._read()[0])

    def boottime_ns(self) -> int:
        return int((time.monotonic() - self._began_s) * 1e9)

    async def sleep(self, bar_s: float) -> None:
        await asyncio.sleep(bar_s)

    def real_s(self) -> float:
        return time.time() + self._read()[0]

    def is_synced(self) -> bool:
        return self._read()[2]

    def error_s(self) -> float:
        return 0.01


@dataclass
class Plan:
    """What the core is to do."""

    folder: Path
    cloud_url: str
    acceptance_log: Path | None = None
    rows_per_s: float = 120.0
    movement_every_s: float = 1.0
    commit_every_s: float = 0.1
    retry_cap_s: float = 1.0
    clock: object = field(default_factory=lambda: BarClock(BarTime.real(), trust_host=True))
    max_bytes: int = 3 * 1024**3
    ballast_bytes: int = 8 * 1024 * 1024
    stop_after_s: float | None = None
    tick_s: float = 0.1


class Bottles:
    """Twelve scales, each with a weight of this moment."""

    def __init__(self, clock: object) -> None:
        self._clock, self._dice = clock, random.Random(3)
        self.number = 0

    def present(self) -> list[Seen]:
        at_s = self._clock.boottime_ns() / 1e9  # type: ignore[attr-defined]
        return [Seen(at_s, self._reading(scale)) for scale in range(12)]

    def next(self) -> Reading:
        self.number += 1
        return self._reading(self.number % 12)

    def _reading(self, scale: int) -> Reading:
        return Reading(
            scale_id=f"cell-{scale}",
            slots=(f"top-{scale}",),
            weight_g=round(400 + 60 * scale + self._dice.random(), 2),
            sigma_g=round(0.2 + self._dice.random() / 10, 3),
            quality=Quality.OK,
            temperature_c=21.5,
        )

    def pour(self) -> Movement:
        return Movement(
            movement_id=secrets.token_hex(16),
            revision=1,
            stage=Stage.FINAL,
            movement=MovementKind.POUR,
            scale_id="cell-0",
            posterior=(SlotShare(slot_id="top-0", probability=1.0),),
            weight_before_g=900.0,
            weight_after_g=860.0,
            delta_sigma_g=0.4,
            duration_s=4.0,
        )


def core_gateway(plan: Plan) -> None:
    """Run the core until it is killed, or for plan.stop_after_s."""
    asyncio.run(_core(plan))


async def _core(plan: Plan) -> None:
    limits = OutboxLimits(plan.commit_every_s, 86_400.0, plan.max_bytes, plan.ballast_bytes)
    clock, data = plan.clock, plan.folder / "data"
    outbox = SqliteOutbox(data / "outbox.db", limits, steady_s, plan.acceptance_log)
    await outbox.open(clock.boot_id)  # type: ignore[attr-defined]
    file = AnchorFile(data)
    boot = {"boot_no": outbox.boot_no, "boot_id": clock.boot_id}  # type: ignore[attr-defined]
    keeper = Timekeeping(clock, Anchoring(file.read()), file.write, **boot)  # type: ignore[arg-type]
    recorder = Recorder(outbox, clock, Refusals(), keeper, **boot)  # type: ignore[arg-type]
    bottles = Bottles(clock)
    dice = random.SystemRandom()
    async with CloudClient(plan.cloud_url, GATEWAY, load_or_make_key(key_path(data))) as cloud:
        cloud.timekeeper = keeper
        breaker = Breaker(Backoff(0.2, plan.retry_cap_s, dice.random))
        publishing = Publishing(outbox, cloud, Reachability(clock), breaker, steady_s)  # type: ignore[arg-type]
        showing = Showing(GATEWAY, bottles, outbox, cloud, publishing, keeper, steady_s)
        loops = [
            outbox.run(),
            publishing.run(),
            showing.run(),
            _fill(plan, bottles, recorder),
            _keep(outbox, recorder),
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(plan.stop_after_s):
                await asyncio.gather(*loops)
    await outbox.close()


async def _fill(plan: Plan, bottles: Bottles, recorder: Recorder) -> None:
    began_s, poured_s, made = steady_s(), steady_s(), 0
    while True:
        due = int((steady_s() - began_s) * plan.rows_per_s) - made
        for _ in range(min(due, 500)):
            recorder.record_now(bottles.next())
        made += min(due, 500)
        if steady_s() - poured_s >= plan.movement_every_s:
            poured_s = steady_s()
            recorder.record_now(bottles.pour())
        await asyncio.sleep(plan.tick_s)


async def _keep(outbox: SqliteOutbox, recorder: Recorder) -> None:
    while True:
        recorder.record_anchors()
        await outbox.tidy()
        await asyncio.sleep(1.0)
