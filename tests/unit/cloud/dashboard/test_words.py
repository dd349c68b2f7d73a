"""cloud.dashboard.words: how figures are said."""

from zoneinfo import ZoneInfo

import pytest

from cloud.dashboard import words
from tests.unit.cloud.dashboard.figures import day, pour, slot

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("ml", "said"),
    [
        (0.0, "0 ml"),
        (41.6, "42 ml"),
        (999.4, "999 ml"),
        (999.6, "1.0 l"),
        (4210.0, "4.2 l"),
        (120_400.0, "120 l"),
    ],
)
def test_volumes_carry_their_unit(ml, said):
    assert words.volume(ml) == said


def test_bottles_are_said_in_tenths():
    assert [words.bottles(count) for count in (1.35, 0.04, 2.0, -0.1)] == ["1.4", "0.0", "2.0", "0.0"]


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "Campari, 410 of 700 ml, about 59 %"),
        ({"presence": "in_hand"}, "Campari, 410 of 700 ml, about 59 %, in the hand"),
        ({"presence": "absent"}, "Campari, no bottle in its place"),
        ({"on_hand_ml": None}, "Campari, level not known"),
        ({"product_id": None, "product_name": None, "presence": "absent"}, "Place 1, free"),
        ({"product_id": None, "product_name": None}, "Place 1, unnamed bottle"),
    ],
)
def test_a_drawn_bottle_has_a_name_for_those_who_do_not_see_it(changes, label):
    assert words.bottle_label(slot(**changes)) == label


@pytest.mark.parametrize(
    ("before_ml", "sentence"),
    [
        (3390.0, "About 820 ml more than last Friday at this time."),
        (6000.0, "About 1.8 l less than last Friday at this time."),
        (4200.0, "About as much as last Friday at this time."),
        (None, "Nothing recorded last Friday to compare with."),
    ],
)
def test_the_day_is_compared_in_words(before_ml, sentence):
    assert words.against_last_week(day(same_time_last_week_ml=before_ml), BERLIN) == sentence


@pytest.mark.parametrize(
    ("changes", "amount", "sigma"),
    [
        ({}, "42 ml", "± 2"),
        ({"volume_sigma_ml": 0.3}, "42 ml", "± 1"),
        ({"volume_ml": None, "volume_sigma_ml": None}, "44 g", ""),
        ({"kind": "spillage"}, "spilled 42 ml", "± 2"),
        ({"kind": "empty"}, "empty now", ""),
        ({"kind": "restock"}, "new bottle", ""),
        ({"kind": "removal"}, "taken away", ""),
        ({"kind": "return"}, "put back", ""),
        ({"kind": "swap"}, "bottle swapped", ""),
    ],
)
def test_a_movement_says_what_moved(changes, amount, sigma):
    line = pour(**changes)
    assert (words.movement_amount(line), words.movement_sigma(line)) == (amount, sigma)


def test_every_doubt_is_said():
    line = pour(doubts=("The scale was bumped.",), slot_probability=0.62, stage="provisional", time_quality=3)
    assert words.movement_doubts(line) == [
        "The scale was bumped.",
        "Perhaps the bottle beside it; 62 % sure.",
        "Still settling.",
        "The time is not certain.",
    ]
    assert words.movement_doubts(pour()) == []
