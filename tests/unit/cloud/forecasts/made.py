"""An issued forecast to ask: 100 ml a day, Saturdays twice that, sums with less spread than days."""

from datetime import UTC, date, datetime
from statistics import NormalDist

from cloud.forecasts.schemas import HORIZON_DAYS, LEADS, LEVELS, ForecastRun, IssuedForecast

STARTS_ON = date(2026, 11, 20)
"""A Friday."""


def issued(mean_ml=100.0, sigma_share=0.5, stale=None, product_id="campari", **why) -> IssuedForecast:
    """Each day normal with a standard deviation of half its mean, days independent."""
    means = [mean_ml * (2.0 if day % 7 == 1 else 1.0) for day in range(HORIZON_DAYS)]
    sums = [sum(means[:lead]) for lead in LEADS]
    run = ForecastRun(
        number=1,
        site_id="corner-bar",
        made_at=datetime(2026, 11, 20, 6, tzinfo=UTC),
        starts_on=STARTS_ON,
        horizon_days=HORIZON_DAYS,
        method="default",
        reason="nightly",
        levels=LEVELS,
        leads=LEADS,
        provenance={},
    )
    spread = [(1 + sigma_share * NormalDist().inv_cdf(level)) for level in LEVELS]
    return IssuedForecast(
        run=run,
        product_id=product_id,
        basis="own history",
        days_known=90,
        mean_ml=tuple(means),
        quantiles_ml=tuple(tuple(max(0.0, mean * each) for each in spread) for mean in means),
        sum_mean_ml=tuple(sums),
        sum_quantiles_ml=tuple(
            tuple(max(0.0, total * (1 + (each - 1) / lead**0.5)) for each in spread)
            for total, lead in zip(sums, LEADS, strict=True)
        ),
        why=why,
        stale=stale,
    )
