import math

from edge.domain.calibration import to_grams


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
