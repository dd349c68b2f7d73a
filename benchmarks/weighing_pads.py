"""One bottle per cell: are pours found, are they right, how sure does the engine say it is, and how soon."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

import numpy as np
from weighing_hours import Found, Hour, play, shelf_of
from weighing_rivals import RIVALS

from contract.records import Movement, MovementKind
from firmware_sim.scenario import Scenario

SLOTS = 8
SEED = 910_000
BIG_ML = 15.0
SECONDS = 3600
AFTERWARDS_S = 90
REST_S = 1.0
"""A bottle stands at least so long between two hands; other values are lines of their own."""
SLACK_S = 6.0
STARTED_S = 30.0

SCENARIO = Scenario.model_validate(
    {
        "title": "A busy hour at a shelf of eight",
        "weekday": "friday",
        "starts_at": "20:30:00",
        "minutes": SECONDS / 60,
        "staff": 3,
        "pours_per_hour": [[0, 70]],
        "fill": [0.25, 0.95],
        "people": {"pair_chance": 0.3, "wrong_slot_chance": 0.02, "wrong_bottle_chance": 0.02,
                   "bumps_per_hour": 6, "leans_per_hour": 2, "borrows_per_hour": 0.5},
    }
)  # fmt: skip


@dataclass
class Score:
    """Sums over hours of one detector."""

    big: int = 0
    big_found: int = 0
    found: int = 0
    right: int = 0
    errors_ml: list[float] = field(default_factory=list)
    z: list[float] = field(default_factory=list)
    first_s: list[float] = field(default_factory=list)
    final_s: list[float] = field(default_factory=list)
    product_right: int = 0
    wrong_product: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return the ratios and quantiles of what was summed."""
        errors = np.abs(self.errors_ml) if self.errors_ml else np.array([np.nan])
        figures = {
            "pours": self.big,
            "recall": self.big_found / max(1, self.big),
            "precision": self.right / max(1, self.found),
            "error_median_ml": float(np.median(errors)),
            "error_p95_ml": float(np.quantile(errors, 0.95)),
        }
        if self.z:
            figures["covers_1_sigma"] = float(np.mean(np.abs(self.z) <= 1))
            figures["right_product"] = self.product_right / max(1, self.right)
            for name, values in (("provisional", self.first_s), ("final", self.final_s)):
                figures[f"{name}_p50_s"] = float(np.quantile(values, 0.5)) if values else float("nan")
                figures[f"{name}_p95_s"] = float(np.quantile(values, 0.95)) if values else float("nan")
        return figures


def hour(number: int, rest_s: float = REST_S) -> dict[str, object]:
    """Play one hour; returns a score per detector and what the scenario held, as plain values."""
    scores = {"barback": Score()} | {name: Score() for name in RIVALS}
    held: Counter = Counter()
    layout = shelf_of(SLOTS)
    density = {product.id: product.density_g_per_ml for product in layout.products}
    people = SCENARIO.people.model_copy(update={"rest_s": rest_s})
    what = SCENARIO.model_copy(update={"people": people})
    played = play(layout, what, SEED + number, SECONDS + AFTERWARDS_S, keep_grams=True)
    _note_scenario(played, held)
    _score_engine(played, scores["barback"], f"hour {number}")
    for name, detect in RIVALS.items():
        _score_rival(played, detect, scores[name], density)
    return {"held": dict(held), "scores": {name: asdict(score) for name, score in scores.items()}}


def merged(hours: Iterable[dict]) -> tuple[dict[str, Score], Counter]:
    """Add the scores of hours up."""
    scores, held = {name: Score() for name in ("barback", *RIVALS)}, Counter()
    for one in hours:
        held.update(one["held"])
        for name, score in one["scores"].items():
            for field_name, value in score.items():
                setattr(scores[name], field_name, getattr(scores[name], field_name) + value)
    return scores, held


def _pours(hour: Hour) -> list:
    return [truth for truth in hour.truths if truth.kind == "pour" and truth.end_s >= STARTED_S]


def _note_scenario(hour: Hour, held: Counter) -> None:
    pours = _pours(hour)
    held.update(truth.kind for truth in hour.truths)
    held["hours"] += 1
    held["overlapping"] += sum(
        any(other is not one and other.start_s < one.end_s and one.start_s < other.end_s for other in pours)
        for one in pours
    )
    held["crossed"] += sum(one.put_on != one.slot for one in pours)


def _score_engine(hour: Hour, score: Score, label: str) -> None:
    pours = _pours(hour)
    found = [
        one
        for one in hour.found.values()
        if one.body.movement is MovementKind.POUR and one.first_s >= STARTED_S
    ]
    left = {id(one): one for one in found}
    for truth in pours:
        score.big += truth.ml >= BIG_ML
        match = _match(truth, left)
        if match is None:
            if truth.ml >= BIG_ML:
                score.missed.append(f"{label} {truth}")
            continue
        del left[id(match)]
        score.big_found += truth.ml >= BIG_ML
        score.right += 1
        _compare(truth, match, score)
        if match.body.product_id != truth.product:
            score.wrong_product.append(
                f"{label} {truth.end_s:.0f} s {truth.slot} {truth.product}: {match.body}"
            )
    score.found += len(found)
    score.false += [f"{label} {one.final_s} {one.body}" for one in left.values()]


def _compare(truth: object, match: Found, score: Score) -> None:
    body = match.body
    score.product_right += body.product_id == truth.product
    score.errors_ml.append(body.volume_ml - truth.ml)
    score.z.append((body.volume_ml - truth.ml) / body.volume_sigma_ml)
    score.first_s.append(match.first_s - truth.end_s)
    if match.final_s is not None:
        score.final_s.append(match.final_s - truth.end_s)


def _slot(body: Movement) -> str:
    return max(body.posterior, key=lambda share: share.probability).slot_id


def _match(truth: object, left: dict[int, Found]) -> Found | None:
    """Return the found pour at the truth's slot whose end lies nearest, if it lies near."""
    near = [
        (abs(one.first_s - truth.end_s), number)
        for number, one in left.items()
        if _slot(one.body) == truth.slot and -1.0 <= one.first_s - truth.end_s <= SLACK_S
    ]
    return left[min(near)[1]] if near else None


def _score_rival(hour: Hour, detect: object, score: Score, density: dict[str, float]) -> None:
    for scale_id, weight_g in hour.grams.items():
        left = [one for one in detect(weight_g) if one[0] >= STARTED_S]
        score.found += len(left)
        for truth in _pours(hour):
            if truth.scale != scale_id:
                continue
            score.big += truth.ml >= BIG_ML
            near = [one for one in left if -1.0 <= one[0] - truth.end_s <= 20.0]
            if not near:
                continue
            best = min(near, key=lambda one: abs(one[0] - truth.end_s))
            left.remove(best)
            score.big_found += truth.ml >= BIG_ML
            score.right += 1
            score.errors_ml.append(best[1] / density[truth.product] - truth.ml)
