"""Which product stands in a slot, believed over many looks. Pure.

One look may show a bottle's back or half of it. What stands in a slot is therefore a hidden Markov chain:
while nobody touches the bottle it stays the same, when it went through a hand mostly the same one comes
back, and what a look says multiplies in. Looks of one standing show the same side in the same light: n of
them count as n / (1 + (n - 1) ALIKE) that know nothing of each other (Kish, Survey Sampling, 1965).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import exp, log

from contract.sightings import SightState
from edge.domain.sight import Recognised, SlotLook

AT_HOME, STRANGE = 0.9, 0.05
"""Chance that a slot holds its own product, and one that is not enrolled, before anything was seen."""
EXCHANGED, EXCHANGED_BY_WEIGHT = 0.05, 0.5
"""Chance that another bottle comes back, where its weight may be the same one's, and where it may not."""
FRESH, STRANGER = 0.5, 0.25
"""Of those, a fresh one of the slot's own product, and one not enrolled; the rest is of other slots."""
EXCHANGED_UNSEEN = 0.002
"""Chance of the same between two looks, where no hand was noticed."""
MEASURE_G = (-200.0, 5.0)
"""What a bottle's weight changes by in a hand."""
ALIKE = 0.5
"""Correlation of what two looks of one standing say."""
MEMORY = 6
"""Looks of one standing: older ones fade."""
MISTAKEN = 0.005
"""Chance that a look shows something else, a hand or a neighbour: no single look is proof."""
SURE = 0.5
"""Probability from which a product, or none of them, is said at all."""

Names = dict[str | None, float]


@dataclass(slots=True)
class Recognition:
    """The belief about one slot. `home` is the product that belongs there."""

    home: str | None
    _before: Names = field(default_factory=dict)
    """Belief at the time the bottle came to rest, by product; None is one that is not enrolled."""
    _said: Names = field(default_factory=dict)
    """Mean logarithm of what the looks since then gave each of them."""
    _looks: int = 0
    _handled: int | None = None
    _weight_g: float | None = None
    _was_absent: bool = False
    _newest: str | None = None

    def take(self, one: SlotLook, handled: int | None, weight_g: float | None) -> SlotLook:
        """Return the look with the belief in place of its own word on the product.

        handled: how often the slot's scale knew a hand so far, None without a scale; weight_g: gross, g, None
        while unknown.
        """
        if one.state is SightState.ABSENT:
            self._was_absent = True
        if one.state is not SightState.STANDING:
            return one
        self._rest(handled, weight_g)
        if one.who is None:
            return one
        self._hear(one.who.shares)
        return replace(one, who=self.answer)

    @property
    def answer(self) -> Recognised | None:
        """Which product it is; None where nothing is likely enough, or where the slot's own was never
        enrolled and so cannot be told from a strange one."""
        if not self._said:
            return None
        best = Recognised.likeliest(self._belief())
        is_strange = best.product_id is None
        if best.score < SURE or (is_strange and self.home is not None and self.home not in self._before):
            return None
        return best

    @property
    def agrees(self) -> bool:
        """Whether the newest look by itself says what is believed, or nothing is said of products here."""
        best = self.answer
        return not self._looks or (best is not None and best.product_id == self._newest)

    @property
    def is_torn(self) -> bool:
        """Whether the newest look of a bottle that has only just come says something else than the belief."""
        return self._looks <= MEMORY // 2 and not self.agrees

    def _rest(self, handled: int | None, weight_g: float | None) -> None:
        """A bottle stands here: begin anew if it may be another than at the look before."""
        knows_hands = handled is not None and self._handled is not None
        if handled != self._handled if knows_hands else self._was_absent:
            self._go_on(self._exchanged(weight_g), is_new=True)
        else:
            self._go_on(EXCHANGED_UNSEEN, is_new=False)
        self._handled, self._was_absent = handled, False
        self._weight_g = self._weight_g if weight_g is None else weight_g

    def _exchanged(self, weight_g: float | None) -> float:
        if weight_g is None or self._weight_g is None:
            return EXCHANGED
        change_g = weight_g - self._weight_g
        return EXCHANGED if MEASURE_G[0] <= change_g <= MEASURE_G[1] else EXCHANGED_BY_WEIGHT

    def _go_on(self, exchanged: float, *, is_new: bool) -> None:
        """Mix the belief with what else may have come; a new standing's looks begin with none."""
        belief = self._belief() if is_new and self._said else self._before
        base = _spread(belief, self.home, FRESH, STRANGER)
        self._before = {name: (1 - exchanged) * p + exchanged * base[name] for name, p in belief.items()}
        if is_new:
            self._said, self._looks = {}, 0

    def _hear(self, shares: Mapping[str | None, float]) -> None:
        if shares.keys() != self._before.keys():  # something was enrolled or removed: begin anew
            self._before, self._said, self._looks = _spread(shares, self.home, AT_HOME, STRANGE), {}, 0
        self._looks = min(self._looks + 1, MEMORY)
        anything = MISTAKEN / len(shares)
        for name, share in shares.items():
            new = log((1 - MISTAKEN) * share + anything)
            old = self._said.get(name, new)
            self._said[name] = old + (new - old) / self._looks
        self._newest = Recognised.likeliest(shares).product_id

    def _belief(self) -> Names:
        counts = self._looks / (1 + (self._looks - 1) * ALIKE)
        logs = {name: log(max(p, 1e-12)) + counts * self._said[name] for name, p in self._before.items()}
        peak = max(logs.values())
        whole = sum(exp(one - peak) for one in logs.values())
        return {name: exp(one - peak) / whole for name, one in logs.items()}


def _spread(names: Collection[str | None], home: str | None, own: float, strange: float) -> Names:
    """Probability of each product: `own` for the one that belongs here, `strange` for none of them, the
    others share the rest. Without an own one half is strange."""
    others = [name for name in names if name is not None and name != home]
    if home is None or home not in names:
        own, strange = 0.0, 0.5 if others else 1.0
    spread: Names = dict.fromkeys(others, (1.0 - own - strange) / max(len(others), 1))
    spread[None] = strange
    if own:
        spread[home] = own
    whole = sum(spread.values())
    return {name: p / whole for name, p in spread.items()}
