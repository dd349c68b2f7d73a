from statistics import fmean, pstdev

import pytest

from cloud.ordering.uncertainty import (
    sigma_above,
    sigma_from_quantiles,
    stock_surprises,
    surprises,
    surprises_of_sums,
)


def test_certain_demand_of_a_certain_stock_has_no_surprises():
    assert surprises([1.0, 2.0], [0.0, 0.0]) == ()


def test_surprises_balance_and_grow_like_the_root_of_the_days():
    evenings = surprises([10.0] * 4, [2.0] * 4, levels=99)
    assert fmean(evenings[0]) == pytest.approx(0.0, abs=1e-9)
    assert pstdev(evenings[0]) == pytest.approx(2.0, rel=0.03)
    assert pstdev(evenings[3]) == pytest.approx(4.0, rel=0.03)


def test_the_stocks_own_uncertainty_is_added():
    evenings = surprises([10.0], [3.0], stock_sigma=4.0, levels=99)
    assert pstdev(evenings[0]) == pytest.approx(5.0, rel=0.03)


def test_memory_forgets_what_the_next_plan_will_know():
    evenings = surprises([10.0] * 6, [2.0] * 6, memory_days=4, levels=99)
    assert pstdev(evenings[5]) == pytest.approx(4.0, rel=0.03)


def test_rare_demand_is_skewed_and_never_negative():
    (evening,) = surprises([0.5], [1.0], levels=15)
    assert min(evening) >= -0.5
    assert max(evening) > 2 * -min(evening)


def test_quantiles_give_their_standard_deviation():
    assert sigma_from_quantiles(10 - 1.2815515655446004, 10 + 1.2815515655446004) == pytest.approx(1.0)
    assert sigma_from_quantiles(5.0, 4.0) == 0.0


def test_a_stock_read_surely_has_no_surprise():
    assert stock_surprises(0.0) == ()
    assert stock_surprises(2.0, levels=1) == (0.0,)


def test_days_without_a_spread_are_refused():
    with pytest.raises(ValueError, match="2 means and 1 spreads"):
        surprises([1.0, 1.0], [1.0])


def test_sums_have_the_spread_they_were_forecast_with():
    evenings = surprises_of_sums([10.0] * 7, {1: 2.0, 7: 9.0}, levels=99)
    assert pstdev(evenings[0]) == pytest.approx(2.0, rel=0.03)
    assert pstdev(evenings[6]) == pytest.approx(9.0, rel=0.03)


def test_a_busy_window_of_the_same_length_spreads_more():
    evenings = surprises_of_sums([1.0, 1.0, 4.0], {1: 1.0}, memory_days=1, levels=99)
    assert pstdev(evenings[2]) == pytest.approx(2.0, rel=0.05)


def test_the_worst_case_counts_with_its_mean_and_not_its_middle():
    few, many = surprises([10.0], [3.0], levels=5)[0], surprises([10.0], [3.0], levels=99)[0]
    lost = [sum(max(0.0, s - 3.0) for s in each) / len(each) for each in (few, many)]
    assert lost[0] == pytest.approx(lost[1], rel=0.25)


def test_upper_quantiles_speak_of_the_spread_above():
    assert sigma_above(5.0, (0.5, 0.9, 0.95), (4.0, 5 + 2 * 1.2815516, 5 + 2 * 1.6448536)) == pytest.approx(
        2.0
    )
    assert sigma_above(5.0, (0.5,), (4.0,)) == 0.0


def test_doubt_widens_every_evening():
    (evening,) = surprises_of_sums([10.0], {1: 2.0}, levels=99, doubt=1.5)
    assert pstdev(evening) == pytest.approx(3.0, rel=0.03)
