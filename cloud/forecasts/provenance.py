"""What a forecast was made from, so that it can be made again: fingerprints of the demand and of the code.

Pure but for reading our own sources.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cloud.demand.schemas import DemandHistory

_SOURCES = (Path(__file__).parents[1] / "forecasting", Path(__file__).parent)
SEED = 7
"""Of the dice of the learned models (forecasting.boosting); `default` throws none."""


def provenance_of(history: DemandHistory, siblings: list[str], features: list[str]) -> dict[str, Any]:
    """What stands beside an issued forecast."""
    days = [day for series in history.series for day in (series.days[:1] + series.days[-1:])]
    return {
        "since_on": min(days, default=history.until_on).isoformat(),
        "until_on": history.until_on.isoformat(),
        "products": sum(bool(series.days) for series in history.series),
        "open_days": len(history.open_days),
        "demand": fingerprint(history),
        "siblings": siblings,
        "features": features,
        "seed": SEED,
        "code": code_version(),
    }


def fingerprint(history: DemandHistory) -> str:
    """24 characters that differ when any figure of the demand differs."""
    digest = sha256()
    for series in history.series:
        digest.update(repr((series.product_id, series.days, series.quantity_ml, series.exposure)).encode())
    return digest.hexdigest()[:24]


@cache
def code_version() -> str:
    """12 characters that differ when the code of forecasts differs."""
    digest = sha256()
    for path in sorted(path for folder in _SOURCES for path in folder.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
