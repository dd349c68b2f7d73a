"""commands.json in the data directory: which commands were begun and how they ended: each is done once.

Written whole and durable before a command begins; a gateway that stops in the middle finds it here.
"""

import logging
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, JsonValue, ValidationError

from contract.base import Hex32
from contract.commands import Command, CommandKind, CommandReport
from edge.ports import Outcome

log = logging.getLogger(__name__)

BOOK_NAME = "commands.json"
MAX_ENTRIES = 64
"""The oldest that are over go; the cloud hands out at most 16 at a time, each for minutes."""
DETAIL_MAX = 200


class Entry(BaseModel):
    """One command; is_told: the cloud knows its state."""

    command_id: Hex32
    kind: str
    arguments: dict[str, JsonValue]
    state: Literal["received", "done", "failed"] = "received"
    detail: str | None = None
    result: str | None = None
    is_told: bool = False

    @property
    def report(self) -> CommandReport:
        """What the cloud is told of it."""
        return CommandReport(
            command_id=self.command_id, state=self.state, detail=self.detail or None, result=self.result
        )


class _Pages(BaseModel):
    v: Literal[1] = 1
    entries: list[Entry] = []


class CommandBook:
    """The commands of one gateway; one process writes it."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / BOOK_NAME
        self._entries = {entry.command_id: entry for entry in self._read()}

    def close_interrupted(self) -> None:
        """After a start: what was begun before it is over. A restart is done by that, all else has failed."""
        for entry in self._entries.values():
            if entry.state == "received":
                is_done = entry.kind in {CommandKind.RESTART, CommandKind.LAYOUT}
                said = "started anew" if is_done else "the gateway stopped while it was at it; ask again"
                self._end(entry, Outcome(is_done, said))
        self._try_to_write()

    def begin(self, command: Command) -> bool:
        """Note a command; False where it is known: then the cloud is told again how it stands.

        Raises OSError when it cannot be written down; then it must not begin.
        """
        known = self._entries.get(command.command_id)
        if known is not None:
            known.is_told = False
            return False
        self._entries[command.command_id] = Entry(
            command_id=command.command_id, kind=command.kind, arguments=command.arguments
        )
        self._drop_oldest()
        try:
            self._write()
        except OSError:
            del self._entries[command.command_id]
            raise
        return True

    def end(self, command_id: str, outcome: Outcome) -> None:
        """Note how a command ended."""
        self._end(self._entries[command_id], outcome)
        self._try_to_write()

    @property
    def untold(self) -> list[CommandReport]:
        """What the cloud has not been told, the oldest first."""
        return [entry.report for entry in self._entries.values() if not entry.is_told]

    def told(self, reports: list[CommandReport]) -> None:
        """The cloud has these; what has changed since is still to be told."""
        for report in reports:
            entry = self._entries.get(report.command_id)
            if entry is not None and entry.state == report.state:
                entry.is_told = True
                entry.result = None if entry.state != "received" else entry.result
        if reports:
            self._try_to_write()

    def _end(self, entry: Entry, outcome: Outcome) -> None:
        entry.state = "done" if outcome.is_done else "failed"
        entry.detail, entry.result = outcome.detail[:DETAIL_MAX], outcome.result
        entry.is_told = False

    def _drop_oldest(self) -> None:
        over = [
            entry.command_id
            for entry in self._entries.values()
            if entry.is_told and entry.state != "received"
        ]
        for command_id in over[: max(0, len(self._entries) - MAX_ENTRIES)]:
            del self._entries[command_id]

    def _read(self) -> list[Entry]:
        try:
            return _Pages.model_validate_json(self._path.read_bytes()).entries
        except (FileNotFoundError, ValidationError):
            return []  # a damaged book costs a repeated report, never a record

    def _try_to_write(self) -> None:
        """What is not on disk is told again after a restart, as failed; nothing is done twice."""
        try:
            self._write()
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error.strerror)

    def _write(self) -> None:
        fresh = self._path.with_suffix(".tmp")
        with fresh.open("w") as file:
            file.write(_Pages(entries=list(self._entries.values())).model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
