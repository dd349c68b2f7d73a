"""A calibration step by step from afar: the same session and the same gate as on the technician's page.

Somebody stands at the shelf and puts weights on; whoever asks is told the next step in a sentence. The last
step judges at once: what the statistics allow is in force, anything else leaves the old calibration as it is.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from contract.commands import CalibrateDeed
from edge.bench import Bench
from edge.ports import Outcome

SENTENCE_MAX = 200
NOT_BEGUN = "no calibration of {} is in progress (it is let go after ten minutes): begin with a known weight"


class RemoteCalibrating:
    """Does the deeds of `calibrate` on the gateway's bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def do(self, scale_id: str, arguments: Mapping[str, JsonValue]) -> Outcome:
        """Do one deed. Raises ValueError or OSError with the reason."""
        deed = arguments.get("deed")
        if deed == CalibrateDeed.BEGIN:
            return self._begin(scale_id, arguments.get("weight_g"))
        if deed == CalibrateDeed.STEP:
            return await self._step(scale_id)
        if deed == CalibrateDeed.UNDO:
            if await self._bench.undo(scale_id):
                return _done(f"the last calibration of {scale_id} is taken back")
            return _failed(f"nothing to undo on {scale_id}; the layout's calibration is in force")
        if deed == CalibrateDeed.DROP:
            self._bench.drop(scale_id)
            return _done(f"let go; the old calibration of {scale_id} stays in force")
        return _failed("deed must be begin, step, undo or drop")

    def _begin(self, scale_id: str, weight_g: JsonValue) -> Outcome:
        if not isinstance(weight_g, int | float):
            return _failed("weight_g must be the known weight in grams")
        self._bench.begin(scale_id, [float(weight_g)])
        return _done(self._next(scale_id))

    async def _step(self, scale_id: str) -> Outcome:
        session = self._bench.session(scale_id)
        if session is None:
            return _failed(NOT_BEGUN.format(scale_id))
        if session.step is not None:
            told = await self._bench.step(scale_id)
            if told is not None:
                return _failed(told)
        if session.step is not None:
            return _done(self._next(scale_id))
        return await self._judge(scale_id)

    async def _judge(self, scale_id: str) -> Outcome:
        verdict = self._bench.verdict(scale_id)
        if isinstance(verdict, str):
            self._bench.drop(scale_id)
            return _failed(f"{verdict}; begin anew")
        lines = "\n".join((*verdict.lines, *verdict.reasons))
        if not verdict.is_accepted:
            self._bench.drop(scale_id)
            return _failed(
                f"{scale_id}: not accepted, the old one stays in force: {verdict.reasons[0]}", lines
            )
        await self._bench.accept(scale_id)
        return _done(f"accepted and in force on {scale_id}: {verdict.lines[0]}", lines)

    def _next(self, scale_id: str) -> str:
        session = self._bench.session(scale_id)
        assert session is not None, "a session that was just touched is there"
        assert session.step is not None, "asked for a step that is there"
        return f"step {session.number} of 3 on {scale_id}: {session.step.words} Then take this step"


def _done(detail: str, result: str | None = None) -> Outcome:
    return Outcome(is_done=True, detail=detail[:SENTENCE_MAX], result=result)


def _failed(detail: str, result: str | None = None) -> Outcome:
    return Outcome(is_done=False, detail=detail[:SENTENCE_MAX], result=result)
