"""`python -m benchmarks.vision_names`: which product stands where, by one crop and by many looks.

Rendered shelves of one wall with 12 to 40 enrolled products, seen through the gateway's own eye and watch.
Every product is enrolled with five pictures, turned a little in between. Bottles are poured from and put
back, mostly facing the guests. After some looks a sixth of the places holds a bottle of another place and a
sixth a strange one, of the weight that was there. Scored look by look, by how many looks ago it came.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log
from pathlib import Path

import cv2
import numpy as np

from benchmarks.vision_pages import put
from contract.layout import Category, Gateway, Product, Scale, Shelf, SiteLayout, Slot
from contract.sightings import SlotSight
from edge.domain.sight import Box, Look, Place, Recognised
from edge.domain.slot_state import SlotWeight
from edge.domain.watch import Watch
from edge.vision.eye import Eye, Models
from edge.vision.identity import Gallery, Identity
from edge.vision.pictures import Still, cut
from edge.vision.workshop import Workshop
from firmware_sim.render.bar_view import BarView, Standing
from firmware_sim.render.stock import stock_of_bar, stocked_look

MODELS = Path(__file__).resolve().parents[1] / "models"
FEWEST, MOST, ON_A_SHELF = 12, 40, 6
ENROLLED_AT = (0.2, 0.35, 0.5, 0.65, 0.8)
FACING, ASTRAY = 0.85, 1 / 6
HANDLED, BEFORE, AFTER = 0.3, 6, 6
FULL_ML, TARE_G, DENSITY = 700.0, 520.0, 0.95
ENOUGH_LOOKS = 3
LIMITS = {"at home, belief": 0.97, "moved, belief later": 0.97, "strange, belief": 0.90}
LIGHT = 0.15
"""Lamps and clouds make a look brighter or darker by this, one sigma."""


@dataclass
class Bottle:
    """What stands in a place; number is its stock number, `at_home` says whether it belongs there."""

    number: int
    share: float
    turn: float
    handled: int = 0
    came: int = 0
    kind: str = "at home"


@dataclass
class Tally:
    """Right or not, by kind of bottle and looks since it came (1..)."""

    crop: dict[tuple[str, int], list[bool]] = field(default_factory=dict)
    belief: dict[tuple[str, int], list[bool]] = field(default_factory=dict)
    wrong: list[bool] = field(default_factory=list)
    not_enrolled: int = 0
    """Looks at products that the detector did not show often enough when they were enrolled."""

    def mean(self, which: str, kind: str, first: int) -> float:
        """Share right of a kind from its `first` look on."""
        rows = [
            one
            for key, row in getattr(self, which).items()
            if key[0] == kind
            for one in row
            if key[1] >= first
        ]
        return float(np.mean(rows)) if rows else float("nan")


class Bar:
    """Shelves full of stocked products, an eye before each, and one gallery."""

    def __init__(self, models: Models, seed: int, first_brand: int) -> None:
        self.dice = np.random.default_rng([seed, 18])
        count = int(self.dice.integers(FEWEST, MOST + 1)) // ON_A_SHELF * ON_A_SHELF
        numbers = stock_of_bar(seed, count + count // 3, first_brand=first_brand)
        self.numbers, self.strangers = list(numbers[:count]), list(numbers[count:])
        self.slots = [f"s{n // ON_A_SHELF}-{n % ON_A_SHELF}" for n in range(count)]
        self.shelves = [self.slots[n : n + ON_A_SHELF] for n in range(0, count, ON_A_SHELF)]
        self.views = [BarView(shelf, 7_000 + seed, looks=stocked_look) for shelf in self.shelves]
        self.places = [
            [Place(slot, Box(*view.place_box(slot))) for slot in shelf]
            for shelf, view in zip(self.shelves, self.views, strict=True)
        ]
        self.bottles = {
            slot: Bottle(number, float(self.dice.uniform(0.05, 1)), self._turn())
            for slot, number in zip(self.slots, self.numbers, strict=True)
        }
        self.moment, self.eye = 0, Eye("cam", None)  # type: ignore[arg-type]
        self.models = replace(models, gallery=self._enrolled(models))

    @cached_property
    def layout(self) -> SiteLayout:
        """Every shelf, a product per slot, each on its own scale."""
        products = tuple(
            Product(
                id=f"p{number}", name=f"Product {number}", category=Category.SPIRIT, volume_ml=FULL_ML,
                tare_weight_g=TARE_G, density_g_per_ml=DENSITY,
            )
            for number in self.numbers
        )  # fmt: skip
        shelves = tuple(
            Shelf(
                id=f"s{n}", name=f"Shelf {n}", gateway="gw",
                scales=tuple(
                    Scale(id=f"c-{slot}", node=f"node-{n}", channel=str(i), tare_counts=0, counts_per_g=420)
                    for i, slot in enumerate(shelf)
                ),
                slots=tuple(Slot(id=slot, scale=f"c-{slot}", product=self.home(slot)) for slot in shelf),
            )
            for n, shelf in enumerate(self.shelves)
        )  # fmt: skip
        return SiteLayout(
            id="bar", name="Bar", timezone="UTC", products=products,
            gateways=(Gateway(id="gw", name="G"),), shelves=shelves,
        )  # fmt: skip

    def home(self, slot: str) -> str:
        """The product that belongs in a slot."""
        return f"p{self.numbers[self.slots.index(slot)]}"

    def looks(self) -> Iterator[Look]:
        """What the eye reads of every shelf now."""
        for view, shelf, places in zip(self.views, self.shelves, self.places, strict=True):
            shown = {s: Standing(b.number, b.share, b.turn) for s, b in self.bottles.items() if s in shelf}
            light = float(np.exp(self.dice.normal(0.0, LIGHT)))
            still = Still(view.picture(shown, self.moment, light=light).image, 60.0 * self.moment)
            yield self.eye.read(still, self.models, places)

    def weights(self) -> dict[str, SlotWeight]:
        """What the scales say; a bottle that came in another's place weighs what it weighed."""
        return {
            slot: SlotWeight(
                f"c-{slot}", TARE_G + bottle.share * FULL_ML * DENSITY + float(self.dice.normal(0, 0.7)), 0.7,
                bottle.handled, stands=True, is_loaded=True,
            )
            for slot, bottle in self.bottles.items()
        }  # fmt: skip

    def minute(self) -> None:
        """Pour from some bottles."""
        self.moment += 1
        for bottle in self.bottles.values():
            if self.dice.random() < HANDLED:
                bottle.share = max(0.02, bottle.share - float(self.dice.uniform(0.03, 0.09)))
                bottle.handled, bottle.turn = bottle.handled + 1, self._turn()

    def stray(self) -> None:
        """Put some bottles into each other's places, and strange ones into other places."""
        order = self.dice.permutation(self.slots).tolist()
        some = max(2, round(ASTRAY * len(order)) // 2 * 2)
        for one, other in zip(order[:some:2], order[1:some:2], strict=True):
            self._come(one, self.numbers[self.slots.index(other)], "moved")
            self._come(other, self.numbers[self.slots.index(one)], "moved")
        for slot, number in zip(order[some : 2 * some], self.strangers, strict=False):
            self._come(slot, number, "strange")

    def _come(self, slot: str, number: int, kind: str) -> None:
        old = self.bottles[slot]
        self.bottles[slot] = Bottle(number, old.share, self._turn(), old.handled + 1, self.moment, kind)

    def _turn(self) -> float:
        facing = self.dice.random() < FACING
        return 0.5 + float(self.dice.normal(0, 0.12)) if facing else float(self.dice.uniform(-1, 1))

    def _enrolled(self, models: Models) -> Gallery:
        assert models.identity is not None, "this measures the identity model"
        crops: dict[str, list[np.ndarray]] = {self.home(slot): [] for slot in self.slots}
        for turn in ENROLLED_AT:
            self.moment += 1
            for view, shelf, places in zip(self.views, self.shelves, self.places, strict=True):
                shown = {s: Standing(b.number, b.share, turn) for s, b in self.bottles.items() if s in shelf}
                picture = view.picture(shown, self.moment).image
                for one in self.eye.read(Still(picture, 0.0), models, places).slots:
                    if one.box is not None:
                        crops[self.home(one.slot_id)].append(models.identity.embed(cut(picture, one.box)))
        return Gallery(Path(), {name: np.stack(rows) for name, rows in crops.items() if len(rows) >= 3})


def one_crop(said: Recognised, identity: Identity, unknown_below: float) -> str | None:
    """The product that one crop alone would name, by the rule in the model's card."""
    named = {name: share for name, share in said.shares.items() if name is not None}
    best = max(named, key=named.__getitem__)
    above = identity.temperature * log(max(named[best], 1e-300) / max(said.shares[None], 1e-300))
    return best if identity.even_below + above > unknown_below else None


def play(models: Models, seed: int, tally: Tally, first_brand: int = 0) -> None:
    """One evening of one bar."""
    bar = Bar(models, seed, first_brand)
    watches = [Watch(bar.layout) for _ in bar.shelves]
    identity = bar.models.identity
    assert identity is not None
    alone_below = identity.model.manifest.threshold("unknown_below", 0.6)
    for look_number in range(BEFORE + AFTER):
        bar.minute()
        if look_number == BEFORE:
            bar.stray()
        weights = bar.weights()
        for watch, look in zip(watches, bar.looks(), strict=True):
            sighting = watch.take(look, weights).sighting
            said = {
                one.slot_id: one_crop(one.who, identity, alone_below)
                for one in look.slots
                if one.who is not None
            }
            for slot in sighting.slots:
                if slot.slot_id in said:
                    _count(bar, tally, slot, said, look_number)


def _count(bar: Bar, tally: Tally, slot: SlotSight, said: Mapping[str, str | None], look_number: int) -> None:
    bottle = bar.bottles[slot.slot_id]
    if (
        f"p{bottle.number}" not in (bar.models.gallery or Gallery(Path(), {})).crops
        and bottle.kind != "strange"
    ):
        tally.not_enrolled += 1
        return
    truth = None if bottle.kind == "strange" else f"p{bottle.number}"
    believed = slot.seen_product_id if slot.seen_product_id or slot.is_unknown else "nothing said"
    key = bottle.kind, look_number + 1 - (BEFORE if bottle.came else 0)
    tally.crop.setdefault(key, []).append(said[slot.slot_id] == truth)
    tally.belief.setdefault(key, []).append(believed == truth)
    tally.wrong.append(slot.seen_product_id is not None and slot.seen_product_id != truth)


def main(arguments: list[str] | None = None) -> int:
    """Prints a table; the last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vision_names", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one bar instead of eight")
    parser.add_argument(
        "--models", type=Path, default=MODELS, help="folder of the models (default: the shipped)"
    )
    parser.add_argument("--write", action="store_true", help="put the table into the model's card")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    workshop = Workshop(Path("/nonexistent"), given.models, frozenset())
    workshop.refresh()
    tally, bars = Tally(), 1 if given.quick else 8
    for seed in range(500, 500 + bars):
        play(workshop.models, seed, tally)
    figures = report(tally)
    if given.write:
        put(MODELS / "bottle_identity" / "card.md", "names", card_text(figures, bars))
    good = [_held(figures, name, least) for name, least in LIMITS.items()]
    print(json.dumps({"bars": bars, **figures}))
    return 0 if all(good) or given.quick else 1


def _held(figures: dict[str, float], name: str, least: float) -> bool:
    """Print a figure beside its limit."""
    good = figures[name] >= least
    print(f"{'ok  ' if good else 'MISS'} {name}: {figures[name]:.3f} (at least {least:g})")
    return good


def report(tally: Tally) -> dict[str, float]:
    """Print the table; the figures by name."""
    figures: dict[str, float] = {}
    print(f"{'share right':<28}{'one crop':>10}{'belief':>9}{'belief from look':>18} {ENOUGH_LOOKS}")
    for kind in ("at home", "moved", "strange"):
        crop, belief = tally.mean("crop", kind, 1), tally.mean("belief", kind, 1)
        later = tally.mean("belief", kind, ENOUGH_LOOKS)
        print(f"{kind:<28}{crop:>10.3f}{belief:>9.3f}{later:>18.3f}")
        figures |= {f"{kind}, one crop": crop, f"{kind}, belief": belief, f"{kind}, belief later": later}
        steps = [np.mean(tally.belief.get((kind, look), [np.nan])) for look in range(1, AFTER + 1)]
        print(f"{'':<28}by look: {' '.join(f'{step:.3f}' for step in steps)}")
    figures["wrong names, belief"] = float(np.mean(tally.wrong))
    figures["looks counted"], figures["looks not enrolled"] = len(tally.wrong), tally.not_enrolled
    print(f"{'a wrong product named':<28}{'':>10}{figures['wrong names, belief']:>9.3f}")
    print(
        f"{len(tally.wrong):,} looks; {tally.not_enrolled} more were of products that could not be enrolled"
    )
    return figures


def card_text(figures: Mapping[str, float], bars: int) -> str:
    """The table as the model's card has it."""
    words = {
        "at home": "an enrolled bottle at home",
        "moved": "an enrolled bottle in another's place",
        "strange": "a strange bottle, called unknown",
    }
    lines = [
        "| share right | one crop | belief over the looks so far | from the third look on |",
        "|---|---|---|---|",
    ]
    for kind, said in words.items():
        three = (figures[f"{kind}, {name}"] for name in ("one crop", "belief", "belief later"))
        lines.append(f"| {said} | {' | '.join(f'{share:.3f}' for share in three)} |")
    counted, left_out = figures["looks counted"], figures["looks not enrolled"]
    lines += [
        "",
        f"{bars} bars, {counted:,.0f} looks at a bottle. {left_out:,.0f} at products that the detector",
        "showed too rarely to enrol them are not counted.",
        f"Over all looks a wrong product is named in {figures['wrong names, belief']:.1%}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
