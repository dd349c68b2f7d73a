"""Reads suppliers' terms and price lists from CSV. Pure: text in, what it says and what is wrong with it out.

One broken line does not stop the others: it is named with its number and what to write there.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from math import isfinite
from typing import TypeVar

from cloud.suppliers.schemas import Article, PriceList, PriceStep, Supplier

MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 20_000
MAX_FAULTS = 100
MAX_PRICE = 1e6
TERM_COLUMNS = ("supplier", "order_days", "cut_off", "lead_days")
PRICE_COLUMNS = ("supplier", "article", "name", "pack", "bottle_ml", "price")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SLUG = re.compile(r"[^a-z0-9]+")
Value = TypeVar("Value")


class NotAPriceListError(ValueError):
    """The file as a whole cannot be read; the message says what to change."""


class _FieldError(ValueError):
    """A field cannot be read."""


def read_price_list(text: str) -> PriceList:
    """Read one file: suppliers' terms where its header has order_days, else articles and prices.

    Raises NotAPriceListError for a file of neither kind, or one that is too long.
    """
    if len(text.encode()) > MAX_BYTES:
        raise NotAPriceListError(f"The file is over {MAX_BYTES // 1024 // 1024} MiB: split it by supplier.")
    rows, comma = _rows(text)
    header = next(rows, None)
    names = [word.strip().lower().replace(" ", "_") for word in header[1]] if header else []
    if "order_days" in names:
        _need(TERM_COLUMNS, names)
        return _read(rows, names, lambda row: _supplier(row, comma), "suppliers")
    _need(PRICE_COLUMNS, names)
    return _read(rows, names, lambda row: _article(row, comma), "articles")


def slug(words: str) -> str:
    """A name as an identifier: 'Anker Drinks' is anker-drinks."""
    return _SLUG.sub("-", words.strip().lower()).strip("-")[:63]


def _rows(text: str) -> tuple[Iterator[tuple[int, list[str]]], str]:
    """The rows with their line numbers, and what stands between units and cents."""
    lines = text.lstrip("\ufeff")
    first = lines.split("\n", 1)[0]
    delimiter = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(lines), delimiter=delimiter)
    return (
        (reader.line_num, row) for row in reader if any(map(str.strip, row))
    ), "," if delimiter != "," else "."


def _need(columns: tuple[str, ...], names: list[str]) -> None:
    missing = [column for column in columns if column not in names]
    if missing:
        raise NotAPriceListError(
            f"Column {', '.join(missing)} is missing. A price list begins with the line "
            f"{','.join(PRICE_COLUMNS)}; suppliers' terms with {','.join(TERM_COLUMNS)}."
        )


def _read(
    rows: Iterator[tuple[int, list[str]]],
    names: list[str],
    read: Callable[[Mapping[str, str]], Supplier | Article],
    kind: str,
) -> PriceList:
    found: dict[tuple[str, ...], Supplier | Article] = {}
    faults: list[str] = []
    for count, (line, values) in enumerate(rows):
        if count >= MAX_ROWS:
            faults.append(f"Line {line}: more than {MAX_ROWS} lines; split the file by supplier.")
            break
        row = {name: value.strip() for name, value in zip(names, values, strict=False)}
        try:
            entry = read(row)
        except _FieldError as fault:
            faults.append(f"Line {line}: {fault}")
            continue
        key = (entry.supplier_id, entry.article_id if isinstance(entry, Article) else "")
        if key in found:
            faults.append(f"Line {line}: {' '.join(key).strip()} stands twice; the first one counts.")
            continue
        found[key] = entry
    if len(faults) > MAX_FAULTS:
        faults[MAX_FAULTS:] = [f"and {len(faults) - MAX_FAULTS} more lines like these"]
    entries = tuple(found.values())
    return PriceList(**{kind: entries}, faults=tuple(faults))  # type: ignore[arg-type]


def _supplier(row: Mapping[str, str], comma: str) -> Supplier:
    name = _word(row, "supplier", "a name")
    return Supplier(
        supplier_id=slug(name),
        name=name,
        order_weekdays=_weekdays(row, "order_days"),
        cut_off=_field(row, "cut_off", time.fromisoformat, "a time such as 14:00"),
        lead_days=_whole(row, "lead_days", 0, 60),
        delivery_weekdays=_weekdays(row, "delivery_days"),
        closed_on=tuple(sorted(_dates(row.get("closed_on", "")))),
        minimum_order_value=_money(row, "minimum_order", comma, default=0.0),
        delivery_fee=_money(row, "delivery_fee", comma, default=0.0),
    )


def _article(row: Mapping[str, str], comma: str) -> Article:
    name = _word(row, "name", "what the article is called")
    price = _money(row, "price", comma)
    if price <= 0:
        raise _FieldError("price is 0: write what one bottle costs, or leave the line out.")
    life = row.get("shelf_life_days", "")
    return Article(
        supplier_id=slug(_word(row, "supplier", "a supplier's name")),
        article_id=_word(row, "article", "the supplier's number of it"),
        name=name,
        pack_units=_whole(row, "pack", 1, 1_000),
        bottle_ml=_whole(row, "bottle_ml", 1, 100_000),
        prices=(PriceStep(1, price), *_steps(row.get("breaks", ""), comma, price)),
        product_id=row.get("product") or None,
        barcode=row.get("barcode") or None,
        deposit=_money(row, "deposit", comma, default=0.0),
        shelf_life_days=_whole(row, "shelf_life_days", 1, 36_500) if life else None,
    )


def _word(row: Mapping[str, str], column: str, wanted: str) -> str:
    word = row.get(column, "")
    if not word or len(word) > 200 or not slug(word):
        raise _FieldError(f"{column} is {word[:40]!r}, wanted {wanted}.")
    return word


def _field(row: Mapping[str, str], column: str, read: Callable[[str], Value], wanted: str) -> Value:
    text = row.get(column, "")
    try:
        return read(text)
    except ValueError:
        raise _FieldError(f"{column} is {text[:40]!r}, wanted {wanted}.") from None


def _whole(row: Mapping[str, str], column: str, least: int, most: int) -> int:
    number = _field(row, column, int, f"a whole number from {least} to {most}")
    if not least <= number <= most:
        raise _FieldError(f"{column} is {number}, wanted a whole number from {least} to {most}.")
    return number


def _money(row: Mapping[str, str], column: str, comma: str, default: float | None = None) -> float:
    text = row.get(column, "")
    if not text and default is not None:
        return default
    return _amount(text, column, comma)


def _amount(text: str, column: str, comma: str) -> float:
    plain = text.replace(".", "").replace(",", ".") if comma == "," and "," in text else text
    try:
        amount = float(plain)
    except ValueError:
        amount = -1.0
    if not (isfinite(amount) and 0 <= amount <= MAX_PRICE):
        raise _FieldError(f"{column} is {text[:40]!r}, wanted an amount such as 12.50.")
    return amount


def _steps(text: str, comma: str, first: float) -> Iterator[PriceStep]:
    """Price breaks such as '5:9.80 10:9.40': from 5 cases 9.80 a bottle."""
    last_cases, last_price = 1, first
    for word in text.split():
        cases, _, price = word.partition(":")
        if not cases.isdecimal() or int(cases) <= last_cases:
            raise _FieldError(
                f"breaks is {text[:40]!r}, wanted rising cases with prices, such as 5:9.80 10:9.40."
            )
        last_cases, last_price = int(cases), _amount(price, "breaks", comma)
        if last_price <= 0:
            raise _FieldError(f"breaks is {text[:40]!r}: a price of 0 cannot be right.")
        yield PriceStep(last_cases, last_price)


def _weekdays(row: Mapping[str, str], column: str) -> tuple[int, ...]:
    words = re.split(r"[\s,;/+]+", row.get(column, "").strip().lower())
    numbers = set()
    for word in filter(None, words):
        if word[:3] not in WEEKDAYS:
            raise _FieldError(f"{column} is {row[column][:40]!r}, wanted weekdays such as Mon Thu.")
        numbers.add(WEEKDAYS.index(word[:3]))
    return tuple(sorted(numbers))


def _dates(text: str) -> Iterator[date]:
    for word in text.split():
        try:
            yield date.fromisoformat(word)
        except ValueError:
            raise _FieldError(
                f"closed_on is {text[:40]!r}, wanted days such as 2026-12-25 2026-12-26."
            ) from None
