"""When something was, from boot clocks and anchors: ts = anchor.utc + (row.boottime - anchor.boottime). Pure.

Order is always (epoch, sequence number); time is never a key. A late anchor corrects derived times only.

* synced: the gateway's own wall time, which the kernel vouched for.
* corrected: from the tie of the same boot that leaves the smallest error.
* bounded: no tie in this boot; it lies between the boots before and after it. A boot begins at or after the
  last row of the boot before, and lasts at least as long as its last row says, so whole boots without a
  tie narrow the bounds too.
* unknown: not even that; the time of arrival is the latest it can have been.

A kernel calls right what an NTP server told it, and that may be anything; only the cloud's clock is true by
definition. So the bounds of a bounded row rest on the cloud's ties alone, and hold whatever kernels said: the
cloud's clock was read between question and answer (error: half the exchange), a crystal drifts by DRIFT_PPM
at most in between, and boots do not overlap. The best guess within them is the middle of what all ties leave.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from operator import attrgetter

DRIFT_PPM = 100.0
"""How far a Pi's crystal may be off, over its range of temperature; what a boot clock is believed."""
CONTRADICTION_S = 2.0
"""A synchronised clock may differ by this much from what an anchor of its boot says, beside its error."""
MAX_AHEAD_S = 300.0
"""A time that is further ahead of the receiver's clock is not believed."""


class TimeQuality(IntEnum):
    """How a time is known."""

    SYNCED = 0
    CORRECTED = 1
    BOUNDED = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Tie:
    """At boottime_ns of some boot it was utc_at, give or take error_s."""

    boottime_ns: int
    utc_at: datetime
    error_s: float
    is_clouds: bool = False
    """Whether the cloud's clock said so: it is believed against a kernel that was told something wrong."""

    def at(self, boottime_ns: int) -> datetime:
        """Return the UTC of another moment of the same boot."""
        return self.utc_at + timedelta(microseconds=(boottime_ns - self.boottime_ns) / 1000)

    def error_at(self, boottime_ns: int) -> float:
        """Return how wrong at() may be, s: the tie's own error and the drift since, or until, then."""
        return self.error_s + abs(boottime_ns - self.boottime_ns) / 1e9 * DRIFT_PPM * 1e-6


@dataclass(frozen=True, slots=True)
class Boot:
    """A boot of one gateway: its ties in any order, and the highest boot time of its rows."""

    boot_no: int
    last_ns: int
    ties: tuple[Tie, ...] = ()
    believed: tuple[Tie, ...] = field(init=False, repr=False, compare=False)
    """Those that the cloud's own do not contradict."""
    clouds: tuple[Tie, ...] = field(init=False, repr=False, compare=False)
    """The cloud's own."""

    def __post_init__(self) -> None:
        """Sort the ties once: a boot is asked for every row around it."""
        object.__setattr__(self, "believed", believed(self.ties))
        object.__setattr__(self, "clouds", tuple(tie for tie in self.ties if tie.is_clouds))


@dataclass(frozen=True, slots=True)
class Placed:
    """A time and how it is known; it lies in earliest_at..latest_at (None: nobody knows)."""

    at: datetime
    quality: TimeQuality
    earliest_at: datetime | None
    latest_at: datetime | None


def believed(ties: Iterable[Tie]) -> tuple[Tie, ...]:
    """Return the ties that the cloud's own do not contradict; each is held against the nearest of them."""
    known = tuple(ties)
    clouds = [tie for tie in known if tie.is_clouds]
    return tuple(tie for tie in known if tie.is_clouds or not _is_contradicted(tie, clouds))


def best_tie(ties: Iterable[Tie], boottime_ns: int) -> Tie | None:
    """Return the believed tie that leaves the smallest error at a moment of its boot; None without any."""
    return _nearest(believed(ties), boottime_ns)


def _nearest(ties: Iterable[Tie], boottime_ns: int) -> Tie | None:
    return min(ties, key=lambda tie: tie.error_at(boottime_ns), default=None)


def witness_of(ties: Iterable[Tie], boottime_ns: int) -> Tie | None:
    """Return the cloud's own tie that leaves the smallest error at a moment of its boot; None without any."""
    return _nearest((tie for tie in ties if tie.is_clouds), boottime_ns)


def _is_contradicted(tie: Tie, clouds: Sequence[Tie]) -> bool:
    witness = witness_of(clouds, tie.boottime_ns)
    if witness is None:
        return False
    off_s = abs((witness.at(tie.boottime_ns) - tie.utc_at).total_seconds())
    return off_s > tie.error_s + witness.error_at(tie.boottime_ns) + CONTRADICTION_S


def place(boots: Sequence[Boot], boot_no: int, boottime_ns: int, received_at: datetime) -> Placed:
    """Say when a row without a synchronised wall time was.

    `boots` are those of one gateway in rising order of boot_no, the row's own among them; received_at is the
    clock of the cloud when the row came in. Raises LookupError for a boot that is not among them.
    """
    index = _index_of(boots, boot_no)
    tie = _nearest(boots[index].believed, boottime_ns)
    if tie is not None:
        at, error = tie.at(boottime_ns), timedelta(seconds=tie.error_at(boottime_ns))
        return Placed(at, TimeQuality.CORRECTED, at - error, at + error)
    return _between(boots, index, boottime_ns, received_at)


def _index_of(boots: Sequence[Boot], boot_no: int) -> int:
    index = next((place for place, boot in enumerate(boots) if boot.boot_no == boot_no), None)
    if index is None:
        raise LookupError(f"boot {boot_no} is not among {[boot.boot_no for boot in boots]}")
    return index


def _between(boots: Sequence[Boot], index: int, boottime_ns: int, received_at: datetime) -> Placed:
    """Place a row by the boots around its own: a guess by all ties, within bounds by the cloud's."""
    earliest_at, latest_at = _bounds(boots, index, boottime_ns, received_at, _clouds_of)
    if earliest_at is not None and earliest_at > latest_at:
        earliest_at = None  # the cloud's own clock was put right in between
    guess_from, guess_to = _bounds(boots, index, boottime_ns, received_at, _believed_of)
    if guess_from is None or guess_from > guess_to:
        guess_from, guess_to = earliest_at, latest_at
    if guess_from is None or guess_from > guess_to:
        return Placed(latest_at, TimeQuality.UNKNOWN, None, latest_at)
    guess_at = guess_from + (guess_to - guess_from) / 2
    at = min(latest_at, max(earliest_at or guess_at, guess_at))
    return Placed(at, TimeQuality.BOUNDED, earliest_at, latest_at)


TiesOf = Callable[[Boot], tuple[Tie, ...]]
_clouds_of: TiesOf = attrgetter("clouds")
_believed_of: TiesOf = attrgetter("believed")


def _bounds(
    boots: Sequence[Boot], index: int, boottime_ns: int, received_at: datetime, ties_of: TiesOf
) -> tuple[datetime | None, datetime]:
    earliest_at = _after_the_boots_before(boots[:index], boottime_ns, ties_of)
    latest_at = _before_the_boots_after(boots[index:], boottime_ns, received_at, ties_of)
    return earliest_at, min(received_at, latest_at)


def settle(
    boots: Sequence[Boot], boot_no: int, boottime_ns: int, received_at: datetime, said_at: datetime | None
) -> Placed:
    """Say when a row was whose gateway called its clock synchronised (said_at), or did not (None).

    A kernel may call a wrong clock synchronised: what the cloud's tie of the same boot contradicts by over
    2 s, or what is ahead of the cloud, is placed by the ties instead. Raises LookupError as place() does.
    """
    if said_at is None:
        return place(boots, boot_no, boottime_ns, received_at)
    clouds = next((boot.clouds for boot in boots if boot.boot_no == boot_no), ())
    witness = _nearest(clouds, boottime_ns)
    margin = timedelta(seconds=CONTRADICTION_S + (witness.error_at(boottime_ns) if witness else 0.0))
    is_contradicted = witness is not None and abs(said_at - witness.at(boottime_ns)) > margin
    if is_contradicted or said_at > received_at + timedelta(seconds=MAX_AHEAD_S):
        return place(boots, boot_no, boottime_ns, received_at)
    return Placed(said_at, TimeQuality.SYNCED, said_at - margin, said_at + margin)


def _after_the_boots_before(before: Sequence[Boot], boottime_ns: int, ties_of: TiesOf) -> datetime | None:
    """At the earliest: the last row of the newest tied boot, then every boot since at its full length."""
    since_ns = boottime_ns
    for boot in reversed(before):
        tie = _nearest(ties_of(boot), boot.last_ns)
        if tie is not None:
            slack_s = tie.error_at(boot.last_ns) + since_ns / 1e9 * DRIFT_PPM * 1e-6
            return tie.at(boot.last_ns) + timedelta(seconds=since_ns / 1e9 - slack_s)
        since_ns += boot.last_ns
    return None


def _before_the_boots_after(
    own_and_after: Sequence[Boot], boottime_ns: int, received_at: datetime, ties_of: TiesOf
) -> datetime:
    """At the latest: the start of the next tied boot, less every boot until then at its full length."""
    until_ns = own_and_after[0].last_ns - boottime_ns
    for boot in own_and_after[1:]:
        tie = _nearest(ties_of(boot), 0)
        if tie is not None:
            slack_s = tie.error_at(0) + until_ns / 1e9 * DRIFT_PPM * 1e-6
            return tie.at(0) - timedelta(seconds=until_ns / 1e9 - slack_s)
        until_ns += boot.last_ns
    return received_at
