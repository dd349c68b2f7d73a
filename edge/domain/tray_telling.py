"""What is said of the returns to a tray, and said again when later weights tell otherwise. Knows no samples.

A return is told once it is sure of its weight. Every later step may show that it was another bottle, or how
much of a pair's pour was each bottle's: then the same movement is told again, as corrected.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np

from contract.records import MovementKind, Stage
from edge.domain.movements import POUR_MIN_ML, RESTOCK_MIN_ML, Change
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average
from edge.domain.tray_belief import TrayBelief
from edge.domain.tray_history import Part, Return, Verdicts

SIGMAS = 4.5
LIKELIER = 1.5
"""Another bottle is told only when it is so much likelier than the one that was told."""
OTHER_POUR_G, OTHER_LOG_ODDS, SURE = 3.0, 1.2, 0.995
"""And another amount or another certainty only from these differences on; beyond `SURE` all is as sure."""
MAX_TOLD_AGAIN = 16
"""Corrections of one return; after that what was said last stands."""


@dataclass(frozen=True, slots=True)
class TraySeen:
    """A movement of one bottle of the tray; share has the probability of each slot.

    part is 0, or 1 for the second of two bottles that came back at once; with ended_s it names the movement.
    kind is None where it was none, which is worth saying only of what was announced.
    """

    stage: Stage
    kind: MovementKind | None
    change: Change
    share: Mapping[str, float]
    bottle: ScaleProfile
    touched_s: float
    ended_s: float
    known_s: float
    with_another: bool = False
    part: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """When a return was touched and ended, s, and whether samples were missing meanwhile."""

    touched_s: float
    ended_s: float
    samples_missing: bool


@dataclass(slots=True)
class _Told:
    moment: Moment
    last: Return | None = None
    parts: int = 0
    again: int = 0
    sure: float = 0.0
    said_g: list[float] = field(default_factory=list)


class Telling:
    """Remembers what was told of which return of one tray."""

    def __init__(self, bottles: Sequence[ScaleProfile]) -> None:
        """`bottles` has a profile per slot, in the belief's order."""
        self._bottles = list(bottles)
        self._told: dict[int, _Told] = {}
        self._announced: _Told | None = None

    def announce(self, verdicts: Verdicts, moment: Moment, known_s: float) -> Iterator[TraySeen]:
        """Say what a return will probably be."""
        if verdicts.best is not None:
            self._announced = _Told(moment, verdicts.best, len(verdicts.best.parts))
            yield from self._parts(Stage.PROVISIONAL, verdicts, moment, known_s)

    def withdraw(self, known_s: float) -> Iterator[TraySeen]:
        """What was announced was no return."""
        told, self._announced = self._announced, None
        if told is not None:
            yield from self._take_back(Stage.FINAL, told, 0, known_s)

    def tell(self, belief: TrayBelief, number: int, moment: Moment, known_s: float) -> Iterator[TraySeen]:
        """Say what a return was, for now for good."""
        told, self._announced = self._announced or _Told(moment), None
        self._told[number] = told
        yield from self._say(Stage.FINAL, told, belief.reading(number), known_s)

    def tell_again(self, belief: TrayBelief, known_s: float) -> Iterator[TraySeen]:
        """Say what is now seen otherwise."""
        for number in [number for number in self._told if number not in belief.returns]:
            del self._told[number]
        for number, told in self._told.items():
            now = belief.reading(number)
            if told.again < MAX_TOLD_AGAIN and self._is_other(belief, number, told, now):
                told.again += 1
                yield from self._say(Stage.CORRECTED, told, now, known_s)

    def _is_other(self, belief: TrayBelief, number: int, told: _Told, now: Verdicts) -> bool:
        before, best = told.last, now.best
        if best is None or before is None or best.label != before.label:
            label = (-1, -1, False) if before is None else before.label
            return (best is not None or before is not None) and now.sure > LIKELIER * belief.share_of(
                number, label
            )
        if abs(_log_odds(now.sure) - _log_odds(told.sure)) > OTHER_LOG_ODDS:
            return True
        pours_g = [part.before_g - part.after_g for part in best.parts]
        return any(abs(g - said_g) > OTHER_POUR_G for g, said_g in zip(pours_g, told.said_g, strict=True))

    def _say(self, stage: Stage, told: _Told, verdicts: Verdicts, known_s: float) -> Iterator[TraySeen]:
        best = verdicts.best
        parts = 0 if best is None else len(best.parts)
        if told.last is not None and told.parts > parts:
            yield from self._take_back(stage, told, parts, known_s)
        told.last, told.parts, told.sure = best, max(told.parts, parts), verdicts.sure
        if best is not None:
            told.said_g = [part.before_g - part.after_g for part in best.parts]
            yield from self._parts(stage, verdicts, told.moment, known_s)

    def _take_back(self, stage: Stage, told: _Told, parts: int, known_s: float) -> Iterator[TraySeen]:
        """What was said of a second bottle, or of any, was nothing."""
        assert told.last is not None, "only what was told is taken back"
        for at, part in list(enumerate(told.last.parts))[parts:]:
            weight = Average(part.after_g, sqrt(part.variance / 2), 1)
            change = Change(weight, weight, was_lifted=True)
            bottle = self._bottles[part.bottle]
            yield TraySeen(
                stage, None, change, {bottle.slots[0]: 0.0}, bottle,
                told.moment.touched_s, told.moment.ended_s, known_s, part=at,
            )  # fmt: skip

    def _parts(self, stage: Stage, verdicts: Verdicts, moment: Moment, known_s: float) -> Iterator[TraySeen]:
        best = verdicts.best
        assert best is not None, "only a bottle's return is told"
        for at, part in enumerate(best.parts):
            bottle, together = self._bottles[part.bottle], len(best.parts) > 1
            share = self._shares(verdicts, [one.bottle for one in best.parts if one is not part])
            change = _change(part, best, moment)
            yield TraySeen(
                stage, _kind(best, change, bottle), change, share, bottle,
                moment.touched_s, moment.ended_s, known_s, together, at,
            )  # fmt: skip

    def _shares(self, verdicts: Verdicts, others: list[int]) -> dict[str, float]:
        share = verdicts.share.copy()
        share[np.array(others, dtype=np.intp)] = 0.0
        return {one.slots[0]: float(p) for one, p in zip(self._bottles, share.tolist(), strict=True)}


def _log_odds(sure: float) -> float:
    likely = min(max(sure, 1 - SURE), SURE)
    return log(likely / (1 - likely))


def _change(part: Part, best: Return, moment: Moment) -> Change:
    sigma_g = sqrt(part.variance / 2)
    back_again = best.was_gone
    return Change(
        Average(0.0 if back_again else part.before_g, sigma_g, 1),
        Average(part.after_g, sigma_g, 1),
        was_lifted=True,
        samples_missing=moment.samples_missing,
        away_g=part.before_g if back_again else None,
    )


def _kind(best: Return, change: Change, bottle: ScaleProfile) -> MovementKind | None:
    if best.was_gone:
        return MovementKind.RESTOCK if best.is_new else MovementKind.RETURN
    if best.is_new:
        return MovementKind.SWAP
    density = bottle.density_g_per_ml or 1.0
    if change.delta_g >= max(RESTOCK_MIN_ML * density, SIGMAS * change.sigma_g):
        return MovementKind.RESTOCK
    if len(best.parts) > 1:
        return MovementKind.POUR if best.poured_g >= 2 * POUR_MIN_ML * density else None
    is_pour = -change.delta_g >= max(POUR_MIN_ML * density, SIGMAS * change.sigma_g)
    return MovementKind.POUR if is_pour else None
