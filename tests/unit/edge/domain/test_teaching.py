"""The scale teaches the camera: only what is no worse is taken, and only after it has read along."""

import numpy as np

from edge.domain.bottle_shape import Curve, Pair
from edge.domain.teaching import SHADOW_PAIRS, Shadow, Verdict, teach


def pairs(count: int, seed: int = 1, bend: float = 0.9) -> list[Pair]:
    dice = np.random.default_rng(seed)
    return [Pair(float(v), 0.02, float(min(1.0, v / bend))) for v in dice.uniform(0.05, 0.85, count)]


def test_a_bottle_of_another_shape_gets_its_own_curve_and_all_others_a_common_one() -> None:
    curves, lessons = teach({"gin": pairs(40)}, {})
    assert set(curves) == {"", "gin"}
    own = next(one for one in lessons if one.product_id == "gin")
    assert own.error_after < 0.5 * own.error_before
    assert (own.pairs, own.kept_apart) == (40, 10)


def test_too_few_pairs_change_nothing() -> None:
    curves, _ = teach({"gin": pairs(5)}, {})
    assert curves == {}


def test_a_curve_that_would_get_worse_is_left_as_it_was() -> None:
    good = teach({"gin": pairs(60)}, {})[0]
    dice = np.random.default_rng(9)
    nonsense = [
        Pair(one.level, one.sigma, one.share if n % 4 == 3 else float(dice.uniform(0, 1)))
        for n, one in enumerate(pairs(24, seed=2))
    ]
    curves, lessons = teach({"gin": nonsense}, good)
    assert curves["gin"] == good["gin"]
    assert not next(one for one in lessons if one.product_id == "gin").is_better


def test_a_candidate_reads_along_before_it_is_used() -> None:
    better = teach({"gin": pairs(60)}, {})[0]
    shadow = Shadow({}, better)
    verdicts = [shadow.take("gin", pair) for pair in pairs(SHADOW_PAIRS, seed=4)]
    assert verdicts == [Verdict.WAITING] * (SHADOW_PAIRS - 1) + [Verdict.PROMOTED]


def test_a_candidate_that_reads_worse_is_dropped() -> None:
    wrong = {"gin": Curve(((0.0, 0.0), (1.0, 0.3)), 0.02, 1.0)}
    shadow = Shadow(teach({"gin": pairs(60)}, {})[0], wrong)
    verdicts = [shadow.take("gin", pair) for pair in pairs(SHADOW_PAIRS, seed=4)]
    assert verdicts[-1] is Verdict.DROPPED
