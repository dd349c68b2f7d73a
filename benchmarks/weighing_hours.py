"""Hours at a simulated shelf: what the scales said, what the engine made of it, what was true.

Seeds begin far from those of tests and tuning; the engine learns nothing of the simulator but the layout.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, Reading, Stage
from edge.domain.engine import Engine
from edge.domain.refusals import Refusals
from edge.domain.tray import BottleWeight
from firmware_sim.layout_file import load_layout
from firmware_sim.night import Night
from firmware_sim.scenario import Scenario

CORNER_BAR = Path(__file__).parents[1] / "firmware_sim" / "bars" / "corner_bar.toml"
ORIGIN = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
BOOT = "b" * 32


@dataclass
class Found:
    """The newest revision of one movement, and when its first and its final revision were known, s."""

    body: Movement
    first_s: float
    first_stage: Stage
    first_settled_after_s: float
    final_s: float | None = None

    @property
    def ended_s(self) -> float:
        """When the bottle stood again, s: the first word's time less how long it took."""
        return self.first_s - self.first_settled_after_s


@dataclass
class Hour:
    """What was true and what was found; grams holds what each scale showed."""

    truths: list = field(default_factory=list)
    found: dict[str, Found] = field(default_factory=dict)
    grams: dict[str, np.ndarray] = field(default_factory=dict)
    readings: int = 0

    def hear(self, seen: list) -> None:
        """Take what the engine said."""
        for one in seen:
            if isinstance(one.body, Reading):
                self.readings += 1
            elif isinstance(one.body, Movement):
                self._note(one.at_s, one.body)

    def _note(self, at_s: float, body: Movement) -> None:
        known = self.found.setdefault(body.movement_id, Found(body, at_s, body.stage, body.settled_after_s))
        if body.revision >= known.body.revision:
            known.body = body
        if body.stage is not Stage.PROVISIONAL:
            known.final_s = at_s


def shelf_of(products: int, *, on_one_scale: bool = False, counts_per_g: float = 429.0) -> SiteLayout:
    """Return a bar of one shelf with the first bottles of the corner bar: a pad each, or one tray."""
    whole = load_layout(CORNER_BAR)
    chosen = [product for product in whole.products if product.category != "keg"][:products]
    cells = 1 if on_one_scale else products
    scales = [
        {"id": f"cell-{n}", "node": "node", "channel": str(n), "tare_counts": 70_000 + 9_000 * n,
         "counts_per_g": counts_per_g, "capacity_g": 30_000 if on_one_scale else 5_000}
        for n in range(cells)
    ]  # fmt: skip
    slots = [
        {"id": f"slot-{n}", "scale": "cell-0" if on_one_scale else f"cell-{n}", "product": product.id}
        for n, product in enumerate(chosen)
    ]
    shelf = {"id": "shelf", "name": "Shelf", "gateway": "gw", "scales": scales, "slots": slots}
    return SiteLayout.model_validate(
        {"id": "bench", "name": "Bench", "timezone": "UTC", "gateways": [{"id": "gw", "name": "G"}],
         "products": [product.model_dump() for product in chosen], "shelves": [shelf]}
    )  # fmt: skip


def engine_of(layout: SiteLayout, bottles: dict[str, BottleWeight] | None = None) -> Engine:
    return Engine(
        layout, namespace="bench", started_s=0.0, reading_interval_s=5.0, refusals=Refusals(), bottles=bottles
    )


def frames(night: Night) -> Iterator[tuple[str, DeviceFrame, list]]:
    """Play a night second by second: node, frame, truths that ended."""
    seq = 0
    while True:
        uptime_ms = night.at_s * 1000
        second = night.step()
        for node, samples in second.nodes.items():
            frame = DeviceFrame(
                boot=BOOT, seq=seq, uptime_ms=uptime_ms, rate_hz=night.rate_hz,
                channels=samples.channels, temperature_c=samples.temperature_c,
            )  # fmt: skip
            yield node, frame, second.truths
        seq += 1


def play(layout: SiteLayout, scenario: Scenario, seed: int, seconds: int, *, keep_grams: bool) -> Hour:
    """Play `seconds` of a night through the engine."""
    night, engine, hour = Night(layout, scenario, seed=seed, origin=ORIGIN), engine_of(layout), Hour()
    scales = {scale.channel: scale for shelf in layout.shelves for scale in shelf.scales}
    counts: dict[str, list] = {channel: [] for channel in scales}
    for node, frame, truths in frames(night):
        hour.hear(engine.take(node, frame, float(night.at_s)))
        hour.hear(engine.tick(float(night.at_s)))
        hour.truths += truths
        if keep_grams:
            for channel, values in frame.channels.items():
                counts[channel] += values
        if night.at_s >= seconds:
            break
    if keep_grams:
        hour.grams = {scale.id: grams_of(counts[channel], scale) for channel, scale in scales.items()}
    return hour


def grams_of(counts: list, scale: object) -> np.ndarray:
    """Turn counts into grams; what the converter did not deliver repeats the value before, as drivers do."""
    raw = np.array(counts, dtype=float)
    index = np.maximum.accumulate(np.where(np.isnan(raw), 0, np.arange(raw.size)))
    return (raw[index] - scale.tare_counts) / scale.counts_per_g
