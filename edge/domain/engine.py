"""All scales of one gateway: frames in, readings and movements out. Owns who reports when; no clock, no I/O.

Times are seconds of the gateway's boot time in bar time; arrival times are handed in.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, Quality, ScaleHealth, Stage
from edge.domain.bottle_lives import NO_LIVES, KeptLives
from edge.domain.glass import Glass
from edge.domain.node_watch import NodeWatch
from edge.domain.pads import Pads
from edge.domain.profiles import ScaleProfile, profiles
from edge.domain.refusals import Refusals
from edge.domain.saying import Sayings, Seen
from edge.domain.stations import ScaleView, Station, weigher_of
from edge.domain.timekeeping import FrameOutOfOrderError, NodeTimeline
from edge.domain.tray import BottleWeight, TrayWeigher
from edge.domain.weighing import ScaleWeigher

__all__ = ["Engine", "ScaleView", "Seen"]

SILENT_S = 5.0
"""A node publishes every second; five missed frames are silence."""
MOVED_SHOWN_S = 600.0


class Engine:
    """Weighs every scale of a gateway's layout."""

    in_work: Callable[[], Collection[str]] = staticmethod(tuple)
    """Names of the scales that somebody is calibrating just now. They are unsettled and have no movements: a
    technician's weights are no bottles. When the work is done, what stands there is the new baseline."""

    def __init__(
        self,
        layout: SiteLayout,
        *,
        namespace: str,
        started_s: float,
        reading_interval_s: float,
        refusals: Refusals,
        bottles: Mapping[str, BottleWeight] | None = None,
        lives: KeptLives = NO_LIVES,
    ) -> None:
        """`namespace` (gateway, epoch, boot) keeps the movement ids of different lives apart.

        `bottles` says by slot what the bottles on trays weighed when they were last seen, `lives` what
        bottles weighed when they arrived and left.
        """
        self._reading_interval_s = reading_interval_s
        self._refusals = refusals
        self._layout = layout
        self._stations = {
            (profile.node, profile.channel): Station(weigher_of(profile, layout, bottles or {}), started_s)
            for profile in profiles(layout)
        }
        self._sayings = Sayings(namespace)
        weighers = [one.weigher for one in self._stations.values()]
        self._pads = Pads([one for one in weighers if isinstance(one, ScaleWeigher)], self._sayings)
        self.moved = self._pads.moved
        """The newest times at which a shelf was moved."""
        self._glass = Glass(layout, lives, self._pads)
        self._timelines = {node: NodeTimeline() for node, _ in self._stations}
        self._watches = {node: NodeWatch(node) for node, _ in self._stations}

    def take(self, node_id: str, frame: DeviceFrame, arrived_s: float) -> list[Seen]:
        """Weigh a frame and return what there is to say, in time order of each scale."""
        for scale_id in self.in_work():
            self._start_afresh(scale_id)
        rebooted = self._watches[node_id].take(frame, arrived_s)
        try:
            start_s = self._timelines[node_id].place(frame, arrived_s)
        except FrameOutOfOrderError as error:
            self._refusals.note(f"{error.reason} from node {node_id}")
            return []
        said: list[Seen] = []
        told: set[str] = set()
        for channel, counts in frame.channels.items():
            station = self._heard(node_id, channel, frame, arrived_s)
            if station is None:
                continue
            if rebooted:
                station.weigher.interrupt(None)
            for stage, seen in self._weigh(station.weigher, start_s, frame.rate_hz, counts):
                said += seen
                if stage is Stage.FINAL:
                    told.add(channel)
        ended_s = start_s + len(counts) / frame.rate_hz
        said += self._pads.settle(ended_s)
        self._glass.learn(one.body for one in said if isinstance(one.body, Movement))
        for channel in frame.channels:
            station = self._stations.get((node_id, channel))
            if station is not None:
                said += station.state(ended_s, self._reading_interval_s, at_once=channel in told)
        return said

    def _heard(self, node_id: str, channel: str, frame: DeviceFrame, arrived_s: float) -> Station | None:
        station = self._stations.get((node_id, channel))
        if station is None:
            self._refusals.note(f"node {node_id} sends channel {channel}, which no scale of the layout uses")
            return None
        station.heard_s, station.temperature_c = arrived_s, frame.temperature_c
        return station

    def _weigh(
        self, weigher: ScaleWeigher | TrayWeigher, start_s: float, rate_hz: float, counts: list[int | None]
    ) -> Iterator[tuple[Stage, list[Seen]]]:
        if isinstance(weigher, TrayWeigher):
            for seen in weigher.take(start_s, rate_hz, counts):
                yield seen.stage, list(self._sayings.of_tray(weigher.profile, seen))
        else:
            for handled in weigher.take(start_s, rate_hz, counts):
                yield handled.stage, list(self._pads.handled(weigher, handled))

    def confirm(self, slot: str) -> bool:
        """Take somebody's word for which bottle of a tray came back last; False where it cannot have been."""
        return any(tray.confirm(slot) for tray in self._trays() if slot in tray.profile.slots)

    def bottles(self) -> dict[str, BottleWeight]:
        """Return what is believed of every bottle on a tray, by slot."""
        return {slot: bottle for tray in self._trays() for slot, bottle in tray.bottles.items()}

    def lives(self) -> KeptLives:
        """Return what was learned of bottles that arrived and left; to be handed in again after a restart."""
        return self._glass.kept

    def _trays(self) -> list[TrayWeigher]:
        return [one.weigher for one in self._stations.values() if isinstance(one.weigher, TrayWeigher)]

    def set_reading_interval(self, reading_interval_s: float) -> None:
        """Take another time between two readings of a scale that stands still, bar seconds."""
        self._reading_interval_s = reading_interval_s

    def tick(self, now_s: float) -> list[Seen]:
        """Say which scales have fallen silent; to be called about once a second."""
        said: list[Seen] = []
        for station in self._stations.values():
            if now_s - station.heard_s > SILENT_S:
                if station.weigher.intake.trouble.quality is not Quality.SILENT:
                    station.weigher.interrupt(None)
                    station.weigher.intake.trouble.silence()
                said += station.state(now_s, self._reading_interval_s)
        return said

    def present(self) -> list[Seen]:
        """Return every scale as it was when it was last heard, without saying it."""
        return [
            Seen(station.heard_s, station.reading(station.weigher.quality, station.heard_s))
            for station in self._stations.values()
        ]

    def views(self, now_s: float) -> list[ScaleView]:
        """Return every scale as the status shows it."""
        return [
            station.view(now_s, self._advice(node, station, now_s))
            for (node, _), station in self._stations.items()
        ]

    def health(self) -> tuple[ScaleHealth, ...]:
        """Return every scale as the health record carries it."""
        return tuple(
            station.health(self._moved_lately(station), self._advice(node, station, station.heard_s))
            for (node, _), station in self._stations.items()
        )

    def _advice(self, node: str, station: Station, now_s: float) -> str | None:
        """Return what is to be done about the scale's node, or its product."""
        return self._watches[node].advice(now_s) or self._glass.advice(station.weigher.profile.scale_id)

    def recalibrate(self, scale_id: str, tare_counts: float, counts_per_g: float) -> bool:
        """Weigh a scale by a new calibration from its next frame on; False when there is no such scale.

        The scale starts afresh, because a step that only the calibration made must never look like a pour.
        """
        station = self._start_afresh(scale_id, tare_counts=tare_counts, counts_per_g=counts_per_g)
        if station is not None:
            station.forget_weight()
        return station is not None

    def _start_afresh(self, scale_id: str, **line: float) -> Station | None:
        for station in self._stations.values():
            profile = station.weigher.profile
            if profile.scale_id == scale_id:
                self._begin_anew(station, replace(profile, **line))  # type: ignore[arg-type]
                return station
        return None

    def _begin_anew(self, station: Station, profile: ScaleProfile) -> None:
        """Weigh with this profile from now on: what stands there is the new baseline."""
        known = station.weigher.bottles if isinstance(station.weigher, TrayWeigher) else {}
        station.weigher = weigher_of(profile, self._layout, known)
        if isinstance(station.weigher, ScaleWeigher):
            self._pads.begin_anew(station.weigher)

    def _moved_lately(self, station: Station) -> str | None:
        """Return what is to be said of a scale whose shelf was moved in the last ten minutes."""
        scale_id = station.weigher.profile.scale_id
        for moved in reversed(self.moved):
            recent = station.heard_s - moved.at_s < MOVED_SHOWN_S
            if recent and scale_id in {step.scale_id for step in moved.steps}:
                return moved.sentence
        return None
