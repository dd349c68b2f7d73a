"""Deeds: what one pair of hands does in one go, with the gestures on the pads and the truth of it.

Each function changes the bottles and places it is given, at once; Place.free_at_s says until when they
are in somebody's hands. When and by whom is decided in staff.py. Never more than two bottles.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from contract.layout import Product
from firmware_sim import people
from firmware_sim.bottles import Bottle, Place
from firmware_sim.physics.pad import Gesture
from firmware_sim.truth import TruthEvent, TruthKind

MAX_IN_HANDS = 2
LIFT_APART_S = (0.3, 0.9)


@dataclass(frozen=True, slots=True)
class Deed:
    """What came of one pair of hands; end_s is when they are free again."""

    start_s: float
    end_s: float
    gestures: tuple[Gesture, ...]
    truths: tuple[TruthEvent, ...]


@dataclass(slots=True)
class _Held:
    place: Place
    bottle: Bottle
    lifted_s: float
    before_g: float
    poured_ml: float = 0.0


def pour(
    now_s: float,
    places: Sequence[Place],
    wanted_ml: Sequence[float],
    by: int,
    dice: random.Random,
    *,
    crossed: bool,
    lift_apart_s: tuple[float, float] = LIFT_APART_S,
) -> Deed:
    """Lift one or two bottles, pour from each, put them back (crossed: on each other's place)."""
    assert 1 <= len(places) <= MAX_IN_HANDS, f"{len(places)} bottles for two hands"
    gestures: list[Gesture] = []
    held = _take(now_s, places, gestures, dice, lift_apart_s)
    at_s = held[-1].lifted_s + dice.uniform(0.6, 1.8)
    for hold, ml in zip(held, wanted_ml, strict=True):
        hold.poured_ml = hold.bottle.pour(ml)
        at_s += hold.poured_ml / people.FLOW_ML_PER_S[hold.bottle.product.category] + dice.uniform(0.3, 1.5)
    targets = list(places)[::-1] if crossed else list(places)
    ends = _put_back(at_s + dice.uniform(0.6, 1.8), held, targets, gestures, dice)
    truths = [_pour_truth(*parts, by=by) for parts in zip(held, targets, ends, strict=True)]
    return _deed(now_s, max(ends), places, gestures, truths)


def _take(
    now_s: float,
    places: Sequence[Place],
    gestures: list[Gesture],
    dice: random.Random,
    apart_s: tuple[float, float] = LIFT_APART_S,
) -> list[_Held]:
    held = []
    for place in places:
        bottle = _bottle(place)
        gestures += _lift(place, now_s, bottle, dice)
        held.append(_Held(place, bottle, now_s, bottle.gross_g))
        now_s += dice.uniform(*apart_s)
    return held


def _put_back(
    at_s: float, held: list[_Held], targets: list[Place], gestures: list[Gesture], dice: random.Random
) -> list[float]:
    ends = []
    for hold, target in zip(held, targets, strict=True):
        gestures += _put(target, at_s, hold.bottle, dice)
        target.bottle = hold.bottle
        ends.append(at_s)
        at_s += dice.uniform(0.4, 1.2)
    return ends


def _lift(place: Place, at_s: float, bottle: Bottle, dice: random.Random) -> list[Gesture]:
    return people.lift(place.scale_id, at_s, bottle.gross_g * (1 + place.shown_share), dice)


def _put(place: Place, end_s: float, bottle: Bottle, dice: random.Random) -> list[Gesture]:
    """Put a bottle down, never in quite the same spot: a cell's corner error shows it as more or less."""
    place.shown_share = dice.gauss(0, place.corner_error)
    return people.put(place.scale_id, end_s, bottle.gross_g * (1 + place.shown_share), dice)


def _pour_truth(hold: _Held, target: Place, end_s: float, by: int) -> TruthEvent:
    return TruthEvent(
        "pour", hold.lifted_s, end_s, hold.place.slot_id, hold.place.scale_id, hold.place.shelf_id,
        hold.bottle.product.id, hold.poured_ml, put_on=target.slot_id,
        delta_g=_bottle(hold.place).gross_g - hold.before_g, by=by,
    )  # fmt: skip


def tap(now_s: float, place: Place, wanted_ml: float, by: int) -> Deed:
    """Pour from a keg, which stays where it stands."""
    bottle = _bottle(place)
    before_g = bottle.gross_g
    poured_ml = bottle.pour(wanted_ml)
    end_s = now_s + max(0.5, poured_ml / people.FLOW_ML_PER_S[bottle.product.category])
    delta_g = bottle.gross_g - before_g
    gestures = people.tap(place.scale_id, now_s, end_s - now_s, -delta_g)
    truth = TruthEvent(
        "pour", now_s, end_s, place.slot_id, place.scale_id, place.shelf_id, bottle.product.id, poured_ml,
        put_on=place.slot_id, delta_g=delta_g, by=by,
    )  # fmt: skip
    return _deed(now_s, end_s, [place], gestures, [truth])


def replace(now_s: float, place: Place, product: Product, by: int, dice: random.Random) -> Deed:
    """Take away what stands there and put a full bottle of `product`, fetched meanwhile."""
    old = _bottle(place)
    gestures = _lift(place, now_s, old, dice)
    end_s = now_s + dice.uniform(8, 35)
    place.bottle = Bottle(product, product.volume_ml)
    gestures += _put(place, end_s, place.bottle, dice)
    truth = _stock_truth("swap", place, by, times_s=(now_s, end_s), old=old, new=place.bottle)
    return _deed(now_s, end_s, [place], gestures, [truth])


def take_away(now_s: float, place: Place, by: int, dice: random.Random) -> Deed:
    """Carry a bottle off; its place stays empty."""
    old = _bottle(place)
    gestures = _lift(place, now_s, old, dice)
    place.bottle = None
    end_s = now_s + dice.uniform(1, 4)
    truth = _stock_truth("removal", place, by, times_s=(now_s, end_s), old=old)
    return _deed(now_s, end_s, [place], gestures, [truth])


def bring(
    now_s: float, place: Place, bottle: Bottle, *, kind: TruthKind, by: int, dice: random.Random
) -> Deed:
    """Put a bottle on an empty place: a restock, or the return of one that was away."""
    assert place.bottle is None, f"{place.slot_id} is not empty"
    end_s = now_s + dice.uniform(0.8, 2.5)
    place.bottle = bottle
    gestures = _put(place, end_s, bottle, dice)
    truth = _stock_truth(kind, place, by, times_s=(now_s, end_s), new=bottle)
    return _deed(now_s, end_s, [place], gestures, [truth])


def exchange(now_s: float, places: tuple[Place, Place], by: int, dice: random.Random) -> Deed:
    """Put two bottles that stand on each other's place right: two swaps."""
    gestures: list[Gesture] = []
    held = _take(now_s, places, gestures, dice)
    targets = [places[1], places[0]]
    ends = _put_back(held[-1].lifted_s + dice.uniform(0.8, 2), held, targets, gestures, dice)
    truths = [
        _stock_truth("swap", target, by, times_s=(now_s, end_s), old=other.bottle, new=hold.bottle)
        for hold, other, target, end_s in zip(held, held[::-1], targets, ends, strict=True)
    ]
    return _deed(now_s, max(ends), places, gestures, truths)


def _stock_truth(
    kind: TruthKind,
    place: Place,
    by: int,
    *,
    times_s: tuple[float, float],
    old: Bottle | None = None,
    new: Bottle | None = None,
) -> TruthEvent:
    moved = new or old
    assert moved is not None, "a truth about no bottle"
    return TruthEvent(
        kind, *times_s, place.slot_id, place.scale_id, place.shelf_id, moved.product.id, moved.content_ml,
        added_ml=new.content_ml if new else 0.0, removed_ml=old.content_ml if old else 0.0,
        delta_g=(new.gross_g if new else 0.0) - (old.gross_g if old else 0.0), by=by,
    )  # fmt: skip


def _bottle(place: Place) -> Bottle:
    assert place.bottle is not None, f"no bottle stands at {place.slot_id}"
    return place.bottle


def _deed(
    start_s: float, end_s: float, places: Sequence[Place], gestures: list[Gesture], truths: list[TruthEvent]
) -> Deed:
    for place in places:
        place.free_at_s = end_s
    return Deed(start_s, end_s, tuple(sorted(gestures)), tuple(truths))
