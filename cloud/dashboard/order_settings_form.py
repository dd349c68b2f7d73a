"""The form of a bar's order settings: from settings to what stands in its fields, and back. Pure."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from cloud.dashboard.forms import Fields, last
from cloud.ordering.inputs import OrderSettings, StorageZone
from cloud.orders.settings_check import MAX_ZONES

NUMBERS = {"weekly_budget": 1.0, "storage_l": 1.0, "holding_rate": 100.0, "shortage_factor": 1.0}
"""Fields that hold one number, and how many of the field's unit make one of the setting's."""
MAY_BE_EMPTY = {"weekly_budget", "storage_l"}


def shown(settings: OrderSettings) -> dict[str, str]:
    """What stands in the fields; zone n is in zone-n, zone-n-litres, zone-n-CATEGORY."""
    typed = {"days": str(settings.days)}
    for name, factor in NUMBERS.items():
        value = getattr(settings, name)
        typed[name] = "" if value is None else f"{value * factor:g}"
    for name, weight in zip("abc", settings.class_weights, strict=True):
        typed[f"class-{name}"] = f"{weight:g}"
    for row, zone in enumerate(settings.zones):
        typed[f"zone-{row}"], typed[f"zone-{row}-litres"] = zone.name, f"{zone.litres:g}"
        typed |= {f"zone-{row}-{category}": "on" for category in zone.categories}
    return typed


def rows_used(typed: Mapping[str, str]) -> int:
    """How many rows of zones hold something, those between them included."""
    return max((row + 1 for row in range(MAX_ZONES) if typed.get(f"zone-{row}")), default=0)


def categories_in(typed: Mapping[str, str]) -> set[str]:
    """The categories that were given a place, though nothing of them may stand in the bar now."""
    fields = (re.fullmatch(r"zone-\d+-(.+)", name) for name in typed)
    return {found[1] for found in fields if found and found[1] != "litres"}


def read_form(fields: Fields) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings that could be read, and a sentence for each field that could not."""
    said: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name in ("days", *NUMBERS):
        text = _text(fields, name)
        if not text and name in MAY_BE_EMPTY:
            said[name] = None
            continue
        try:
            value = _number(text)
            said[name] = int(value) if name == "days" else value / NUMBERS[name]
        except ValueError:
            faults[name] = f"{text[:20]!r} is no number; write it like 500 or 12.5"
    try:
        said["class_weights"] = tuple(_number(_text(fields, f"class-{name}") or "1") for name in "abc")
    except ValueError:
        faults["class_weights"] = "write each class's weight as a number, such as 1 or 1.5"
    said["zones"], fault = _zones(fields)
    return said, faults | ({"zones": fault} if fault else {})


def _zones(fields: Fields) -> tuple[tuple[StorageZone, ...], str]:
    zones = []
    for row in range(MAX_ZONES):
        name, litres = _text(fields, f"zone-{row}"), _text(fields, f"zone-{row}-litres")
        prefix = f"zone-{row}-"
        chosen = sorted(
            field.removeprefix(prefix)
            for field in fields
            if field.startswith(prefix) and field != f"{prefix}litres"
        )
        if not (name or litres or chosen):
            continue
        try:
            zones.append(StorageZone(name, _number(litres), tuple(chosen)))
        except ValueError:
            return (), f"{name or 'a place'} needs a number of litres, such as 80"
    return tuple(zones), ""


def _text(fields: Fields, name: str) -> str:
    return last(fields, name).strip()


def _number(text: str) -> float:
    value = float(text.replace(",", "."))
    if not isfinite(value):
        raise ValueError(text)
    return value
