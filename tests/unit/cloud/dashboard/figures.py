"""What services hand to pages: a slot, a shelf, a pour, a day and so on, each as a test changes it."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from cloud.gateways.schemas import GatewayState
from cloud.movements.schemas import DaySummary, MovementLine
from cloud.sites.schemas import SiteSummary
from cloud.stock.schemas import ProductStock, ShelfStock, SlotStock

NOW = datetime(2026, 11, 20, 21, 41, 7, tzinfo=UTC)
"""Friday, 22:41:07 in Berlin."""

SITE = SiteSummary("corner-bar", "The Corner Bar", "Corner Hospitality", "Europe/Berlin", time(6, 0))


def slot(**changes: object) -> SlotStock:
    """Campari at 410 of 700 ml on the middle shelf, weighed 12 s ago."""
    campari = SlotStock(
        slot_id="middle-1",
        shelf_id="middle-shelf",
        position=1,
        scale_id="middle-cell-1",
        product_id="campari",
        product_name="Campari",
        category="liqueur",
        liquid="ruby",
        bottle_volume_ml=700.0,
        presence="standing",
        weight_g=937.55,
        on_hand_ml=410.0,
        on_hand_sigma_ml=3.0,
        fill_level=410 / 700,
        fill_level_sigma=3 / 700,
        quality="ok",
        measured_at=NOW - timedelta(seconds=12),
        par_bottles=2.0,
        gateway_id="gw-back-bar",
    )
    return replace(campari, **changes)


def shelf(*slots: SlotStock, **changes: object) -> ShelfStock:
    """The middle shelf, heard 4 s ago."""
    middle = ShelfStock(
        shelf_id="middle-shelf",
        name="Middle shelf",
        location="Back bar",
        gateway_id="gw-back-bar",
        gateway_name="Back bar",
        gateway_seen_at=NOW - timedelta(seconds=4),
        outbox_waiting=0,
        slots=slots,
    )
    return replace(middle, **changes)


def product(**changes: object) -> ProductStock:
    """Campari, one bottle of it."""
    campari = ProductStock(
        product_id="campari",
        name="Campari",
        category="liqueur",
        liquid="ruby",
        bottle_volume_ml=700.0,
        on_hand_ml=410.0,
        on_hand_sigma_ml=3.0,
        bottles=410 / 700,
        par_bottles=2.0,
        slots=("middle-1",),
        poured_today_ml=840.0,
        last_pour_at=NOW - timedelta(seconds=12),
        measured_at=NOW - timedelta(seconds=12),
    )
    return replace(campari, **changes)


def pour(**changes: object) -> MovementLine:
    """42 ml of Campari, 12 s ago."""
    line = MovementLine(
        movement_id="0" * 32,
        revision=1,
        stage="final",
        kind="pour",
        at=NOW - timedelta(seconds=12),
        slot_id="middle-1",
        slot_probability=1.0,
        shelf_name="Middle shelf",
        product_id="campari",
        product_name="Campari",
        volume_ml=42.0,
        volume_sigma_ml=2.0,
        delta_g=-44.3,
        doubts=(),
        time_quality=0,
    )
    return replace(line, **changes)


def day(**changes: object) -> DaySummary:
    """A Friday with 4.21 l poured by 22:41."""
    start = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    amounts = [0.0] * 9 + [60, 40, 120, 350, 610, 980, 1210, 840] + [0.0] * 7
    hours = [(start + timedelta(hours=index), float(ml)) for index, ml in enumerate(amounts)]
    summary = DaySummary(
        business_day=start.date(),
        starts_at=start,
        ends_at=start + timedelta(days=1),
        poured_ml=4210.0,
        poured_sigma_ml=22.0,
        pours=103,
        poured_ml_by_hour=hours,
        top_products=[("Tanqueray London Dry Gin", 620.0), ("Aperol", 540.0), ("Campari", 410.0)],
        same_time_last_week_ml=3390.0,
    )
    return replace(summary, **changes)


def gateway(**changes: object) -> GatewayState:
    """The back bar's gateway, well."""
    state = GatewayState(
        gateway_id="gw-back-bar",
        name="Back bar",
        seen_at=NOW - timedelta(seconds=4),
        outbox_waiting=0,
        clock_synced=True,
        quarantined=0,
        refused={},
        scales_in_trouble=[],
    )
    return replace(state, **changes)
