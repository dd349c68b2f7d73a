"""All scales of one gateway: frames in, readings and movements out. Owns who reports when; no clock, no I/O.

Times are seconds of the gateway's boot time in bar time; arrival times are handed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, Quality, Reading, ScaleHealth, SlotShare, Stage
from edge.domain.hints import SPIKING_SHARE, hint
from edge.domain.movements import doubts, volume_ml
from edge.domain.profiles import ScaleProfile, profiles
from edge.domain.refusals import Refusals
from edge.domain.timekeeping import FrameOutOfOrderError, NodeTimeline
from edge.domain.weighing import MovementSeen, ScaleWeigher

SILENT_S = 5.0
"""A node publishes every second; five missed frames are silence."""
REMINDER_S = 60.0
"""A state that is not a weight is said again this often."""
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
        self._timelines = {node: NodeTimeline() for node, _ in self._stations}

    def take(self, node_id: str, frame: DeviceFrame, arrived_s: float) -> list[Seen]:
        """Weigh a frame and return what there is to say, in time order of each scale."""
        timeline = self._timelines[node_id]
        rebooted = timeline.boot is not None and timeline.boot != frame.boot
        try:
            start_s = timeline.place(frame, arrived_s)
        except FrameOutOfOrderError:
            self._refusals.note(f"frame twice or out of order from node {node_id}")
            return []
        said: list[Seen] = []
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
            movements = station.weigher.take(start_s, frame.rate_hz, counts)
            said += [Seen(seen.known_s, self._movement(station, seen)) for seen in movements]
            said += self._state(station, start_s + len(counts) / frame.rate_hz, at_once=bool(movements))
        return said

    def tick(self, now_s: float) -> list[Seen]:
        """Say which scales have fallen silent; to be called about once a second."""
        said: list[Seen] = []
        for station in self._stations.values():
            if now_s - station.heard_s > SILENT_S:
                if station.weigher.trouble.quality is not Quality.SILENT:
                    station.weigher.interrupt(None)
                    station.weigher.trouble.silence()
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

    def _movement(self, station: _Station, seen: MovementSeen) -> Movement:
        profile, change = station.weigher.profile, seen.change
        volume = volume_ml(seen.kind, change, profile)
        return Movement(
            movement_id=self._movement_id(profile.scale_id, seen.known_s),
            revision=1,
            stage=Stage.FINAL,
            movement=seen.kind,
            scale_id=profile.scale_id,
            posterior=_shares(profile),
            product_id=profile.product_id,
            weight_before_g=round(change.before.weight_g, 2),
            weight_after_g=round(change.after.weight_g, 2),
            delta_sigma_g=round(change.sigma_g, 3),
            volume_ml=None if volume is None else round(volume[0], 2),
            volume_sigma_ml=None if volume is None else round(volume[1], 3),
            duration_s=round(min(max(0.0, seen.known_s - seen.touched_s), 86_400.0), 2),
            settled_after_s=round(min(max(0.0, seen.known_s - seen.ended_s), 3600.0), 2),
            doubts=doubts(seen.kind, change, profile),
        )

    def _movement_id(self, scale_id: str, at_s: float) -> str:
        name = f"{self._namespace}/{scale_id}/{at_s:.6f}"
        return blake2b(name.encode(), digest_size=16).hexdigest()

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


def _shares(profile: ScaleProfile) -> tuple[SlotShare, ...]:
    """With nothing else known, every slot of a tray is as likely as the next."""
    return tuple(SlotShare(slot_id=slot, probability=1 / len(profile.slots)) for slot in profile.slots)


def _health(station: _Station) -> ScaleHealth:
    weigher = station.weigher
    spiking = weigher.spike_share > SPIKING_SHARE
    state = _HEALTH_OF.get(weigher.quality, "spiking" if spiking else "ok")
    advice = hint(weigher.profile, weigher.quality, weigher.spike_share)
    return ScaleHealth.model_validate({"scale_id": weigher.profile.scale_id, "state": state, "hint": advice})
