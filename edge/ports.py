"""What the loops need of the rims, as Protocols, and the few values that pass between them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from contract.anchors import Sent
from contract.batch import Refusal
from contract.commands import DesiredSettings, ExchangeAnswer, ExchangeRequest, ReportedSettings
from contract.device import DeviceFrame, NodeStatus
from contract.latest import Latest
from contract.records import Lane
from edge.domain.bottle_shape import Curve
from edge.domain.sight import Found, Look, Place, SlotLook


@dataclass(frozen=True, slots=True)
class LaneState:
    """Where a lane stands: the last acknowledged number (-1 = none), the next to give, and what waits."""

    acknowledged: int
    next_seq: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive record bodies of one lane; gap_from is set when numbers before first_seq were given up."""

    lane: Lane
    first_seq: int
    bodies: tuple[bytes, ...]
    gap_from: int | None = None
    gap_reason: str = ""
    epoch: str = ""

    @property
    def last_seq(self) -> int:
        """Number of the last record; first_seq - 1 for a run that only declares a gap."""
        return self.first_seq + len(self.bodies) - 1


@dataclass(frozen=True, slots=True)
class Accepted:
    """200: everything up to `mark` is committed."""

    mark: int
    quarantined: tuple[Refusal, ...] = ()
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """409: the next batch must begin at expected_seq."""

    expected_seq: int


@dataclass(frozen=True, slots=True)
class TooLarge:
    """413: fewer records next time."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """Anything else: say why, wait (at least retry_after_s), and send the same again."""

    reason: str
    retry_after_s: float = 0.0
    is_slow: bool = False
    """It ran out of time: less at a time may get through."""


Answer = Accepted | Elsewhere | TooLarge | NotNow


class Clock(Protocol):
    """The only way to time."""

    def now(self) -> datetime:
        """Bar time, UTC."""

    def boottime_ns(self) -> int:
        """Nanoseconds of bar time since this boot."""

    async def sleep(self, bar_s: float) -> None:
        """Wait in bar time."""

    def real_s(self) -> float:
        """Real Unix time, s: for disks and networks."""

    def is_synced(self) -> bool:
        """Whether the kernel believes in its clock."""

    def error_s(self) -> float:
        """How wrong the kernel says its clock may be, s."""


@dataclass(frozen=True, slots=True)
class NodeFrame:
    """A frame that was accepted from the bus, and the boot time of its arrival, s."""

    node_id: str
    frame: DeviceFrame
    arrived_s: float


class LoadCell(Protocol):
    """A converter on the gateway's own pins; synchronous, used by one thread."""

    def read(self) -> int | None:
        """Wait for the next conversion, counts; None where one came that is not to be believed.

        Raises OSError when none comes in time, with what to do.
        """

    def close(self) -> None:
        """Give the pins back; may be called twice."""


class Frames(Protocol):
    """The line in which frames wait."""

    async def get(self) -> NodeFrame:
        """Wait for the next frame."""


class ShelfBus(Protocol):
    """The shelf's nodes."""

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""

    @property
    def nodes(self) -> dict[str, NodeStatus]:
        """What each node last said of itself."""


class Outbox(Protocol):
    """The durable store of records."""

    def append(self, lane: Lane, bodies: Sequence[bytes]) -> asyncio.Future[None]:
        """Accept records; the future is done once they are durable. Raises OutboxBusyError."""

    async def read(self, lane: Lane, limit: int, max_bytes: int) -> Run | None:
        """Return what follows the acknowledged mark."""

    async def probe(self, lane: Lane) -> Run | None:
        """Return a run without records that asks for the mark of a lane; None once that is known."""

    async def acknowledge(self, run: Run, mark: int) -> None:
        """Note that the cloud has committed up to mark; less than before is a rewind (it was restored)."""

    @property
    def may_send(self) -> bool:
        """Whether the marks of all lanes have been asked for since the start."""

    def is_strange(self, run: Run, mark: int) -> bool:
        """Whether the cloud's mark tells that this outbox is a restored copy."""

    async def renew(self, run: Run) -> None:
        """Begin a new epoch, because the cloud knows numbers of the run's that were never given here."""

    async def wait(self, lane: Lane) -> None:
        """Return when records were committed to the lane since the last wait."""

    async def lanes(self) -> dict[Lane, LaneState]:
        """Return where every lane stands."""

    async def tidy(self) -> int:
        """Delete what may go, in bounded steps; return the bytes in use."""

    @property
    def epoch(self) -> str:
        """Name of this outbox's life."""


class OutboxBusyError(RuntimeError):
    """The disk does not keep up and the waiting line is full: the state was not accepted."""


class Uplink(Protocol):
    """The cloud."""

    async def send(self, epoch: str, run: Run) -> Answer:
        """Send one signed batch; never raises for what a network or a server does."""

    async def show(self, latest: Latest) -> NotNow | None:
        """Send what every scale shows now; None when it arrived."""


class Timekeeper(Protocol):
    """Knows the clocks of this boot."""

    def sent(self) -> Sent:
        """Return the clocks of this moment, for a message that is about to go."""

    def heard(self, sent: Sent, received_at: datetime) -> None:
        """Take note of the cloud's clock, which it told in the answer to that message."""


class Exchange(Protocol):
    """The cloud's long poll."""

    async def exchange(self, request: ExchangeRequest) -> ExchangeAnswer | NotNow:
        """Report and wait for news; never raises for what a network or a server does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command; then_restart: it is done once the gateway has started anew."""

    is_done: bool
    detail: str = ""
    result: str | None = None
    then_restart: bool = False


class Commander(Protocol):
    """Who does what the cloud asks for."""

    async def do(self, kind: str, arguments: Mapping[str, JsonValue]) -> Outcome:
        """Do one command to its end; never raises for what can be said in words."""

    def restart(self) -> None:
        """Start the gateway anew, soon."""


class RemoteDesk(Protocol):
    """How the gateway is set from afar."""

    @property
    def version(self) -> int:
        """Version of the newest desired settings that are known here; 0 = none."""

    def apply(self, desired: DesiredSettings) -> None:
        """Put desired settings in force, and keep them for the next start."""

    def report(self) -> ReportedSettings:
        """Return what is in force."""


class Machine(Protocol):
    """The computer the gateway runs on."""

    def disk_free_bytes(self) -> int | None:
        """Free bytes where the data lies."""

    def cpu_temperature_c(self) -> float | None:
        """Temperature of the processor, degrees C."""


class Eyes(Protocol):
    """The cameras of this gateway, and what reads their pictures."""

    @property
    def cameras(self) -> tuple[str, ...]:
        """Their names."""

    async def look(self, camera_id: str, places: Sequence[Place]) -> Look:
        """Take a picture and read it; never raises for what a camera, a picture or a model does."""

    async def picture(self, camera_id: str) -> bytes:
        """The newest picture as JPEG. Raises OSError, ValueError or KeyError."""

    async def bottles(self, camera_id: str) -> list[Found]:
        """Every bottle in a picture of now. Raises OSError or ValueError."""

    async def enrol(self, camera_id: str, product_id: str, places: Mapping[str, Place], slot_id: str) -> int:
        """Keep the bottle in a slot as a picture of a product. Raises OSError or ValueError."""

    async def keep(self, product_id: str, look: SlotLook, share: float) -> bool:
        """Keep a crop whose share the scale knows; whether it was kept. Raises OSError."""

    async def close(self) -> None:
        """Let go of the cameras."""


class Places(Protocol):
    """Where the slots are in the pictures."""

    def stamp(self) -> object:
        """Something that differs whenever anything was drawn."""

    def places(self, camera_id: str) -> tuple[Place, ...]:
        """What is drawn for a camera. Raises ValueError when it cannot be read."""


class Curves(Protocol):
    """How levels become volumes here."""

    def stamp(self) -> object:
        """Something that differs whenever any curve does."""

    def in_force(self) -> Mapping[str, Curve]:
        """The curves that are used. Raises ValueError when they cannot be read."""

    def candidate(self) -> Mapping[str, Curve] | None:
        """The curves that read along. Raises ValueError when they cannot be read."""

    def promote(self, at: datetime) -> bool:
        """Put the candidate in force. Raises ValueError or OSError."""

    def drop(self) -> None:
        """Forget the candidate. Raises ValueError or OSError."""
