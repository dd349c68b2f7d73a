"""Records as JSON text, built by hand: a pydantic model for each of 240,000 would take minutes.

tests/unit/firmware_sim/history validates samples of every kind against contract.batch.Batch.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from contract.layout import SiteLayout
from contract.records import MovementKind
from firmware_sim.bottles import Place
from firmware_sim.history.ledger import Ledger, Moved
from firmware_sim.history.plan import HistoryPlan
from firmware_sim.seeds import hex32, numpy_stream

READING_EVERY_S = 900
SIGMA_G = 0.6
"""Of a settled weight: a plateau of many samples, and what drift leaves."""
DELTA_SIGMA_G = 0.9
SURE = 0.98
"""A pad has one slot; what is missing is somebody's hand."""

Timed = tuple[float, str]
"""A record's time (Unix seconds) and its JSON."""


class Boot:
    """The one boot of a gateway over the whole history: turns times into the head of a record."""

    def __init__(self, plan: HistoryPlan, gateway_id: str) -> None:
        self._booted_s = plan.since.timestamp() - 3600
        self._boot_id = hex32(plan.seed, "history boot", gateway_id)

    def head(self, at_s: float) -> str:
        """Return the record up to its body."""
        wall_at = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
        boottime_ns = round((at_s - self._booted_s) * 1e9)
        return (
            f'{{"boot_no":1,"boot_id":"{self._boot_id}","boottime_ns":{boottime_ns},'
            f'"wall_at":"{wall_at}","synced":true,"body":'
        )


def movement_records(plan: HistoryPlan, ledger: Ledger, gateway_id: str, boot: Boot) -> Iterator[Timed]:
    """Yield the movements seen by one gateway, in order of time."""
    mine = _places_of(ledger.places, plan.layout, gateway_id)
    noise = numpy_stream(plan.seed, "history movements", gateway_id)
    prefix = hex32(plan.seed, "history movement", gateway_id)[:20]
    number = 0
    for moved in ledger.movements:
        place = mine.get(moved.slot)
        if place is not None:
            errors_g = noise.normal(0, DELTA_SIGMA_G / 2**0.5, 2).tolist()
            body = _movement(moved, place, f"{prefix}{number:012x}", errors_g)
            yield moved.at_s, f"{boot.head(moved.at_s)}{body}}}"
            number += 1


def _movement(moved: Moved, place: Place, movement_id: str, errors_g: Sequence[float]) -> str:
    before_g = moved.before_g + errors_g[0]
    after_g = moved.after_g + errors_g[1]
    density = place.home.density_g_per_ml
    volume = "null"
    if moved.kind is MovementKind.POUR:
        volume = f"{max(0.0, (before_g - after_g) / density):.1f}"
    elif moved.ml is not None:
        volume = f"{(after_g - place.home.tare_weight_g) / density:.1f}"
    sigma = "null" if volume == "null" else f"{DELTA_SIGMA_G / density:.2f}"
    return (
        f'{{"kind":"movement","movement_id":"{movement_id}","revision":1,"stage":"final",'
        f'"movement":"{moved.kind.value}","scale_id":"{place.scale_id}",'
        f'"posterior":[{{"slot_id":"{place.slot_id}","probability":{SURE}}}],"product_id":"{place.home.id}",'
        f'"weight_before_g":{before_g:.1f},"weight_after_g":{after_g:.1f},"delta_sigma_g":{DELTA_SIGMA_G},'
        f'"volume_ml":{volume},"volume_sigma_ml":{sigma},"duration_s":{moved.duration_s:.1f},'
        f'"settled_after_s":1.2,"doubts":[]}}'
    )


def reading_records(plan: HistoryPlan, ledger: Ledger, gateway_id: str, boot: Boot) -> Iterator[Timed]:
    """Yield one reading per scale of a gateway and 15 minutes, in order of time, within the plan."""
    scales: dict[str, list[int]] = {}
    for number, place in _places_of(ledger.places, plan.layout, gateway_id).items():
        scales.setdefault(str(place.scale_id), []).append(number)
    times_s = _quarters(plan.since, plan.until)
    noise = numpy_stream(plan.seed, "history readings", gateway_id)
    columns = [_weights_at(ledger, slots, times_s, noise) for slots in scales.values()]
    heads = [
        _reading_head(scale_id, [ledger.places[n].slot_id for n in slots])
        for scale_id, slots in scales.items()
    ]
    for at_s, *weights in zip(times_s.tolist(), *columns, strict=True):
        start = boot.head(at_s)
        for head, weight_g in zip(heads, weights, strict=True):
            yield at_s, f"{start}{head}{weight_g}}}}}"


def _quarters(since: datetime, until: datetime) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    first = -(-since.timestamp() // READING_EVERY_S) * READING_EVERY_S
    return np.arange(first, until.timestamp(), READING_EVERY_S, dtype=np.float64)


def _reading_head(scale_id: str, slots: list[str]) -> str:
    names = ",".join(f'"{slot}"' for slot in slots)
    return (
        f'{{"kind":"reading","scale_id":"{scale_id}","slots":[{names}],"quality":"ok",'
        f'"sigma_g":{SIGMA_G},"weight_g":'
    )


def _weights_at(
    ledger: Ledger,
    slots: list[int],
    times_s: np.ndarray[tuple[int], np.dtype[np.float64]],
    noise: np.random.Generator,
) -> list[float]:
    total = noise.normal(0, SIGMA_G, len(times_s))
    for slot in slots:
        changes = np.array(ledger.weights[slot])
        total += changes[np.searchsorted(changes[:, 0], times_s, side="right") - 1, 1]
    rounded: list[float] = np.round(total, 1).tolist()
    return rounded


def _places_of(places: Sequence[Place], layout: SiteLayout, gateway_id: str) -> dict[int, Place]:
    shelves = {shelf.id for shelf in layout.shelves if shelf.gateway == gateway_id}
    return {
        number: place
        for number, place in enumerate(places)
        if place.shelf_id in shelves and place.scale_id is not None
    }
