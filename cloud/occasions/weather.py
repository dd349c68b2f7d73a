"""A client of Open-Meteo (open-meteo.com, weather data under CC BY 4.0), on the standard library alone.

It asks for days, never for a past it could have known better. A wrong answer is a WeatherError, not a guess.
"""

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from cloud.occasions.schemas import WeatherDay

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 200_000
FORECAST_DAYS = 16
PAST_DAYS = 2


class WeatherError(RuntimeError):
    """There is no weather just now; the sentence says why."""


def fetch(
    url: str, latitude: float, longitude: float, timezone: str, issued_at: datetime
) -> list[WeatherDay]:
    """Ask for the days around now. Blocks up to TIMEOUT_S. Raises WeatherError."""
    asked = urlencode(
        {
            "latitude": f"{latitude:.3f}",
            "longitude": f"{longitude:.3f}",
            "daily": "temperature_2m_max,precipitation_sum",
            "timezone": timezone,
            "past_days": PAST_DAYS,
            "forecast_days": FORECAST_DAYS,
        }
    )
    request = Request(f"{url}?{asked}", headers={"User-Agent": "Barback", "Accept": "application/json"})  # noqa: S310 - an operator's setting, http or https
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            body = answer.read(MAX_ANSWER_BYTES + 1)
    except (URLError, TimeoutError, OSError) as error:
        raise WeatherError(f"the weather service does not answer: {error}") from None
    if len(body) > MAX_ANSWER_BYTES:
        raise WeatherError("the weather service sent far more than was asked for")
    return read_answer(body, issued_at)


def read_answer(body: bytes, issued_at: datetime) -> list[WeatherDay]:
    """Read an answer; days with a gap in them are left out. Raises WeatherError where it is none."""
    try:
        daily = json.loads(body)["daily"]
        columns = (daily["time"], daily["temperature_2m_max"], daily["precipitation_sum"])
        return [
            WeatherDay(date.fromisoformat(day), issued_at, float(warm), float(rain))
            for day, warm, rain in zip(*columns, strict=True)
            if _is_sane(warm, -90, 65) and _is_sane(rain, 0, 2_000)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise WeatherError(f"the weather service answered something else: {error!r}") from None


def _is_sane(value: Any, least: float, most: float) -> bool:  # noqa: ANN401 - out of someone's JSON
    return isinstance(value, int | float) and math.isfinite(value) and least <= value <= most


def anomaly(temperatures_c: Sequence[float], at: int, days: int = 14) -> float:
    """How much warmer a day is than the days before it, degrees Celsius; 0 where it is the first."""
    before = temperatures_c[max(0, at - days) : at]
    return temperatures_c[at] - sum(before) / len(before) if before else 0.0
