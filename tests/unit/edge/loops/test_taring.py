import asyncio

from edge.domain.steadiness import Hold
from edge.loops.taring import Taring

LINE = (1000.0, 400.0)


def at(grams: float) -> Hold:
    return Hold(1000 + 400 * grams, 10.0, 100.0, 30)


def pressed(holds: dict[str, Hold | str]) -> tuple[list[str], list[str]]:
    kept, lamp = [], []

    async def hold(scale_id: str, within_s: float) -> Hold | str:
        return holds[scale_id]

    async def keep(scale_id: str, hold: Hold, counts_per_g: float) -> None:
        assert counts_per_g == 400.0
        kept.append(scale_id)

    async def story() -> None:
        done = asyncio.Event()

        def ended() -> None:
            lamp.append("ended")
            done.set()

        taring = Taring(
            list(holds),
            hold=hold,
            in_force=lambda _: LINE,
            keep=keep,
            begun=lambda: lamp.append("begun"),
            ended=ended,
        )
        task = asyncio.create_task(taring.run())
        taring.press()
        await asyncio.wait_for(done.wait(), 10)
        task.cancel()

    asyncio.run(story())
    return kept, lamp


def test_empty_scales_near_zero_are_tared_and_the_others_left_alone() -> None:
    kept, lamp = pressed({"a": at(4), "b": at(-29), "c": at(31), "d": at(800), "e": "it did not stand still"})
    assert kept == ["a", "b"]
    assert lamp == ["begun", "ended"]
