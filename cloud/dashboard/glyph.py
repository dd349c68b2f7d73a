"""The shapes of bottles and how high a volume stands in them. Pure geometry in one viewBox of 64 x 168.

Each profile is the right half of an outline, from the middle of the bottom upwards. A level is a share of
the volume, not of the height: a bottle's neck holds less than its body, so the height is found by
integrating the squared half width (a bottle is a body of revolution).
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

CENTRE_X = 32.0
FLOOR_Y = 156.0
STEPS = 24
"""Straight pieces per curve when a volume is integrated; the error is below a tenth of a pixel."""

Point = tuple[float, float]
Segment = tuple[Point, ...]
"""One point: a straight line to it. Three: a cubic curve. x counts from the centre line."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A bottle: its outline, where it is full, its cap (half width, top, bottom), and its label's band."""

    outline: tuple[Segment, ...]
    full_y: float
    cap: tuple[float, float, float]
    label: tuple[float, float] | None = None
    ribs: tuple[float, ...] = ()


PROFILES: dict[str, Profile] = {
    "spirit": Profile(
        (
            ((17, 156),),
            ((20.4, 156), (22, 154.4), (22, 151)),
            ((22, 86),),
            ((22, 64), (7.4, 68), (7.4, 50)),
            ((7.4, 34),),
        ),
        full_y=58,
        cap=(8.2, 17, 35),
        label=(112, 138),
    ),
    "liqueur": Profile(
        (
            ((20, 156),),
            ((24, 156), (25.5, 154), (25.5, 150)),
            ((25.5, 112),),
            ((25.5, 80), (7, 84), (7, 62)),
            ((7, 46),),
        ),
        full_y=70,
        cap=(8.6, 31, 46),
        label=(116, 139),
    ),
    "wine": Profile(
        (
            ((15, 156),),
            ((18, 156), (19.5, 154.4), (19.5, 151)),
            ((19.5, 80),),
            ((19.5, 54), (6.2, 62), (6.2, 42)),
            ((6.2, 14),),
        ),
        full_y=48,
        cap=(6.9, 8, 38),
        label=(104, 136),
    ),
    "beer": Profile(
        (
            ((13, 156),),
            ((15.4, 156), (16.5, 154.6), (16.5, 152)),
            ((16.5, 108),),
            ((16.5, 84), (6, 84), (6, 60)),
            ((5.6, 50),),
        ),
        full_y=64,
        cap=(7, 44, 51),
        label=(112, 136),
    ),
    "mixer": Profile(
        (
            ((16, 156),),
            ((19.6, 156), (21, 154), (21, 150)),
            ((21, 122),),
            ((21, 92), (9, 88), (9, 56)),
            ((9, 46),),
        ),
        full_y=62,
        cap=(9.8, 36, 47),
        label=(118, 140),
    ),
    "keg": Profile(
        (
            ((22, 156),),
            ((26, 156), (28, 154), (28, 150)),
            ((28, 74),),
            ((28, 68), (26, 65), (20, 65)),
            ((0, 65),),
        ),
        full_y=72,
        cap=(5, 56, 65),
        ribs=(84, 138),
    ),
}


def profile_of(category: str | None) -> str:
    """Name of the profile that draws a category; a spirit's where it is not known."""
    return category if category in PROFILES else "spirit"


@dataclass(frozen=True, slots=True)
class Levels:
    """Where a liquid is drawn, in viewBox units: solid from body_y down, softly up to soft_y."""

    body_y: float
    soft_y: float
    soft_height: float


@cache
def half_width(profile: str) -> float:
    """Half the width of the widest part."""
    return max(x for x, _ in _points(PROFILES[profile].outline))


@cache
def par_path(profile: str, fill_level: float) -> str:
    """A small tick that points from the right at a level of the bottle, as the d of an SVG path."""
    y = height_y(profile, fill_level)
    edge = max(x for x, at in _points(PROFILES[profile].outline) if at <= y + 0.5)
    return f"M{CENTRE_X + edge + 2.5:.1f} {y:.1f}l5 -3v6z"


def levels(profile: str, fill_level: float, sigma: float) -> Levels:
    """Heights of a level (0..1) with its uncertainty; the soft band is at least 2 units high.

    Source: two standard deviations wide, centred at the surface.
    """
    top = height_y(profile, fill_level + sigma)
    bottom = height_y(profile, fill_level - sigma)
    short = max(0.0, 2.0 - (bottom - top)) / 2
    top, bottom = top - short, bottom + short
    return Levels(round(bottom, 1), round(top, 1), round(bottom - top + 0.4, 1))


def height_y(profile: str, fill_level: float) -> float:
    """y at which a share of the full volume (clamped to 0..1) stands."""
    heights, volumes = _volume_table(profile)
    wanted = min(1.0, max(0.0, fill_level)) * volumes[-1]
    upper = min(max(1, bisect_left(volumes, wanted)), len(volumes) - 1)
    low, high = volumes[upper - 1], volumes[upper]
    share = (wanted - low) / (high - low) if high > low else 0.0
    return heights[upper - 1] + share * (heights[upper] - heights[upper - 1])


@cache
def _volume_table(profile: str) -> tuple[list[float], list[float]]:
    shape = PROFILES[profile]
    heights, volumes = [FLOOR_Y], [0.0]
    previous: Point = (0.0, FLOOR_Y)
    for x, y in _points(shape.outline):
        if y < shape.full_y:
            break
        if y < previous[1]:
            mean_square = (x * x + x * previous[0] + previous[0] * previous[0]) / 3
            volumes.append(volumes[-1] + mean_square * (previous[1] - y))
            heights.append(y)
        previous = (x, y)
    volumes.append(volumes[-1] + previous[0] ** 2 * max(0.0, previous[1] - shape.full_y))
    heights.append(shape.full_y)
    return heights, volumes


def _points(outline: tuple[Segment, ...]) -> Iterator[Point]:
    start: Point = (0.0, FLOOR_Y)
    for segment in outline:
        end = segment[-1]
        curve = (
            segment if len(segment) == 3 else (_between(start, end, 1 / 3), _between(start, end, 2 / 3), end)
        )
        for step in range(1, STEPS + 1):
            yield _bezier(start, curve, step / STEPS)
        start = end


def _between(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _bezier(start: Point, curve: Segment, t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3)
    points = (start, *curve)
    return (
        sum(w * p[0] for w, p in zip(weights, points, strict=True)),
        sum(w * p[1] for w, p in zip(weights, points, strict=True)),
    )


def outline_path(profile: str) -> str:
    """The whole outline as the d of an SVG path: up the right side, down the left."""
    outline = PROFILES[profile].outline
    right = " ".join(_command(segment, 1) for segment in outline)
    ends = [(0.0, FLOOR_Y), *(segment[-1] for segment in outline)]
    left = [_back(outline[i], ends[i]) for i in reversed(range(len(outline)))]
    turn = f"L{_x(ends[-1][0], -1)} {ends[-1][1]:g}"
    return f"M{CENTRE_X:g} {FLOOR_Y:g} {right} {turn} {' '.join(left)} Z"


def _command(segment: Segment, side: int) -> str:
    points = " ".join(f"{_x(x, side)} {y:g}" for x, y in segment)
    return ("C" if len(segment) == 3 else "L") + points


def _back(segment: Segment, start: Point) -> str:
    return _command((segment[1], segment[0], start) if len(segment) == 3 else (start,), -1)


def _x(offset: float, side: int) -> str:
    return f"{CENTRE_X + side * offset:g}"
