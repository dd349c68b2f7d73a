"""Special days: events by hand and from calendars, holidays, weather from a faked service."""

import json
import threading
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from cloud.occasions.schemas import Place
from cloud.problems import Malformed
from tests.integration.test_cloud_forecasts import MADE_AT, SITE, TODAY, Stopped, give, issue, latest

pytestmark = pytest.mark.postgres
BERLIN = Place("DE", "BE", 52.52, 13.405)


@contextmanager
def weather_service(answer=None, status=200):
    """Open-Meteo's shape on a port of its own; what it was asked is listed."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append({key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()})
            days = [(TODAY + timedelta(days=day)).isoformat() for day in range(-2, 16)]
            told = {"time": days, "temperature_2m_max": [9.5] * 18, "precipitation_sum": [0.4] * 18}
            body = json.dumps({"daily": told} if answer is None else answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/forecast", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def bar(cloud):
    cloud.clock_at = Stopped(MADE_AT)
    cloud.clock_at.monotonic_s = lambda: 0.0
    services = cloud.services
    for service in (
        services.jobs,
        services.sites,
        services.demand,
        services.forecasts,
        services.issuing,
        services.occasions,
    ):
        service._clock = cloud.clock_at
    return cloud


def known(bar):
    return bar.call(
        bar.services.occasions.known,
        SITE,
        TODAY - timedelta(days=30),
        TODAY + timedelta(days=30),
        bar.clock_at.at,
    )


def test_events_come_and_go_over_http_and_a_wrong_one_is_refused(bar):
    path = f"/api/v1/sites/{SITE}/events"
    fair = {"name": "Street fair", "starts_on": "2026-11-27", "ends_on": "2026-11-29"}
    (event,) = bar.client.post(path, json=fair).json()
    assert (event["name"], event["calendar"]) == ("Street fair", "by hand")
    backwards = bar.client.post(path, json={**fair, "ends_on": "2026-11-01"})
    assert (backwards.status_code, "first day first" in backwards.json()["detail"]) == (422, True)
    assert bar.client.delete(f"{path}/{event['number']}").json() == []
    assert bar.client.delete(f"{path}/{event['number']}").status_code == 404


def test_a_calendar_replaces_only_its_own_events(bar):
    def ics(*days):
        events = "".join(
            f"BEGIN:VEVENT\r\nUID:u{d}\r\nSUMMARY:Match\r\nDTSTART;VALUE=DATE:{d}\r\nEND:VEVENT\r\n"
            for d in days
        )
        return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n".encode()

    bring = bar.services.occasions.import_calendar
    bar.call(bar.services.occasions.add_event, SITE, "Match", date(2026, 12, 1), date(2026, 12, 1))
    assert bar.call(bring, SITE, "football", ics("20261204", "20261211")) == (2, 0)
    assert bar.call(bring, SITE, "football", ics("20261204", "20261211")) == (0, 0)
    assert bar.call(bring, SITE, "football", ics("20261211", "20261218")) == (1, 1)
    assert [event.starts_on.day for event in known(bar).events] == [1, 11, 18]


def test_forecasts_know_an_event_and_an_issue_is_repeated_with_what_was_known_then(bar):
    dice = np.random.default_rng(1)
    parties = [30, 60, 90, 120]
    demand = [40 * dice.poisson(30 if day in parties else 10) for day in range(150)]
    give(bar, "campari", demand)
    first = TODAY - timedelta(days=150)
    for day in (*parties, 155):
        on = first + timedelta(days=day)
        bar.call(bar.services.occasions.add_event, SITE, "Party", on, on)
    run = issue(bar)
    campari = latest(bar)["campari"]
    assert campari.mean_ml[5] > 2 * campari.mean_ml[4]
    assert "Party: 2." in campari.why["said"][0]
    assert run.provenance["events"] == 5
    bar.clock_at.at = MADE_AT + timedelta(minutes=5)
    for event in known(bar).events:
        bar.call(bar.services.occasions.remove_event, SITE, event.number)
    assert known(bar).events == ()
    assert bar.call(bar.services.issuing.repeat, campari.run.number).differing == ()


def test_the_weather_is_fetched_seldom_and_kept_as_it_was_foretold(bar):
    occasions = bar.services.occasions
    with weather_service() as (url, asked):
        occasions._weather_url = url
        assert not bar.call(occasions.refresh_weather, SITE), "nobody said where the bar is"
        bar.call(occasions.put_place, SITE, BERLIN)
        assert bar.call(occasions.refresh_weather, SITE)
        assert not bar.call(occasions.refresh_weather, SITE)
        bar.clock_at.at = MADE_AT + timedelta(hours=7)
        assert bar.call(occasions.refresh_weather, SITE)
    assert len(asked) == 2
    assert (asked[0]["latitude"], asked[0]["timezone"]) == ("52.520", "Europe/Berlin")
    assert len(bar.rows("SELECT * FROM weather")) == 36
    told = {day.day_on: day.issued_at for day in known(bar).weather}
    assert told[TODAY + timedelta(days=3)] == bar.clock_at.at
    assert told[TODAY - timedelta(days=2)] == MADE_AT, "the first word on a day that was over"


@pytest.mark.parametrize("fault", [{"status": 503}, {"answer": {"error": True}}])
def test_a_weather_service_in_trouble_changes_nothing(bar, fault):
    occasions = bar.services.occasions
    bar.call(occasions.put_place, SITE, BERLIN)
    with weather_service(**fault) as (url, _):
        occasions._weather_url = url
        assert not bar.call(occasions.refresh_weather, SITE)
    assert not bar.call(occasions.refresh_weather, SITE), "nobody listens there any more"
    assert known(bar).weather == ()


def test_nothing_is_asked_where_no_service_is_set(bar):
    bar.call(bar.services.occasions.put_place, SITE, BERLIN)
    assert not bar.call(bar.services.occasions.refresh_weather, SITE)


@pytest.mark.parametrize("place", [Place("Germany", None, None, None), Place("DE", None, 200.0, 0.0)])
def test_a_place_that_is_none_is_refused(bar, place):
    with pytest.raises(Malformed):
        bar.call(bar.services.occasions.put_place, SITE, place)
