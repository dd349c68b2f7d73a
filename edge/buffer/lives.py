"""Which outbox file is in use, and which former ones are still to be sent. Synchronous; one thread only.

A former file keeps its epoch and its numbers, so what the cloud has of it is never doubled, and is deleted
when all of it was acknowledged a day ago. There are two ways to become one:

* **damaged**: SQLite or a checksum says so. The file is set aside, an empty one is in use at once, and what
  can be read of the old one is salvaged in the background.
* **a copy**: the cloud knows numbers of this epoch that were never given here, so this file was restored
  and its twin has lived on. What was accepted from the `fork` on, of which nothing was ever sent from here,
  is moved into a new file; what lies below is the twin's as well and stays a former file.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from contract.records import Lane
from edge.buffer.boots import BOOTS_NAME, count_boot
from edge.buffer.damage import is_damage
from edge.buffer.pages import companions
from edge.buffer.salvage import Found, salvage
from edge.buffer.store import Store

log = logging.getLogger(__name__)

MAX_FORMER = 8
"""Former files; past this the oldest goes, with a line in the log."""


class Lives:
    """The current store and the former ones, oldest first."""

    def __init__(self, path: Path, steady_s: Callable[[], float]) -> None:
        self._path, self._steady_s = path, steady_s
        self._salvage: Iterator[Found] | None = None
        self.current: Store
        self.former: list[Store] = []
        self._confirmed: set[Lane] = set()

    def open(self, boot_id: str) -> int:
        """Open what is there, setting a broken file aside; return the number of this boot.

        Raises sqlite3.Error, OSError or OutboxFromTheFutureError.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._damaged.exists() and self._path.exists() and self._damaged.samefile(self._path):
            self._move_aside()
        if self._next.exists() and not self._path.exists():
            self._next.rename(self._path)
        self._delete(self._next)
        self.current = self._open_or_set_aside()
        for path in sorted(self._path.parent.glob(f"{self._path.stem}-former-*.db")):
            self._adopt(path)
        if self._damaged.exists():
            self._salvage = self._salvaging()
        if self.current.marks.meta().get("retired") == "1":
            self.renew()
        self._begin_life()
        known = int(self.current.marks.meta().get("boot_no", "0"))
        return count_boot(self._path.with_name(BOOTS_NAME), boot_id, known)

    @property
    def _damaged(self) -> Path:
        return self._path.with_name(f"{self._path.stem}-damaged.db")

    @property
    def _next(self) -> Path:
        return self._path.with_name(f"{self._path.stem}-next.db")

    def _open_or_set_aside(self) -> Store:
        try:
            return Store(self._path, self._steady_s)
        except Exception as error:
            if not is_damage(error):
                raise
            log.warning("%s is damaged (%s): set aside, a new one is begun", self._path.name, error)
            self._move_aside()
            return Store(self._path, self._steady_s)

    def _begin_life(self) -> None:
        """Move the forks to here, but for lanes of which nothing was sent since they were moved last.

        A file that lies elsewhere than it did (its inode) was copied since: all it has is its twin's as well.
        """
        kept, seat = self.current.marks.meta(), str(self._path.stat().st_ino)
        is_copied = kept.get("seat", seat) != seat
        for lane, position in self.current.positions.items():
            if is_copied or kept.get(f"confirmed_{lane.value}", "1") == "1":
                position.fork = position.next_seq
        self.current.marks.save()
        self.current.marks.note(seat=seat, **{f"confirmed_{lane.value}": 0 for lane in Lane})
        self._confirmed = set()

    def is_confirmed(self, lane: Lane) -> bool:
        """Whether this start has compared a lane with the cloud, and found it to be no copy's."""
        return lane in self._confirmed

    def confirm(self, lane: Lane) -> None:
        """The cloud's mark of a lane agrees with this file. Durable before anything of the lane is sent."""
        if lane not in self._confirmed:
            self.current.marks.note(**{f"confirmed_{lane.value}": 1})
            self._confirmed.add(lane)

    def _adopt(self, path: Path) -> None:
        try:
            store = Store(path, self._steady_s)
            self._cut(store)
            self.former.append(store)
        except Exception as error:
            if not is_damage(error):
                raise
            log.warning("%s cannot be read any more (%s): given up", path.name, error)
            self._delete(path)

    def stores(self) -> list[Store]:
        """All stores, oldest first."""
        return [*self.former, self.current]

    def store_of(self, epoch: str) -> Store | None:
        """Return the store of an epoch; None when it is gone."""
        return next((store for store in self.stores() if store.epoch == epoch), None)

    def set_aside(self, error: Exception) -> None:
        """Whichever file is damaged goes; the current one is replaced by an empty one at once."""
        for store in list(self.former):
            try:
                store.pages.used_bytes()
                store.read(Lane.STATES, 1, 1)
                store.read(Lane.MOVEMENTS, 1, 1)
            except sqlite3.DatabaseError:
                log.warning("%s is damaged: given up", store.path.name)
                self._forget(store)
                return
        log.warning("%s is damaged (%s): set aside, a new one is begun", self._path.name, error)
        with suppress(sqlite3.Error):
            self.current.close()
        self._move_aside()
        self.current = Store(self._path, self._steady_s)
        self._begin_life()
        self._salvage = self._salvaging()

    def _move_aside(self) -> None:
        """Link the file and its wal to their new names, then take the old names away: safe at any moment."""
        pairs = zip(
            (self._path, *companions(self._path)),
            (self._damaged, *companions(self._damaged)),
            strict=True,
        )
        moves = [(here, there) for here, there in pairs if here.exists()]
        if not (self._damaged.exists() and self._damaged.samefile(self._path)):
            self._delete(self._damaged)
        for here, there in moves[1:] + moves[:1]:
            with suppress(FileExistsError):
                os.link(here, there)
        for here, _ in moves:
            here.unlink()

    def _salvaging(self) -> Iterator[Found]:
        rescued = self._path.with_name(f"{self._path.stem}-rescued.db")
        found = Found()
        for found in salvage(self._damaged, rescued, self._steady_s):
            yield found
        if found.epoch is None:
            log.warning("nothing of %s can be read: it is kept as it is", self._damaged.name)
            self._damaged.replace(self._path.with_name(f"{self._path.stem}-unreadable.db"))
            self._delete(self._damaged)
            return
        former = self._former_path(found.epoch)
        rescued.rename(former)
        self._adopt(former)
        self._delete(self._damaged)
        log.warning("%d records salvaged, %d blocks were damaged", found.records, found.damaged_blocks)

    def _former_path(self, epoch: str) -> Path:
        number = 1 + max((int(store.path.stem.split("-")[-2]) for store in self.former), default=0)
        return self._path.with_name(f"{self._path.stem}-former-{number:04d}-{epoch[:8]}.db")

    def salvage_step(self) -> bool:
        """Salvage another piece of a damaged file; False when there is nothing more to do."""
        if self._salvage is None:
            return False
        try:
            next(self._salvage)
        except StopIteration:
            self._salvage = None
        except (sqlite3.Error, ValueError, TypeError) as error:
            log.warning("the salvage of %s ended early: %s", self._damaged.name, error)
            self._salvage = None
        return self._salvage is not None

    def renew(self) -> None:
        """This file is a copy: go on in a new one with what was accepted since the fork."""
        old = self.current
        self._delete(self._next)
        fresh = Store(self._next, self._steady_s)
        fresh.append({lane: bodies for lane in Lane if (bodies := list(self._since_fork(old, lane)))})
        fresh.close()
        old.marks.save()
        old.marks.note(retired=1)
        old.close()
        former = self._former_path(old.epoch)
        self._path.rename(former)
        self._next.rename(self._path)
        self._adopt(former)
        self.current = Store(self._path, self._steady_s)
        self._begin_life()

    @staticmethod
    def _since_fork(store: Store, lane: Lane) -> Iterator[bytes]:
        for _, body in store.bodies_after(lane, store.positions[lane].fork - 1):
            yield body

    @staticmethod
    def _cut(store: Store) -> None:
        """Take out of a retired file what was moved into the new one; whoever was interrupted does it now."""
        if store.marks.meta().get("retired") != "1":
            return
        for lane, position in store.positions.items():
            if position.next_seq > position.fork:
                store.cut(lane, position.fork)
                position.acknowledged = min(position.acknowledged, position.fork - 1)
        store.marks.save()
        store.marks.note(retired=2)

    def tidy(self, keep_s: float) -> None:
        """Delete what was acknowledged long enough ago, and former files of which nothing is left."""
        for store in self.former:
            store.marks.save()
            store.carry()
            store.giving_up.trim(keep_s)
        for store in [store for store in self.former if store.is_empty() and not _waits(store)]:
            self._forget(store)
        while len(self.former) > MAX_FORMER:
            log.warning(
                "%s is given up: there are more than %d former outboxes", self.former[0].path, MAX_FORMER
            )
            self._forget(self.former[0])

    def _forget(self, store: Store) -> None:
        with suppress(sqlite3.Error):
            store.close()
        self.former.remove(store)
        self._delete(store.path)

    @staticmethod
    def _delete(path: Path) -> None:
        for beside in (path, *companions(path)):
            beside.unlink(missing_ok=True)

    def close(self) -> None:
        """Close all files; safe to call twice."""
        self._salvage = None
        for store in self.stores():
            store.close()


def _waits(store: Store) -> bool:
    return any(store.lane(lane).waiting for lane in Lane)
