"""What the answers of a cloud do to the marks, against a real outbox."""

import asyncio
import logging
from pathlib import Path

from contract.batch import Refusal
from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
from edge.domain.backoff import Backoff
from edge.domain.breaker import Breaker
from edge.loops.publishing import Publishing, Reachability
from edge.ports import Accepted, Answer, Elsewhere, NotNow, Run, TooLarge


class Clock:
    def real_s(self) -> float:
        return 1000.0


class Cloud:
    """Keeps marks by the rules, unless an answer was put into the script first."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.runs: list[tuple[str, Run]] = []
        self.marks: dict[tuple[str, Lane], int] = {}
        self.bodies: dict[tuple[str, Lane, int], bytes] = {}

    async def send(self, epoch: str, run: Run) -> Answer:
        assert epoch == run.epoch
        if run.bodies or run.gap_from is not None:
            self.runs.append((epoch, run))
        elif self.script:
            return Accepted(max(self.marks.get((epoch, run.lane), -1), run.last_seq))
        await asyncio.sleep(0)
        if self.script:
            return self.script.pop(0)
        mark = self.marks.get((epoch, run.lane), -1)
        begin = run.gap_from if run.gap_from is not None else run.first_seq
        if begin > mark + 1:
            return Elsewhere(mark + 1)
        for seq, body in enumerate(run.bodies, run.first_seq):
            if seq > mark:
                self.bodies[epoch, run.lane, seq] = body
        mark = max(mark, run.last_seq)
        self.marks[epoch, run.lane] = mark
        return Accepted(mark)


class Story:
    """An outbox with states in it, a cloud, and a publisher between them that never really waits."""

    def __init__(self, outbox: SqliteOutbox) -> None:
        self.outbox, self.cloud, self.reachability = outbox, Cloud(), Reachability(Clock())
        self.waits: list[float] = []

    async def drain(self, lane: Lane = Lane.STATES) -> None:
        publishing = Publishing(
            self.outbox, self.cloud, self.reachability, Breaker(self.backoff()), lambda: 1.0
        )
        task = asyncio.create_task(publishing.run())
        while (await self.outbox.lanes())[lane].waiting:
            assert not task.done()
            await asyncio.sleep(0)
        task.cancel()

    def backoff(self) -> Backoff:
        story = self

        class Quick(Backoff):
            def next_s(self, at_least_s: float = 0.0) -> float:
                story.waits.append(super().next_s(at_least_s))
                return 0.0

        return Quick(1.0, 60.0, lambda: 1.0)

    def sizes(self) -> list[int]:
        return [len(run.bodies) for _, run in self.cloud.runs]


def told(path: Path, states: int, story_of) -> Story:
    async def run() -> Story:
        outbox = SqliteOutbox(path / "outbox.db", OutboxLimits(), lambda: 1.0)
        await outbox.open("a" * 32)
        outbox.append(Lane.STATES, [str(n).encode() for n in range(states)])
        await outbox.flush()
        story = Story(outbox)
        await story_of(story)
        await outbox.close()
        return story

    return asyncio.run(asyncio.wait_for(run(), 60))


def test_batches_grow_with_the_backlog_up_to_two_thousand(tmp_path) -> None:
    story = told(tmp_path, 9000, lambda story: story.drain())
    assert story.sizes() == [200, 400, 800, 1600, 2000, 2000, 2000]
    assert [body for _, body in sorted((k[2], v) for k, v in story.cloud.bodies.items())] == [
        str(n).encode() for n in range(9000)
    ]


def test_a_restored_cloud_gets_again_what_it_has_lost(tmp_path) -> None:
    async def lose(story: Story) -> None:
        await story.drain()
        story.cloud.marks[story.outbox.epoch, Lane.STATES] = 99
        for seq in range(100, 300):
            del story.cloud.bodies[story.outbox.epoch, Lane.STATES, seq]
        story.outbox.append(Lane.STATES, [b"300"])
        await story.outbox.flush()
        await story.drain()

    story = told(tmp_path, 300, lose)
    assert len(story.cloud.bodies) == 301


def test_a_mark_below_ours_rewinds_like_a_409(tmp_path) -> None:
    async def lower(story: Story) -> None:
        await story.drain()
        story.outbox.append(Lane.STATES, [b"10"])
        await story.outbox.flush()
        story.cloud.script = [Accepted(3)]
        story.cloud.marks[story.outbox.epoch, Lane.STATES] = 3
        await story.drain()

    story = told(tmp_path, 10, lower)
    assert [run.first_seq for _, run in story.cloud.runs] == [0, 10, 4]


def test_a_refusal_is_waited_out_and_the_same_is_sent_again(tmp_path) -> None:
    async def refuse(story: Story) -> None:
        story.cloud.script = [NotNow("restarting", 7.0), NotNow("restarting"), NotNow("restarting")]
        await story.drain()

    story = told(tmp_path, 5, refuse)
    assert story.waits == [8.0, 2.0, 4.0]
    assert [run.first_seq for _, run in story.cloud.runs] == [0, 0, 0, 0]


def test_a_cloud_that_contradicts_itself_is_not_asked_in_a_hot_loop(tmp_path) -> None:
    async def contradict(story: Story) -> None:
        story.cloud.script = [Elsewhere(0), Elsewhere(0), Accepted(-1)]
        await story.drain()

    assert told(tmp_path, 5, contradict).waits == [1.0, 2.0, 4.0]


def test_413_halves_the_batch(tmp_path) -> None:
    async def shrink(story: Story) -> None:
        story.cloud.script = [TooLarge(), TooLarge()]
        await story.drain()

    assert told(tmp_path, 200, shrink).sizes() == [200, 100, 50, 100, 50]


def test_an_outbox_restored_from_a_copy_begins_a_new_epoch_and_loses_nothing(tmp_path) -> None:
    async def restored(story: Story) -> None:
        old = story.outbox.epoch
        story.cloud.marks[old, Lane.STATES] = 500
        await story.drain()
        assert story.outbox.epoch != old

    story = told(tmp_path, 5, restored)
    new = story.outbox.epoch
    assert [story.cloud.bodies[new, Lane.STATES, seq] for seq in range(5)] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_copy_does_not_double_what_its_twin_has_delivered(tmp_path) -> None:
    async def first_life() -> None:
        outbox = SqliteOutbox(tmp_path / "outbox.db", OutboxLimits(), lambda: 1.0)
        await outbox.open("a" * 32)
        for lane in Lane:
            await outbox.acknowledge(Run(lane, 0, (), epoch=outbox.epoch), -1)
        outbox.append(Lane.STATES, [b"old"] * 4)
        await outbox.close()

    asyncio.run(first_life())

    async def restored(story: Story) -> None:
        old = story.outbox.epoch
        story.cloud.marks[old, Lane.STATES] = 20
        await story.drain()

    story = told(tmp_path, 5, restored)
    assert sorted(story.cloud.bodies.values()) == [b"0", b"1", b"2", b"3", b"4"]


def test_no_lane_sends_before_the_marks_of_all_are_known(tmp_path) -> None:
    """A copy is found out by one lane, and what the other has in the air must not have an old number."""

    async def silent(story: Story) -> None:
        send = story.cloud.send

        async def silent_on_states(epoch: str, run: Run) -> Answer:
            return NotNow("silent") if run.lane is Lane.STATES else await send(epoch, run)

        story.cloud.send = silent_on_states
        story.outbox.append(Lane.MOVEMENTS, [b"pour"])
        await story.outbox.flush()
        publishing = Publishing(
            story.outbox, story.cloud, story.reachability, Breaker(story.backoff()), lambda: 1.0
        )
        task = asyncio.create_task(publishing.run())
        await asyncio.sleep(0.3)
        task.cancel()

    assert told(tmp_path, 5, silent).cloud.runs == []


def test_a_quiet_copy_that_grew_past_its_twin_is_found_out_by_the_first_question(tmp_path) -> None:
    """Without asking first, its own records would pass for those that the cloud already has."""

    async def restored(story: Story) -> None:
        story.cloud.marks[story.outbox.epoch, Lane.STATES] = 2
        await story.drain()

    story = told(tmp_path, 5, restored)
    assert sorted(story.cloud.bodies.values()) == [b"0", b"1", b"2", b"3", b"4"]


def test_quarantined_records_are_logged_and_the_next_batch_goes(tmp_path, caplog) -> None:
    async def quarantine(story: Story) -> None:
        story.cloud.script = [Accepted(4, (Refusal(seq=2, reason="time in the future"),))]
        await story.drain()

    with caplog.at_level(logging.WARNING):
        told(tmp_path, 5, quarantine)
    assert caplog.messages == ["the cloud put record 2 of states aside: time in the future"]


def test_the_log_speaks_once_per_change_and_not_once_per_attempt(tmp_path, caplog) -> None:
    async def flap(story: Story) -> None:
        story.cloud.script = [NotNow("no route")] * 20 + [NotNow("503")] * 20
        await story.drain()

    with caplog.at_level(logging.INFO):
        story = told(tmp_path, 5, flap)
    assert caplog.messages == [
        "the cloud takes our records",
        "records wait here: no route",
        "records wait here: 503",
        "the cloud takes our records",
    ]
    assert story.reachability.is_reachable is True
    assert story.reachability.acknowledged_at_s == 1000.0


def test_movements_do_not_wait_for_states_that_are_stuck(tmp_path) -> None:
    async def stuck(story: Story) -> None:
        send = story.cloud.send

        async def refuse_states(epoch: str, run: Run) -> Answer:
            is_stuck = run.lane is Lane.STATES and run.bodies
            return NotNow("stuck") if is_stuck else await send(epoch, run)

        story.cloud.send = refuse_states
        story.outbox.append(Lane.MOVEMENTS, [b"pour"])
        await story.outbox.flush()
        await story.drain(Lane.MOVEMENTS)

    story = told(tmp_path, 5, stuck)
    assert [run.lane for _, run in story.cloud.runs] == [Lane.MOVEMENTS]
