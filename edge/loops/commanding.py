"""What the cloud asks of this gateway. Three tasks: one waits for news, one works, one tells how it went.

Waiting and telling are separate calls, so an answer never waits for the next question. A command is written
down before it begins; one that comes twice is done once.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from contract.commands import (
    MAX_REPORTS,
    Command,
    CommandReport,
    DesiredSettings,
    ExchangeAnswer,
    ExchangeRequest,
)
from edge.domain.backoff import Backoff
from edge.ports import Commander, Exchange, NotNow, Outcome, RemoteDesk

log = logging.getLogger(__name__)

POLL_S = 25.0
"""Real seconds that one question waits at the cloud; under the 30 s after which proxies hang up."""
TELL_WITHIN_S = 2.0
"""Before the next question and before a restart, the cloud has this long to hear of the last command."""
COMMAND_WITHIN_S = 60.0
MAX_QUEUED = 32


class Book(Protocol):
    """Where commands are written down."""

    def begin(self, command: Command) -> bool:
        """Note a command; False where it is known."""

    def end(self, command_id: str, outcome: Outcome) -> None:
        """Note how it ended."""

    @property
    def untold(self) -> list[CommandReport]:
        """What the cloud has not been told."""

    def told(self, reports: list[CommandReport]) -> None:
        """The cloud has these."""


class Commanding:
    """Asks, works and tells, for ever."""

    def __init__(
        self,
        cloud: Exchange,
        book: Book,
        commander: Commander,
        desk: RemoteDesk,
        backoff: Callable[[], Backoff],
        *,
        poll_s: float = POLL_S,
    ) -> None:
        self._cloud, self._book, self._commander, self._desk = cloud, book, commander, desk
        self._poll_s, self._backoff = poll_s, backoff
        self._queue: asyncio.Queue[tuple[Command, float]] = asyncio.Queue(MAX_QUEUED)
        self._to_tell, self._all_told = asyncio.Event(), asyncio.Event()
        self._reported_version = -1
        self._is_heard: bool | None = None

    async def run(self) -> None:
        """Run until cancelled."""
        self._changed()
        async with asyncio.TaskGroup() as tasks:
            for task in (self._ask, self._work, self._tell):
                tasks.create_task(task(), name=f"commanding {task.__name__}")

    async def _ask(self) -> None:
        backoff = self._backoff()
        while True:
            request = ExchangeRequest(desired_version=self._desk.version, wait_s=self._poll_s)
            answer = await self._cloud.exchange(request)
            self._note(answer)
            if isinstance(answer, NotNow):
                await asyncio.sleep(backoff.next_s(answer.retry_after_s))
                continue
            backoff.reset()
            self._take(answer)
            if answer.commands:
                await self._until_told()

    def _take(self, answer: ExchangeAnswer) -> None:
        for command in answer.commands:
            if self._queue.full():
                break  # it comes again
            try:
                if self._book.begin(command):
                    self._queue.put_nowait((command, _now_s() + command.expires_in_s))
            except OSError as error:
                log.warning("a command waits, because it cannot be written down: %s", error)
                continue
            self._changed()
        if answer.desired is not None and answer.desired.version > self._desk.version:
            self._set(answer.desired)

    def _set(self, desired: DesiredSettings) -> None:
        self._desk.apply(desired)
        log.info(
            "set from afar: version %d, %s", desired.version, desired.settings.model_dump(exclude_none=True)
        )
        self._changed()

    async def _work(self) -> None:
        while True:
            command, begins_before_s = await self._queue.get()
            outcome = Outcome(is_done=False, detail="it came too late: what was asked before took too long")
            if _now_s() < begins_before_s:
                outcome = await self._do(command)
            if outcome.then_restart:
                await self._until_told()
                self._commander.restart()
                continue
            self._book.end(command.command_id, outcome)
            self._changed()

    async def _do(self, command: Command) -> Outcome:
        log.info("the cloud asks: %s %s", command.kind, command.arguments or "")
        try:
            return await asyncio.wait_for(
                self._commander.do(command.kind, command.arguments), COMMAND_WITHIN_S
            )
        except TimeoutError:
            return Outcome(is_done=False, detail=f"it was not done within {COMMAND_WITHIN_S:.0f} s")

    async def _tell(self) -> None:
        backoff = self._backoff()
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            reports = self._book.untold[:MAX_REPORTS]
            reported = self._desk.report()
            request = ExchangeRequest(
                reports=tuple(reports), reported=reported, desired_version=self._desk.version, wait_s=0
            )
            answer = await self._cloud.exchange(request)
            if isinstance(answer, NotNow):
                self._to_tell.set()
                await asyncio.sleep(backoff.next_s(answer.retry_after_s))
                continue
            backoff.reset()
            self._book.told(reports)
            if self._book.untold:
                self._to_tell.set()
            elif not self._to_tell.is_set():
                self._all_told.set()
            self._take(answer)

    def _changed(self) -> None:
        self._all_told.clear()
        self._to_tell.set()

    async def _until_told(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_told.wait(), TELL_WITHIN_S)

    def _note(self, answer: ExchangeAnswer | NotNow) -> None:
        """Say once when the cloud's questions stop coming, and once when they come again."""
        is_heard = not isinstance(answer, NotNow)
        if isinstance(answer, NotNow) and self._is_heard is not False:
            log.warning("no commands from the cloud: %s", answer.reason)
        elif is_heard and self._is_heard is False:
            log.info("the cloud's commands come again")
        self._is_heard = is_heard


def _now_s() -> float:
    return asyncio.get_running_loop().time()
