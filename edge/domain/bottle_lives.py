"""What an empty bottle of a product weighs, learned from bottles that arrive full and leave empty.

A life counts when its bottle lost what a full one of the product holds: whoever brings an opened bottle, or
takes one away that is not empty, teaches nothing. Knows no scales and no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, pstdev

from contract.layout import Product
from contract.records import Movement, MovementKind, Stage

MAX_LIVES = 8
"""Of each product; the newest are kept, because glass changes."""
MAX_UNDONE = 64
"""Movements whose correction takes back what they taught."""
ENOUGH_LIVES = 2
LEAST_SHARE, MOST_SHARE = 0.9, 1.02
"""So much of what a full bottle holds is lost in a whole life."""
FULL_SIGMA_G = 8.0
"""Full bottles of one product: a gram in a hundred of glass, and what the filling line leaves (EU 76/211)."""
ONE_GLASS_G = 20.0
"""Lives that differ by more (deviation) are not of one glass."""
STANDS_G = 50.0
WORTH_G, WORTH_SIGMAS = 15.0, 3.0
"""From such a difference on the product's tare weight is worth correcting."""

_LEAVES = {MovementKind.SWAP, MovementKind.REMOVAL}
_ARRIVES = {MovementKind.SWAP, MovementKind.RESTOCK}


@dataclass(frozen=True, slots=True)
class Life:
    """What one bottle weighed when it arrived and when it left, g."""

    arrived_g: float
    left_g: float


@dataclass(frozen=True, slots=True)
class Tare:
    """What an empty bottle weighs, g, by so many lives."""

    weight_g: float
    sigma_g: float
    lives: int


@dataclass(frozen=True, slots=True)
class KeptLives:
    """What outlives a restart: the arrivals of the bottles that stand, by slot; whole lives, by product."""

    arrived_g: Mapping[str, float]
    lives: Mapping[str, tuple[Life, ...]]


NO_LIVES = KeptLives({}, {})


@dataclass(slots=True)
class _Taught:
    slot: str
    product: str
    before_g: float | None
    life: Life | None


class BottleLives:
    """The bottles of one gateway."""

    def __init__(self, products: Mapping[str, Product], kept: KeptLives = NO_LIVES) -> None:
        """`products` by their id; `kept` is what an earlier life of the gateway learned."""
        self._products = products
        self._arrived_g = dict(kept.arrived_g)
        self._lives = {
            name: list(lives)[-MAX_LIVES:] for name, lives in kept.lives.items() if name in products
        }
        self._taught: dict[str, _Taught] = {}
        self._removed: dict[str, str] = {}

    @property
    def kept(self) -> KeptLives:
        """What to keep over a restart."""
        return KeptLives(
            dict(self._arrived_g), {name: tuple(lives) for name, lives in self._lives.items() if lives}
        )

    def take(self, said: Movement) -> None:
        """Learn from a movement; a correction takes back what the earlier word taught."""
        if said.stage is Stage.PROVISIONAL:
            return
        self._undo(said.movement_id)
        product, kind = said.product_id, said.movement
        if product not in self._products or not said.posterior:
            return
        assert product is not None, "no product has no name"
        slot = max(said.posterior, key=lambda share: share.probability).slot_id
        if kind is MovementKind.RETURN:
            self._undo(self._removed.pop(slot, ""))
        if kind not in _LEAVES | _ARRIVES:
            return
        taught = _Taught(slot, product, self._arrived_g.get(slot), None)
        if kind in _LEAVES or said.weight_before_g > STANDS_G:
            taught.life = self._leave(slot, product, said.weight_before_g)
        if kind in _ARRIVES:
            self._arrived_g[slot] = said.weight_after_g
        self._removed.pop(slot, None)
        if kind is MovementKind.REMOVAL:
            self._removed[slot] = said.movement_id
        self._taught[said.movement_id] = taught
        if len(self._taught) > MAX_UNDONE:
            del self._taught[next(iter(self._taught))]

    def tare(self, product: str) -> Tare | None:
        """Return what is known of a product's glass; None before two bottles of one glass were emptied."""
        content_g = _content_g(self._products[product])
        lives = self._lives.get(product, ())
        tares_g = [min(life.arrived_g - content_g, life.left_g) for life in lives]
        if len(tares_g) < ENOUGH_LIVES or pstdev(tares_g) > ONE_GLASS_G:
            return None
        sigma_g = max(FULL_SIGMA_G, pstdev(tares_g)) / sqrt(len(tares_g))
        return Tare(fmean(tares_g), sigma_g, len(tares_g))

    def advice(self, product: str) -> str | None:
        """Return what to correct in a product, in one sentence; None where it is right or not known."""
        tare, said = self.tare(product), self._products[product]
        if tare is None or abs(tare.weight_g - said.tare_weight_g) < max(
            WORTH_G, WORTH_SIGMAS * tare.sigma_g
        ):
            return None
        return (
            f"{tare.lives} bottles weighed {tare.weight_g:.0f} g when empty, the product says "
            f"{said.tare_weight_g:.0f} g: correct the tare weight of {said.name[:60]}"
        )

    def _leave(self, slot: str, product: str, left_g: float) -> Life | None:
        arrived_g = self._arrived_g.pop(slot, None)
        if arrived_g is None:
            return None
        share = (arrived_g - left_g) / _content_g(self._products[product])
        if not LEAST_SHARE <= share <= MOST_SHARE:
            return None
        life = Life(arrived_g, left_g)
        self._lives[product] = [*self._lives.get(product, []), life][-MAX_LIVES:]
        return life

    def _undo(self, movement_id: str) -> None:
        taught = self._taught.pop(movement_id, None)
        if taught is None:
            return
        lives = self._lives.get(taught.product, [])
        if taught.life is not None and taught.life in lives:
            lives.remove(taught.life)
        self._arrived_g.pop(taught.slot, None)
        if taught.before_g is not None:
            self._arrived_g[taught.slot] = taught.before_g


def _content_g(product: Product) -> float:
    return product.volume_ml * product.density_g_per_ml
