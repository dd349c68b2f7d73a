"""Keeps what is known of bottles, so that a restart does not begin with guesses."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from edge.domain.bottle_lives import NO_LIVES, KeptLives
from edge.domain.engine import Engine
from edge.domain.refusals import Refusals
from edge.domain.tray import BottleWeight

log = logging.getLogger(__name__)

KEEP_EVERY_S = 60.0
"""Real seconds: a power cut loses a minute of pours, a memory card lives for years."""


class Book(Protocol):
    """Where bottles are kept."""

    def write(self, bottles: Mapping[str, BottleWeight], lives: KeptLives) -> None:
        """Keep them. Raises OSError."""


class Keeping:
    """Writes the engine's bottles down once a minute, and when the gateway stops."""

    def __init__(self, book: Book, engine: Engine, refusals: Refusals) -> None:
        self._book, self._engine, self._refusals = book, engine, refusals
        self._written: tuple[dict[str, BottleWeight], KeptLives] = ({}, NO_LIVES)

    async def run(self) -> None:
        """Write for ever, and once more when it is cancelled."""
        try:
            while True:
                await asyncio.sleep(KEEP_EVERY_S)
                self.keep()
        finally:
            self.keep()

    def keep(self) -> None:
        """Write what has changed; a disk that refuses is said once and tried again."""
        known = self._engine.bottles(), self._engine.lives()
        if known == self._written:
            return
        try:
            self._book.write(*known)
        except OSError as error:
            if self._refusals.note(f"bottles.json not written ({error.strerror})"):
                log.warning("bottles.json cannot be written: %s; a restart begins with guesses", error)
            return
        self._written = known
