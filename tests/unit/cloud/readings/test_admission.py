"""Who is let in, who waits, and when the others are asked to come back."""

import asyncio
import random

import pytest

from cloud.problems import Busy
from cloud.readings.admission import MAX_RETRY_S, MIN_RETRY_S, Admission


def admission(places=1, waiting=0, wait_s=5.0, now_s=lambda: 0.0):
    return Admission(places, waiting, wait_s, now_s=now_s, dice=random.Random(1))


def run(story):
    asyncio.run(story())


def test_a_place_is_free_again_when_it_was_left():
    async def story():
        door = admission()
        for _ in range(3):
            async with door.admitted():
                pass

    run(story)


def test_without_a_place_to_wait_one_is_sent_away():
    async def story():
        door = admission()
        async with door.admitted():
            with pytest.raises(Busy) as sent:
                async with door.admitted():
                    pass
        assert MIN_RETRY_S <= sent.value.retry_after_s <= 5  # one of one in the last five seconds

    run(story)


def test_who_waits_comes_in_its_turn():
    order = []

    async def visit(door, name, leave):
        async with door.admitted():
            order.append(name)
            await leave.wait()

    async def story():
        door, leave = admission(waiting=3), asyncio.Event()
        visits = [asyncio.create_task(visit(door, name, leave)) for name in "abcd"]
        await asyncio.sleep(0)
        assert order == ["a"]
        leave.set()
        await asyncio.gather(*visits)

    run(story)
    assert order == list("abcd")


def test_who_waits_too_long_is_sent_away_and_its_turn_passes_on():
    async def story():
        door = admission(waiting=2, wait_s=0.01)
        async with door.admitted():
            with pytest.raises(Busy):
                async with door.admitted():
                    pass
        async with door.admitted():
            pass

    run(story)


def test_who_gives_up_while_waiting_takes_no_place():
    async def story():
        door = admission(waiting=2)

        async def wait():
            async with door.admitted():
                raise AssertionError("it had given up")

        async with door.admitted():
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with door.admitted():
            pass

    run(story)


def test_who_gives_up_at_the_moment_of_its_turn_passes_it_on():
    async def story():
        door = admission(waiting=2)

        async def wait():
            async with door.admitted():
                raise AssertionError("it had given up")

        async with door.admitted():
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(5), door.admitted():
            pass

    run(story)


def test_a_thousand_at_once_are_spread_over_the_time_that_they_take():
    async def story():
        door = admission(now_s=lambda: 100.0)
        for _ in range(50):
            async with door.admitted():
                pass
        times = []
        async with door.admitted():
            for _ in range(1_000):
                with pytest.raises(Busy) as sent:
                    async with door.admitted():
                        pass
                times.append(sent.value.retry_after_s)
        assert min(times) == MIN_RETRY_S
        assert max(times) == MAX_RETRY_S
        assert len(set(times)) > 30

    run(story)
