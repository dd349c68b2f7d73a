"""What a commit touched, as its notification says; changes add up. Pure."""

import json
from dataclasses import dataclass, field

CHANNEL = "barback"

MAX_NAMES = 500
"""Of one kind in one merged change; beyond it the whole site is drawn anew."""


_KINDS = ("slots", "movements", "gateways")


@dataclass(frozen=True, slots=True)
class Change:
    """Names of what changed at one site; is_all means anything may have."""

    slots: frozenset[str] = field(default_factory=frozenset)
    movements: frozenset[str] = field(default_factory=frozenset)
    gateways: frozenset[str] = field(default_factory=frozenset)
    is_all: bool = False

    @classmethod
    def everything(cls) -> "Change":
        """A change that says nothing in particular."""
        return cls(is_all=True)

    def __or__(self, other: "Change") -> "Change":
        merged = Change(
            self.slots | other.slots,
            self.movements | other.movements,
            self.gateways | other.gateways,
            self.is_all or other.is_all,
        )
        too_many = max(len(merged.slots), len(merged.movements), len(merged.gateways)) > MAX_NAMES
        return Change.everything() if merged.is_all or too_many else merged


def parse_notification(payload: str) -> tuple[str, Change]:
    """Read '{"site", "slots": [...], "movements": [...], "gateways": [...]}' or '{"site", "all": true}'.

    Raises ValueError when it is not of that form.
    """
    try:
        message = json.loads(payload)
        slots, movements, gateways = (frozenset(map(str, message.get(kind, ()))) for kind in _KINDS)
        is_all = bool(message.get("all", False))
        return str(message["site"]), Change(slots, movements, gateways) | Change(is_all=is_all)
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"a notification of the channel {CHANNEL} cannot be read: {error!r}") from error
