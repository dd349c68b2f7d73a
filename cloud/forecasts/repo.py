"""The only caller of forecasts/queries.sql."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.forecasts.schemas import Champion, ForecastRun, IssuedForecast, Outcome

KEPT_RUNS = 120
"""Issues kept per site: four months of nights."""

_sql = load_queries(Path(__file__).parent)


class ForecastsRepo:
    """Issued forecasts in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest_run(self, site_id: str) -> ForecastRun | None:
        """The newest issue of a site, or None."""
        row = await self._database.row(_sql["newest_run"], {"site_id": site_id})
        return _run(row) if row else None

    async def run(self, number: int) -> ForecastRun | None:
        """One issue, or None."""
        row = await self._database.row(_sql["one_run"], {"run_no": number})
        return _run(row) if row else None

    async def champion(self, site_id: str) -> Champion | None:
        """The method by which a site's forecasts are made, None where none was chosen yet."""
        row = await self._database.row(_sql["champion"], {"site_id": site_id})
        return Champion(**{**row, "scores": tuple(row["scores"])}) if row else None

    async def put_champion(self, site_id: str, champion: Champion) -> None:
        """Choose the method by which a site's forecasts are made."""
        values = {
            "site_id": site_id,
            "method": champion.method,
            "now": champion.judged_at,
            "reason": champion.reason,
            "scores": Jsonb(list(champion.scores)),
        }
        async with self._database.connection() as connection:
            await connection.execute(_sql["put_champion"], values)

    async def runs_starting(self, site_id: str, since_on: date, until_on: date) -> list[ForecastRun]:
        """The first issue of each day of a range."""
        values = {"site_id": site_id, "since_on": since_on, "until_on": until_on}
        return [_run(row) for row in await self._database.rows(_sql["runs_starting"], values)]

    async def judged_days(self, site_id: str, length: int, since_on: date) -> set[date]:
        """The days whose stretches of a length have been compared with what came."""
        values = {"site_id": site_id, "length": length, "since_on": since_on}
        return {row["starts_on"] for row in await self._database.rows(_sql["judged_days"], values)}

    async def put_outcomes(self, site_id: str, outcomes: Iterable[Outcome], forget_before_on: date) -> None:
        """Write down what came, and forget what is older than a day."""
        rows = [{**asdict(outcome), "site_id": site_id} for outcome in outcomes]
        async with self._database.transaction() as connection:
            async with connection.cursor() as cursor:
                await cursor.executemany(_sql["put_outcome"], rows)
            values = {"site_id": site_id, "before_on": forget_before_on}
            await connection.execute(_sql["forget_outcomes"], values)

    async def outcomes(self, site_id: str, since_on: date) -> list[Outcome]:
        """What came of the forecasts of a site since a day."""
        values = {"site_id": site_id, "since_on": since_on}
        return [Outcome(**row) for row in await self._database.rows(_sql["outcomes"], values)]

    async def forecasts(
        self, run: ForecastRun, product_ids: Sequence[str] | None, stale: str | None
    ) -> list[IssuedForecast]:
        """The forecasts of an issue, of all products or of some."""
        values = {"run_no": run.number, "product_ids": None if product_ids is None else list(product_ids)}
        rows = await self._database.rows(_sql["forecasts_of_run"], values)
        return [_forecast(run, row, stale) for row in rows]

    async def put(self, connection: Connection, run: ForecastRun, forecasts: Iterable[IssuedForecast]) -> int:
        """Write an issue down and forget the oldest ones; return its number."""
        values = {
            "site_id": run.site_id,
            "made_at": run.made_at,
            "starts_on": run.starts_on,
            "horizon_days": run.horizon_days,
            "method": run.method,
            "reason": run.reason,
            "levels": list(run.levels),
            "leads": list(run.leads),
            "provenance": Jsonb(run.provenance),
        }
        row = await (await connection.execute(_sql["begin_run"], values)).fetchone()
        assert row is not None, "the site of a job is there"
        number = int(row["run_no"])
        rows = [_row(run, number, forecast) for forecast in forecasts]
        async with connection.cursor() as cursor:
            await cursor.executemany(_sql["put_forecast"], rows)
        await connection.execute(_sql["forget_runs"], {"site_id": run.site_id, "keep": KEPT_RUNS})
        return number


def _run(row: dict[str, Any]) -> ForecastRun:
    levels = tuple(round(level, 6) for level in row["levels"])
    return ForecastRun(**{**row, "levels": levels, "leads": tuple(row["leads"])})


def _forecast(run: ForecastRun, row: dict[str, Any], stale: str | None) -> IssuedForecast:
    width = len(run.levels)
    return IssuedForecast(
        run=run,
        product_id=row["product_id"],
        basis=row["basis"],
        days_known=row["days_known"],
        mean_ml=tuple(row["mean_ml"]),
        quantiles_ml=_folded(row["quantiles_ml"], width),
        sum_mean_ml=tuple(row["sum_mean_ml"]),
        sum_quantiles_ml=_folded(row["sum_quantiles_ml"], width),
        why=row["why"],
        stale=stale,
    )


def _folded(flat: Sequence[float], width: int) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(flat[start : start + width]) for start in range(0, len(flat), width))


def _row(run: ForecastRun, number: int, forecast: IssuedForecast) -> dict[str, Any]:
    return {
        "run_no": number,
        "site_id": run.site_id,
        "product_id": forecast.product_id,
        "basis": forecast.basis,
        "days_known": forecast.days_known,
        "mean_ml": list(forecast.mean_ml),
        "quantiles_ml": [value for day in forecast.quantiles_ml for value in day],
        "sum_mean_ml": list(forecast.sum_mean_ml),
        "sum_quantiles_ml": [value for lead in forecast.sum_quantiles_ml for value in lead],
        "why": Jsonb(forecast.why),
    }
