"""What the services say of the present: slots, shelves, products, the pour log and the day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.problems import NotFound
from contract.records import MovementKind, Quality, SlotShare
from tests.cloud_under_test import EVENING, health, pour, reading, silence

pytestmark = pytest.mark.postgres


def slot(cloud, slot_id="top-1"):
    (found,) = cloud.call(cloud.services.stock.slots, "corner-bar", [slot_id])
    return found


def recent(cloud, *words):
    return cloud.call(cloud.services.movements.recent, "corner-bar", *words)


def test_a_slot_before_any_reading_is_unknown(cloud):
    first = slot(cloud)
    assert (first.presence, first.quality, first.on_hand_ml, first.measured_at) == (
        "unknown",
        "none",
        None,
        None,
    )
    assert (first.product_id, first.shelf_id, first.position, first.gateway_id) == (
        "laphroaig-10",
        "top-shelf",
        1,
        "gw-back-bar",
    )


def test_a_weight_becomes_a_volume_with_its_uncertainty(cloud):
    cloud.back_bar.send(reading("top-1", 520 + 0.945 * 350, sigma_g=0.6))
    first = slot(cloud)
    assert first.presence == "standing"
    assert first.on_hand_ml == pytest.approx(350, abs=0.01)
    assert first.fill_level == pytest.approx(0.5, abs=1e-4)
    assert first.on_hand_sigma_ml == pytest.approx((0.6**2 + 5.2**2) ** 0.5 / 0.945, abs=0.001)
    assert first.measured_at == EVENING


def test_a_bottle_in_the_hand_keeps_its_last_weight(cloud):
    cloud.back_bar.send(reading("top-1", 800.0))
    cloud.back_bar.send(reading("top-1", 2.0, quality=Quality.IN_HAND), at=EVENING + timedelta(seconds=20))
    first = slot(cloud)
    assert (first.presence, first.quality, first.weight_g, first.measured_at) == (
        "in_hand",
        "in_hand",
        800.0,
        EVENING,
    )


def test_an_empty_scale_has_nothing_on_hand(cloud):
    cloud.back_bar.send(reading("top-1", 1.5))
    assert (slot(cloud).presence, slot(cloud).on_hand_ml) == ("absent", 0.0)


def test_a_silent_scale_is_unknown_and_keeps_the_figure_of_before(cloud):
    cloud.back_bar.send(reading("top-1", 520 + 0.945 * 350), silence("top-1"))
    first = slot(cloud)
    assert (first.presence, first.quality) == ("unknown", "silent")
    assert first.on_hand_ml == pytest.approx(350, abs=0.01)


def test_a_weight_shared_by_slots_is_no_weight_of_one(cloud):
    cloud.back_bar.send(reading("top-1", 1600.0, slots=("top-1", "top-2")))
    assert [(s.weight_g, s.on_hand_ml, s.quality) for s in (slot(cloud, "top-1"), slot(cloud, "top-2"))] == [
        (None, None, "ok"),
        (None, None, "ok"),
    ]


def test_an_older_epoch_does_not_overwrite_what_is_newer(cloud):
    cloud.back_bar.send(reading("top-1", 800.0))
    cloud.back_bar.epoch = "a" * 32
    cloud.back_bar._next_seq = dict.fromkeys(cloud.back_bar._next_seq, 0)
    cloud.back_bar.send(reading("top-1", 600.0), at=EVENING - timedelta(days=1))
    assert slot(cloud).weight_g == 800.0


def test_a_later_position_counts_although_its_clock_went_back(cloud):
    cloud.back_bar.send(reading("top-1", 800.0))
    cloud.back_bar.send(reading("top-1", 790.0), at=EVENING - timedelta(minutes=3))
    assert slot(cloud).weight_g == 790.0


def test_shelves_come_in_the_order_of_the_layout_with_their_gateways(cloud):
    cloud.back_bar.send(health(outbox_waiting=7))
    shelves = cloud.call(cloud.services.stock.shelves, "corner-bar")
    assert [shelf.shelf_id for shelf in shelves] == [shelf.id for shelf in cloud.layout.shelves]
    assert [len(shelf.slots) for shelf in shelves] == [8, 8, 8]
    assert [shelf.outbox_waiting for shelf in shelves] == [7, 7, None]
    assert [s.position for s in shelves[0].slots] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_product_sums_its_slots_and_its_pours(cloud):
    cloud.back_bar.send(reading("top-1", 520 + 0.945 * 350, sigma_g=0.0))
    cloud.back_bar.send(pour("top-1", 40.0), pour("top-1", 20.0))
    products = {p.product_id: p for p in cloud.call(cloud.services.stock.products, "corner-bar")}
    laphroaig = products["laphroaig-10"]
    assert laphroaig.slots == ("top-1",)
    assert laphroaig.bottles == pytest.approx(0.5, abs=1e-4)
    assert laphroaig.poured_today_ml == pytest.approx(60.0)
    assert laphroaig.last_pour_at == EVENING + timedelta(seconds=1)
    assert laphroaig.measured_at == EVENING
    assert len(products) == len(cloud.layout.products)


def test_the_pour_log_is_newest_first_and_goes_on_where_a_page_ends(cloud):
    cloud.back_bar.send(*[pour("top-1", 10.0 + number) for number in range(5)])
    first = recent(cloud, 2)
    second = recent(cloud, 2, first[-1].at, first[-1].movement_id)
    assert [line.volume_ml for line in (*first, *second)] == [14.0, 13.0, 12.0, 11.0]
    assert (first[0].slot_id, first[0].shelf_name, first[0].product_name) == (
        "top-1",
        "Top shelf",
        "Laphroaig 10 Year Old Islay Single Malt",
    )


def test_pages_lose_nothing_where_instants_are_equal(cloud):
    for _ in range(5):
        cloud.back_bar.send(pour("top-1"), at=EVENING)
    lines = recent(cloud, 2)
    while more := recent(cloud, 2, lines[-1].at, lines[-1].movement_id):
        lines += more
    assert len({line.movement_id for line in lines}) == len(lines) == 5


def test_movements_are_found_by_their_ids_within_their_site_only(cloud):
    first, second = pour("top-1"), pour("top-2")
    cloud.back_bar.send(first, second)
    by_ids = cloud.services.movements.by_ids
    assert [line.slot_id for line in cloud.call(by_ids, "corner-bar", [first.movement_id, "0" * 32])] == [
        "top-1"
    ]
    assert cloud.call(by_ids, "another-bar", [first.movement_id]) == []


def test_a_movement_that_fits_no_slot_has_its_scales_shelf(cloud):
    cloud.back_bar.send(pour("top-1", posterior=()))
    (line,) = recent(cloud, 5)
    assert (line.slot_id, line.slot_probability, line.shelf_name) == (None, 0.0, "Top shelf")


def test_the_day_sums_its_pours_by_hour_and_product(cloud):
    cloud.back_bar.send(pour("top-1", 40.0, volume_sigma_ml=3.0), at=datetime(2026, 11, 20, 5, 0, tzinfo=UTC))
    cloud.back_bar.send(
        pour("top-1", 30.0, volume_sigma_ml=4.0), at=datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
    )
    cloud.back_bar.send(pour("top-2", 100.0, movement=MovementKind.REMOVAL))
    cloud.back_bar.send(pour("top-1", 500.0), at=datetime(2026, 11, 20, 4, 59, 59, tzinfo=UTC))
    day = cloud.call(cloud.services.movements.today, "corner-bar", EVENING)
    assert (day.business_day, day.pours, day.poured_ml) == (date(2026, 11, 20), 2, 70.0)
    assert day.poured_sigma_ml == pytest.approx(5.0)
    assert day.starts_at == datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    assert len(day.poured_ml_by_hour) == 24
    assert [(at.hour, ml) for at, ml in day.poured_ml_by_hour if ml] == [(5, 40.0), (19, 30.0)]
    assert day.top_products == [("Laphroaig 10 Year Old Islay Single Malt", 70.0)]


def test_last_week_counts_up_to_the_same_local_time(cloud):
    today = cloud.services.movements.today
    assert cloud.call(today, "corner-bar", EVENING).same_time_last_week_ml is None
    week_ago = EVENING - timedelta(days=7)
    cloud.back_bar.send(pour("top-1", 25.0), at=week_ago - timedelta(minutes=1))
    cloud.back_bar.send(pour("top-1", 75.0), at=week_ago + timedelta(minutes=1))
    assert cloud.call(today, "corner-bar", EVENING).same_time_last_week_ml == 25.0
    assert cloud.call(today, "corner-bar", EVENING + timedelta(days=1)).same_time_last_week_ml == 0.0


def test_the_most_probable_slot_gets_the_pour(cloud):
    shares = (
        SlotShare(slot_id="top-3", probability=0.3),
        SlotShare(slot_id="top-2", probability=0.6),
    )
    cloud.back_bar.send(pour("top-2", 40.0, posterior=shares))
    (line,) = recent(cloud, 1)
    assert (line.slot_id, line.product_id) == ("top-2", "maker-s-mark")
    assert line.slot_probability == pytest.approx(0.6)


def test_an_unknown_site_is_not_found(cloud):
    for ask in (cloud.services.sites.site, cloud.services.stock.products):
        with pytest.raises(NotFound, match="there is no site 'nowhere'"):
            cloud.call(ask, "nowhere")


@pytest.mark.parametrize(
    "path",
    ["", "/products", "/shelves", "/stock", "/movements", "/today", "/gateways"],
)
def test_the_api_answers_for_a_site_and_not_for_another(cloud, path):
    cloud.back_bar.send(reading(), health())
    cloud.back_bar.send(pour())
    assert cloud.client.get(f"/api/v1/sites/corner-bar{path}").status_code == 200
    assert cloud.client.get(f"/api/v1/sites/nowhere{path}").status_code == 404


def test_a_page_of_the_api_has_a_limit(cloud):
    response = cloud.client.get("/api/v1/sites/corner-bar/movements", params={"limit": 501})
    assert response.status_code == 422
    assert response.json()["detail"] == "query.limit: Input should be less than or equal to 500"
