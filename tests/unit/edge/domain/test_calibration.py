import math

import pytest

from edge.domain.calibration import (
    Point,
    UncalibratableError,
    check_against,
    fit_line,
    reasons_against,
    reasons_to_redo,
    tare_shift,
    to_grams,
)


def test_counts_become_grams_by_tare_and_span() -> None:
    assert to_grams([1000, 1420, 580], 1000, 420).weight_g.tolist() == [0.0, 1.0, -1.0]


def test_a_cell_mounted_upside_down_has_a_negative_span() -> None:
    assert to_grams([-42_000], 0, -420).weight_g.tolist() == [100.0]


def test_null_and_full_scale_samples_are_masked_and_counted() -> None:
    run = to_grams([420, None, 2**23 - 1, -(2**23), 840], 0, 420)
    assert [value for value in run.weight_g.tolist() if not math.isnan(value)] == [1.0, 2.0]
    assert (run.null, run.saturated) == (1, 2)


def test_one_count_inside_full_scale_is_a_weight() -> None:
    assert to_grams([2**23 - 2], 0, 1).saturated == 0


def point(load_g: float, error_g: float = 0.0, sigma: float = 50.0) -> Point:
    return Point(load_g, 10_000 + 420 * (load_g + error_g), sigma)


def test_two_points_give_the_line_through_them() -> None:
    fit = fit_line([point(0), point(1000)])
    assert (round(fit.tare_counts), round(fit.counts_per_g, 6)) == (10_000, 420.0)
    assert fit.linearity_error_g is None
    assert fit.repeatability_g is None


def test_the_error_of_the_span_follows_from_the_errors_of_the_points() -> None:
    fit = fit_line([point(0, sigma=420.0), point(1000, sigma=420.0)])
    assert fit.sigma_span == pytest.approx(2**0.5 / 1000, rel=1e-6)
    assert fit.sigma_tare_g == pytest.approx(1.0, rel=1e-6)


def test_three_loads_show_how_straight_the_cell_is() -> None:
    fit = fit_line([point(0), point(1000, error_g=3.0), point(2000)])
    assert fit.linearity_error_g == pytest.approx(2.0, rel=1e-6)


def test_the_same_load_again_shows_how_repeatable_it_is() -> None:
    fit = fit_line([point(0), point(1000, error_g=1.0), point(1000, error_g=-1.0)])
    assert fit.repeatability_g == pytest.approx(2**0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([point(0), point(0)], "two different loads"),
        ([Point(0, 10_000, 50), Point(1000, 10_010, 50)], "the weight made no difference"),
    ],
)
def test_where_there_is_no_line_it_says_why(points, words) -> None:
    with pytest.raises(UncalibratableError, match=words):
        fit_line(points)


@pytest.mark.parametrize(
    ("points", "previous", "words"),
    [
        ([point(0), point(100)], None, "100 g is too light for this scale: use at least 250 g"),
        ([point(0, sigma=1500), point(1000, sigma=1500)], None, "the span is only known to 0.5%"),
        ([point(0), point(1000, error_g=30), point(2000)], None, "20.0 g off a straight line"),
        ([point(0), point(1000, error_g=3), point(1000, error_g=-3)], None, "the same load differs by 4.2 g"),
        ([point(0), point(1000)], 0.42, "the span is 1e+03 times the last one: is the weight really 1000 g?"),
    ],
)
def test_a_calibration_that_is_not_good_enough_says_why(points, previous, words) -> None:
    assert words in "; ".join(reasons_against(fit_line(points), points, 5000, previous))


def test_a_good_calibration_has_nothing_against_it() -> None:
    points = [point(0), point(1000), point(2000, error_g=0.3)]
    assert reasons_against(fit_line(points), points, 5000, 430.0) == ()


def test_a_check_may_be_two_grams_off() -> None:
    fit = fit_line([point(0), point(1000)])
    assert check_against(fit, point(500, error_g=1.5)) == (pytest.approx(1.5), None)
    error_g, wrong = check_against(fit, point(500, error_g=4.0))
    assert error_g == pytest.approx(4.0)
    assert wrong is not None
    assert wrong.startswith("the check reads +4.0 g off (at most 2.0 g)")


def test_a_tare_with_a_bottle_on_the_pad_is_refused() -> None:
    assert tare_shift(10_000 + 420 * 12, 10_000, 420) == (pytest.approx(12), None)
    shift_g, wrong = tare_shift(10_000 + 420 * 600, 10_000, 420)
    assert shift_g == pytest.approx(600)
    assert wrong == "+600 g are on the pad (at most 150 g to tare): take everything off, or calibrate it"


@pytest.mark.parametrize(
    ("age", "zero", "warmer", "words"),
    [
        (181, None, None, ["it is 181 days old (redo after 180)"]),
        (1, -14.0, None, ["the empty pad reads -14 g (tare it from 10 g on)"]),
        (1, 2.0, 18.0, ["it was made 18 degrees away from today's temperature"]),
        (90, 2.0, 3.0, []),
    ],
)
def test_it_says_when_to_calibrate_again(age, zero, warmer, words) -> None:
    assert list(reasons_to_redo(age, zero, warmer)) == words
