"""The loop against a cloud that plays its part: hands out until it is told, loses answers, goes away."""

import asyncio
from contextlib import suppress

from contract.commands import (
    Command,
    DesiredSettings,
    ExchangeAnswer,
    ExchangeRequest,
    RemoteSettings,
    ReportedSettings,
)
from edge.command_book import CommandBook
from edge.domain.backoff import Backoff
from edge.loops.commanding import Commanding
from edge.ports import NotNow, Outcome

COMMAND = Command(command_id="c0" * 16, kind="tare", arguments={"slot": "top-1"})


class Cloud:
    """Knows one command and how far it is; `away` answers are lost on the way back."""

    def __init__(self, command: Command | None = COMMAND) -> None:
        self.command, self.states, self.desired = command, [], None
        self.reported: ReportedSettings | None = None
        self.lost = 0
        self.changed = asyncio.Condition()

    async def exchange(self, request: ExchangeRequest) -> ExchangeAnswer | NotNow:
        await asyncio.sleep(0)
        async with self.changed:
            self.states += [report.state for report in request.reports]
            self.reported = request.reported or self.reported
            self.changed.notify_all()
        if self.lost:
            self.lost -= 1
            return NotNow("the answer was lost")
        news = () if self.states or self.command is None else (self.command,)
        desired = self.desired if self.desired and self.desired.version > request.desired_version else None
        if not news and desired is None and request.wait_s:
            await asyncio.sleep(request.wait_s)
        return ExchangeAnswer(commands=news, desired=desired)

    async def until(self, holds) -> None:
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(holds), 10)


class Commander:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome, self.done, self.restarts = outcome, [], 0

    async def do(self, kind, arguments) -> Outcome:
        self.done.append((kind, arguments))
        return self.outcome

    def restart(self) -> None:
        self.restarts += 1


class Desk:
    version = 0

    def apply(self, desired: DesiredSettings) -> None:
        self.version = desired.version

    def report(self) -> ReportedSettings:
        return ReportedSettings(version=self.version, settings=RemoteSettings())


def play(tmp_path, cloud_of, outcome, until) -> tuple[Cloud, Commander]:
    async def story() -> tuple[Cloud, Commander]:
        cloud, commander = cloud_of(), Commander(outcome)
        book = CommandBook(tmp_path)
        loop = Commanding(
            cloud, book, commander, Desk(), lambda: Backoff(0.01, 0.02, lambda: 1.0), poll_s=0.05
        )
        running = asyncio.create_task(loop.run())
        try:
            await cloud.until(lambda: until(cloud, commander))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        return cloud, commander

    return asyncio.run(story())


def test_a_command_is_done_once_and_told(tmp_path):
    outcome = Outcome(is_done=True, detail="the zero is 7 counts now")
    cloud, commander = play(tmp_path, Cloud, outcome, lambda cloud, _: "done" in cloud.states)
    assert commander.done == [("tare", {"slot": "top-1"})]
    assert set(cloud.states) <= {"received", "done"}


def test_answers_that_are_lost_lose_and_double_nothing(tmp_path):
    def cloud_of() -> Cloud:
        cloud = Cloud()
        cloud.lost = 7
        return cloud

    outcome = Outcome(is_done=False, detail="no")
    _, commander = play(
        tmp_path, cloud_of, outcome, lambda cloud, _: not cloud.lost and "failed" in cloud.states
    )
    assert len(commander.done) == 1


def test_a_restart_is_asked_for_after_the_cloud_has_heard_received(tmp_path):
    outcome = Outcome(is_done=True, then_restart=True)
    cloud, _ = play(tmp_path, Cloud, outcome, lambda _, commander: commander.restarts)
    assert cloud.states == ["received"]
    assert [entry.state for entry in CommandBook(tmp_path).untold] == []


def test_settings_are_applied_once_and_reported(tmp_path):
    def cloud_of() -> Cloud:
        cloud = Cloud(None)
        cloud.desired = DesiredSettings(version=4, settings=RemoteSettings(log_level="debug"))
        return cloud

    cloud, _ = play(
        tmp_path,
        cloud_of,
        Outcome(is_done=True),
        lambda cloud, _: cloud.reported is not None and cloud.reported.version == 4,
    )
    assert cloud.reported.version == 4


def test_a_command_that_came_too_late_is_not_done(tmp_path):
    late = COMMAND.model_copy(update={"expires_in_s": 0.0})
    _, commander = play(
        tmp_path, lambda: Cloud(late), Outcome(is_done=True), lambda cloud, _: "failed" in cloud.states
    )
    assert commander.done == []


def test_a_command_that_cannot_be_written_down_waits(tmp_path):
    """A full disk: nothing is begun that could be begun twice; the cloud keeps it until it expires."""
    asked = []

    class Watched(Cloud):
        async def exchange(self, request):
            asked.append(request)
            return await super().exchange(request)

    _, commander = play(tmp_path / "gone", Watched, Outcome(is_done=True), lambda *_: len(asked) > 4)
    assert commander.done == []
