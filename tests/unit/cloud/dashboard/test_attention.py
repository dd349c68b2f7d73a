"""cloud.dashboard.attention: one line per cause, worst first, one loud at most."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.dashboard.attention import Attention, attention
from cloud.dashboard.snapshot import look
from cloud.stock.status import Status
from tests.unit.cloud.dashboard.bars import busy_corner_bar, corner_bar
from tests.unit.cloud.dashboard.fakes import FakeBar
from tests.unit.cloud.dashboard.figures import NOW


async def _attention(bar: FakeBar) -> Attention:
    return attention(await look(bar.services(), "corner-bar", NOW))


pytestmark = pytest.mark.anyio


def told(found: Attention) -> list[tuple[str, str]]:
    return [(concern.status.value, concern.title) for concern in found.concerns]


async def test_the_worst_comes_first_and_only_it_is_loud():
    found = await _attention(busy_corner_bar())
    assert told(found) == [
        ("out", "Aperol"),
        ("out", "Riesling trocken, Weingut Breuer"),
        ("check", "Noilly Prat Original Dry, Middle shelf, place 6"),
        ("low", "Amaro Montenegro"),
        ("low", "Havana Club Añejo 3 Años"),
    ]
    assert [concern.is_loud for concern in found.concerns] == [True, False, False, False, False]
    assert found.concerns[0].anchor == "product-aperol"


async def test_something_that_is_merely_low_is_not_loud():
    found = await _attention(corner_bar())
    assert {concern.status for concern in found.concerns} == {Status.LOW}
    assert not any(concern.is_loud for concern in found.concerns)


async def test_a_silent_gateway_is_one_line_for_all_its_bottles():
    bar, gone = corner_bar(), NOW - timedelta(minutes=40)
    bar.shelves = [
        replace(shelf, gateway_seen_at=gone) if shelf.gateway_id == "gw-back-bar" else shelf
        for shelf in bar.shelves
    ]
    bar.gateways = [
        replace(gateway, seen_at=gone, outbox_waiting=312) if gateway.gateway_id == "gw-back-bar" else gateway
        for gateway in bar.gateways
    ]
    found = await _attention(bar)
    assert told(found) == [("offline", "Top shelf, Middle shelf"), ("low", "Havana Club Añejo 3 Años")]
    assert found.concerns[0].sentence == "Gateway Back bar offline since 22:01, 312 readings were waiting."


async def test_many_doubtful_places_of_a_shelf_share_a_line():
    bar = corner_bar()
    for position in range(1, 9):
        bar.set_slot(f"middle-{position}", quality="silent")
    found = await _attention(bar)
    assert ("check", "Middle shelf") in told(found)
    assert found.concerns[0].sentence == "8 places. The scale says nothing."


async def test_the_gateway_knows_best_what_to_do_about_its_scale():
    bar = busy_corner_bar()
    trouble = [("middle-cell-6", "stuck", "Reseat the connector of channel 5.")]
    bar.gateways = [replace(gateway, scales_in_trouble=trouble) for gateway in bar.gateways]
    found = await _attention(bar)
    assert found.concerns[2].remedy == "Reseat the connector of channel 5."


async def test_refused_messages_are_counted_with_their_reason():
    bar = corner_bar()
    bar.gateways = [replace(bar.gateways[0], refused={"unknown node": 12, "not JSON": 1}, quarantined=3)]
    found = await _attention(bar)
    assert found.concerns[0].title == "Gateway Back bar"
    assert found.concerns[0].sentence == "16 messages were refused and set aside. Most often: unknown node."


async def test_a_clock_that_is_not_set_is_said():
    bar = corner_bar()
    bar.gateways = [replace(bar.gateways[0], clock_synced=False)]
    found = await _attention(bar)
    assert found.concerns[0].sentence == "Its clock is not set; times of pours may be a little off."


async def test_what_does_not_fit_is_counted():
    bar = corner_bar()
    for position in range(1, 9):
        bar.set_slot(f"speed-{position}", on_hand_ml=0.0, fill_level=0.0)
    found = await _attention(bar)
    assert (len(found.concerns), found.hidden) == (6, 3)
