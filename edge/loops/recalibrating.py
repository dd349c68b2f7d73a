"""New calibrations into the running engine. Owns what is in force; knows neither file nor person."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from edge.domain.engine import Engine
from edge.domain.refusals import Refusals

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""Real seconds."""


class Line(Protocol):
    """What a calibration says."""

    @property
    def tare_counts(self) -> float:
        """Counts of the empty pad."""

    @property
    def counts_per_g(self) -> float:
        """Span."""


class Book(Protocol):
    """Where calibrations are kept."""

    def stamp(self) -> object:
        """Something that differs whenever the book does."""

    def current(self) -> Mapping[str, Line]:
        """The calibration in force per scale. Raises ValueError when the book cannot be read."""


class Recalibrating:
    """Looks once a second whether the book has changed."""

    def __init__(
        self,
        book: Book,
        engine: Engine,
        refusals: Refusals,
        of_layout: Mapping[str, tuple[float, float]],
    ) -> None:
        """`of_layout`: tare and span by scale where the book says nothing."""
        self._book, self._engine, self._refusals = book, engine, refusals
        self._of_layout = dict(of_layout)
        self._in_force = dict(of_layout)
        self._stamp: object = None

    def in_force(self, scale_id: str) -> tuple[float, float]:
        """Return tare (counts) and span (counts per g) that a scale is weighed by. Raises KeyError."""
        return self._in_force[scale_id]

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Bring the engine to what the book says, if the book has changed. A bad book changes nothing."""
        try:
            stamp = self._book.stamp()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            book = self._book.current()
        except (ValueError, OSError) as error:
            if self._refusals.note("calibration.json cannot be read"):
                log.warning("%s; the last calibration stays in force", error)
            return
        for scale_id, base in self._of_layout.items():
            line = book.get(scale_id)
            self._apply(scale_id, (line.tare_counts, line.counts_per_g) if line else base)

    def _apply(self, scale_id: str, wanted: tuple[float, float]) -> None:
        if wanted != self._in_force[scale_id] and self._engine.recalibrate(scale_id, *wanted):
            self._in_force[scale_id] = wanted
            log.info("%s is weighed by tare %.0f and span %.3f from now on", scale_id, *wanted)
