"""One night of a bar: people, pads, cells and faults, stepped second by second.

Pure: the same layout, scenario, seed and start state give the same counts and the same truth, whatever
the speed of bar time. Knows no broker and no clock; times are seconds from the night's origin.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from contract.layout import SiteLayout
from firmware_sim.bottles import BarState, Place, restore, scales_of, state_of, stock_bar
from firmware_sim.demand import Order, RateCurve, poisson_orders, popularity
from firmware_sim.errors import SimulatorError
from firmware_sim.physics.breakage import Breakage, break_cells
from firmware_sim.physics.cell import CellBank, Samples
from firmware_sim.physics.pad import Pads
from firmware_sim.physics.room import Room
from firmware_sim.scenario import CELL_FAULTS, BoundFault, Scenario, bind_faults
from firmware_sim.seeds import numpy_stream, stream
from firmware_sim.staff import Staff
from firmware_sim.truth import TruthEvent


@dataclass(frozen=True, slots=True)
class NodeSamples:
    """One second of one node: samples per channel (None: not ready), and the temperature there."""

    channels: dict[str, list[int | None]]
    temperature_c: float


@dataclass(frozen=True, slots=True)
class Second:
    """What came of one second: samples by node, and the events that ended in it."""

    nodes: dict[str, NodeSamples]
    truths: list[TruthEvent]


class Night:
    """A night that can be stepped through, once."""

    def __init__(
        self,
        layout: SiteLayout,
        scenario: Scenario,
        *,
        seed: int,
        origin: datetime,
        start: BarState | None = None,
        orders: Iterator[Order] | None = None,
    ) -> None:
        """Begin at `origin`, with the bottles of `start` if given, and `orders` instead of the scenario's.

        Raises SimulatorError for a layout without scales or a fault of an unknown name.
        """
        self._scales = scales_of(layout)
        if not self._scales:
            raise SimulatorError(f"the layout {layout.id} has no scales; the simulator has nothing to weigh")
        self._site_id = layout.id
        self._origin = origin
        self._zone = ZoneInfo(layout.timezone)
        self._at_s = 0
        self.rate_hz = scenario.converter.rate_hz
        self.faults = bind_faults(scenario, layout, seed)
        self.places = stock_bar(layout, scenario.fill, stream(seed, "stock"))
        if start is not None:
            restore(layout, start, self.places)
        for place in self.places:
            place.corner_error = scenario.cell.corner_error
        self._build_cells(scenario, seed)
        self.staff = Staff(
            self.places,
            orders or scenario_orders(layout, scenario, seed),
            scenario.people,
            bartenders=scenario.staff,
            end_s=scenario.minutes * 60,
            dice=stream(seed, "staff"),
        )
        self._truths: list[tuple[float, int, TruthEvent]] = []
        self._told = 0
        for fault in self.faults:
            self._tell([_fault_truth(fault)])

    def _build_cells(self, scenario: Scenario, seed: int) -> None:
        ids = [scale.id for scale in self._scales]
        load_g = np.array([_standing_g(self.places, scale_id) for scale_id in ids])
        self._nodes = sorted({scale.node for scale in self._scales})
        self._node_rows = np.array([self._nodes.index(scale.node) for scale in self._scales])
        self._pads = Pads(ids, load_g)
        self._cells = CellBank(
            self._scales, load_g, scenario.cell, scenario.converter, numpy_stream(seed, "cells")
        )
        self._room = Room(len(self._nodes), numpy_stream(seed, "room"))
        self._last = np.zeros(len(ids), dtype=np.int64)

    @property
    def at_s(self) -> int:
        """Seconds stepped so far."""
        return self._at_s

    @property
    def nodes(self) -> list[str]:
        """Names of the shelf nodes."""
        return list(self._nodes)

    @property
    def pads_g(self) -> dict[str, float]:
        """What truly stands on each scale, g."""
        return dict(zip([scale.id for scale in self._scales], self._pads.standing_g.tolist(), strict=True))

    def state(self) -> BarState:
        """What stands where now; what is in somebody's hands counts as put back."""
        return state_of(self._site_id, self._origin + timedelta(seconds=self._at_s), self.places)

    def step(self) -> Second:
        """Play the next second."""
        end_s = self._at_s + 1
        for deed in self.staff.deeds(before_s=end_s):
            self._pads.expect(deed.gestures)
            self._tell(deed.truths)
        temperature_c = self._room.second(self._local_hour())
        load_g = self._pads.second(self._at_s, self._cells.substeps_per_s)
        samples = self._cells.frame(load_g, temperature_c[self._node_rows])
        samples = break_cells(samples, self._broken(), self._last)
        self._last = samples.counts[:, -1]
        self._at_s = end_s
        return Second(self._by_node(samples, temperature_c.tolist()), self._ended(end_s))

    def _tell(self, truths: Iterable[TruthEvent]) -> None:
        for truth in truths:
            self._told += 1
            heapq.heappush(self._truths, (truth.end_s, self._told, truth))

    def _ended(self, end_s: int) -> list[TruthEvent]:
        ended = []
        while self._truths and self._truths[0][0] <= end_s:
            ended.append(heapq.heappop(self._truths)[2])
        return ended

    def _broken(self) -> dict[int, Breakage]:
        rows = {scale.id: row for row, scale in enumerate(self._scales)}
        return {
            rows[scale_id]: Breakage(fault.kind)
            for fault in self.faults
            if fault.kind in CELL_FAULTS and fault.start_s <= self._at_s < fault.end_s
            for scale_id in fault.scales
        }

    def _by_node(self, samples: Samples, temperature_c: list[float]) -> dict[str, NodeSamples]:
        rows: list[list[int | None]] = samples.counts.tolist()
        for row, sample in zip(*(axis.tolist() for axis in np.nonzero(~samples.ready)), strict=True):
            rows[row][sample] = None
        nodes = {
            node: NodeSamples({}, round(celsius, 2))
            for node, celsius in zip(self._nodes, temperature_c, strict=True)
        }
        for scale, row in zip(self._scales, rows, strict=True):
            nodes[scale.node].channels[scale.channel] = row
        return nodes

    def _local_hour(self) -> float:
        local = (self._origin + timedelta(seconds=self._at_s)).astimezone(self._zone)
        return local.hour + local.minute / 60 + local.second / 3600


def scenario_orders(layout: SiteLayout, scenario: Scenario, seed: int) -> Iterator[Order]:
    """Orders by the scenario's rate and the products' popularity, for the products that have a slot."""
    used = {slot.product for shelf in layout.shelves for slot in shelf.slots}
    products = [product for product in layout.products if product.id in used]
    curve = RateCurve(scenario.pours_per_hour, scenario.minutes)
    weights = popularity(products, seed, scenario.popularity)
    return poisson_orders(
        curve, weights, scenario.people.pair_chance, scenario.minutes * 60, stream(seed, "orders")
    )


def _standing_g(places: list[Place], scale_id: str) -> float:
    return sum(place.bottle.gross_g for place in places if place.scale_id == scale_id and place.bottle)


def _fault_truth(fault: BoundFault) -> TruthEvent:
    """A fault is told when it strikes, with the time it will end."""
    return TruthEvent(
        "fault", fault.start_s, fault.end_s, scale=", ".join(fault.scales) or None,
        node=", ".join(fault.nodes) or None, fault=fault.kind.value,
    )  # fmt: skip
