"""All scales of one gateway: frames in, readings and movements out. Owns who reports when; no clock, no I/O.

Times are seconds of the gateway's boot time in bar time; arrival times are handed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, MovementKind, Quality, Reading, ScaleHealth, Stage
from edge.domain.bottles import by_full_weight
from edge.domain.desk import Case, Desk, InHand, Verdict, is_settled_alone
from edge.domain.hints import SPIKING_SHARE, hint
from edge.domain.profiles import profiles
from edge.domain.refusals import Refusals
from edge.domain.reporting import movement, movement_id
from edge.domain.timekeeping import FrameOutOfOrderError, NodeTimeline
from edge.domain.weighing import Handled, ScaleWeigher

SILENT_S = 5.0
"""A node publishes every second; five missed frames are silence."""
REMINDER_S = 60.0
"""A state that is not a weight is said again this often."""
MAX_ANNOUNCED = 256
"""Provisional movements that wait for their final word; past it the oldest is final under a new number."""
UNSETTLED_S = 10.0
"""Shorter unrest is a hand and not worth a record."""

_HEALTH_OF = {
    Quality.SILENT: "silent",
    Quality.NOT_READY: "not_ready",
    Quality.SATURATED: "saturated",
    Quality.STUCK: "stuck",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A body with its boot time, s."""

    at_s: float
    body: Reading | Movement


@dataclass(frozen=True, slots=True)
class ScaleView:
    """One scale for the status table."""

    scale_id: str
    slots: tuple[str, ...]
    quality: Quality
    weight_g: float | None
    age_s: float | None
    hint: str | None


@dataclass(slots=True)
class _Station:
    """A scale and what was last said about it."""

    weigher: ScaleWeigher
    heard_s: float
    said: Quality | None = None
    said_s: float = 0.0
    differs_since_s: float | None = None
    weight_g: float | None = None
    weighed_s: float | None = None
    temperature_c: float | None = None


class Engine:
    """Weighs every scale of a gateway's layout."""

    def __init__(
        self,
        layout: SiteLayout,
        *,
        namespace: str,
        started_s: float,
        reading_interval_s: float,
        refusals: Refusals,
    ) -> None:
        """`namespace` (gateway, epoch, boot) keeps the movement ids of different lives apart."""
        self._namespace = namespace
        self._reading_interval_s = reading_interval_s
        self._refusals = refusals
        self._stations: dict[tuple[str, str], _Station] = {}
        for profile in profiles(layout):
            key = (profile.node, profile.channel)
            self._stations[key] = _Station(ScaleWeigher(profile), started_s)
        self._weighers = {one.weigher.profile.scale_id: one.weigher for one in self._stations.values()}
        self._homes = {name: weigher.profile for name, weigher in self._weighers.items()}
        self._desk = Desk()
        self._announced: dict[str, None] = {}
        self._timelines = {node: NodeTimeline() for node, _ in self._stations}

    def take(self, node_id: str, frame: DeviceFrame, arrived_s: float) -> list[Seen]:
        """Weigh a frame and return what there is to say, in time order of each scale."""
        timeline = self._timelines[node_id]
        rebooted = timeline.boot is not None and timeline.boot != frame.boot
        try:
            start_s = timeline.place(frame, arrived_s)
        except FrameOutOfOrderError as error:
            self._refusals.note(f"{error.reason} from node {node_id}")
            return []
        said: list[Seen] = []
        told: set[str] = set()
        for channel, counts in frame.channels.items():
            station = self._stations.get((node_id, channel))
            if station is None:
                self._refusals.note(
                    f"node {node_id} sends channel {channel}, which no scale of the layout uses"
                )
                continue
            if rebooted:
                station.weigher.interrupt(None)
            station.heard_s = arrived_s
            station.temperature_c = frame.temperature_c
            for handled in station.weigher.take(start_s, frame.rate_hz, counts):
                said += self._handled(station, handled)
                if handled.stage is Stage.FINAL:
                    told.add(channel)
        ended_s = start_s + len(counts) / frame.rate_hz
        said += self._settle(ended_s)
        for channel in frame.channels:
            station = self._stations.get((node_id, channel))
            if station is not None:
                said += self._state(station, ended_s, at_once=channel in told)
        return said

    def _handled(self, station: _Station, handled: Handled) -> Iterator[Seen]:
        """Say what needs no comparison; hand the rest to the desk."""
        weigher = station.weigher
        profile = weigher.profile
        case = Case(profile.scale_id, profile, handled, weigher.zero_g)
        if handled.stage is Stage.PROVISIONAL:
            if self._desk.is_at_home(case, self._in_hand()):
                yield self._say(Verdict(case, case, handled.kind, handled.change, 1.0))
        elif is_settled_alone(handled, profile):
            yield from self._final(Verdict(case, case, handled.kind, handled.change, 1.0))
        else:
            self._desk.hand_in(case)

    def _settle(self, now_s: float) -> Iterator[Seen]:
        verdicts = self._desk.settle(self._in_hand(), now_s)
        for verdict in verdicts:
            yield from self._final(verdict)
        for verdict in verdicts:
            self._note_bottle(verdict)

    def _in_hand(self) -> list[InHand]:
        found = []
        for station in self._stations.values():
            weigher = station.weigher
            if weigher.in_hand is not None and weigher.profile.is_bottle:
                touched_s, before = weigher.in_hand
                found.append(
                    InHand(
                        weigher.profile.scale_id, weigher.profile, touched_s, before, weigher.landed,
                        weigher.zero_g,
                    )
                )  # fmt: skip
        return found

    def _final(self, verdict: Verdict) -> Iterator[Seen]:
        """Say a final revision; what was announced and was nothing is taken back."""
        name = movement_id(self._namespace, verdict.case.scale_id, verdict.case.handled)
        if verdict.kind is not None or name in self._announced:
            yield self._say(verdict)

    def _say(self, verdict: Verdict) -> Seen:
        handled = verdict.case.handled
        name = movement_id(self._namespace, verdict.case.scale_id, handled)
        revision = 2 if name in self._announced else 1
        if handled.stage is Stage.PROVISIONAL:
            self._announced[name] = None
            if len(self._announced) > MAX_ANNOUNCED:
                del self._announced[next(iter(self._announced))]
        else:
            self._announced.pop(name, None)
        return Seen(handled.known_s, movement(verdict, name, revision))

    def _note_bottle(self, verdict: Verdict) -> None:
        """Remember which bottle stands where."""
        weigher = self._weighers[verdict.put_on.scale_id]
        if verdict.is_crossed:
            weigher.carry(verdict.case.profile)
        elif verdict.kind is MovementKind.SWAP:
            known = [weigher.profile, self._homes[verdict.case.scale_id], *self._homes.values()]
            full_g = verdict.change.after.weight_g - weigher.zero_g
            weigher.carry(by_full_weight(full_g, known) or weigher.profile)

    def tick(self, now_s: float) -> list[Seen]:
        """Say which scales have fallen silent; to be called about once a second."""
        said: list[Seen] = []
        for station in self._stations.values():
            if now_s - station.heard_s > SILENT_S:
                if station.weigher.intake.trouble.quality is not Quality.SILENT:
                    station.weigher.interrupt(None)
                    station.weigher.intake.trouble.silence()
                said += self._state(station, now_s)
        return said

    def views(self, now_s: float) -> list[ScaleView]:
        """Return every scale as the status shows it."""
        return [self._view(station, now_s) for station in self._stations.values()]

    def health(self) -> tuple[ScaleHealth, ...]:
        """Return every scale as the health record carries it."""
        return tuple(_health(station) for station in self._stations.values())

    def _state(self, station: _Station, at_s: float, *, at_once: bool = False) -> Iterator[Seen]:
        quality = station.weigher.quality
        if not (at_once or self._is_due(station, quality, at_s)):
            return
        station.said, station.said_s = quality, at_s
        station.differs_since_s = None
        yield Seen(at_s, self._reading(station, quality, at_s))

    def _is_due(self, station: _Station, quality: Quality, at_s: float) -> bool:
        if quality is station.said:
            station.differs_since_s = None
            wait_s = self._reading_interval_s if quality is Quality.OK else REMINDER_S
            return at_s - station.said_s >= wait_s - 0.5
        if quality is not Quality.UNSETTLED:
            return True
        if station.differs_since_s is None:
            station.differs_since_s = at_s
        return at_s - station.differs_since_s >= UNSETTLED_S

    def _reading(self, station: _Station, quality: Quality, at_s: float) -> Reading:
        profile, weight = station.weigher.profile, station.weigher.weight
        if weight is not None:
            station.weight_g, station.weighed_s = weight.weight_g, at_s
        return Reading(
            scale_id=profile.scale_id,
            slots=profile.slots,
            weight_g=None if weight is None else round(weight.weight_g, 2),
            sigma_g=None if weight is None else round(weight.sigma_g, 3),
            quality=quality,
            temperature_c=station.temperature_c,
        )

    def _view(self, station: _Station, now_s: float) -> ScaleView:
        profile, quality = station.weigher.profile, station.weigher.quality
        return ScaleView(
            profile.scale_id,
            profile.slots,
            quality,
            station.weight_g,
            None if station.weighed_s is None else max(0.0, now_s - station.weighed_s),
            hint(profile, quality, station.weigher.spike_share),
        )


def _health(station: _Station) -> ScaleHealth:
    weigher = station.weigher
    spiking = weigher.spike_share > SPIKING_SHARE
    state = _HEALTH_OF.get(weigher.quality, "spiking" if spiking else "ok")
    advice = hint(weigher.profile, weigher.quality, weigher.spike_share)
    return ScaleHealth.model_validate({"scale_id": weigher.profile.scale_id, "state": state, "hint": advice})
