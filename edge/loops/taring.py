"""The tare button: every scale that is empty and nearly at zero gets a new zero. Knows no pin and no file."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from edge.domain.steadiness import Hold

log = logging.getLogger(__name__)

NEAR_ZERO_G = 30.0
"""Further away from zero is something that stands there; a button cannot ask."""
WITHIN_S = 15.0
"""Real seconds that the scales have to stand still in."""


class Taring:
    """Waits for the button and tares."""

    def __init__(
        self,
        scales: Sequence[str],
        *,
        hold: Callable[[str, float], Awaitable[Hold | str]],
        in_force: Callable[[str], tuple[float, float]],
        keep: Callable[[str, Hold, float], Awaitable[None]],
        begun: Callable[[], None],
        ended: Callable[[], None],
    ) -> None:
        """`keep` stores a scale's new zero with its span; `begun` and `ended` are told of each tare."""
        self._scales, self._hold, self._in_force = scales, hold, in_force
        self._keep, self._begun, self._ended = keep, begun, ended
        self._pressed = asyncio.Event()

    def press(self) -> None:
        """The button was held; to be called on the event loop's own thread."""
        self._pressed.set()

    async def run(self) -> None:
        """Tare at each press, for ever; a press during a tare is part of it."""
        while True:
            await self._pressed.wait()
            self._begun()
            try:
                tared = await self._tare()
                log.info("tare button: %d of %d scales tared", len(tared), len(self._scales))
            except (OSError, ValueError) as error:
                log.warning("tare button: nothing tared (%s)", error)
            finally:
                self._ended()
                self._pressed.clear()

    async def _tare(self) -> list[str]:
        holds = await asyncio.gather(*(self._hold(scale_id, WITHIN_S) for scale_id in self._scales))
        tared = []
        for scale_id, hold in zip(self._scales, holds, strict=True):
            if isinstance(hold, str):
                log.info("tare button: %s left alone: %s", scale_id, hold)
                continue
            tare_counts, counts_per_g = self._in_force(scale_id)
            if abs((hold.counts - tare_counts) / counts_per_g) <= NEAR_ZERO_G:
                await self._keep(scale_id, hold, counts_per_g)
                tared.append(scale_id)
        return tared
