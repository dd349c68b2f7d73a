"""Clocks off by a year or an hour, jumping, never set: order 100 %, times within 5 s, bounds true.

A month of a gateway in virtual time per seed: boots of hours to days, each with a wall clock of its own
(right, an hour or a year off, or one that was never set), NTP that comes late or never or lies, a cloud
that is reached now and then. The gateway's own rules (edge.domain.anchoring) say what is synchronised and
give the anchors; the wire's rules (contract.timeline) place every record once all that is late has come.
Bounds are printed with their width: wide enough to be true is easy, so it is shown what that costs.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.soak.common import Verdict
from contract.timeline import DRIFT_PPM, Boot, Placed, Tie, TimeQuality, settle
from edge.domain.anchoring import Anchoring, Clocks

SEEDS = 200
DAYS = 30
BEGIN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR_S, YEAR_S = 3_600.0, 365 * 86_400.0
STEP_S = 30.0
ROW_EVERY_S = 1_500.0
ERROR_S = 5.0
LIES_S = (HOUR_S, -HOUR_S, 600.0, YEAR_S)


def utc(seconds: float) -> datetime:
    """True time."""
    return BEGIN + timedelta(seconds=seconds)


@dataclass
class Row:
    """A record: what it says, and the truth."""

    boot_no: int
    boottime_ns: int
    said_at: datetime | None
    truth_s: float


@dataclass
class Life:
    """One boot: its clocks, and what became known of it."""

    boot_no: int
    began_s: float
    ends_s: float
    off_s: float
    rate: float
    ntp_at_s: float | None
    lie_s: float
    """How wrong its NTP server is."""
    online: bool
    last_ns: int = 0
    ties: list[Tie] = field(default_factory=list)

    def boottime_ns(self, now_s: float) -> int:
        """The boot clock, with a crystal of its own."""
        return int((now_s - self.began_s) * self.rate * 1e9)

    def wall(self, now_s: float) -> datetime:
        """The wall clock: set by NTP once that is reached."""
        if self.ntp_at_s is not None and now_s >= self.ntp_at_s:
            return utc(now_s + self.lie_s)
        return utc(now_s + self.off_s)

    def synced(self, now_s: float) -> bool:
        """What the kernel says."""
        return self.ntp_at_s is not None and now_s >= self.ntp_at_s


@dataclass
class Found:
    """What all seeds together showed."""

    counts: Counter[str] = field(default_factory=Counter)
    worst_s: float = 0.0
    widths_h: list[float] = field(default_factory=list)
    """Of the bounds that have both ends."""
    off_h: list[float] = field(default_factory=list)
    """How far the bounded rows are from the truth."""


def life(dice: random.Random, boot_no: int, now_s: float) -> Life:
    """Draw a boot."""
    off_s = dice.choice((0.0, HOUR_S, -HOUR_S, YEAR_S, -YEAR_S, -10 * YEAR_S))
    length_s = dice.uniform(600.0, 3 * 86_400.0)
    fate = dice.random()
    ntp_at_s = None if fate < 0.35 else now_s + dice.choice((10.0, 60.0, HOUR_S, 10 * HOUR_S))
    return Life(
        boot_no,
        now_s,
        now_s + length_s,
        off_s,
        1 + dice.uniform(-DRIFT_PPM, DRIFT_PPM) * 1e-6,
        ntp_at_s,
        lie_s=dice.choice(LIES_S) if dice.random() < 0.05 else 0.0,
        online=dice.random() < 0.6,
    )


def play(seed: int, found: Found) -> None:
    """Live through a month of boots, then place every row."""
    dice, now_s, boot_no = random.Random(seed), 0.0, 0
    lives: list[Life] = []
    rows: list[Row] = []
    last_anchor: datetime | None = None
    while now_s < DAYS * 86_400.0:
        boot_no += 1
        one = life(dice, boot_no, now_s)
        last_anchor = live(one, rows, last_anchor, dice)
        lives.append(one)
        now_s = one.ends_s + dice.choice((5.0, 60.0, dice.uniform(0.0, 3 * 86_400.0)))
    judge(lives, rows, utc(now_s), found)


def live(one: Life, rows: list[Row], last_anchor: datetime | None, dice: random.Random) -> datetime | None:
    """Live through one boot; return the newest anchor."""
    anchoring, now_s, row_s = Anchoring(last_anchor), one.began_s, one.began_s
    while now_s < one.ends_s:
        clocks = Clocks(one.boottime_ns(now_s), one.wall(now_s), one.synced(now_s), 0.02)
        given = [anchoring.look(clocks)]
        if one.online and dice.random() < 0.5:
            half_s = dice.expovariate(4.0)
            received_s = now_s - dice.uniform(0.0, 2 * half_s)
            sent_ns = one.boottime_ns(now_s - 2 * half_s)
            if sent_ns >= 0:
                given.append(anchoring.heard(sent_ns, clocks, utc(received_s)))
        for anchor in (found for found in given if found is not None):
            said = anchor.anchor
            is_clouds = said.source == "cloud"
            one.ties.append(Tie(anchor.boottime_ns, said.utc_at, said.error_s, is_clouds))
            last_anchor = anchor.anchor.utc_at
        if now_s - row_s >= ROW_EVERY_S:
            row_s = now_s
            said = clocks.wall_at if anchoring.is_trusted(clocks) else None
            rows.append(Row(one.boot_no, clocks.boottime_ns, said, now_s))
            one.last_ns = clocks.boottime_ns
        now_s += STEP_S
    return last_anchor


def judge(lives: list[Life], rows: list[Row], received_at: datetime, found: Found) -> None:
    """Compare where every row is placed with the truth."""
    boots = [Boot(one.boot_no, one.last_ns, tuple(one.ties)) for one in lives]
    liars = {one.boot_no for one in lives if one.lie_s and not any(tie.is_clouds for tie in one.ties)}
    previous, counts = (0, -1), found.counts
    for row in rows:
        counts["rows"] += 1
        counts["rows out of order"] += (row.boot_no, row.boottime_ns) <= previous
        previous = (row.boot_no, row.boottime_ns)
        if row.boot_no in liars:
            counts["rows of a boot whose only clock lied"] += 1
            continue
        placed = settle(boots, row.boot_no, row.boottime_ns, received_at, row.said_at)
        name = placed.quality.name.lower()
        counts[f"rows {name}"] += 1
        error_s = abs((placed.at - utc(row.truth_s)).total_seconds())
        if placed.quality in {TimeQuality.SYNCED, TimeQuality.CORRECTED}:
            found.worst_s = max(found.worst_s, error_s)
            counts["rows over 5 s off"] += error_s > ERROR_S
        elif placed.latest_at is not None:
            judge_bounds(placed, utc(row.truth_s), found)


def judge_bounds(placed: Placed, truth: datetime, found: Found) -> None:
    """Compare what is sworn to with the truth; without an earlier end only the later one is."""
    earliest_at, latest_at = placed.earliest_at, placed.latest_at
    assert latest_at is not None
    found.counts["bounds that are not true"] += not (earliest_at or truth) <= truth <= latest_at
    found.counts["bounds with a later end only"] += earliest_at is None
    found.off_h.append(abs((placed.at - truth).total_seconds()) / HOUR_S)
    if earliest_at is not None:
        found.widths_h.append((latest_at - earliest_at).total_seconds() / HOUR_S)


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Play the seeds."""
    verdict, found = Verdict(), Found()
    for number in range(seed, seed + max(2, round(SEEDS * share))):
        play(number, found)
    counts = found.counts
    wrong, bounded = counts["bounds that are not true"], counts["rows bounded"] + counts["rows unknown"]
    counts["bounds that are not true"] += 0
    true_share = 1.0 if not bounded else 1 - wrong / bounded
    verdict.counts = {
        **dict(sorted(counts.items())),
        "s of error at worst (synced or corrected)": found.worst_s,
        "% of bounds true": 100 * true_share,
        "h between the bounds (median)": median(found.widths_h or [0.0]),
        "h off within them (median)": median(found.off_h or [0.0]),
    }
    verdict.must(counts["rows out of order"] == 0, "order 100 %")
    verdict.must(found.worst_s <= ERROR_S, "synced or corrected within 5 s")
    verdict.must(true_share >= 0.999, "bounds true in 99.9 %")
    return verdict
