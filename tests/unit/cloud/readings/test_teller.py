"""What open pages are told: merged, after the commit, and never more than a notification holds."""

import asyncio
import json

from cloud.problems import Unavailable
from cloud.readings.teller import Teller


class Heard:
    """Whoever listens; it may be away."""

    def __init__(self):
        self.payloads = []
        self.is_away = False

    async def __call__(self, payloads):
        if self.is_away:
            raise Unavailable("away")
        self.payloads.append([json.loads(payload) for payload in payloads])


def told(story):
    heard = Heard()

    async def run():
        await story(Teller(heard, pause_s=0.01), heard)
        await asyncio.sleep(0.05)

    asyncio.run(run())
    return heard.payloads


def test_the_first_word_goes_out_at_once_and_the_next_ones_together():
    async def story(teller, heard):
        teller.tell("bar", "gw-1", ["a"])
        await asyncio.sleep(0)
        assert len(heard.payloads) == 1
        teller.tell("bar", "gw-1", ["b"], ["m1"])
        teller.tell("bar", "gw-2", ["a"])
        teller.tell("pub", "gw-3")

    assert told(story)[1:] == [
        [
            {"site": "bar", "slots": ["a", "b"], "movements": ["m1"], "gateways": ["gw-1", "gw-2"]},
            {"site": "pub", "slots": [], "movements": [], "gateways": ["gw-3"]},
        ]
    ]


def test_more_names_than_fit_are_everything():
    async def story(teller, heard):
        teller.tell("bar", "gw-1", [f"slot-{number:05}" for number in range(1_000)])

    assert told(story) == [[{"site": "bar", "all": True}]]


def test_a_word_that_cannot_be_said_is_dropped_and_the_next_one_is_said():
    async def story(teller, heard):
        heard.is_away = True
        teller.tell("bar", "gw-1", ["a"])
        await asyncio.sleep(0.03)
        heard.is_away = False
        teller.tell("bar", "gw-1", ["b"])

    assert told(story) == [[{"site": "bar", "slots": ["b"], "movements": [], "gateways": ["gw-1"]}]]
