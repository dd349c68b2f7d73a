"""What needs a look: one line per cause, worst first. Pure.

A gateway that is silent hides all its bottles, so it is one line and not sixteen; so is a shelf on which
many bottles have not been weighed for long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.dashboard.snapshot import SiteSnapshot, SlotView
from cloud.gateways.schemas import GatewayState
from cloud.stock.status import Status, Verdict, gateway_verdict, is_offline

SHOWN = 6
"""Lines on Today; the rest is a figure that leads to Stock."""

TOGETHER_FROM = 4
"""From this many bottles of one shelf with the same status on, they share a line."""


@dataclass(frozen=True, slots=True)
class Concern:
    """One line: who, what happened, what to do; `anchor` is the row on Stock it leads to ("" for none)."""

    status: Status
    title: str
    sentence: str
    remedy: str
    anchor: str = ""
    is_loud: bool = False


@dataclass(frozen=True, slots=True)
class Attention:
    """The lines that are shown and how many are not."""

    concerns: tuple[Concern, ...]
    hidden: int


def attention(snapshot: SiteSnapshot) -> Attention:
    """Collect, sort and cut; only the first line may be loud, and only when it is out or offline."""
    found = [
        *_silent_gateways(snapshot),
        *_products(snapshot),
        *_places(snapshot),
        *_refusals(snapshot.gateways),
        *_drifting_clocks(snapshot),
    ]
    found.sort(key=lambda concern: concern.status.rank)
    shown = [
        _loud(concern) if index == 0 and concern.status in (Status.OUT, Status.OFFLINE) else concern
        for index, concern in enumerate(found[:SHOWN])
    ]
    return Attention(tuple(shown), len(found) - len(shown))


def _loud(concern: Concern) -> Concern:
    return Concern(
        concern.status, concern.title, concern.sentence, concern.remedy, concern.anchor, is_loud=True
    )


def _silent_gateways(snapshot: SiteSnapshot) -> list[Concern]:
    concerns = []
    for gateway in snapshot.gateways:
        verdict = gateway_verdict(
            gateway.name, gateway.seen_at, gateway.outbox_waiting, snapshot.now, snapshot.zone
        )
        if verdict.status is Status.OFFLINE:
            shelves = [
                shelf.stock.name for shelf in snapshot.shelves if shelf.stock.gateway_id == gateway.gateway_id
            ]
            title = ", ".join(shelves) or gateway.name
            concerns.append(Concern(Status.OFFLINE, title, verdict.sentence, verdict.remedy))
    return concerns


def _products(snapshot: SiteSnapshot) -> list[Concern]:
    return [
        _concern(view.stock.name, view.verdict, f"product-{view.stock.product_id}")
        for view in snapshot.products
        if view.verdict.status in (Status.OUT, Status.LOW)
    ]


def _places(snapshot: SiteSnapshot) -> list[Concern]:
    hints = {
        scale: hint for gateway in snapshot.gateways for scale, _, hint in gateway.scales_in_trouble if hint
    }
    concerns: list[Concern] = []
    for shelf in snapshot.shelves:
        for status in (Status.CHECK, Status.STALE):
            views = [view for view in shelf.slots if view.verdict.status is status]
            concerns += (
                _together(shelf.stock.name, views) if len(views) >= TOGETHER_FROM else _each(views, hints)
            )
    return concerns


def _together(shelf_name: str, views: Sequence[SlotView]) -> list[Concern]:
    first = views[0].verdict
    same = all(view.verdict.sentence == first.sentence for view in views)
    sentence = (
        f"{len(views)} places. {first.sentence}" if same else f"{len(views)} places are not known well."
    )
    return [Concern(first.status, shelf_name, sentence, first.remedy)]


def _each(views: Sequence[SlotView], hints: dict[str, str]) -> list[Concern]:
    concerns = []
    for view in views:
        name = view.stock.product_name or "Unnamed bottle"
        title = f"{name}, {view.shelf_name}, place {view.stock.position}"
        hint = hints.get(view.stock.scale_id or "")
        verdict = Verdict(view.verdict.status, view.verdict.sentence, hint or view.verdict.remedy)
        concerns.append(
            _concern(title, verdict, f"product-{view.stock.product_id}" if view.stock.product_id else "")
        )
    return concerns


def _refusals(gateways: Sequence[GatewayState]) -> list[Concern]:
    concerns = []
    for gateway in gateways:
        reasons = sorted(gateway.refused.items(), key=lambda item: -item[1])
        total = gateway.quarantined + sum(count for _, count in reasons)
        if total:
            what = "message was" if total == 1 else "messages were"
            top = f" Most often: {reasons[0][0].rstrip('.')}." if reasons else ""
            sentence = f"{total:,} {what} refused and set aside.{top}"
            concerns.append(
                Concern(
                    Status.CHECK,
                    f"Gateway {gateway.name}",
                    sentence,
                    "No figure is wrong; tell the technician.",
                )
            )
    return concerns


def _drifting_clocks(snapshot: SiteSnapshot) -> list[Concern]:
    return [
        Concern(
            Status.CHECK,
            f"Gateway {gateway.name}",
            "Its clock is not set; times of pours may be a little off.",
            "Let it reach a time server.",
        )
        for gateway in snapshot.gateways
        if gateway.clock_synced is False and not is_offline(gateway.seen_at, snapshot.now)
    ]


def _concern(title: str, verdict: Verdict, anchor: str) -> Concern:
    return Concern(verdict.status, title, verdict.sentence, verdict.remedy, anchor)
