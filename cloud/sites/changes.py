"""Says in words what differs between two layouts. Pure."""

from collections.abc import Iterator

from contract.base import Message
from contract.layout import SiteLayout

_HEAD = ("name", "organisation", "timezone", "day_ends_at")
_PLURAL = {
    "product": "products",
    "gateway": "gateways",
    "shelf": "shelves",
    "scale": "scales",
    "slot": "slots",
}


def changes_between(before: SiteLayout | None, after: SiteLayout) -> list[str]:
    """Return one line per added, changed or retired thing; an empty list when nothing differs."""
    if before is None:
        counts = ", ".join(f"{len(things)} {_PLURAL[what]}" for what, things in _parts(after))
        return [f"new site {after.id}: {counts}"]
    lines = [
        f"site {after.id}: {key} {getattr(before, key)} -> {getattr(after, key)}"
        for key in _HEAD
        if getattr(before, key) != getattr(after, key)
    ]
    for (what, old), (_, new) in zip(_parts(before), _parts(after), strict=True):
        lines.extend(_differences(what, old, new))
    return lines


def _differences(what: str, old: dict[str, Message], new: dict[str, Message]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"added: {what} {name}"
        elif name not in new:
            yield f"retired: {what} {name}"
        elif old[name] != new[name]:
            yield f"changed: {what} {name}: {_keys(old[name], new[name])}"


def _keys(old: Message, new: Message) -> str:
    was, now = old.model_dump(), new.model_dump()
    return ", ".join(f"{key} {was[key]} -> {now[key]}" for key in now if was[key] != now[key])


def _parts(layout: SiteLayout) -> list[tuple[str, dict[str, Message]]]:
    """Shelves without their scales and slots, which are parts of their own."""
    bare = [shelf.model_copy(update={"scales": (), "slots": ()}) for shelf in layout.shelves]
    return [
        ("product", {product.id: product for product in layout.products}),
        ("gateway", {gateway.id: gateway for gateway in layout.gateways}),
        ("shelf", {shelf.id: shelf for shelf in bare}),
        ("scale", {scale.id: scale for shelf in layout.shelves for scale in shelf.scales}),
        ("slot", {slot.id: slot for shelf in layout.shelves for slot in shelf.slots}),
    ]
