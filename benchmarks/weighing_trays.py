"""Twelve bottles on one scale: which one was it? Weights are known to 1 g at the start, as after a restart.

By weight alone, as the gateway runs: nobody says anything for an hour. What counts is the newest revision of
each movement at the end of the hour. One kind more has each pour confirmed by somebody who saw it (a camera).
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise

import numpy as np
from weighing_hours import ORIGIN, Found, Hour, engine_of, frames, shelf_of
from weighing_pads import BIG_ML

from contract.records import Movement, MovementKind, Stage
from edge.domain.engine import Engine
from edge.domain.tray import BottleWeight
from firmware_sim.night import Night
from firmware_sim.physics.profile import CellProfile
from firmware_sim.scenario import Scenario

SLOTS = 12
SEED = 920_000
SECONDS = 3600
APART_S = 2.0
"""A movement that ended so far from a pour's end is not that pour."""
KNOWN_TO_G = 1.0
TRAY_COUNTS_PER_G = 70.0
"""A 30 kg cell of 1 mV/V."""


def scenario(noise_g: float, *, two_in_hand: bool) -> Scenario:
    """Return an hour at a tray whose plateaus have this deviation, noise and wander together."""
    white_g = noise_g * 0.55
    return Scenario.model_validate(
        {
            "title": "A tray",
            "weekday": "friday",
            "starts_at": "20:30:00",
            "minutes": SECONDS / 60,
            "staff": 1,
            "pours_per_hour": [[0, 90]],
            "fill": [0.15, 0.95],
            "people": {"pair_chance": float(two_in_hand), "wrong_slot_chance": 0.0, "borrows_per_hour": 0.0,
                       "late_restock_chance": 0.0, "bumps_per_hour": 6, "leans_per_hour": 1,
                       "lift_apart_s": [0.9, 1.1]},
            "cell": CellProfile(
                noise_g=white_g, wander_g=(noise_g**2 - white_g**2) ** 0.5, span_error=0
            ).model_dump(),
        }
    )  # fmt: skip


@dataclass
class TrayScore:
    """Sums over hours of one tray."""

    pours: int = 0
    found: int = 0
    right: int = 0
    false: int = 0
    revisions: int = 0
    shares: list[float] = field(default_factory=list)
    hits: list[bool] = field(default_factory=list)
    errors_ml: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return the ratios; calibration is the mean gap between what was claimed and what was right."""
        shares, hits = np.array(self.shares), np.array(self.hits, dtype=float)
        errors = np.abs(self.errors_ml) if self.errors_ml else np.array([np.nan])
        return {
            "pours": self.pours,
            "right_bottle": self.right / max(1, self.pours),
            "right_of_found": self.right / max(1, self.found),
            "found": self.found / max(1, self.pours),
            "false": self.false,
            "corrected": self.revisions / max(1, self.found),
            "claimed": float(shares.mean()) if shares.size else float("nan"),
            "was_right": float(hits.mean()) if hits.size else float("nan"),
            "calibration_error": _calibration_error(shares, hits),
            "error_median_ml": float(np.median(errors)),
            "error_p95_ml": float(np.quantile(errors, 0.95)),
        }


def _calibration_error(shares: np.ndarray, hits: np.ndarray) -> float:
    """Mean over bins of the claimed probability of |claimed - right|, weighted by use."""
    edges = [0.0, 0.5, 0.7, 0.9, 0.97, 1.01]
    total = 0.0
    for low, high in pairwise(edges):
        inside = (shares >= low) & (shares < high)
        if inside.any():
            total += inside.mean() * abs(shares[inside].mean() - hits[inside].mean())
    return float(total)


KINDS = {
    "1 g": (1.0, False, False, 0.97),
    "2 g": (2.0, False, False, 0.95),
    "1 g, two in the hand": (1.0, True, False, 0.93),
    "1 g, a camera confirms": (1.0, False, True, None),
}
"""Noise of the cell, g; whether two are in the hand; whether somebody says which it was; what is wanted."""


def hour(kind: str, number: int) -> dict[str, object]:
    """Play one hour of one kind of tray; returns its score as plain values."""
    noise_g, two, confirmed, _ = KINDS[kind]
    score, layout = TrayScore(), shelf_of(SLOTS, on_one_scale=True, counts_per_g=TRAY_COUNTS_PER_G)
    _score(_play(layout, scenario(noise_g, two_in_hand=two), SEED + number, confirmed=confirmed), score)
    return asdict(score)


def merged(hours: Iterable[dict]) -> TrayScore:
    """Add the scores of hours up."""
    score = TrayScore()
    for one in hours:
        for name, value in one.items():
            setattr(score, name, getattr(score, name) + value)
    return score


def _play(layout: object, what: Scenario, seed: int, *, confirmed: bool) -> Hour:
    night, hour = Night(layout, what, seed=seed, origin=ORIGIN), Hour()
    dice = np.random.default_rng(seed)
    known = {
        place.slot_id: BottleWeight(place.bottle.gross_g + dice.normal(0, KNOWN_TO_G), KNOWN_TO_G)
        for place in night.places
    }
    engine = engine_of(layout, known)
    for node, frame, truths in frames(night):
        hour.truths += truths
        said = engine.take(node, frame, float(night.at_s))
        hour.hear(said)
        if confirmed:
            _confirm(engine, hour, said)
        if night.at_s >= SECONDS + 60:
            return hour
    raise AssertionError("a night has no end")


def _confirm(engine: Engine, hour: Hour, said: list) -> None:
    """Tell the engine which bottle it was, after its final word: what a camera or a tap does."""
    for one in said:
        if isinstance(one.body, Movement) and one.body.stage is Stage.FINAL:
            ended_s = one.at_s - one.body.settled_after_s
            near = min(hour.truths[-6:], key=lambda truth: abs(truth.end_s - ended_s), default=None)
            if near is not None and near.slot is not None:
                engine.confirm(near.slot)


def _score(hour: Hour, score: TrayScore) -> None:
    """Compare each pour with the movement that ended with it; of two in one step, the product's.

    A pour under BIG_ML is not judged, but one that is said of it is not false.
    """
    left = [one for one in hour.found.values() if one.body.movement is MovementKind.POUR]
    truths = [truth for truth in hour.truths if truth.kind == "pour"]
    matches = {}
    for _, number, other in sorted(_distances(truths, left)):
        if number not in matches and all(left[other] is not one for one in matches.values()):
            matches[number] = left[other]
    for number, truth in enumerate(truths):
        if truth.ml < BIG_ML:
            continue
        score.pours += 1
        if number in matches:
            _compare(matches[number].body, truth, score)
    score.false += len(left) - len(matches)


def _distances(truths: list, found: list[Found]) -> Iterator[tuple[float, int, int]]:
    ends_s = [round(one.ended_s, 3) for one in found]
    for number, truth in enumerate(truths):
        for other, one in enumerate(found):
            apart_s = abs(one.ended_s - truth.end_s)
            at_once = ends_s.count(ends_s[other]) > 1 and one.body.product_id == truth.product
            if apart_s <= APART_S:
                yield apart_s - at_once * APART_S, number, other


def _compare(body: Movement, truth: object, score: TrayScore) -> None:
    hit = body.product_id == truth.product
    score.found += 1
    score.right += bool(hit)
    score.revisions += body.revision > 2
    score.shares.append(max(share.probability for share in body.posterior))
    score.hits.append(bool(hit))
    if hit and body.volume_ml is not None:
        score.errors_ml.append(body.volume_ml - truth.ml)
