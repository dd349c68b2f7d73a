"""Rules of movements: the pour log and the running business day."""

from collections.abc import Sequence
from datetime import datetime

from cloud.movements.schemas import DaySummary, MovementLine


class MovementsService:
    """Only the newest revision of each movement counts."""

    async def recent(self, site_id: str, limit: int, before: datetime | None = None) -> list[MovementLine]:
        """The newest movements (before an instant), newest first; at most 500."""
        raise NotImplementedError

    async def today(self, site_id: str, now: datetime) -> DaySummary:
        """The business day that `now` lies in."""
        raise NotImplementedError

    async def by_ids(self, site_id: str, ids: Sequence[str]) -> list[MovementLine]:
        """These movements of a site, newest first; unknown ones are left out."""
        raise NotImplementedError
