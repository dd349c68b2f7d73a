"""What really happened, as a manager would tell it: one JSON line per event, in order of its end.

Volumes add up: content at the start + added_ml - removed_ml - ml of all pours = content at the end.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Literal

TruthKind = Literal["pour", "swap", "removal", "restock", "return", "bump", "lean", "fault"]


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """One event of a night; times in seconds of the night, volumes in ml, weights in g.

    slot is where the bottle was lifted from (or the full one put), put_on where it was put back. ml is
    what was poured, or the content of the bottle that came or went.
    """

    kind: TruthKind
    start_s: float
    end_s: float
    slot: str | None = None
    scale: str | None = None
    shelf: str | None = None
    product: str | None = None
    ml: float | None = None
    put_on: str | None = None
    added_ml: float = 0.0
    removed_ml: float = 0.0
    delta_g: float | None = None
    """True change of the weight on `slot` over the event."""
    by: int | None = None
    """Number of the bartender, from 1."""
    fault: str | None = None
    node: str | None = None

    def line(self, origin: datetime) -> str:
        """Return the event as a line of JSON, with bar times; what is unknown is left out."""
        fields: dict[str, object] = {
            "kind": self.kind,
            "start_at": _instant(origin, self.start_s),
            "end_at": _instant(origin, self.end_s),
        }
        rest: dict[str, str | int | float | None] = {
            "slot": self.slot,
            "scale": self.scale,
            "shelf": self.shelf,
            "product": self.product,
            "ml": self.ml,
            "put_on": self.put_on,
            "added_ml": self.added_ml or None,
            "removed_ml": self.removed_ml or None,
            "delta_g": self.delta_g,
            "by": self.by,
            "fault": self.fault,
            "node": self.node,
        }
        fields |= {name: _short(value) for name, value in rest.items() if value is not None}
        return json.dumps(fields, separators=(",", ":")) + "\n"


def _instant(origin: datetime, at_s: float) -> str:
    return (origin + timedelta(seconds=at_s)).isoformat(timespec="milliseconds")


def _short(value: str | float) -> str | float:
    return round(value, 2) if isinstance(value, float) else value


class TruthFile:
    """Appends lines as they come true, so that a run that is killed leaves what happened until then."""

    def __init__(self, path: Path, origin: datetime) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._origin = origin
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="\n")

    def write(self, events: list[TruthEvent]) -> None:
        """Write the events and hand them to the operating system."""
        if events:
            self._file.writelines(event.line(self._origin) for event in events)
            self._file.flush()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()
