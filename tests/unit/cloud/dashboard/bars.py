"""The bar of the demo as pages see it: quiet, and on a Friday night with troubles."""

import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from contract.layout import SiteLayout
from tests.unit.cloud.dashboard.fakes import FakeBar, FakeClock
from tests.unit.cloud.dashboard.figures import gateway, pour, shelf, slot

CORNER_BAR = Path(__file__).parents[4] / "firmware_sim" / "bars" / "corner_bar.toml"
_LEVELS = (0.82, 0.41, 0.66, 0.93, 0.18, 0.74, 0.55, 0.35, 0.61, 0.88, 0.27, 0.49)


def corner_bar(clock: FakeClock | None = None) -> FakeBar:
    """The bar of the demo on a Friday night: every bottle at some level, a few in trouble."""
    clock = clock or FakeClock()
    layout = SiteLayout.model_validate(tomllib.loads(CORNER_BAR.read_text("utf-8")))
    products = {item.id: item for item in layout.products}
    names = {item.id: item.name for item in layout.gateways}
    shelves, count = [], 0
    for drawn in layout.shelves:
        slots = []
        for position, place in enumerate(drawn.slots, start=1):
            item, level = products[place.product or ""], _LEVELS[count % len(_LEVELS)]
            count += 1
            slots.append(
                slot(
                    slot_id=place.id,
                    shelf_id=drawn.id,
                    position=position,
                    scale_id=place.scale,
                    product_id=item.id,
                    product_name=item.name,
                    category=item.category.value,
                    liquid=item.liquid.value,
                    bottle_volume_ml=item.volume_ml,
                    on_hand_ml=item.volume_ml * level,
                    on_hand_sigma_ml=4.0,
                    fill_level=level,
                    fill_level_sigma=4 / item.volume_ml,
                    par_bottles=item.par_bottles,
                    gateway_id=drawn.gateway,
                    measured_at=clock.now() - timedelta(seconds=7 * position),
                )
            )
        shelves.append(
            shelf(
                *slots,
                shelf_id=drawn.id,
                name=drawn.name,
                location=drawn.location,
                gateway_id=drawn.gateway,
                gateway_name=names[drawn.gateway],
                gateway_seen_at=clock.now() - timedelta(seconds=9),
            )
        )
    bar = FakeBar(clock=clock, shelves=shelves)
    bar.gateways = [
        gateway(gateway_id=key, name=name, seen_at=clock.now() - timedelta(seconds=9))
        for key, name in names.items()
    ]
    return bar


def busy_corner_bar(clock: FakeClock | None = None) -> FakeBar:
    """corner_bar with a bottle out, one in the hand, one on a stuck scale, and a log with doubts."""
    bar = corner_bar(clock)
    now = bar.clock.now()
    bar.set_slot("middle-2", on_hand_ml=8.0, fill_level=8 / 700)
    bar.set_slot("top-7", presence="in_hand", quality="in_hand")
    bar.set_slot("speed-4", presence="absent", on_hand_ml=None, fill_level=None, weight_g=0.4)
    bar.set_slot("middle-6", quality="stuck", fill_level_sigma=0.09)
    poured = (
        ("middle-1", 42.0, 12),
        ("speed-2", 40.0, 31),
        ("top-2", 51.0, 58),
        ("speed-1", 39.0, 95),
        ("middle-3", 22.0, 130),
        ("top-8", 41.0, 171),
        ("speed-6", 148.0, 214),
        ("middle-5", 58.0, 260),
    )
    for index, (slot_id, ml, ago_s) in enumerate(poured):
        place = bar.find(slot_id)
        bar.lines.append(
            pour(
                movement_id=f"{index:032x}",
                at=now - timedelta(seconds=ago_s),
                slot_id=slot_id,
                product_id=place.product_id,
                product_name=place.product_name,
                volume_ml=ml,
                shelf_name=next(item.name for item in bar.shelves if place in item.slots),
            )
        )
    bar.lines[2] = replace(bar.lines[2], slot_probability=0.62)
    bar.lines[4] = replace(bar.lines[4], doubts=("The scale was bumped.",))
    bar.lines[5] = replace(bar.lines[5], kind="restock", volume_ml=700.0)
    return bar
