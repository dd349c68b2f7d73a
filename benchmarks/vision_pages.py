"""Writes what was measured into pages, between a line `<!-- NAME -->` and one `<!-- end of NAME -->`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured number and its limit, if it has one."""

    model: str
    what: str
    measured: float
    limit: float | None = None
    at_least: bool = True

    @property
    def good(self) -> bool:
        """Whether the limit is kept."""
        return self.limit is None or (
            self.measured >= self.limit if self.at_least else self.measured <= self.limit
        )


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table, one line per figure; two limits of one figure share a line."""
    rows: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        rows.setdefault((figure.model, figure.what), []).append(figure)
    lines = ["| figure | measured | limit |", "|---|---|---|"]
    for (_, what), same in rows.items():
        limits = [
            f"{'at least' if one.at_least else 'at most'} {shown(one.limit)}"
            for one in same
            if one.limit is not None
        ]
        missed = "" if all(one.good for one in same) else " (missed)"
        lines.append(f"| {what} | {shown(same[0].measured)} | {', '.join(limits) or '-'}{missed} |")
    return "\n".join(lines)


def shown(value: float) -> str:
    """Three digits that mean something; whole numbers from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write(page: Path, figures: Sequence[Figure]) -> None:
    """Puts the figures' table between the page's marks. Raises ValueError where it has none."""
    put(page, "figures", table(figures))


def put(page: Path, name: str, text: str) -> None:
    """Puts a text between the page's marks of that name. Raises ValueError where it has none."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page_text = page.read_text()
    if page_text.count(begin) != 1 or page_text.count(end) != 1:
        raise ValueError(f"{page} needs one line {begin} and one line {end}: what was measured goes between")
    before, rest = page_text.split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}")
