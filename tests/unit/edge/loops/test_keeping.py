import asyncio

from edge.domain.bottle_lives import NO_LIVES, KeptLives
from edge.domain.refusals import Refusals
from edge.domain.tray import BottleWeight
from edge.loops.keeping import Keeping


class FakeEngine:
    def __init__(self) -> None:
        self.known = {"s-0": BottleWeight(900.0, 0.5)}
        self.learned = NO_LIVES

    def lives(self) -> KeptLives:
        return self.learned

    def bottles(self) -> dict[str, BottleWeight]:
        return dict(self.known)


class FakeBook:
    def __init__(self) -> None:
        self.written, self.is_full = [], False

    def write(self, bottles, lives) -> None:
        self.lives = lives
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.written.append(dict(bottles))


def test_only_what_has_changed_is_written() -> None:
    book, engine = FakeBook(), FakeEngine()
    keeping = Keeping(book, engine, Refusals())
    keeping.keep()
    keeping.keep()
    engine.known["s-0"] = BottleWeight(860.0, 0.5)
    keeping.keep()
    assert [one["s-0"].weight_g for one in book.written] == [900.0, 860.0]
    engine.learned = KeptLives({"s-0": 1158.0}, {})
    keeping.keep()
    assert (len(book.written), book.lives) == (3, engine.learned)


def test_a_full_disk_is_counted_and_tried_again() -> None:
    book, refusals = FakeBook(), Refusals()
    keeping = Keeping(book, FakeEngine(), refusals)
    book.is_full = True
    keeping.keep()
    book.is_full = False
    keeping.keep()
    assert len(book.written) == 1
    assert refusals.counts() == {"bottles.json not written (No space left on device)": 1}


def test_a_gateway_that_stops_writes_once_more() -> None:
    async def stopped() -> list:
        book = FakeBook()
        task = asyncio.create_task(Keeping(book, FakeEngine(), Refusals()).run())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return book.written

    assert len(asyncio.run(stopped())) == 1
