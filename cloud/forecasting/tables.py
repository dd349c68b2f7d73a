"""Owns reading demand from a file: CSV with the standard library, parquet with pyarrow where it is installed.

Long format: one row per series and period with unique_id, ds (ISO date) and y; is_open, exposure and price
may be there. Other columns are ignored.
"""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np

from cloud.forecasting.arrays import Floats
from cloud.forecasting.history import MAX_RECORDS, Records
from cloud.forecasting.panel import PanelError

NEEDED = ("unique_id", "ds", "y")
OPTIONAL = ("is_open", "exposure", "price")
Number = TypeVar("Number", int, float)


def read_records(path: Path) -> Records:
    """The file's rows. Raises PanelError with the line and what to write there."""
    if not path.is_file():
        raise PanelError(f"There is no file {path}: give the path of a .csv or .parquet file.")
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    return _read_csv(path)


def _read_csv(path: Path) -> Records:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        sample = lines.readline()
        lines.seek(0)
        rows = csv.reader(lines, delimiter=max(",;\t", key=sample.count))
        try:
            header = [name.strip() for name in next(rows, [])]
            return _records(header, rows)
        except (UnicodeDecodeError, csv.Error) as broken:
            raise PanelError(f"{path} is not a readable CSV in UTF-8: {broken}.") from broken


def _records(header: list[str], rows: "csv._reader") -> Records:  # type: ignore[name-defined]
    at = _places(header)
    names: list[str] = []
    days: list[int] = []
    values: dict[str, list[float]] = {name: [] for name in ("y", *OPTIONAL) if name in at}
    for row in rows:
        if not row:
            continue
        if len(row) < len(header):
            raise PanelError(f"Line {rows.line_num} has {len(row)} fields, the first line {len(header)}.")
        if len(names) >= MAX_RECORDS:
            raise PanelError(f"The file has more than {MAX_RECORDS} rows: split it.")
        names.append(row[at["unique_id"]])
        days.append(_field(_day, row[at["ds"]], rows.line_num, "ds", "a date such as 2026-11-20"))
        for name, column in values.items():
            column.append(_field(_number, row[at[name]], rows.line_num, name, "a number such as 12 or 0.5"))
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in values.items()}
    return Records(
        np.asarray(names, dtype=np.str_), np.asarray(days, dtype=np.int64), columns["y"], **_optional(columns)
    )


def _read_parquet(path: Path) -> Records:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - heavy, and only who reads parquet needs it
    except ImportError as missing:
        raise PanelError(
            "Reading parquet needs pyarrow: install it, or export the table as CSV."
        ) from missing
    try:
        header = parquet.read_schema(path).names
        at = _places(header)
        table = parquet.read_table(path, columns=list(at))
        if table.num_rows > MAX_RECORDS:
            raise PanelError(f"The file has {table.num_rows} rows: split it, at most {MAX_RECORDS}.")
        days = table["ds"].cast("date32").cast("int32").to_numpy() + date(1970, 1, 1).toordinal()
        columns = {name: table[name].cast("float64").to_numpy() for name in ("y", *OPTIONAL) if name in at}
        names = np.asarray(table["unique_id"].cast("string").to_pylist(), dtype=np.str_)
    except (OSError, ValueError, NotImplementedError) as broken:
        if isinstance(broken, PanelError):
            raise
        raise PanelError(f"{path} cannot be read as a table of unique_id, ds and y: {broken}.") from broken
    return Records(names, days.astype(np.int64), columns["y"].astype(np.float64), **_optional(columns))


def _places(header: list[str]) -> dict[str, int]:
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise PanelError(
            f"Column {', '.join(missing)} is missing: the first line must name unique_id, ds and y "
            f"(and may name {', '.join(OPTIONAL)}); it names {', '.join(header) or 'nothing'}."
        )
    return {name: header.index(name) for name in (*NEEDED, *OPTIONAL) if name in header}


def _optional(columns: dict[str, Floats]) -> dict[str, Floats]:
    return {name: columns[name] for name in OPTIONAL if name in columns}


def _day(text: str) -> int:
    return date.fromisoformat(text.strip()[:10]).toordinal()


def _number(text: str) -> float:
    """A float; an empty field is not known."""
    number = float(text) if text.strip() else float("nan")
    if np.isinf(number):
        raise ValueError(text)
    return number


def _field(read: Callable[[str], Number], text: str, line: int, name: str, wanted: str) -> Number:
    try:
        return read(text)
    except ValueError as wrong:
        raise PanelError(f"Line {line}: {name} is {text[:40]!r}, wanted {wanted}.") from wrong
