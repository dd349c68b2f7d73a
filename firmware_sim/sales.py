"""Real sales per item and day become the orders of a night.

Files are long: unique_id, ds, y (CSV, or Parquet where pyarrow is installed). Items are matched to the
bar's products by rank: the best-selling item becomes the most popular product, and so on; items beyond
the products begin again at the top. Every unit sold on the chosen day is one pour.
"""

import csv
import importlib
import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from contract.layout import SiteLayout
from firmware_sim.demand import Order, RateCurve, counted_orders, popularity
from firmware_sim.errors import SimulatorError
from firmware_sim.scenario import WEEKDAYS, Scenario
from firmware_sim.seeds import stream

log = logging.getLogger(__name__)

Sales = dict[date, dict[str, float]]
COLUMNS = ("unique_id", "ds", "y")
ITEM_PREFIX = "item|"
"""Where a file tells items from modifiers by this prefix, only items are drinks."""
MAX_UNITS_A_NIGHT = 5_000


def read_sales(path: Path) -> Sales:
    """Read units per day and item; raises SimulatorError in words."""
    try:
        rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)
        return _by_day(path, rows)
    except OSError as error:
        raise SimulatorError(f"cannot read the sales {path}: {error.strerror or error}") from None


def _parquet_rows(path: Path) -> list[dict[str, Any]]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise SimulatorError(
            f"reading {path} needs pyarrow; install it, or give the sales as CSV with unique_id, ds, y"
        ) from None
    missing = [name for name in COLUMNS if name not in parquet.read_schema(path).names]
    if missing:
        raise SimulatorError(f"{path} lacks the columns {', '.join(missing)}; it must have unique_id, ds, y")
    rows: list[dict[str, Any]] = parquet.read_table(path, columns=list(COLUMNS)).to_pylist()
    return rows


def _csv_rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise SimulatorError(
                f"{path} lacks the columns {', '.join(missing)}; it must have unique_id, ds, y"
            )
        return [dict(row) for row in reader]


def _by_day(path: Path, rows: Iterable[Mapping[str, Any]]) -> Sales:
    sales: Sales = defaultdict(dict)
    for number, row in enumerate(rows, start=2):
        try:
            day = row["ds"] if isinstance(row["ds"], date) else datetime.fromisoformat(row["ds"])
            units = float(row["y"])
        except (TypeError, ValueError) as error:
            raise SimulatorError(f"{path}, line {number}: {error}; ds is a date and y a number") from None
        if not math.isfinite(units) or units < 0:
            raise SimulatorError(f"{path}, line {number}: y is {units}; units sold are 0 or more")
        if units > 0:
            sales[day.date() if isinstance(day, datetime) else day][str(row["unique_id"])] = units
    if not sales:
        raise SimulatorError(f"{path} has no row with y over 0, so there is nothing to pour")
    return dict(sales)


def choose_day(sales: Sales, weekday: str, wanted: date | None) -> date:
    """Return the wanted day, or the busiest of the weekday, or the busiest of all."""
    if wanted is not None:
        if wanted not in sales:
            raise SimulatorError(f"the sales have nothing on {wanted}; they run {min(sales)} to {max(sales)}")
        return wanted
    alike = [day for day in sales if day.weekday() == WEEKDAYS.index(weekday)] or list(sales)
    return max(alike, key=lambda day: (sum(sales[day].values()), day))


def pours_by_product(units: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, int]:
    """Map items to products by rank; returns pours per product, which add up to the rounded units."""
    items = {name: count for name, count in units.items() if name.startswith(ITEM_PREFIX)} or dict(units)
    products = sorted(weights, key=lambda name: (-weights[name], name))
    pours = dict.fromkeys(products, 0)
    for rank, name in enumerate(sorted(items, key=lambda name: (-items[name], name))):
        pours[products[rank % len(products)]] += round(items[name])
    return pours


def sales_orders(
    path: Path, wanted: date | None, layout: SiteLayout, scenario: Scenario, seed: int
) -> Iterator[Order]:
    """Orders of a night from a day of a sales file, spread over the hours like the scenario's."""
    sales = read_sales(path)
    day = choose_day(sales, scenario.weekday, wanted)
    used = {slot.product for shelf in layout.shelves for slot in shelf.slots}
    products = [product for product in layout.products if product.id in used]
    pours = pours_by_product(sales[day], popularity(products, seed, scenario.popularity))
    total = sum(pours.values())
    if total > MAX_UNITS_A_NIGHT:
        raise SimulatorError(f"{path} has {total} units on {day}; a night takes at most {MAX_UNITS_A_NIGHT}")
    log.info("pours from the sales of %s, %s: %d units", path.name, day, total)
    curve = RateCurve(scenario.pours_per_hour, scenario.minutes)
    return counted_orders(curve, pours, stream(seed, "orders"))
