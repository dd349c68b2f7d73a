"""cloud.dashboard.chart: the bars of the day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from cloud.dashboard.chart import hour_chart
from tests.unit.cloud.dashboard.figures import NOW, day

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_highest_hour_fills_the_height_and_the_others_follow():
    chart = hour_chart(day().poured_ml_by_hour, NOW, BERLIN)
    heights = [bar.height for bar in chart.bars]
    assert len(heights) == 24
    assert max(heights) == 100.0
    assert heights[12] == 28.93
    assert heights[0] == 0.0


def test_the_running_hour_is_marked_and_later_ones_are_to_come():
    bars = hour_chart(day().poured_ml_by_hour, NOW, BERLIN).bars
    assert [bar.label for bar in bars if bar.is_now] == ["22:00"]
    assert [bar.label for bar in bars if bar.is_future][:2] == ["23:00", "00:00"]


def test_an_hour_with_one_small_pour_is_not_flat():
    hours = [(NOW - timedelta(hours=2), 2.0), (NOW - timedelta(hours=1), 5000.0)]
    assert hour_chart(hours, NOW, BERLIN).bars[0].height == 1.5


def test_the_busiest_hour_is_said_in_words():
    assert hour_chart(day().poured_ml_by_hour, NOW, BERLIN).busiest == "Busiest hour from 21:00: 1.2 l."
    assert hour_chart([], NOW, BERLIN).busiest == "Nothing poured yet."


def test_a_day_of_25_hours_fits_the_same_width():
    hours = [(NOW + timedelta(hours=index), 1.0) for index in range(25)]
    last = hour_chart(hours, NOW, BERLIN).bars[-1]
    assert last.x + last.width < 480
