"""What order settings may be, said field by field. Pure."""

from math import isfinite

from cloud.ordering.inputs import OrderSettings, StorageZone

MAX_PLAN_DAYS = 28
"""As far as forecasts are issued."""
MAX_ZONES = 8
MAX_ZONE_NAME = 40
MAX_CLASS_WEIGHT = 10.0
LIMITS = {
    "weekly_budget": (0.0, 1e7, "in money"),
    "storage_l": (1.0, 1e6, "litres"),
    "holding_rate": (0.0, 5.0, "of the price a year"),
    "shortage_factor": (0.1, 100.0, "times the price"),
}
"""Least, most, and what is counted."""


def settings_faults(settings: OrderSettings) -> dict[str, str]:
    """Why a site cannot order by these settings: a sentence for each field that is wrong."""
    faults = {}
    if not 1 <= settings.days <= MAX_PLAN_DAYS:
        faults["days"] = f"a plan looks 1 to {MAX_PLAN_DAYS} days ahead, not {settings.days}"
    for name, (least, most, unit) in LIMITS.items():
        value = getattr(settings, name)
        if value is not None and not (isfinite(value) and least <= value <= most):
            faults[name] = f"give {least:g} to {most:g} {unit}, not {value:g}"
    if not all(isfinite(weight) and 0.1 <= weight <= MAX_CLASS_WEIGHT for weight in settings.class_weights):
        faults["class_weights"] = f"give 0.1 to {MAX_CLASS_WEIGHT:g} for each class"
    if fault := _zones_fault(settings.zones):
        faults["zones"] = fault
    return faults


def _zones_fault(zones: tuple[StorageZone, ...]) -> str | None:
    if len(zones) > MAX_ZONES:
        return f"{len(zones)} zones; a site has at most {MAX_ZONES}"
    placed: dict[str, str] = {}
    for number, zone in enumerate(zones):
        if zone.name in {other.name for other in zones[:number]}:
            return f"two zones are called {zone.name}"
        if fault := _zone_fault(zone):
            return fault
        for category in zone.categories:
            if category in placed:
                return f"{category} stands in {placed[category]} and in {zone.name}; leave it in one"
            placed[category] = zone.name
    return None


def _zone_fault(zone: StorageZone) -> str | None:
    least, most, _ = LIMITS["storage_l"]
    if not 1 <= len(zone.name.strip()) <= MAX_ZONE_NAME:
        return f"name each zone in 1 to {MAX_ZONE_NAME} letters"
    if not (isfinite(zone.litres) and least <= zone.litres <= most):
        return f"{zone.name} holds {zone.litres:g} litres; give {least:g} to {most:g}"
    if not zone.categories:
        return f"say what stands in {zone.name}"
    return None
