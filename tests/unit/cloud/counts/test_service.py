"""What may be counted in a store room."""

import asyncio

import pytest

from cloud.problems import Malformed
from tests.unit.cloud.dashboard.bars import busy_corner_bar


@pytest.fixture
def counts():
    return busy_corner_bar().services().counts


def count(counts, bottles, room="Cellar", by="Ana"):
    return asyncio.run(counts.count("corner-bar", room, by, bottles))


def test_a_newer_count_takes_the_place_of_the_older_and_rooms_add_up(counts):
    count(counts, {"campari": 6.0, "aperol": 2.0})
    count(counts, {"campari": 4.5})
    count(counts, {"campari": 3.0}, room="Garage")
    stores = asyncio.run(counts.stores("corner-bar"))
    assert (stores["campari"].counted, stores["campari"].rooms) == (7.5, ("Cellar", "Garage"))
    assert stores["aperol"].counted == 2.0
    history = asyncio.run(counts.history("corner-bar"))
    assert [(each.product_id, each.bottles) for each in history] == [
        ("campari", 3.0),
        ("campari", 4.5),
        ("aperol", 2.0),
        ("campari", 6.0),
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"bottles": {}}, "nothing was counted"),
        ({"bottles": {"campari": -1.0}}, "-1 bottles of 'campari' cannot be"),
        ({"bottles": {"campari": float("inf")}}, "inf bottles"),
        ({"bottles": {"absinthe": 1.0}}, "there is no product 'absinthe'"),
        ({"bottles": {"campari": 1.0}, "room": " "}, "name the room"),
        ({"bottles": {"campari": 1.0}, "by": ""}, "say who counted"),
        ({"bottles": {"campari": 1.0}, "room": "x" * 61}, "1 to 60 letters"),
    ],
)
def test_a_count_that_cannot_be_is_refused_in_words(counts, said, words):
    with pytest.raises(Malformed, match=words):
        count(counts, **said)
    assert asyncio.run(counts.history("corner-bar")) == []


def test_a_site_has_so_many_rooms_and_no_more(counts):
    for number in range(20):
        count(counts, {"campari": 1.0}, room=f"Room {number:02}")
    count(counts, {"campari": 2.0}, room="Room 00")
    with pytest.raises(Malformed, match="at most 20 store rooms"):
        count(counts, {"campari": 1.0}, room="One more")
