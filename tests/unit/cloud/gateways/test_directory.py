"""What the directory remembers, and for how long."""

import asyncio

from cloud.gateways.directory import Directory
from cloud.gateways.schemas import Speaker


class StoppedClock:
    def __init__(self):
        self.time_s = 1000.0

    def monotonic_s(self):
        return self.time_s


class Asked:
    """A database that counts how often it is asked."""

    def __init__(self, *known):
        self.known = set(known)
        self.times = 0

    async def __call__(self, gateway_id):
        self.times += 1
        return Speaker(1, gateway_id, 1, "bar", (), {}, {}, {}) if gateway_id in self.known else None


def directory(asked, clock, size=10):
    return Directory(asked, clock, max_age_s=15, size=size)


def find(directory, gateway_id="gw"):
    found = asyncio.run(directory.find(gateway_id))
    return found and found.gateway_id


def test_a_gateway_is_asked_for_once_within_the_age():
    asked, clock = Asked("gw"), StoppedClock()
    known = directory(asked, clock)
    assert [find(known), find(known)] == ["gw", "gw"]
    clock.time_s += 15
    assert find(known) == "gw"
    assert asked.times == 1
    clock.time_s += 0.1
    assert find(known) == "gw"
    assert asked.times == 2


def test_an_unknown_gateway_is_asked_for_each_time():
    asked = Asked()
    known = directory(asked, StoppedClock())
    assert [find(known), find(known)] == [None, None]
    assert asked.times == 2


def test_the_longest_known_makes_room():
    asked = Asked("a", "b", "c")
    known = directory(asked, StoppedClock(), size=2)
    for name in "abcb":
        find(known, name)
    assert asked.times == 3
    find(known, "a")
    assert asked.times == 4


def test_what_was_asked_for_just_now_is_not_asked_for_again():
    asked, clock = Asked("gw"), StoppedClock()
    known = directory(asked, clock)
    find(known)
    asyncio.run(known.find_again("gw"))
    assert asked.times == 1
    clock.time_s += 1
    asyncio.run(known.find_again("gw"))
    assert asked.times == 2


def test_a_gateway_that_is_gone_is_forgotten():
    asked, clock = Asked("gw"), StoppedClock()
    known = directory(asked, clock)
    find(known)
    asked.known.clear()
    clock.time_s += 16
    assert find(known) is None


def test_forgetting_asks_anew():
    asked = Asked("gw")
    known = directory(asked, StoppedClock())
    find(known)
    known.forget("gw")
    find(known)
    assert asked.times == 2


def test_a_changed_site_is_asked_for_anew():
    asked, clock = Asked("gw"), StoppedClock()
    known = directory(asked, clock)
    find(known)
    known.forget_site(2)
    find(known)
    assert asked.times == 1
    known.forget_site(1)
    find(known)
    assert asked.times == 2
    known.forget_all()
    find(known)
    assert asked.times == 3


def test_an_answer_from_before_a_change_is_not_kept():
    clock = StoppedClock()
    asked = Asked("gw")

    async def ask_while_it_changes(gateway_id):
        known.forget_site(1)
        return await asked(gateway_id)

    known = directory(ask_while_it_changes, clock)
    find(known)
    find(known)
    assert asked.times == 2
