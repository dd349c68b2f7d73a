"""Average precision and recall, on boxes counted by hand."""

import pytest

np = pytest.importorskip("numpy")

from models.bottle_detector.scores import score  # noqa: E402

TRUTH = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], float)


def test_perfect_boxes_score_one() -> None:
    found = np.array([[0, 0, 10, 10, 0.9], [20, 0, 30, 10, 0.8]])
    assert score([TRUTH], [found]).ap50 == pytest.approx(1.0)


def test_a_false_alarm_above_the_second_hit_costs_precision() -> None:
    found = np.array([[0, 0, 10, 10, 0.9], [60, 0, 70, 10, 0.8], [20, 0, 30, 10, 0.7]])
    assert score([TRUTH], [found]).ap50 == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_two_boxes_on_one_bottle_count_once() -> None:
    found = np.array([[0, 0, 10, 10, 0.9], [0, 0, 10, 10, 0.8]])
    assert score([TRUTH], [found]).ap50 == pytest.approx(0.5)


def test_no_box_scores_zero() -> None:
    assert score([TRUTH], [np.zeros((0, 5))]).ap50 == 0.0
