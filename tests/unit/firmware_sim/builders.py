"""A small bar for tests: one shelf, three pads on one node, and a night of ten minutes."""

from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np

from contract.layout import SiteLayout
from firmware_sim.layout_file import load_layout
from firmware_sim.night import Night
from firmware_sim.physics.cell import CellBank
from firmware_sim.physics.profile import CellProfile, Converter
from firmware_sim.physics.response import SUBSTEPS
from firmware_sim.scenario import Scenario

ROOT = Path(__file__).resolve().parents[3]
CORNER_BAR = ROOT / "firmware_sim" / "bars" / "corner_bar.toml"
ORIGIN = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
QUIET = CellProfile(
    noise_g=0,
    wander_g=0,
    drift_g_per_sqrt_hour=0,
    creep=(),
    zero_g_per_k=0,
    span_ppm_per_k=0,
    zero_error_g=0,
    span_error=0,
    spike_fraction=0,
    not_ready_fraction=0,
)
"""A perfect cell: what is left is mechanics, filter and rounding."""


def small_layout() -> SiteLayout:
    products = [
        {"id": "gin", "name": "Gin", "category": "spirit", "volume_ml": 700, "tare_weight_g": 500,
         "density_g_per_ml": 0.94, "par_bottles": 2},
        {"id": "rum", "name": "Rum", "category": "spirit", "volume_ml": 700, "tare_weight_g": 480,
         "density_g_per_ml": 0.95},
        {"id": "tonic", "name": "Tonic", "category": "mixer", "volume_ml": 1000, "tare_weight_g": 600,
         "density_g_per_ml": 1.03},
    ]  # fmt: skip
    scales = [
        {"id": f"cell-{n}", "node": "node-a", "channel": str(n), "tare_counts": 1000 * n, "counts_per_g": 420}
        for n in range(3)
    ]
    slots = [
        {"id": f"slot-{n}", "scale": f"cell-{n}", "product": product["id"]}
        for n, product in enumerate(products)
    ]
    shelf = {"id": "shelf", "name": "Shelf", "gateway": "gw", "scales": scales, "slots": slots}
    return SiteLayout.model_validate(
        {
            "id": "small-bar",
            "name": "Small bar",
            "timezone": "Europe/Berlin",
            "products": products,
            "gateways": [{"id": "gw", "name": "Gateway"}],
            "shelves": [shelf],
        }
    )


def corner_bar() -> SiteLayout:
    return load_layout(CORNER_BAR)


def scenario(**changes) -> Scenario:
    fields = {
        "title": "A test night",
        "weekday": "friday",
        "starts_at": time(20, 30),
        "minutes": 10,
        "staff": 2,
        "pours_per_hour": ((0, 180),),
    }
    return Scenario.model_validate(fields | changes)


def night(layout=None, seed=1, origin=ORIGIN, **changes) -> Night:
    return Night(layout or small_layout(), scenario(**changes), seed=seed, origin=origin)


def bank(load_g, profile=QUIET, converter=None, seed=1) -> CellBank:
    layout = small_layout()
    scales = layout.shelves[0].scales[: len(load_g)]
    dice = np.random.default_rng(seed)
    return CellBank(scales, np.array(load_g, dtype=float), profile, converter or Converter(), dice)


def weigh(
    cells: CellBank, loads_g, seconds: int, rate_hz: int = 10, temperature_c: float = 21.0
) -> np.ndarray:
    """Hold loads for some seconds; returns grams by the layout's calibration, shape (cells, samples)."""
    load_g = np.repeat(np.array(loads_g, dtype=float)[:, None], rate_hz * SUBSTEPS, axis=1)
    at_c = np.full(len(loads_g), temperature_c)
    counts = np.concatenate([cells.frame(load_g, at_c).counts for _ in range(seconds)], axis=1)
    tare = 1000.0 * np.arange(len(loads_g))[:, None]
    return (counts - tare) / 420.0
