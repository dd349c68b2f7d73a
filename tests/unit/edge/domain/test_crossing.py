import pytest

from edge.domain.crossing import Out, best_story


def out(before_g: float, after_g: float | None, tare_g: float = 500, full_g: float | None = 1150) -> Out:
    return Out(before_g, after_g, tare_g, full_g, 1.0)


def test_two_bottles_on_their_own_places_stay_there() -> None:
    assert best_story([out(900, 860), out(700, 680)]).target == (0, 1)


def test_two_bottles_that_changed_places_are_told_by_their_weights() -> None:
    story = best_story([out(900, 670), out(700, 865)])
    assert story.target == (1, 0)
    assert story.at_home[0] < 0.01


def test_a_huge_pour_and_a_full_bottle_are_rather_two_bottles_that_changed_places() -> None:
    assert best_story([out(1183, 714), out(757, 1136, full_g=1139)]).target == (1, 0)


def test_bottles_of_the_same_weight_are_taken_to_stand_at_home_but_not_for_sure() -> None:
    story = best_story([out(900, 850), out(880, 845)])
    assert story.target == (0, 1)
    assert 0.8 < story.at_home[0] < 0.995


def test_a_pad_may_carry_the_bottle_of_one_that_is_still_waited_for() -> None:
    assert best_story([out(1000, 640), out(680, None)]).target == (1, 0)
    assert best_story([out(1000, 960), out(680, None)]).target == (0, 1)


def test_three_bottles_that_went_round_are_followed() -> None:
    story = best_story([out(1100, 660), out(900, 1060), out(700, 860)])
    assert story.target == (1, 2, 0)
    assert story.cycle(0) == [0, 1, 2]


def test_a_full_bottle_in_exchange_is_no_mix_up() -> None:
    assert best_story([out(520, 1150), out(900, 860)]).target == (0, 1)


def test_more_bottles_than_it_compares_are_a_programmers_error() -> None:
    with pytest.raises(AssertionError, match="at most 4"):
        best_story([out(900, 860)] * 5)
