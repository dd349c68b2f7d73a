"""The story of a bottle on its pad, told in weights."""

import numpy as np
import pytest

from edge.domain.movements import volume_ml
from edge.domain.profiles import ScaleProfile


def test_a_bottle_that_stands_is_weighed_and_moves_nothing(bench) -> None:
    bench.stand(900, 60)
    assert bench.kinds == []
    assert bench.quality == "ok"
    assert bench.weigher.weight.weight_g == pytest.approx(900, abs=0.5)
    assert 0.2 <= bench.weigher.weight.sigma_g <= 1.5


def test_lift_pour_return_is_one_pour_with_volume_and_sigma(bench, gin) -> None:
    bench.stand(900, 30).stand(0, 6).stand(862.4, 30)
    assert bench.kinds == ["pour"]
    pour = bench.movements[0]
    assert pour.change.delta_g == pytest.approx(-37.6, abs=1.0)
    volume, sigma = volume_ml(pour.kind, pour.change, gin)
    assert volume == pytest.approx(40, abs=1.1)
    assert 0.5 < sigma < 1.5
    assert pour.touched_s == pytest.approx(30, abs=0.2)
    assert pour.ended_s == pytest.approx(36, abs=0.4)
    assert 2.0 <= pour.known_s - pour.ended_s <= 3.0


def test_a_pour_of_ten_millilitres_is_seen_every_time(make_bench) -> None:
    for seed in range(30):
        bench = make_bench(seed=seed).stand(900, 20).stand(0, 5).stand(900 - 9.4, 20)
        assert bench.kinds == ["pour"], seed


def test_a_bottle_put_back_unpoured_is_no_movement(make_bench) -> None:
    for seed in range(30):
        bench = make_bench(seed=seed).stand(900, 20).stand(0, 5).stand(901.5, 20)
        assert bench.kinds == [], seed
        assert bench.quality == "ok"


def test_sips_too_small_to_name_add_up_to_a_pour(bench) -> None:
    bench.stand(900, 20)
    for sip in range(1, 4):
        bench.stand(0, 4).stand(900 - 3.5 * sip, 20)
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.delta_g == pytest.approx(-7, abs=1.0) or bench.movements[
        0
    ].change.delta_g == pytest.approx(-10.5, abs=1.0)


def test_a_keg_that_is_tapped_in_place_pours(make_bench) -> None:
    keg = ScaleProfile(
        "keg", ("keg-1",), product_id="lager", tare_weight_g=4000, is_keg=True, counts_per_g=400
    )
    bench = make_bench(keg).stand(12_000, 20).ramp(12_000, 11_670, 8).stand(11_670, 20)
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.delta_g == pytest.approx(-330, abs=1.5)
    assert not bench.movements[0].change.was_lifted


def test_a_bump_that_comes_back_is_no_movement(bench) -> None:
    bench.stand(900, 20).play(900 + 80 * np.sin(np.linspace(0, 9, 15))).stand(900, 20)
    assert bench.kinds == []
    assert bench.quality == "ok"


def test_somebody_who_leans_on_the_shelf_for_four_seconds_is_no_restock(bench) -> None:
    bench.stand(900, 20).stand(1050, 4).stand(900, 20)
    assert bench.kinds == []


def test_a_knock_that_shifts_a_heavy_keg_is_no_pour(make_bench) -> None:
    keg = ScaleProfile(
        "keg", ("keg-1",), product_id="lager", tare_weight_g=4000, is_keg=True, counts_per_g=400
    )
    bench = make_bench(keg).stand(20_000, 20).stand(19_958, 20)
    assert bench.kinds == []


def test_another_bottle_near_full_is_a_swap(bench) -> None:
    bench.stand(560, 20).stand(0, 10).stand(1150, 20)
    assert bench.kinds == ["swap"]


def test_content_that_rose_below_full_is_a_restock(bench) -> None:
    bench.stand(600, 20).stand(0, 10).stand(850, 20)
    assert bench.kinds == ["restock"]


def test_a_bottle_in_the_hand_is_in_hand_and_not_gone(bench) -> None:
    bench.stand(900, 20).stand(0, 1)
    assert bench.quality == "in_hand"
    assert bench.weigher.weight is None
    bench.stand(0, 110)
    assert (bench.quality, bench.kinds) == ("in_hand", [])


def test_a_bottle_gone_for_over_two_minutes_is_a_removal(bench, gin) -> None:
    bench.stand(900, 20).stand(0, 125)
    assert bench.kinds == ["removal"]
    removal = bench.movements[0]
    assert removal.change.delta_g == pytest.approx(-900, abs=1.5)
    assert volume_ml(removal.kind, removal.change, gin)[0] == pytest.approx(400 / 0.94, abs=2)
    assert bench.quality == "ok"
    assert bench.weigher.weight.weight_g == pytest.approx(0, abs=1)


def test_the_same_bottle_that_comes_back_is_a_return(bench) -> None:
    bench.stand(900, 20).stand(0, 200).stand(898, 20)
    assert bench.kinds == ["removal", "return"]
    assert bench.movements[1].change.delta_g == pytest.approx(898, abs=2)


def test_a_fuller_bottle_after_a_removal_is_a_restock(bench) -> None:
    bench.stand(520, 20).stand(0, 200).stand(1150, 20)
    assert bench.kinds == ["removal", "restock"]


def test_a_pour_after_a_return_is_measured_from_the_return(bench) -> None:
    bench.stand(900, 20).stand(0, 200).stand(890, 20).stand(0, 5).stand(850, 20)
    assert bench.kinds == ["removal", "return", "pour"]
    assert bench.movements[2].change.delta_g == pytest.approx(-40, abs=1.2)


def test_two_pours_with_a_short_rest_between_are_two(bench) -> None:
    bench.stand(900, 20).stand(0, 5).stand(860, 2.5).stand(0, 5).stand(820, 20)
    assert bench.kinds == ["pour", "pour"]
    assert sum(seen.change.delta_g for seen in bench.movements) == pytest.approx(-80, abs=2)


def test_a_pour_is_announced_within_a_second_and_final_within_three(bench) -> None:
    bench.stand(900, 30).stand(0, 6).stand(862.4, 30)
    assert [one.kind.value for one in bench.announced] == ["pour"]
    assert bench.announced[0].touched_s == bench.movements[0].touched_s
    assert bench.announced[0].known_s - 36 <= 1.0
    assert bench.movements[0].known_s - 36 <= 3.0


def test_a_bottle_that_stands_for_a_second_between_two_hands_was_poured_from_twice(bench) -> None:
    bench.stand(900, 20).stand(0, 5).stand(860, 0.9).stand(0, 5).stand(820, 20)
    assert bench.kinds == ["pour", "pour"]
    assert bench.movements[0].change.in_haste
    assert [seen.change.delta_g for seen in bench.movements] == pytest.approx([-40, -40], abs=2.5)


def test_a_bottle_that_loses_weight_on_its_pad_was_spilled(bench) -> None:
    bench.stand(900, 20).ramp(900, 780, 2).stand(780, 20)
    assert bench.kinds == ["spillage"]
    assert bench.movements[0].change.delta_g == pytest.approx(-120, abs=2)


def test_the_zero_of_a_scale_is_seen_while_the_bottle_is_in_the_hand(bench) -> None:
    bench.stand(900, 20).stand(4.0, 6).stand(860, 10)
    assert bench.weigher.zero_g == pytest.approx(4.0, abs=0.6)


def test_values_that_are_not_numbers_are_missing_ones(bench) -> None:
    weights = np.full(600, 900.0)
    weights[::7] = np.nan
    weights[300:340] = np.inf
    for start in range(0, 600, 10):
        bench.note(bench.weigher.take_grams(start / 10, 10.0, weights[start : start + 10]))
    assert (bench.quality, bench.kinds) == ("ok", [])


def test_a_touch_down_of_a_third_of_a_second_is_part_of_one_pour(bench) -> None:
    bench.stand(900, 20).stand(0, 5).stand(860, 0.3).stand(0, 5).stand(820, 20)
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.delta_g == pytest.approx(-80, abs=1.5)


def test_an_hour_of_drift_is_no_movement_and_the_next_pour_is_right(bench) -> None:
    bench.ramp(900, 960, 3600).stand(0, 5).stand(920, 20)
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.delta_g == pytest.approx(-40, abs=1.2)


def test_creep_after_a_bottle_is_put_down_is_no_movement(bench) -> None:
    bench.stand(900, 30).stand(0, 5)
    creeping = 860 - 2.0 * np.exp(-np.arange(9000) / 3000)
    bench.play(creeping)
    assert bench.kinds == ["pour"]


def test_spikes_of_a_busy_pi_neither_move_nor_unsettle(bench) -> None:
    dice = np.random.default_rng(4)
    weights = np.full(3000, 900.0)
    weights[dice.random(3000) < 0.03] = 2.0**22 / 420
    bench.play(weights)
    assert bench.kinds == []
    assert bench.quality == "ok"
    assert bench.weigher.spike_share == pytest.approx(0.03, abs=0.01)


def test_eighty_samples_a_second_give_the_same_pour(make_bench, gin) -> None:
    bench = make_bench()
    dice = np.random.default_rng(2)
    weights = np.concatenate([np.full(1600, 900.0), np.full(400, 0.0), np.full(1600, 860.0)])
    counts = np.rint((weights + dice.normal(0, 1.5, weights.size)) * 420 + 12_345).astype(int)
    for second in range(45):
        bench.note(bench.weigher.take(second, 80.0, counts[second * 80 : second * 80 + 80].tolist()))
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.delta_g == pytest.approx(-40, abs=1.0)


def test_the_result_does_not_depend_on_how_samples_are_framed(make_bench) -> None:
    dice = np.random.default_rng(6)
    weights = np.concatenate([np.full(300, 900.0), np.full(50, 0.0), np.full(300, 860.0)])
    counts = np.rint((weights + dice.normal(0, 0.8, weights.size)) * 420 + 12_345).astype(int).tolist()
    found = []
    for size in (1, 7, 10, 50, 400):
        bench = make_bench()
        for start in range(0, len(counts), size):
            bench.note(bench.weigher.take(start / 10, 10.0, counts[start : start + size]))
        assert bench.kinds == ["pour"], size
        found.append(bench.movements[0].change.delta_g)
    assert found == pytest.approx([-40] * 5, abs=1.2)


def test_a_converter_that_delivers_nothing_is_not_ready(bench) -> None:
    bench.stand(900, 20).counts([None] * 40)
    assert bench.quality == "not_ready"
    bench.stand(900, 10)
    assert (bench.quality, bench.kinds) == ("ok", [])


def test_a_few_missing_samples_do_no_harm(bench) -> None:
    counts = [900 * 420 + 12_345 + 300 * (i % 3) if i % 5 else None for i in range(300)]
    bench.counts(counts)
    assert (bench.quality, bench.kinds) == ("ok", [])


def test_full_scale_is_saturated(bench) -> None:
    bench.stand(900, 20).counts([2**23 - 1] * 10)
    assert bench.quality == "saturated"
    assert bench.weigher.weight is None


def test_the_same_counts_for_five_seconds_are_a_stuck_converter(bench) -> None:
    bench.stand(900, 2).counts([390_345] * 49)
    assert bench.quality == "ok"
    bench.counts([390_345] * 11)
    assert bench.quality == "stuck"


def test_a_lively_cell_is_stuck_at_once_and_what_it_froze_at_is_no_weight(bench) -> None:
    bench.stand(900, 30).counts([390_345] * 20)
    assert (bench.quality, bench.kinds, bench.weigher.weight) == ("stuck", [], None)
    bench.stand(900, 10)
    assert (bench.quality, bench.kinds) == ("ok", [])


def test_a_converter_that_rounds_its_counts_is_not_stuck(bench) -> None:
    for _ in range(60):
        bench.counts([390_000] * 12 + [390_400] * 8)
    assert bench.quality == "ok"


def test_a_pour_while_the_cell_was_dead_is_found_with_a_doubt(bench) -> None:
    bench.stand(900, 20).counts([None] * 100).stand(860, 20)
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.samples_missing
    assert bench.movements[0].change.delta_g == pytest.approx(-40, abs=1.2)


def test_frames_that_are_missing_in_the_middle_of_a_pour_hide_nothing(bench) -> None:
    bench.stand(900, 20).stand(0, 2).missing(6).stand(860, 20)
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.was_lifted


def test_a_scale_that_starts_while_the_bottle_is_in_the_hand_invents_no_return(bench) -> None:
    bench.stand(0, 30).stand(900, 20)
    assert (bench.quality, bench.kinds) == ("ok", [])


def test_a_bottle_on_a_pad_that_was_empty_from_the_start_is_a_restock(bench) -> None:
    bench.stand(0, 150)
    assert bench.quality == "ok"
    bench.stand(1150, 20)
    assert bench.kinds == ["restock"]


def test_a_noisy_cell_settles_once_its_noise_is_known(make_bench) -> None:
    bench = make_bench(noise_g=3.0).stand(900, 120)
    assert bench.quality == "ok"
    bench.stand(0, 6).stand(850, 30)
    assert bench.kinds == ["pour"]
    assert bench.movements[0].change.delta_g == pytest.approx(-50, abs=4)


def test_a_slow_leak_is_found_and_told_apart_from_drift(bench) -> None:
    bench.stand(900, 60).ramp(900, 800, 600).stand(800, 60)
    assert bench.kinds == ["spillage", "spillage"]
    assert sum(one.change.delta_g for one in bench.movements) == pytest.approx(-95, abs=6)
