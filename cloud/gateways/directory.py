"""Remembers who may speak, so that not every batch asks the database: bounded in number and in age."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from cloud.clock import Clock
from cloud.gateways.schemas import Speaker

MIN_AGE_TO_ASK_AGAIN_S = 0.2
"""A name or signature that does not fit may be newer than what is remembered: ask again, not each time."""


class Directory:
    """Speakers by gateway_id: at most `size`, each at most `max_age_s` old. Unknown names are not kept."""

    def __init__(
        self,
        ask: Callable[[str], Awaitable[Speaker | None]],
        clock: Clock,
        *,
        max_age_s: float,
        size: int,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._max_age_s = max_age_s
        self._size = size
        self._known: OrderedDict[str, tuple[float, Speaker]] = OrderedDict()

    async def find(self, gateway_id: str) -> Speaker | None:
        """Return a registered gateway, or None."""
        return await self._find(gateway_id, self._max_age_s)

    async def find_again(self, gateway_id: str) -> Speaker | None:
        """Return it anew when what is remembered did not fit and is not of this moment."""
        return await self._find(gateway_id, MIN_AGE_TO_ASK_AGAIN_S)

    def forget(self, gateway_id: str) -> None:
        """Ask the database the next time."""
        self._known.pop(gateway_id, None)

    def forget_all(self) -> None:
        """Ask the database for everyone the next time."""
        self._known.clear()

    async def _find(self, gateway_id: str, max_age_s: float) -> Speaker | None:
        now_s = self._clock.monotonic_s()
        asked_at_s, speaker = self._known.get(gateway_id, (float("-inf"), None))
        if now_s - asked_at_s <= max_age_s:
            return speaker
        speaker = await self._ask(gateway_id)
        self.forget(gateway_id)
        if speaker is not None:
            self._known[gateway_id] = (now_s, speaker)
        if len(self._known) > self._size:
            self._known.popitem(last=False)
        return speaker
