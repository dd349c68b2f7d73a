"""Bartenders at work: orders and chores in, deeds out, in order of their start.

A bottle in somebody's hands is not there for the others; a bartender does one thing at a time. Seeded
and pure but for the bottles it moves; no clock, no signal.
"""

import heapq
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from contract.layout import Category, Product
from firmware_sim import hands, people
from firmware_sim.bottles import Bottle, Place
from firmware_sim.demand import SMALLEST_POUR_ML, Order, pour_ml
from firmware_sim.hands import Deed
from firmware_sim.physics.pad import Gesture
from firmware_sim.scenario import People
from firmware_sim.truth import TruthEvent

EMPTY_ML = 10.0
"""What stays in a bottle that is called empty."""
PATIENCE_S = 600.0
"""Guests who have waited longer leave without their drink."""
LOOK_AGAIN_S = 5.0
LONGEST_CHORE_WAIT_S = 3600.0
"""A chore that could not be done for an hour is forgotten."""
MAX_WAITING = 10_000

Chore = Callable[[float], Deed | float | None]
"""Tries to do something at a time: the deed, or when to try again, or None for never."""


@dataclass(order=True, slots=True)
class _Waiting:
    at_s: float
    number: int
    chore: Chore = field(compare=False)
    until_s: float = field(compare=False)
    is_order: bool = field(compare=False)


class Staff:
    """The bartenders of one night."""

    def __init__(
        self,
        places: Sequence[Place],
        orders: Iterator[Order],
        habits: People,
        *,
        bartenders: int,
        end_s: float,
        dice: random.Random,
    ) -> None:
        """Serve `orders`; bumps, leans and borrowed bottles begin before end_s."""
        self._places = list(places)
        self._orders = orders
        self._habits = habits
        self._free_at_s = [0.0] * bartenders
        self._end_s = end_s
        self._dice = dice
        self._queue: list[_Waiting] = []
        self._number = 0
        self.given_up = 0
        """Orders that nobody could serve in time."""

        self._expect_next_order()
        self._spread(habits.bumps_per_hour, self._bump)
        self._spread(habits.leans_per_hour, self._lean)
        self._spread(habits.borrows_per_hour, self._borrow)

    def deeds(self, before_s: float = math.inf) -> Iterator[Deed]:
        """Yield the deeds that begin before `before_s` and were not yielded yet, in order of their start."""
        while self._queue and self._queue[0].at_s < before_s:
            waiting = heapq.heappop(self._queue)
            outcome = waiting.chore(waiting.at_s)
            if isinstance(outcome, Deed):
                yield outcome
            elif outcome is not None:
                self._try_again(waiting, outcome)

    def _later(self, at_s: float, chore: Chore, *, is_order: bool = False) -> None:
        self._number += 1
        until_s = at_s + (PATIENCE_S if is_order else LONGEST_CHORE_WAIT_S)
        heapq.heappush(self._queue, _Waiting(at_s, self._number, chore, until_s, is_order))
        assert len(self._queue) <= MAX_WAITING, f"over {MAX_WAITING} chores are waiting"

    def _try_again(self, waiting: _Waiting, at_s: float) -> None:
        if at_s > waiting.until_s:
            self.given_up += waiting.is_order
            return
        waiting.at_s = at_s
        heapq.heappush(self._queue, waiting)

    def _expect_next_order(self) -> None:
        order = next(self._orders, None)
        if order is not None:
            self._later(order.at_s, partial(self._arrive, order))

    def _arrive(self, order: Order, now_s: float) -> None:
        self._expect_next_order()
        self._later(now_s, partial(self._serve, order), is_order=True)

    def _spread(self, per_hour: float, chore: Chore) -> None:
        at_s = self._dice.expovariate(per_hour / 3600) if per_hour > 0 else self._end_s
        while at_s < self._end_s:
            self._later(at_s, chore)
            at_s += self._dice.expovariate(per_hour / 3600)

    def _begin(self, now_s: float, *places: Place) -> tuple[int, float]:
        """Return who is free first, and from when on with all of `places` in reach."""
        who = min(range(len(self._free_at_s)), key=lambda n: (self._free_at_s[n], n))
        in_reach_s = [place.free_at_s + self._habits.rest_s for place in places]
        return who, max([now_s, self._free_at_s[who], *in_reach_s])

    def _did(self, who: int, deed: Deed) -> Deed:
        self._free_at_s[who] = deed.end_s + self._dice.uniform(0.5, 4)
        return deed

    def _serve(self, order: Order, now_s: float) -> Deed | float:
        found = [place for place in map(self._find, order.products) if place is not None]
        if len(found) < len(order.products):
            self._bring_missing(order, now_s)
            return now_s + LOOK_AGAIN_S
        who, at_s = self._begin(now_s, *found)
        if at_s > now_s:
            return at_s
        wanted_ml = [order.ml or pour_ml(place.home.category, self._dice) for place in found]
        if any(place.home.category is Category.KEG for place in found):
            deed = hands.tap(now_s, found[0], wanted_ml[0], who + 1)
        else:
            crossed = len(found) == 2 and self._dice.random() < self._habits.wrong_slot_chance
            deed = hands.pour(
                now_s, found, wanted_ml, who + 1, self._dice,
                crossed=crossed, lift_apart_s=self._habits.lift_apart_s,
            )  # fmt: skip
            if crossed:
                tidy_s = deed.end_s + self._dice.uniform(120, 900)
                self._later(tidy_s, partial(self._tidy, (found[0], found[1])))
        self._order_the_rest(deed, wanted_ml)
        self._look_after(found, deed.end_s)
        return self._did(who, deed)

    def _find(self, product_id: str) -> Place | None:
        """Find the product's open bottle: the emptiest that still pours."""
        standing = [
            (place.bottle.content_ml, number, place)
            for number, place in enumerate(self._places)
            if place.bottle and place.bottle.product.id == product_id and place.bottle.content_ml > EMPTY_ML
        ]
        return min(standing)[2] if standing else None

    def _bring_missing(self, order: Order, now_s: float) -> None:
        for product_id in order.products:
            home = next((place for place in self._places if place.home.id == product_id), None)
            if home is not None and not home.due and self._find(product_id) is None:
                home.due = True
                self._later(now_s, partial(self._fill_place, home, home.home))

    def _order_the_rest(self, deed: Deed, wanted_ml: list[float]) -> None:
        for truth, ml in zip(deed.truths, wanted_ml, strict=False):
            missing_ml = ml - (truth.ml or 0.0)
            if missing_ml >= SMALLEST_POUR_ML and truth.product is not None:
                rest = Order(deed.end_s, (truth.product,), missing_ml)
                self._later(deed.end_s, partial(self._serve, rest), is_order=True)

    def _look_after(self, places: list[Place], now_s: float) -> None:
        """Have empty bottles replaced, at once or first taken away and restocked later."""
        for place in places:
            if place.bottle is None or place.bottle.content_ml > EMPTY_ML or place.due:
                continue
            place.due = True
            product = self._replacement(place.bottle.product)
            at_s = now_s + self._dice.uniform(3, 30)
            if self._dice.random() < self._habits.late_restock_chance:
                self._later(at_s, partial(self._clear_away, place))
                at_s += self._dice.uniform(90, 480)
            self._later(at_s, partial(self._fill_place, place, product))

    def _replacement(self, product: Product) -> Product:
        alike = [
            p.home for p in self._places if p.home.category is product.category and p.home is not product
        ]
        if alike and self._dice.random() < self._habits.wrong_bottle_chance:
            return self._dice.choice(alike)
        return product

    def _clear_away(self, place: Place, now_s: float) -> Deed | float | None:
        if place.bottle is None or place.bottle.content_ml > EMPTY_ML:
            return None
        who, at_s = self._begin(now_s, place)
        return at_s if at_s > now_s else self._did(who, hands.take_away(now_s, place, who + 1, self._dice))

    def _fill_place(self, place: Place, product: Product, now_s: float) -> Deed | float:
        who, at_s = self._begin(now_s, place)
        if at_s > now_s:
            return at_s
        place.due = False
        if place.bottle is None:
            full = Bottle(product, product.volume_ml)
            return self._did(
                who, hands.bring(now_s, place, full, kind="restock", by=who + 1, dice=self._dice)
            )
        return self._did(who, hands.replace(now_s, place, product, who + 1, self._dice))

    def _tidy(self, places: tuple[Place, Place], now_s: float) -> Deed | float | None:
        first, second = places
        if not (_holds(first, second.home) and _holds(second, first.home)):
            return None
        who, at_s = self._begin(now_s, first, second)
        return at_s if at_s > now_s else self._did(who, hands.exchange(now_s, places, who + 1, self._dice))

    def _borrow(self, now_s: float) -> Deed | float | None:
        standing = [p for p in self._places if p.bottle and not p.due and p.home.category is not Category.KEG]
        if not standing:
            return None
        place = self._dice.choice(standing)
        who, at_s = self._begin(now_s, place)
        if at_s > now_s or place.bottle is None:
            return at_s + LOOK_AGAIN_S
        place.due = True
        bottle = place.bottle
        deed = hands.take_away(now_s, place, who + 1, self._dice)
        self._later(deed.end_s + self._dice.uniform(120, 480), partial(self._give_back, place, bottle))
        return self._did(who, deed)

    def _give_back(self, place: Place, bottle: Bottle, now_s: float) -> Deed | float:
        who, at_s = self._begin(now_s, place)
        if at_s > now_s:
            return at_s
        place.due = False
        return self._did(who, hands.bring(now_s, place, bottle, kind="return", by=who + 1, dice=self._dice))

    def _bump(self, now_s: float) -> Deed | None:
        shelf_id, scale_ids = self._some_shelf()
        return _passing("bump", now_s, shelf_id, people.bump(scale_ids, now_s, self._dice))

    def _lean(self, now_s: float) -> Deed | None:
        shelf_id, scale_ids = self._some_shelf()
        return _passing("lean", now_s, shelf_id, people.lean(scale_ids, now_s, self._dice))

    def _some_shelf(self) -> tuple[str, list[str]]:
        shelves: dict[str, list[str]] = {}
        for place in self._places:
            scales = shelves.setdefault(place.shelf_id, [])
            if place.scale_id is not None and place.scale_id not in scales:
                scales.append(place.scale_id)
        shelf_id = self._dice.choice(sorted(shelves))
        return shelf_id, shelves[shelf_id]


def _holds(place: Place, product: Product) -> bool:
    return place.bottle is not None and place.bottle.product is product


def _passing(kind: str, now_s: float, shelf_id: str, gestures: list[Gesture]) -> Deed | None:
    if not gestures:
        return None
    end_s = max(gesture.end_s for gesture in gestures)
    truth = TruthEvent("bump" if kind == "bump" else "lean", now_s, end_s, shelf=shelf_id)
    return Deed(now_s, end_s, tuple(sorted(gestures)), (truth,))
