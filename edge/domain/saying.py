"""What is said of movements, revision by revision. Owns their numbers; knows no samples and no states."""

from collections.abc import Iterator
from dataclasses import dataclass

from contract.records import Movement, Reading, Stage
from edge.domain.desk import Verdict
from edge.domain.profiles import ScaleProfile
from edge.domain.reporting import (
    empty_movement,
    is_empty,
    movement,
    movement_id,
    movement_name,
    tray_movement,
)
from edge.domain.tray_telling import TraySeen

MAX_ANNOUNCED = 256
"""Movements whose revisions are counted; of the oldest beyond that nothing new is said."""
MAX_EMPTY = 64
"""Bottles that were said to be empty; of older ones nothing is taken back."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A body with its boot time, s."""

    at_s: float
    body: Reading | Movement


class Sayings:
    """Turns verdicts into movements. `namespace` keeps the movement ids of different lives apart."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._announced: dict[str, int] = {}
        self._empty: list[str] = []

    def of_tray(self, tray: ScaleProfile, seen: TraySeen) -> Iterator[Seen]:
        """Say what was seen of one bottle of a tray; nothing where it was nothing and never announced."""
        part = str(seen.part) if seen.part else ""
        name = movement_name(self._namespace, f"{tray.scale_id}/{part}", seen.ended_s)
        if seen.kind is not None or name in self._announced:
            body = tray_movement(tray, seen, name, self._revision(name))
            yield Seen(seen.known_s, body)
            yield from self._say_empty(seen.known_s, body, seen.bottle)

    def provisional(self, verdict: Verdict) -> Seen:
        """Say what a bottle's return to its pad will probably be."""
        return Seen(verdict.case.handled.known_s, self._movement(verdict))

    def final(self, verdict: Verdict) -> Iterator[Seen]:
        """Say a final revision; what was announced and was nothing is taken back."""
        name = movement_id(self._namespace, verdict.case.scale_id, verdict.case.handled)
        if verdict.kind is not None or name in self._announced:
            at_s, body = verdict.case.handled.known_s, self._movement(verdict)
            yield Seen(at_s, body)
            yield from self._say_empty(at_s, body, verdict.case.profile)

    def _movement(self, verdict: Verdict) -> Movement:
        name = movement_id(self._namespace, verdict.case.scale_id, verdict.case.handled)
        return movement(verdict, name, self._revision(name))

    def _say_empty(self, at_s: float, pour: Movement, bottle: ScaleProfile) -> Iterator[Seen]:
        """Beside a pour that emptied its bottle, say so; and take it back when it was another one's."""
        if pour.stage is Stage.PROVISIONAL:
            return
        name = movement_name(self._namespace, f"{pour.movement_id}/empty", 0.0)
        holds = is_empty(pour, bottle)
        if holds or name in self._empty:
            self._empty = [*[one for one in self._empty if one != name], *([name] if holds else [])][
                -MAX_EMPTY:
            ]
            yield Seen(at_s, empty_movement(pour, name, self._revision(name), holds=holds))

    def _revision(self, name: str) -> int:
        """Return the number of this word on a movement: one more than the last that was said."""
        revision = self._announced.get(name, 0) + 1
        self._announced[name] = revision
        if len(self._announced) > MAX_ANNOUNCED:
            del self._announced[next(iter(self._announced))]
        return revision
