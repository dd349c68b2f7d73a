"""Side by side: one line per thing that matters, ours and three simple detectors', and who is ahead."""

from collections.abc import Iterator

from weighing_rivals import RIVALS

NAMES = ("barback", *RIVALS)
RUN1_G = (342.8, 687.6)
"""Two labelled pours: 33 and 66 cl of beer."""


def side_by_side(figures: dict) -> Iterator[str]:
    """Lines of the table; of each line the best that can be is named, because there two can be equal."""
    lines = list(_lines(figures))
    if not lines:
        return
    yield "\nSide by side, in the same run:"
    yield f"  {'':<34}{''.join(f'{name[:14]:>16}' for name in NAMES)}"
    for name, values, best, higher in lines:
        cells = "".join(f"{value:>16.4g}" for value in values)
        yield f"  {name:<34}{cells}  {_place(values, best, higher=higher)}"


def _place(values: list[float], best: float | None, *, higher: bool) -> str:
    ours, others = values[0], values[1:]
    sign = 1 if higher else -1
    if all(sign * ours > sign * other for other in others):
        return "ahead"
    if all(sign * ours >= sign * other for other in others):
        return "equal, and better cannot be" if ours == best else "equal"
    return "BEHIND"


def _lines(figures: dict) -> Iterator[tuple[str, list[float], float | None, bool]]:
    if "pads" in figures:
        for column in ("recall", "precision", "error_median_ml", "error_p95_ml"):
            is_share = not column.startswith("error")
            values = [figures["pads"][name][column] for name in NAMES]
            yield f"pads: {column}", values, float(is_share), is_share
    for kind, found in figures.get("drift", {}).items():
        yield f"a day of {kind} drift: false", [found[name] for name in NAMES], 0, False
    if "leaks" in figures:
        of = figures["leaks"]["leaks"]
        yield f"100 g in ten minutes: found of {of}", [figures["leaks"][name] for name in NAMES], of, True
    if figures.get("recordings"):
        found = figures["recordings"]
        two = [found["two_scales_pours"], *(found[f"two_scales {name}"] for name in RIVALS)]
        yield "two kegs, no pour: false", two, 0, False
        run1 = [found["run1_g"], *(found[f"run1 {name}"] for name in RIVALS)]
        yield "two pours of beer: worst error, g", [_worst_g(one) for one in run1], 0, False


def _worst_g(found_g: list[float]) -> float:
    """The worst of two pours; one that is missing or too many is wrong by all of it."""
    pairs = zip((*found_g, 0.0, 0.0)[: max(2, len(found_g))], (*RUN1_G, *[0.0] * len(found_g)), strict=False)
    return max(abs(one - true) for one, true in pairs)
