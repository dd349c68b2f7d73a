from edge.domain.neighbours import Neighbours, Step


def step(scale: str, touched_s: float, delta_g: float, shelf: str = "top") -> Step:
    return Step(scale, shelf, touched_s, touched_s + 2, delta_g)


def test_opposite_steps_at_once_are_the_shelf_being_moved() -> None:
    neighbours = Neighbours()
    assert neighbours.take(step("left", 10, 31)) is None
    moved = neighbours.take(step("right", 11, -28))
    assert moved.sentence == "the shelf was moved: left by +31 g and right by -28 g"


def test_a_step_that_is_still_under_way_counts() -> None:
    assert Neighbours().take(step("left", 10, 31), [step("right", 10.5, -28)]) is not None


def test_two_scales_that_both_lose_were_not_moved() -> None:
    neighbours = Neighbours()
    neighbours.take(step("left", 10, -31))
    assert neighbours.take(step("right", 11, -28)) is None


def test_steps_minutes_apart_have_nothing_to_do_with_each_other() -> None:
    neighbours = Neighbours()
    neighbours.take(step("left", 10, 31))
    assert neighbours.take(step("right", 70, -28)) is None


def test_shelves_do_not_move_each_other() -> None:
    neighbours = Neighbours()
    neighbours.take(step("left", 10, 31))
    assert neighbours.take(step("other", 10, -28, shelf="rail")) is None


def test_a_small_shift_does_not_explain_a_large_one() -> None:
    neighbours = Neighbours()
    neighbours.take(step("left", 10, 12))
    assert neighbours.take(step("right", 10, -340)) is None
