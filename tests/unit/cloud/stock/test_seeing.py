"""The figure of a slot from weight and belief together."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.stock.seeing import Belief, Figure, figure_of, presence_by_sight
from cloud.stock.weighing import Liquid

NINE = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def test_without_a_camera_the_figure_is_the_scales() -> None:
    assert figure_of(Liquid(410.0, 5.0), None, NINE, 700.0) == Figure(410.0, 5.0, "scale")


def test_without_a_scale_the_figure_is_the_cameras() -> None:
    belief = Belief(NINE, 300.0, 42.0, None, "camera")
    assert figure_of(None, belief, None, 700.0) == Figure(300.0, 42.0, "camera")


def test_nothing_known_is_no_figure() -> None:
    assert figure_of(None, None, None, 700.0) == Figure(None, None, None)


def test_a_pour_after_the_look_lowers_what_both_believe() -> None:
    belief = Belief(NINE, 406.0, 4.0, 410.0, "both")
    found = figure_of(Liquid(370.0, 5.0), belief, NINE + timedelta(minutes=1), 700.0)
    assert (found.on_hand_ml, found.sigma_ml, found.source) == (
        pytest.approx(366.0),
        pytest.approx(4.0),
        "both",
    )


def test_where_the_scale_lies_the_camera_says_how_much_and_the_scale_how_much_went() -> None:
    belief = Belief(NINE, 200.0, 20.0, 320.0, "camera")
    found = figure_of(Liquid(280.0, 5.0), belief, NINE + timedelta(minutes=1), 700.0)
    assert (found.on_hand_ml, found.source) == (pytest.approx(160.0), "camera")
    assert found.sigma_ml > 20.0


def test_a_look_of_an_hour_ago_says_nothing_of_the_newest_weight() -> None:
    belief = Belief(NINE, 200.0, 20.0, 320.0, "camera")
    found = figure_of(Liquid(280.0, 5.0), belief, NINE + timedelta(hours=1), 700.0)
    assert found == Figure(280.0, 5.0, "scale")


def test_the_figure_stays_within_the_bottle() -> None:
    belief = Belief(NINE, 690.0, 4.0, 660.0, "both")
    assert figure_of(Liquid(690.0, 5.0), belief, NINE, 700.0).on_hand_ml == 700.0


def test_what_is_hidden_is_unknown() -> None:
    assert [presence_by_sight(word) for word in ("standing", "absent", "hidden")] == [
        "standing",
        "absent",
        "unknown",
    ]
