"""The bottles through all those days: what each movement took or brought, and what stood when.

One pass over the pours in order of time; a bottle that runs empty is swapped, or carried off and
replaced minutes later. Volumes add up as in truth.py.
"""

import random
from dataclasses import dataclass, field

from contract.records import MovementKind
from firmware_sim.bottles import Place, stock_bar
from firmware_sim.history.days import Pours
from firmware_sim.history.plan import HistoryPlan
from firmware_sim.seeds import stream
from firmware_sim.staff import EMPTY_ML

LATE_RESTOCK_CHANCE = 0.3
FIRST_FILL = (0.2, 0.95)


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement: its end (Unix seconds), its place, the true weights there, and ml where liquid moved."""

    at_s: float
    slot: int
    kind: MovementKind
    before_g: float
    after_g: float
    ml: float | None
    duration_s: float


@dataclass(slots=True)
class Ledger:
    """The places after all movements, the movements in order of time, and what each place weighed when."""

    places: list[Place]
    movements: list[Moved] = field(default_factory=list)
    weights: list[list[tuple[float, float]]] = field(default_factory=list)
    """Per place: (Unix seconds, gross weight in g) after each change, the first at the start; 0 g: empty."""

    def note(self, moved: Moved) -> None:
        """Write a movement down."""
        self.movements.append(moved)
        self.weights[moved.slot].append((moved.at_s, moved.after_g))


def keep_ledger(plan: HistoryPlan, pours: Pours) -> Ledger:
    """Work the pours through the bottles; nothing happens at or after the plan's end."""
    dice = stream(plan.seed, "history ledger")
    places = stock_bar(plan.layout, FIRST_FILL, dice)
    ledger = Ledger(places, weights=[[(plan.since.timestamp(), _gross_g(place))] for place in places])
    hands = _Hands(ledger, plan.until.timestamp(), dice)
    homes = {place.home.id: number for number, place in reversed(list(enumerate(places)))}
    slots = [homes[product.id] for product in plan.products]
    free_s = [0.0] * len(places)
    for ordered_s, product, wanted_ml in zip(
        pours.at_s.tolist(), pours.product.tolist(), pours.wanted_ml.tolist(), strict=True
    ):
        slot = slots[product]
        free_s[slot] = hands.pour(slot, max(ordered_s, free_s[slot]), wanted_ml)
    ledger.movements.sort(key=lambda moved: moved.at_s)
    return ledger


def _gross_g(place: Place) -> float:
    return place.bottle.gross_g if place.bottle else 0.0


class _Hands:
    """Everyone who ever poured; each method returns when the place is free again, Unix seconds."""

    def __init__(self, ledger: Ledger, until_s: float, dice: random.Random) -> None:
        self._ledger = ledger
        self._until_s = until_s
        self._dice = dice

    def pour(self, slot: int, start_s: float, wanted_ml: float) -> float:
        """Pour, and replace the bottle if that emptied it."""
        bottle = self._ledger.places[slot].bottle
        duration_s = 2.5 + wanted_ml / 20 + 3 * self._dice.random()
        end_s = start_s + duration_s
        if bottle is None or end_s >= self._until_s:
            return end_s
        before_g = bottle.gross_g
        ml = bottle.pour(wanted_ml)
        self._ledger.note(Moved(end_s, slot, MovementKind.POUR, before_g, bottle.gross_g, ml, duration_s))
        if bottle.content_ml > EMPTY_ML:
            return end_s + 1
        return self._replace(slot, end_s + 5 + 25 * self._dice.random())

    def _replace(self, slot: int, start_s: float) -> float:
        place = self._ledger.places[slot]
        late = self._dice.random() < LATE_RESTOCK_CHANCE
        full_s = start_s + (90 + 400 * self._dice.random() if late else 8 + 27 * self._dice.random())
        if place.bottle is None or full_s >= self._until_s:
            return full_s
        empty_g, ml = place.bottle.gross_g, place.home.volume_ml
        place.bottle.content_ml = ml
        full_g = place.bottle.gross_g
        if late:
            self._ledger.note(Moved(start_s, slot, MovementKind.REMOVAL, empty_g, 0.0, None, 2.0))
            self._ledger.note(Moved(full_s, slot, MovementKind.RESTOCK, 0.0, full_g, ml, 2.0))
        else:
            self._ledger.note(Moved(full_s, slot, MovementKind.SWAP, empty_g, full_g, None, full_s - start_s))
        return full_s + 1
