"""The inputs of a plan as bytes, and back: the same bytes for the same inputs, no figure changed on the way.

Owns that format. Must not know where the bytes are kept.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any

from cloud.ordering.inputs import (
    ArticleInput,
    Inputs,
    OrderSettings,
    ProductInput,
    StorageZone,
    SupplierInput,
)

MAX_BYTES = 32 * 1024 * 1024


def packed(inputs: Inputs) -> bytes:
    """Compressed JSON; floats keep every bit, because their shortest form reads back as the same number."""
    text = json.dumps(asdict(inputs), default=_word, sort_keys=True, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def unpacked(kept: bytes) -> Inputs:
    """The inputs again. Raises ValueError where the bytes are not what packed() gave."""
    reader = zlib.decompressobj()
    text = reader.decompress(kept, MAX_BYTES)
    if reader.unconsumed_tail:
        raise ValueError(f"The inputs of a plan hold at most {MAX_BYTES // 1024 // 1024} MiB.")
    return _inputs(json.loads(text))


def fingerprint(lines: object) -> str:
    """A short name of a result: two that differ in any figure differ in it."""
    return sha256(json.dumps(lines, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def _word(value: object) -> str:
    if isinstance(value, (date, time)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be kept in the inputs of a plan")


def _inputs(said: Mapping[str, Any]) -> Inputs:
    return Inputs(
        site_id=said["site_id"],
        now=datetime.fromisoformat(said["now"]),
        suppliers=tuple(_supplier(each) for each in said["suppliers"]),
        products=tuple(_product(each) for each in said["products"]),
        settings=settings_from(said["settings"]),
        provenance=said["provenance"],
    )


def settings_from(said: Mapping[str, Any]) -> OrderSettings:
    """Settings of what JSON says of them."""
    zones = tuple(
        StorageZone(zone["name"], zone["litres"], tuple(zone["categories"])) for zone in said.get("zones", ())
    )
    weights = tuple(said.get("class_weights", OrderSettings().class_weights))
    return OrderSettings(**{**said, "zones": zones, "class_weights": weights})


def _supplier(said: Mapping[str, Any]) -> SupplierInput:
    return SupplierInput(
        **{
            **said,
            "order_weekdays": tuple(said["order_weekdays"]),
            "delivery_weekdays": tuple(said["delivery_weekdays"]),
            "closed_on": tuple(date.fromisoformat(day) for day in said["closed_on"]),
            "cut_off": time.fromisoformat(said["cut_off"]),
        }
    )


def _product(said: Mapping[str, Any]) -> ProductInput:
    return ProductInput(
        **{
            **said,
            "daily_mean": tuple(said["daily_mean"]),
            "sum_sigma": {int(length): sigma for length, sigma in said["sum_sigma"].items()},
            "articles": tuple(_article(each) for each in said["articles"]),
            "open_orders": tuple((date.fromisoformat(day), units) for day, units in said["open_orders"]),
        }
    )


def _article(said: Mapping[str, Any]) -> ArticleInput:
    breaks = tuple((cases, price) for cases, price in said["price_breaks"])
    return ArticleInput(**{**said, "price_breaks": breaks})
