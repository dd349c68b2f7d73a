"""Forecasts: issued by a job, kept as they were made, repeated exactly, never older than they say."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.dashboard.bundle import STATIC, Bundle
from cloud.demand.schemas import CountedDay, DemandSource, OpenDay
from cloud.forecasts.windows import quantile, window
from cloud.problems import NotFound

pytestmark = pytest.mark.postgres
SITE = "corner-bar"
TODAY = date(2026, 11, 20)
MADE_AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


async def no_tell(words, done=0, total=0):
    """Nobody listens."""


class Stopped:
    """The time stands still until it is set."""

    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at


@pytest.fixture
def bar(cloud):
    """The corner bar at six in the morning; its clock stands still."""
    cloud.clock_at = Stopped(MADE_AT)
    services = cloud.services
    for service in (
        services.jobs,
        services.sites,
        services.demand,
        services.forecasts,
        services.issuing,
        services.judging,
    ):
        service._clock = cloud.clock_at
    return cloud


def give(bar, product, quantities, exposure=1.0, until=TODAY - timedelta(days=1)):
    """Demand of one product over the days up to `until`, ml; pours of 40 ml."""
    services = bar.services
    days = [until - timedelta(days=back) for back in reversed(range(len(quantities)))]

    async def put():
        number = (await services.demand.product_numbers(SITE))[product]
        rows = [
            CountedDay(number, day, float(ml), 0.0, round(ml / 40), exposure)
            for day, ml in zip(days, quantities, strict=True)
        ]
        opened = [OpenDay(day, None, None) for day in days]
        async with services.demand._database.transaction() as connection:
            await services.demand._repo.put(
                connection, SITE, DemandSource.SENSED, opened=opened, demand=rows, now=bar.clock_at.now()
            )

    bar.call(put)


def issue(bar, reason="nightly"):
    return bar.call(bar.services.issuing.issue, SITE, reason, no_tell)


def latest(bar):
    return {each.product_id: each for each in bar.call(bar.services.forecasts.latest, SITE)}


def weeks(count, seed=1):
    """Pours of 40 ml with a busy Saturday (five days before a Thursday's end)."""
    dice = np.random.default_rng(seed)
    return [40 * dice.poisson(10 if day % 7 == 1 else 4) for day in range(7 * count)]


def test_there_is_nothing_before_the_first_issue(bar):
    assert latest(bar) == {}
    with pytest.raises(
        NotFound, match=r"made tonight, or at once by POST /api/v1/forecasts/corner-bar/retrain"
    ):
        bar.call(bar.services.forecasts.latest_of, SITE, "campari")


def test_an_issue_knows_the_week_and_the_doubt(bar):
    give(bar, "campari", weeks(12))
    issue(bar)
    campari = latest(bar)["campari"]
    assert (campari.run.method, campari.run.starts_on, campari.run.made_at) == ("default", TODAY, MADE_AT)
    assert (campari.basis, campari.days_known, campari.stale) == ("own history", 84, None)
    saturday, sunday = (window(campari, TODAY + timedelta(days=day), 1) for day in (1, 2))
    assert saturday.mean_ml > 1.5 * sunday.mean_ml
    fortnight = window(campari, TODAY, 14)
    assert fortnight.mean_ml == pytest.approx(40 * (12 * 4 + 2 * 10), rel=0.15)
    assert quantile(fortnight, 0.05) < fortnight.mean_ml < quantile(fortnight, 0.95)


def test_an_issue_knows_what_the_coming_weeks_did_a_year_ago(bar):
    give(bar, "campari", [400.0] * 28 + [600.0] * 28 + [400.0] * 336)
    issue(bar)
    assert latest(bar)["campari"].why["last_year"] == pytest.approx(1.5, rel=0.05)
    assert latest(bar)["hendricks"].why.get("last_year") is None


def test_products_without_days_of_their_own_get_a_guess_that_says_so(bar):
    give(bar, "campari", weeks(12))
    give(bar, "aperol", weeks(1))
    issue(bar)
    found = latest(bar)
    assert found["aperol"].days_known == 7
    assert found["aperol"].basis == "the category at this site and the manager's par level"
    assert found["hendricks"].basis == "the manager's par level"
    assert len(found) == 24


def test_an_issue_is_repeated_exactly_although_demand_was_corrected_since(bar):
    give(bar, "campari", weeks(12))
    run_no = bar_issue_number(bar)
    bar.clock_at.at = MADE_AT + timedelta(hours=3)
    give(bar, "campari", weeks(12, seed=2))
    again = bar.call(bar.services.issuing.repeat, run_no)
    assert (again.differing, again.is_same_demand, again.is_same_code) == ((), True, True)
    assert again.products == 24


def bar_issue_number(bar):
    issue(bar)
    return latest(bar)["campari"].run.number


def test_a_forecast_says_when_it_is_stale(bar):
    give(bar, "campari", weeks(12))
    issue(bar)
    bar.clock_at.at = MADE_AT + timedelta(hours=37)
    assert latest(bar)["campari"].stale.startswith("made 37 hours ago; no worker has made a newer one")


def test_only_the_newest_issues_of_a_site_are_kept(bar, monkeypatch):
    monkeypatch.setattr("cloud.forecasts.repo.KEPT_RUNS", 1)
    for _ in range(2):
        issue(bar)
    assert len(bar.rows("SELECT * FROM forecast_run")) == 1


def test_retraining_is_asked_for_over_http_and_done_by_a_worker(bar):
    response = bar.client.post(f"/api/v1/forecasts/{SITE}/retrain")
    assert response.status_code == 202
    assert response.json()["job"]["status"] == "waiting"
    assert bar.client.post(f"/api/v1/forecasts/{SITE}/retrain").json() == response.json()
    assert bar.client.post("/api/v1/forecasts/nowhere/retrain").status_code == 404


def test_the_page_shows_what_it_asked_workers_for_once(bar):
    bar.client.app.state.bundle = Bundle(STATIC, dict.fromkeys(("main.css", "main.js", "icon.svg"), "x"))
    give(bar, "campari", weeks(12))
    issue(bar)
    for _ in range(3):
        for what in ("now", "compare"):
            bar.client.post(f"/{SITE}/forecasts/{what}", follow_redirects=False)
    page = bar.client.get(f"/{SITE}/forecasts").text
    assert page.count("Waits for a worker.") == 2
    assert "by “default”, issue" in page
    assert bar.client.post(f"/api/v1/forecasts/{SITE}/compare").json()["job"]["status"] == "waiting"
    assert len(bar.rows("SELECT * FROM procrastinate_jobs")) == 2


def test_the_api_hands_out_demand_forecasts_and_windows(bar):
    give(bar, "campari", weeks(12))
    issue(bar)
    get = bar.client.get
    assert len(get(f"/api/v1/forecasts/{SITE}").json()) == 24
    assert len(get(f"/api/v1/forecasts/{SITE}/demand", params={"product": "campari"}).json()) == 84
    one = get(f"/api/v1/forecasts/{SITE}/products/campari").json()
    assert len(one["mean_ml"]) == 28
    asked = {"first": TODAY.isoformat(), "days": 7}
    told = get(f"/api/v1/forecasts/{SITE}/products/campari/window", params=asked).json()
    assert told["mean_ml"] == pytest.approx(sum(one["mean_ml"][:7]))
    before = {"first": "2026-11-01", "days": 7}
    refused = get(f"/api/v1/forecasts/{SITE}/products/campari/window", params=before)
    assert (refused.status_code, refused.json()["detail"][-10:]) == (422, "2026-11-20")
    assert get(f"/api/v1/forecasts/{SITE}/products/nothing").status_code == 404


def test_what_came_is_written_down_and_told(bar):
    give(bar, "campari", weeks(12))
    issue(bar)
    bar.clock_at.at = MADE_AT + timedelta(days=8)
    give(bar, "campari", [200.0] * 7 + [520.0], until=TODAY + timedelta(days=7))
    assert bar.call(bar.services.judging.settle, SITE) is None
    accuracy = bar.client.get(f"/api/v1/forecasts/{SITE}/accuracy").json()
    assert {length: told["checked"] for length, told in accuracy["by_length"].items()} == {"1": 1, "7": 1}
    assert bar.call(bar.services.judging.settle, SITE) is None
    assert len(bar.rows("SELECT * FROM forecast_outcome")) == 2
    assert accuracy["champion"] is None


def test_methods_are_compared_on_the_sites_own_past_and_the_best_is_used(bar):
    for at, product in enumerate(("campari", "aperol", "hendricks", "tanqueray")):
        give(bar, product, weeks(20, seed=at))
    champion = bar.call(bar.services.judging.compare, SITE, "weekly", no_tell)
    losses = {score["method"]: score["loss"] for score in champion.scores}
    assert losses["default"] < losses["moving average"]
    assert champion.method == "default"
    assert issue(bar).method == "default"
    assert bar.client.get(f"/api/v1/forecasts/{SITE}/accuracy").json()["champion"]["reason"] == "weekly"


def test_too_short_a_past_compares_nothing(bar):
    said = []

    async def tell(words, done=0, total=0):
        said.append(words)

    give(bar, "campari", weeks(8))
    assert bar.call(bar.services.judging.compare, SITE, "weekly", tell) is None
    assert said == ["needs 90 days of history to compare methods"]
