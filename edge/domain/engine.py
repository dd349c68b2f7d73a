"""All scales of one gateway: frames in, readings and movements out. Owns who reports when; no clock, no I/O.

Times are seconds of the gateway's boot time in bar time; arrival times are handed in.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, MovementKind, Quality, Reading, ScaleHealth, Stage
from edge.domain.bottles import by_full_weight
from edge.domain.desk import Case, Desk, InHand, Verdict, is_settled_alone
from edge.domain.hints import SPIKING_SHARE, hint
from edge.domain.neighbours import Neighbours, ShelfMoved, Step, step_of
from edge.domain.node_watch import NodeWatch
from edge.domain.profiles import ScaleProfile, profiles, slot_profiles
from edge.domain.refusals import Refusals
from edge.domain.reporting import (
    empty_movement,
    is_empty,
    movement,
    movement_id,
    movement_name,
    tray_movement,
)
from edge.domain.timekeeping import FrameOutOfOrderError, NodeTimeline
from edge.domain.tray import BottleWeight, TrayWeigher
from edge.domain.tray_telling import TraySeen
from edge.domain.weighing import Handled, ScaleWeigher

SILENT_S = 5.0
"""A node publishes every second; five missed frames are silence."""
REMINDER_S = 60.0
"""A state that is not a weight is said again this often."""
MAX_ANNOUNCED = 256
"""Movements whose revisions are counted; of the oldest beyond that nothing new is said."""
MAX_MOVED = 16
MAX_EMPTY = 64
"""Bottles that were said to be empty; of older ones nothing is taken back."""
HOME_G = 10.0
"""So near to full a strange bottle is rather another one, of the product that belongs here."""
MOVED_SHOWN_S = 600.0
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
    temperature_c: float | None = None


@dataclass(slots=True)
class _Station:
    """A scale and what was last said about it."""

    weigher: ScaleWeigher | TrayWeigher
    heard_s: float
    said: Quality | None = None
    said_s: float = 0.0
    differs_since_s: float | None = None
    weight_g: float | None = None
    weighed_s: float | None = None
    temperature_c: float | None = None


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
    ) -> None:
        """`namespace` (gateway, epoch, boot) keeps the movement ids of different lives apart.

        `bottles` says by slot what the bottles on trays weighed when they were last seen.
        """
        self._namespace = namespace
        self._reading_interval_s = reading_interval_s
        self._refusals = refusals
        self._layout = layout
        self._stations: dict[tuple[str, str], _Station] = {}
        for profile in profiles(layout):
            key = (profile.node, profile.channel)
            self._stations[key] = _Station(_weigher(profile, layout, bottles or {}), started_s)
        pads = [one.weigher for one in self._stations.values() if isinstance(one.weigher, ScaleWeigher)]
        self._weighers = {weigher.profile.scale_id: weigher for weigher in pads}
        self._homes = {name: weigher.profile for name, weigher in self._weighers.items()}
        self._desk = Desk()
        self._neighbours = Neighbours()
        self.moved: deque[ShelfMoved] = deque(maxlen=MAX_MOVED)
        """The newest times at which a shelf was moved."""
        self._announced: dict[str, int] = {}
        self._empty: list[str] = []
        self._timelines = {node: NodeTimeline() for node, _ in self._stations}
        self._watches = {node: NodeWatch(node) for node, _ in self._stations}

    def take(self, node_id: str, frame: DeviceFrame, arrived_s: float) -> list[Seen]:
        """Weigh a frame and return what there is to say, in time order of each scale."""
        for scale_id in self.in_work():
            self._start_afresh(scale_id)
        timeline = self._timelines[node_id]
        rebooted = self._watches[node_id].take(frame, arrived_s)
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
            for stage, seen in self._weigh(station.weigher, start_s, frame.rate_hz, counts):
                said += seen
                if stage is Stage.FINAL:
                    told.add(channel)
        ended_s = start_s + len(counts) / frame.rate_hz
        said += self._settle(ended_s)
        for channel in frame.channels:
            station = self._stations.get((node_id, channel))
            if station is not None:
                said += self._state(station, ended_s, at_once=channel in told)
        return said

    def _weigh(
        self, weigher: ScaleWeigher | TrayWeigher, start_s: float, rate_hz: float, counts: list[int | None]
    ) -> Iterator[tuple[Stage, list[Seen]]]:
        if isinstance(weigher, TrayWeigher):
            for seen in weigher.take(start_s, rate_hz, counts):
                yield seen.stage, list(self._say_of_tray(weigher, seen))
        else:
            for handled in weigher.take(start_s, rate_hz, counts):
                yield handled.stage, list(self._handled(weigher, handled))

    def _say_of_tray(self, weigher: TrayWeigher, seen: TraySeen) -> Iterator[Seen]:
        part = str(seen.part) if seen.part else ""
        name = movement_name(self._namespace, f"{weigher.profile.scale_id}/{part}", seen.ended_s)
        if seen.kind is not None or name in self._announced:
            body = tray_movement(weigher.profile, seen, name, self._revision(name))
            yield Seen(seen.known_s, body)
            yield from self._say_empty(seen.known_s, body, seen.bottle)

    def _handled(self, weigher: ScaleWeigher, handled: Handled) -> Iterator[Seen]:
        """Say what needs no comparison; hand the rest to the desk."""
        profile = weigher.profile
        case = Case(profile.scale_id, profile, handled, weigher.zero_g)
        if handled.stage is Stage.PROVISIONAL:
            if self._desk.is_at_home(case, self._in_hand()):
                yield self._say(Verdict(case, case, handled.kind, handled.change, 1.0))
        elif self._was_moved(profile, handled):
            return
        elif is_settled_alone(handled, profile):
            verdict = Verdict(case, case, handled.kind, handled.change, 1.0)
            yield from self._final(verdict)
            self._note_bottle(verdict)
        else:
            self._desk.hand_in(case)

    def _was_moved(self, profile: ScaleProfile, handled: Handled) -> bool:
        """Whether a step in place has its counterpart on a neighbour."""
        if not handled.change.is_in_place or handled.change.is_slow:
            return False
        step = step_of(profile, handled)
        pads = [weigher for weigher in self._weighers.values() if weigher.profile is not profile]
        under_way = [
            Step(pad.profile.scale_id, pad.profile.shelf_id, shift[0], step.ended_s, shift[1])
            for pad in pads
            if (shift := pad.step_under_way) is not None
        ]
        moved = self._neighbours.take(step, under_way)
        if moved is not None:
            self.moved.append(moved)
        return moved is not None

    def _settle(self, now_s: float) -> Iterator[Seen]:
        verdicts = [self._put_right(one) for one in self._desk.settle(self._in_hand(), now_s)]
        for verdict in verdicts:
            yield from self._final(verdict)
        for verdict in verdicts:
            self._note_bottle(verdict)

    def _in_hand(self) -> list[InHand]:
        found = []
        for station in self._stations.values():
            weigher = station.weigher
            if isinstance(weigher, TrayWeigher):
                continue
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
            said = self._say(verdict)
            yield said
            assert isinstance(said.body, Movement), "a verdict is told as a movement"
            yield from self._say_empty(said.at_s, said.body, verdict.case.profile)

    def _say_empty(self, at_s: float, pour: Movement, bottle: ScaleProfile) -> Iterator[Seen]:
        """Beside a pour that emptied its bottle, say so; and take it back when it was another one's."""
        if pour.stage is Stage.PROVISIONAL:
            return
        name = movement_name(self._namespace, f"{pour.movement_id}/empty", 0.0)
        holds = is_empty(pour, bottle)
        if holds or name in self._empty:
            self._empty = [*[one for one in self._empty if one != name], *([name] if holds else [])][
                -MAX_EMPTY:
            ]
            yield Seen(at_s, empty_movement(pour, name, self._revision(name), holds=holds))

    def _say(self, verdict: Verdict) -> Seen:
        handled = verdict.case.handled
        name = movement_id(self._namespace, verdict.case.scale_id, handled)
        return Seen(handled.known_s, movement(verdict, name, self._revision(name)))

    def _revision(self, name: str) -> int:
        """Return the number of this word on a movement: one more than the last that was said."""
        revision = self._announced.get(name, 0) + 1
        self._announced[name] = revision
        if len(self._announced) > MAX_ANNOUNCED:
            del self._announced[next(iter(self._announced))]
        return revision

    def confirm(self, slot: str) -> bool:
        """Take somebody's word for which bottle of a tray came back last; False where it cannot have been."""
        trays = [one.weigher for one in self._stations.values() if isinstance(one.weigher, TrayWeigher)]
        return any(tray.confirm(slot) for tray in trays if slot in tray.profile.slots)

    def bottles(self) -> dict[str, BottleWeight]:
        """Return what is believed of every bottle on a tray, by slot."""
        trays = [one.weigher for one in self._stations.values() if isinstance(one.weigher, TrayWeigher)]
        return {slot: bottle for tray in trays for slot, bottle in tray.bottles.items()}

    def _put_right(self, verdict: Verdict) -> Verdict:
        """A wrong bottle that gives way to a full one of the place's own product was not poured from."""
        case = verdict.case
        home = self._homes[case.scale_id]
        is_strange = case.profile.product_id != home.product_id
        if verdict.kind is not MovementKind.POUR or verdict.is_crossed or not is_strange:
            return verdict
        is_home = by_full_weight(verdict.change.after.weight_g - case.zero_g, [], [home], within_g=HOME_G)
        return verdict if is_home is None else replace(verdict, kind=MovementKind.SWAP)

    def _note_bottle(self, verdict: Verdict) -> None:
        """Remember which bottle stands where."""
        weigher = self._weighers[verdict.put_on.scale_id]
        if verdict.is_crossed:
            weigher.carry(verdict.case.profile)
        elif verdict.kind in {MovementKind.SWAP, MovementKind.RESTOCK}:
            expected = [weigher.profile, self._homes[verdict.case.scale_id]]
            full_g = verdict.change.after.weight_g - weigher.zero_g
            found = by_full_weight(full_g, expected, list(self._homes.values()))
            weigher.carry(found or weigher.profile)

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
                said += self._state(station, now_s)
        return said

    def present(self) -> list[Seen]:
        """Return every scale as it was when it was last heard, without saying it."""
        return [
            Seen(station.heard_s, self._reading(station, station.weigher.quality, station.heard_s))
            for station in self._stations.values()
        ]

    def views(self, now_s: float) -> list[ScaleView]:
        """Return every scale as the status shows it."""
        return [
            self._view(station, now_s, self._watches[node].advice(now_s))
            for (node, _), station in self._stations.items()
        ]

    def health(self) -> tuple[ScaleHealth, ...]:
        """Return every scale as the health record carries it."""
        return tuple(
            _health(station, self._moved_lately(station), self._watches[node].advice(station.heard_s))
            for (node, _), station in self._stations.items()
        )

    def recalibrate(self, scale_id: str, tare_counts: float, counts_per_g: float) -> bool:
        """Weigh a scale by a new calibration from its next frame on; False when there is no such scale.

        The scale starts afresh, because a step that only the calibration made must never look like a pour.
        """
        station = self._start_afresh(scale_id, tare_counts=tare_counts, counts_per_g=counts_per_g)
        if station is not None:
            station.said, station.weight_g, station.weighed_s = None, None, None
        return station is not None

    def _start_afresh(self, scale_id: str, **line: float) -> _Station | None:
        for station in self._stations.values():
            profile = station.weigher.profile
            if profile.scale_id == scale_id:
                self._begin_anew(station, replace(profile, **line))  # type: ignore[arg-type]
                return station
        return None

    def _begin_anew(self, station: _Station, profile: ScaleProfile) -> None:
        """Weigh with this profile from now on: what stands there is the new baseline."""
        if isinstance(station.weigher, TrayWeigher):
            station.weigher = _weigher(profile, self._layout, station.weigher.bottles)
            return
        station.weigher = self._weighers[profile.scale_id] = ScaleWeigher(profile)

    def _moved_lately(self, station: _Station) -> str | None:
        """Return what is to be said of a scale whose shelf was moved in the last ten minutes."""
        scale_id = station.weigher.profile.scale_id
        for moved in reversed(self.moved):
            recent = station.heard_s - moved.at_s < MOVED_SHOWN_S
            if recent and scale_id in {step.scale_id for step in moved.steps}:
                return moved.sentence
        return None

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

    def _view(self, station: _Station, now_s: float, of_node: str | None) -> ScaleView:
        profile, quality = station.weigher.profile, station.weigher.quality
        return ScaleView(
            profile.scale_id,
            profile.slots,
            quality,
            station.weight_g,
            None if station.weighed_s is None else max(0.0, now_s - station.weighed_s),
            hint(profile, quality, station.weigher.spike_share) or of_node,
            station.temperature_c,
        )


def _weigher(
    profile: ScaleProfile, layout: SiteLayout, bottles: Mapping[str, BottleWeight]
) -> ScaleWeigher | TrayWeigher:
    if len(profile.slots) < 2:
        return ScaleWeigher(profile)
    return TrayWeigher(profile, slot_profiles(layout, profile), bottles)


def _health(station: _Station, moved: str | None, of_node: str | None) -> ScaleHealth:
    weigher = station.weigher
    otherwise = "ok" if moved is None else "drifting"
    spiking = weigher.spike_share > SPIKING_SHARE
    state = _HEALTH_OF.get(weigher.quality, "spiking" if spiking else otherwise)
    advice = hint(weigher.profile, weigher.quality, weigher.spike_share) or moved or of_node
    return ScaleHealth.model_validate({"scale_id": weigher.profile.scale_id, "state": state, "hint": advice})
