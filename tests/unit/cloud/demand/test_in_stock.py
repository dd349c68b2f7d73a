"""Time in stock, out of what the scales said."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.demand.in_stock import exposures
from cloud.demand.schemas import ScaleDay

DAY = date(2026, 11, 19)
OPENS = datetime(2026, 11, 19, 17, tzinfo=UTC)
OPEN = {DAY: (OPENS, OPENS + timedelta(hours=8))}


def share(*scales, spans=OPEN):
    return exposures(list(scales), spans).get((1, DAY))


def scale(start_ml, *changes, product=1, day=DAY):
    return ScaleDay(product, day, start_ml, tuple((OPENS + timedelta(hours=h), ml) for h, ml in changes))


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        ([scale(500.0)], 1.0),
        ([scale(0.0)], 0.0),
        ([scale(20.0)], 0.0),
        ([scale(500.0, (2, 0.0))], 0.25),
        ([scale(500.0, (2, 0.0), (6, 700.0))], 0.5),
        ([scale(0.0, (-3, 700.0))], 1.0),
        ([scale(500.0, (2, 300.0), (20, 0.0))], 1.0),
        ([scale(None, (4, 0.0))], 0.5),
        ([scale(500.0, (2, 0.0), (2.4, 700.0))], 1.0),
        ([scale(500.0, (2, 0.0), (2.8, 700.0))], 0.9),
        ([scale(500.0, (4, 0.0)), scale(0.0, (2, 700.0))], 1.0),
        ([scale(500.0, (2, 0.0)), scale(0.0, (4, 700.0))], 0.75),
    ],
)
def test_the_share_of_the_open_time_with_something_to_pour(scales, expected):
    assert share(*scales) == pytest.approx(expected)


def test_days_that_were_not_open_are_left_out():
    assert share(scale(500.0, day=date(2026, 11, 20))) is None


def test_an_open_instant_counts_as_a_whole_evening():
    assert share(scale(500.0), spans={DAY: (OPENS, OPENS)}) == 1.0
