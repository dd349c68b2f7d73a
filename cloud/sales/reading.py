"""Reads the file of a till: which column is what, dates and numbers as people write them. Pure."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from cloud.problems import Malformed
from cloud.sales.schemas import Columns, SalesFile, Sold

MAX_FILE_BYTES = 32_000_000
MAX_ROWS = 500_000
MAX_FAULTS = 20
MAX_BAD_SHARE = 0.2
MAX_NAME = 120
MAX_PIECES = 100_000.0
HEADINGS = {
    "day": (
        "business date",
        "business day",
        "date",
        "datum",
        "day",
        "tag",
        "ds",
        "closed at",
        "created at",
        "time",
    ),
    "item": (
        "item name",
        "item",
        "product",
        "artikel",
        "produkt",
        "article",
        "name",
        "menu item",
        "unique_id",
    ),
    "pieces": ("quantity", "qty", "anzahl", "menge", "pieces", "count", "sold", "qty sold", "y"),
}
_DATE = re.compile(r"^(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?:[T ]+(\d{1,2}):(\d{2}))?")


def read_sales(text: bytes, day_ends_at: time, wanted: dict[str, str | None]) -> SalesFile:
    """Read a CSV in UTF-8 (or Latin-1), with comma, semicolon or tab. wanted: headings a person chose.

    A date with a time before the bar closes belongs to the day before. Raises Malformed where columns cannot
    be told, dates are ambiguous, or more than a fifth of the rows cannot be read.
    """
    if len(text) > MAX_FILE_BYTES:
        raise Malformed(f"the file has over {MAX_FILE_BYTES // 1_000_000} MB; split it by months")
    lines = io.StringIO(_decoded(text), newline="")
    sample = lines.readline()
    lines.seek(0)
    rows = csv.reader(lines, delimiter=max(",;\t", key=sample.count))
    try:
        headings = tuple(heading.strip() for heading in next(rows, []))
        table = [(rows.line_num, row) for row in rows if any(field.strip() for field in row)]
    except csv.Error as error:
        raise Malformed(f"this is not a CSV file: {error}") from None
    if len(table) > MAX_ROWS:
        raise Malformed(f"the file has over {MAX_ROWS:,} rows; split it by months")
    columns = _columns(headings, wanted)
    return _summed(table, headings, columns, day_ends_at)


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _columns(headings: Sequence[str], wanted: dict[str, str | None]) -> Columns:
    found = {}
    for what, names in HEADINGS.items():
        chosen = wanted.get(what)
        if chosen is not None and chosen not in headings:
            raise Malformed(f"there is no column {chosen!r}; there are {', '.join(headings) or 'none'}")
        match = chosen or _by_name(headings, names)
        if match is None:
            raise Malformed(
                f"which column holds the {what} cannot be told; choose one of {', '.join(headings) or 'none'}"
            )
        found[what] = match
    return Columns(**found)


def _by_name(headings: Sequence[str], names: Sequence[str]) -> str | None:
    plain = {re.sub(r"[_\s]+", " ", heading).casefold(): heading for heading in reversed(headings)}
    return next((plain[name] for name in names if name in plain), None)


def _summed(
    table: Sequence[tuple[int, list[str]]], headings: Sequence[str], columns: Columns, day_ends_at: time
) -> SalesFile:
    at = {what: headings.index(getattr(columns, what)) for what in HEADINGS}
    parse = _date_reader([row[at["day"]] for _, row in table if len(row) > at["day"]], day_ends_at)
    totals: dict[tuple[date, str], float] = defaultdict(float)
    faults: list[str] = []
    for line, row in table:
        try:
            day, name, pieces = _row(row, at, parse)
            totals[day, name] += pieces
        except ValueError as fault:
            faults.append(f"Line {line}: {fault}")
    if len(faults) > MAX_BAD_SHARE * len(table):
        raise Malformed(f"{len(faults)} of {len(table)} rows cannot be read; {faults[0]}")
    sold = [Sold(day, name, max(0.0, pieces)) for (day, name), pieces in sorted(totals.items())]
    return SalesFile(
        columns, tuple(headings), len(table), tuple(sold), tuple(faults[:MAX_FAULTS]), len(faults)
    )


def _row(row: list[str], at: dict[str, int], parse: Callable[[str], date]) -> tuple[date, str, float]:
    if len(row) <= max(at.values()):
        raise ValueError(f"it has only {len(row)} fields")
    name = " ".join(row[at["item"]].split())
    if not name or len(name) > MAX_NAME:
        raise ValueError(f"the name is empty or longer than {MAX_NAME} letters")
    return parse(row[at["day"]]), name, _number(row[at["pieces"]])


def _number(text: str) -> float:
    """'3', '3.5', '3,5', '1.234,5', '1,234.5', '-1'."""
    plain = re.sub(r"[\s']", "", text)
    if "," in plain and "." in plain:
        thousands = "." if plain.rfind(",") > plain.rfind(".") else ","
        plain = plain.replace(thousands, "")
    try:
        value = float(plain.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text!r} is not a number of pieces") from None
    if not abs(value) <= MAX_PIECES:
        raise ValueError(f"{text!r} pieces on one row cannot be")
    return value


def _date_reader(texts: Sequence[str], day_ends_at: time) -> Callable[[str], date]:
    """How this file writes dates: told from all of them, since 03/04 alone can be either."""
    pairs = [(int(m[1]), int(m[2])) for text in texts if (m := _DATE.match(text.strip())) and len(m[1]) <= 2]
    is_day_first = any(first > 12 for first, _ in pairs)
    is_month_first = any(second > 12 for _, second in pairs)
    if is_day_first and is_month_first:
        raise Malformed("some dates begin with the day and some with the month; export them as 2026-11-20")
    dotted = any("." in text for text in texts[:50])
    if pairs and not (is_day_first or is_month_first or dotted) and len({pair[0] for pair in pairs}) > 1:
        raise Malformed("it cannot be told whether dates begin with day or month; export them as 2026-11-20")

    def parse(text: str) -> date:
        match = _DATE.match(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a date such as 2026-11-20")
        first, second, third = int(match[1]), int(match[2]), int(match[3])
        if len(match[1]) == 4:
            year, month, day = first, second, third
        else:
            year = third + 2000 if third < 100 else third
            month, day = (first, second) if is_month_first else (second, first)
        try:
            on = date(year, month, day)
            at = time(int(match[4]), int(match[5])) if match[4] else None
        except ValueError:
            raise ValueError(f"{text!r} is not a date such as 2026-11-20") from None
        return on - timedelta(days=1) if at is not None and at < day_ends_at else on

    return parse


def is_recent(on: date, now: datetime) -> bool:
    """Whether a sale may be of that day: not of tomorrow, not of another century."""
    return date(2000, 1, 1) <= on <= now.date() + timedelta(days=1)
