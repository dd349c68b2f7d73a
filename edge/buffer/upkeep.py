"""Keeps the outbox within what it may take of the disk. Synchronous; used from the outbox's thread only."""

import sqlite3
from contextlib import suppress
from dataclasses import dataclass

from edge.buffer.ballast import BALLAST_BYTES, Ballast
from edge.buffer.lives import Lives
from edge.buffer.room import Room

TIDY_STEPS = 20


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """How often to commit (real s), how long to keep what was acknowledged, and how large to grow in all."""

    commit_every_s: float = 5.0
    keep_s: float = 86_400.0
    max_bytes: int = 3 * 1024**3
    ballast_bytes: int = BALLAST_BYTES


class Upkeep:
    """Deletes what is old enough, and makes room when there is none."""

    def __init__(self, lives: Lives, ballast: Ballast, limits: OutboxLimits) -> None:
        self._lives, self._ballast, self._limits = lives, ballast, limits
        self._room = Room()

    def relieve(self) -> bool:
        """Make room on a full disk: the ballast, then what was acknowledged, then thinned states."""
        given_back = self._ballast.give_back()
        if given_back:
            with suppress(sqlite3.Error):
                self._lives.current.pages.reserve(self._limits.ballast_bytes * 3 // 8)
        with suppress(sqlite3.Error):
            self._lives.current.pages.cap()
        with suppress(sqlite3.Error):
            return self._make_room() or given_back
        return given_back

    def tidy(self) -> int:
        """Do a bounded piece; return the bytes in use. Raises sqlite3.Error or OSError."""
        store = self._lives.current
        store.marks.save()
        for _ in range(TIDY_STEPS):
            if not store.carry() and not store.giving_up.trim(self._limits.keep_s):
                break
        self._lives.tidy(self._limits.keep_s)
        for _ in range(TIDY_STEPS):
            if not self._is_too_large() or not self._make_room():
                break
        if self._ballast.lay():
            store.pages.uncap()
            store.pages.reserve()
        return self._used_bytes()

    def _make_room(self) -> bool:
        return any(self._room.make(store) for store in self._lives.stores())

    def _used_bytes(self) -> int:
        return sum(store.pages.used_bytes() for store in self._lives.stores()) + self._ballast.used_bytes

    def _is_too_large(self) -> bool:
        is_disk_full = not self._ballast.is_there and self._ballast.free_bytes() < self._limits.ballast_bytes
        return is_disk_full or self._used_bytes() > self._limits.max_bytes
