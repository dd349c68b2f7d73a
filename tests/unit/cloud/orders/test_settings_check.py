"""Order settings that make no plan, said field by field."""

import pytest

from cloud.ordering.inputs import OrderSettings, StorageZone
from cloud.orders.settings_check import settings_faults

FRIDGE = StorageZone("fridge", 80.0, ("wine",))
RACK = StorageZone("rack", 9.0, ("wine",))
NINE = tuple(StorageZone(str(n), 9.0, (str(n),)) for n in range(9))


def test_the_defaults_are_sound():
    assert settings_faults(OrderSettings()) == {}


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        (OrderSettings(days=0), "days", "1 to 28 days ahead, not 0"),
        (OrderSettings(days=29), "days", "not 29"),
        (OrderSettings(weekly_budget=-1.0), "weekly_budget", "give 0 to"),
        (OrderSettings(weekly_budget=float("nan")), "weekly_budget", "nan"),
        (OrderSettings(storage_l=0.0), "storage_l", "litres, not 0"),
        (OrderSettings(holding_rate=9.0), "holding_rate", "0 to 5 of the price a year, not 9"),
        (OrderSettings(shortage_factor=0.0), "shortage_factor", "0.1 to 100 times the price, not 0"),
        (OrderSettings(zones=(FRIDGE,) * 2), "zones", "two zones are called fridge"),
        (OrderSettings(zones=(StorageZone("", 8.0, ("wine",)),)), "zones", "name each zone"),
        (OrderSettings(zones=(StorageZone("rack", 0.0, ("wine",)),)), "zones", "rack holds 0 litres"),
        (OrderSettings(zones=(StorageZone("rack", 9.0, ()),)), "zones", "say what stands in rack"),
        (
            OrderSettings(zones=(FRIDGE, StorageZone("rack", 9.0, ("wine",)))),
            "zones",
            "in fridge and in rack",
        ),
        (
            OrderSettings(zones=tuple(StorageZone(str(n), 9.0, (str(n),)) for n in range(9))),
            "zones",
            "at most 8",
        ),
    ],
)
def test_a_wrong_field_is_named(settings, field, words):
    faults = settings_faults(settings)
    assert list(faults) == [field]
    assert words in faults[field]
