"""The only caller of demand/queries.sql."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.demand.schemas import (
    CountedDay,
    DemandDay,
    DemandHistory,
    DemandSeries,
    DemandSource,
    OpenDay,
    ScaleDay,
    Shelved,
)
from cloud.sites.schemas import BusinessDay

_sql = load_queries(Path(__file__).parent)


class DemandRepo:
    """Demand in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def touched_hours(self, site_id: str, before: datetime) -> list[datetime]:
        """Hours in which movements changed since they were counted, ascending."""
        values = {"site_id": site_id, "before": before}
        return [row["hour_at"] for row in await self._database.rows(_sql["touched_hours"], values)]

    async def forget_touched(self, connection: Connection, site_id: str, hours: Sequence[datetime]) -> None:
        """These hours are being counted in this transaction."""
        await connection.execute(_sql["forget_touched"], {"site_id": site_id, "hours": list(hours)})

    async def pours(
        self, connection: Connection, site_id: str, days: Sequence[BusinessDay]
    ) -> tuple[list[CountedDay], list[OpenDay]]:
        """What was poured on some days by product, exposure still 1, and when the site was open on them."""
        rows = await _fetch(connection, "pours_of_days", {"site_id": site_id, **_spans(days)})
        opened: dict[date, datetime] = {}
        closed: dict[date, datetime] = {}
        for row in rows:
            on = row["day_on"]
            opened[on] = min(row["first_at"], opened.get(on, row["first_at"]))
            closed[on] = max(row["last_at"], closed.get(on, row["last_at"]))
        counted = [
            CountedDay(row["product_no"], row["day_on"], row["quantity_ml"], row["sigma_ml"], row["servings"])
            for row in rows
            if row["product_no"] is not None
        ]
        return counted, [OpenDay(on, opened[on], closed[on]) for on in sorted(opened)]

    async def shelved(self, connection: Connection, site_id: str) -> list[Shelved]:
        """Which products stand on which scales now."""
        rows = await _fetch(connection, "places", {"site_id": site_id})
        return [_shelved(row) for row in rows]

    async def scale_days(
        self, connection: Connection, site_id: str, days: Sequence[BusinessDay], alone: Sequence[Shelved]
    ) -> list[ScaleDay]:
        """What the scales with one product each said on some days."""
        values = {"site_id": site_id, "scales": [place.scale_no for place in alone], **_spans(days)}
        start = {
            (row["scale_no"], row["day_on"]): row["weight_g"]
            for row in await _fetch(connection, "weights_at_start", values)
        }
        changes: dict[tuple[int, date], list[tuple[datetime, float]]] = defaultdict(list)
        for row in await _fetch(connection, "weights_after", values):
            changes[row["scale_no"], row["day_on"]].append((row["at"], row["weight_g"]))
        found = []
        for place in alone:
            for day in days:
                key = (place.scale_no, day.on)
                if key in start or key in changes:
                    found.append(_scale_day(place, day.on, start.get(key), changes[key]))
        return found

    async def first_pours(self, connection: Connection, product_nos: Sequence[int]) -> dict[int, datetime]:
        """When each product was first poured."""
        rows = await _fetch(connection, "first_pours", {"products": list(product_nos)})
        return {row["product_no"]: row["first_at"] for row in rows}

    async def put(
        self,
        connection: Connection,
        site_id: str,
        source: DemandSource,
        *,
        opened: Sequence[OpenDay],
        demand: Sequence[CountedDay],
        now: datetime,
    ) -> None:
        """Write open days and demand of one source."""
        head = {"site_id": site_id, "source": source.value, "now": now}
        spans = {
            "days": [day.on for day in opened],
            "opened": [day.opened_at for day in opened],
            "closed": [day.closed_at for day in opened],
        }
        await connection.execute(_sql["put_open_days"], {**head, **spans})
        columns = {
            "products": [day.product_no for day in demand],
            "days": [day.day_on for day in demand],
            "quantities": [day.quantity_ml for day in demand],
            "sigmas": [day.sigma_ml for day in demand],
            "servings": [day.servings for day in demand],
            "exposures": [day.exposure for day in demand],
        }
        await connection.execute(_sql["put_demand"], {**head, **columns})

    async def drop_others(
        self,
        connection: Connection,
        site_id: str,
        source: DemandSource,
        *,
        days: Sequence[date],
        opened: Sequence[OpenDay],
        demand: Sequence[CountedDay],
        now: datetime,
    ) -> None:
        """Take away what one source said of some days and does not say any more."""
        head = {"site_id": site_id, "source": source.value, "days": list(days), "now": now}
        still = {
            "products": [day.product_no for day in demand],
            "on_days": [day.day_on for day in demand],
        }
        await connection.execute(_sql["drop_demand"], {**head, **still})
        await connection.execute(_sql["drop_open_days"], {**head, "open_days": [day.on for day in opened]})

    async def product_numbers(self, site_id: str) -> dict[str, int]:
        """Numbers of a site's products by their names."""
        rows = await self._database.rows(_sql["product_numbers"], {"site_id": site_id})
        return {row["product_id"]: row["product_no"] for row in rows}

    async def history(
        self, site_id: str, since_on: date, until_on: date, known_at: datetime
    ) -> DemandHistory:
        """The demand of every product of a site in a range of days, as it was known at a time."""
        values = {"site_id": site_id, "since_on": since_on, "until_on": until_on, "known_at": known_at}
        series = tuple(map(_series, await self._database.rows(_sql["series"], values)))
        open_days = sorted({day for each in series for day in each.days})
        return DemandHistory(until_on, tuple(open_days), series)

    async def days(
        self, site_id: str, product_id: str | None, since_on: date, until_on: date, limit: int
    ) -> list[DemandDay]:
        """Demand day by day, newest first."""
        values = {
            "site_id": site_id,
            "product_id": product_id,
            "since_on": since_on,
            "until_on": until_on,
            "limit": limit,
        }
        rows = await self._database.rows(_sql["days"], values)
        return [DemandDay(**{**row, "source": DemandSource(row["source"])}) for row in rows]


async def _fetch(connection: Connection, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    return await (await connection.execute(_sql[query], values)).fetchall()


def _spans(days: Sequence[BusinessDay]) -> dict[str, list[Any]]:
    return {
        "days": [day.on for day in days],
        "starts": [day.starts_at for day in days],
        "ends": [day.ends_at for day in days],
    }


def _shelved(row: dict[str, Any]) -> Shelved:
    numbers = tuple(number for number in row["product_nos"] if number is not None)
    return Shelved(
        scale_no=row["scale_no"],
        product_nos=numbers,
        is_alone=row["is_alone"] and bool(numbers),
        tare_weight_g=row["tare_weight_g"] or 0.0,
        density_g_per_ml=row["density_g_per_ml"] or 1.0,
    )


def _scale_day(
    place: Shelved, on: date, start_g: float | None, changes: Sequence[tuple[datetime, float]]
) -> ScaleDay:
    return ScaleDay(
        product_no=place.product_nos[0],
        day_on=on,
        start_ml=None if start_g is None else place.liquid_ml(start_g),
        changes=tuple((at, place.liquid_ml(weight_g)) for at, weight_g in changes),
    )


def _series(row: dict[str, Any]) -> DemandSeries:
    arrays = ("days", "quantity_ml", "servings", "exposure")
    return DemandSeries(**{**row, **{name: tuple(row[name]) for name in arrays}})
