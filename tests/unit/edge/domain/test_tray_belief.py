import numpy as np
import pytest

from edge.domain.tray_belief import TrayBelief


def belief(*weights_g: float, sigma_g: float = 0.7) -> TrayBelief:
    count = len(weights_g)
    full_g = np.full(count, 1158.0)
    return TrayBelief(np.array(weights_g), np.full(count, sigma_g), np.full(count, 500.0), full_g)


def test_the_bottle_whose_weight_is_missing_was_lifted() -> None:
    assert belief(900, 800, 700).lift(800.4, 0.3).round(3).tolist() == [0, 1, 0]


def test_two_bottles_of_one_weight_share_the_blame() -> None:
    assert belief(900, 900.2, 700).lift(900.1, 0.3).round(2).tolist() == [0.5, 0.5, 0.0]


def test_two_lifted_in_one_step_are_seen_as_a_pair() -> None:
    assert belief(900, 800, 700).lift(1500, 0.3).round(2).tolist() == [0.0, 1.0, 1.0]


def test_the_pour_is_what_is_missing_when_it_comes_back() -> None:
    tray = belief(900, 800, 700)
    tray.lift(900, 0.3)
    found = tray.put(860, 0.3)
    assert found.best.bottle == 0
    assert found.best.poured_g == pytest.approx(40, abs=0.5)
    assert tray.weights[0].round().tolist() == [860, 800, 700]


def test_of_two_in_the_hand_each_comes_back_as_itself() -> None:
    tray = belief(900, 800, 700)
    tray.lift(900, 0.3)
    tray.lift(800, 0.3)
    assert tray.put(765, 0.3).best.bottle == 1
    assert tray.put(860, 0.3).best.bottle == 0
    assert tray.out.sum() == pytest.approx(0, abs=1e-3)


def test_a_second_return_may_correct_the_first() -> None:
    tray = belief(868, 828, 700)
    tray.lift(868, 0.3)
    tray.lift(828, 0.3)
    assert tray.put(815, 0.3).share.round(1).max() < 1.0
    tray.put(848, 0.3)
    assert tray.reading(0).best.bottle == 1
    assert tray.reading(1).best.bottle == 0


def test_a_full_bottle_for_an_empty_one_is_new() -> None:
    tray = belief(510, 800, 700)
    tray.lift(510, 0.3)
    found = tray.put(1156, 0.3)
    assert (found.best.bottle, found.best.is_new) == (0, True)


def test_a_towel_is_no_bottle() -> None:
    tray = belief(900, 800, 700)
    tray.lift(900, 0.3)
    assert tray.put(330, 0.3).best is None
    assert tray.put(860, 0.3).best.bottle == 0


def test_somebody_who_saw_it_ends_the_doubt() -> None:
    tray = belief(900, 900.2, 700)
    tray.lift(900.1, 0.3)
    tray.put(850, 0.3)
    assert tray.confirm(1)
    assert tray.lift(850, 0.3).round(2).tolist() == [0, 1, 0]
    assert not tray.confirm(2)


def test_thinking_ahead_changes_nothing() -> None:
    tray = belief(900, 800, 700)
    tray.lift(900, 0.3)
    tray.copy().put(860, 0.3)
    assert tray.out.round(2).tolist() == [1, 0, 0]
    assert tray.weights[0].round().tolist() == [900, 800, 700]


def test_what_is_out_for_too_long_is_gone_and_may_come_full() -> None:
    tray = belief(520, 800, 700)
    tray.lift(520, 0.3)
    assert tray.forget_out().round(2).tolist() == [1, 0, 0]
    assert tray.put(1158, 0.3).best.bottle == 0


def test_one_that_is_put_back_while_another_is_lifted_makes_one_step() -> None:
    tray = belief(900, 800, 700)
    tray.lift(900, 0.3)
    assert tray.step(865 - 800, 0.3) == 0
    assert tray.reading(-1).best.bottle == 0
    assert tray.reading(-1).best.poured_g == pytest.approx(35, abs=1)
    assert tray.out.argmax() == 1


def test_what_a_pair_that_came_back_at_once_lost_is_known_when_one_of_them_is_lifted_again() -> None:
    tray = belief(900, 800, 700)
    tray.lift(900, 0.1)
    tray.lift(800, 0.1)
    both = tray.put(1640, 0.1).best
    assert [round(part.before_g - part.after_g) for part in both.parts] == [30, 30]
    tray.lift(880, 0.1)
    again = tray.reading(0).best
    assert [round(part.before_g - part.after_g) for part in again.parts] == [20, 40]


def test_a_bottle_that_turns_out_empty_tells_whose_the_pours_before_were() -> None:
    tares = np.array([480.0, 560.0, 500.0])
    tray = TrayBelief(np.array([600.0, 600.4, 900.0]), np.full(3, 0.7), tares, tares + 658)
    tray.lift(600.2, 0.1)
    tray.put(561, 0.1)
    assert 0.2 < tray.reading(0).share[1] < 0.8
    tray.lift(561, 0.1)
    tray.put(1218, 0.1)
    assert tray.reading(1).best.bottle == 1
    assert tray.reading(0).share[1] > 0.9


def test_a_level_that_was_seen_for_a_moment_only_is_wrong_in_both_steps_beside_it() -> None:
    tray = belief(900, 800, 700, sigma_g=0.3)
    tray.lift(900, 0.1)
    tray.lift(800, 0.1)
    tray.step(855, 0.1, before=0.1, after=25.0)
    tray.step(765, 0.1, before=None, after=0.1)
    first, second = (tray.reading(number).best.parts[0] for number in (0, 1))
    assert first.variance > 20
    assert second.variance > 20
    tray.lift(860, 0.1)
    assert tray.weights[0].round().tolist() == [860, 760, 700]


def test_what_is_lifted_often_is_thought_to_be_lifted_again() -> None:
    often = TrayBelief(
        np.array([900.0, 900.0, 700.0]), np.full(3, 0.7), np.full(3, 500.0), np.full(3, 1158.0),
        lifts=np.array([40.0, 4.0, 4.0]),
    )  # fmt: skip
    assert often.lift(900, 0.1)[0] > 0.8


def test_of_two_that_weigh_alike_the_measures_of_their_kind_tell() -> None:
    weights_g = np.array([900.0, 900.0, 820.0, 740.0])
    tray = TrayBelief(
        weights_g, np.full(4, 0.7), np.full(4, 300.0), np.full(4, 1158.0), kinds=np.array([0, 1, 0, 1])
    )  # fmt: skip
    for bottle, pour_g in [(2, 40.0), (3, 25.0)] * 5:
        tray.lift(weights_g[bottle], 0.1)
        weights_g[bottle] -= pour_g
        tray.put(weights_g[bottle], 0.1)
    tray.lift(900, 0.1)
    tray.put(875, 0.1)
    assert tray.reading(-1).share[1] > 0.7


def test_two_bottles_of_one_product_are_one_answer() -> None:
    tray = TrayBelief(
        np.array([900.0, 900.0, 900.0]), np.full(3, 0.7), np.full(3, 500.0), np.full(3, 1158.0),
        group=np.array([0, 1, 1]), usage=np.array([1.5, 1.0, 1.0]),
    )  # fmt: skip
    tray.lift(900, 0.1)
    tray.put(860, 0.1)
    assert tray.reading(0).best.bottle in {1, 2}
    assert tray.reading(0).sure > 0.5


def test_a_bottle_that_weighs_what_nobody_expected_is_found_again() -> None:
    tray = belief(900, 800, 700)
    tray.lift(1010, 0.1)
    tray.put(970, 0.1)
    tray.lift(970, 0.1)
    tray.put(930, 0.1)
    assert tray.reading(1).best is not None
    assert tray.reading(1).best.poured_g == pytest.approx(40, abs=1)
