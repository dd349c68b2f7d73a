"""From levels to shares, and curves that weighed pairs bend."""

import numpy as np
import pytest

from edge.domain.bottle_shape import CURVE, Curve, Pair, mean_error, taught


def test_a_common_bottle_is_empty_below_and_full_in_its_neck() -> None:
    curve = Curve()
    assert (curve.share(0.0), curve.share(0.88), curve.share(1.0)) == (0.0, 1.0, 1.0)
    assert curve.share(0.31) == pytest.approx(0.01 + 0.83 * 0.28 / 0.59)


def test_levels_and_shares_are_each_others_inverse() -> None:
    curve = Curve()
    for share in np.linspace(0.02, 0.99, 20):
        assert curve.share(curve.level(share)) == pytest.approx(share, abs=1e-9)


def test_the_sigma_of_a_share_grows_with_the_slope_and_never_falls_under_the_curves_own() -> None:
    curve = Curve()
    assert curve.read(0.95, 0.01)[1] >= curve.share_sigma
    assert curve.read(0.4, 0.1)[1] > curve.read(0.95, 0.1)[1]


def test_few_pairs_bend_nothing() -> None:
    assert taught([Pair(0.3, 0.02, 0.5)] * 5) == Curve()


def test_weighed_pairs_bend_the_curve_to_a_bottle_of_another_shape() -> None:
    dice = np.random.default_rng(1)
    levels = dice.uniform(0.05, 0.9, 60)
    pairs = [Pair(v + dice.normal(0, 0.01), 0.02, min(1.0, v / 0.92)) for v in levels]  # nearly a cylinder
    curve = taught(pairs)
    fresh = [Pair(v, 0.02, min(1.0, v / 0.92)) for v in np.linspace(0.1, 0.85, 40)]
    assert mean_error(curve, fresh) < 0.3 * mean_error(Curve(), fresh)
    shares = [share for _, share in curve.knots]
    assert shares == sorted(shares)
    assert all(a < b for (a, _), (b, _) in zip(curve.knots, curve.knots[1:], strict=False))


def test_two_thirds_of_the_errors_lie_within_the_taught_sigma() -> None:
    dice = np.random.default_rng(2)
    truth = Curve()
    pairs = []
    for level in dice.uniform(0.05, 0.85, 300):
        seen = float(level + dice.normal(0, 0.06))
        pairs.append(Pair(seen, 0.02, truth.share(float(level))))  # it states a third of its error
    curve = taught(pairs)
    inside = [abs(curve.share(p.level) - p.share) <= curve.read(p.level, p.sigma)[1] for p in pairs]
    assert 0.6 < np.mean(inside) < 0.8


def test_the_common_curve_rises_from_empty_to_full() -> None:
    assert CURVE[0] == (0.0, 0.0)
    assert CURVE[-1][1] == 1.0
