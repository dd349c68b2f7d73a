"""Where weight, sight and the layout contradict each other, in words. Pure; each gate says its numbers.

A finding is told after it was seen in two looks in a row, so that a hand in the picture is none.
"""

from dataclasses import dataclass

from contract.sightings import Finding, FindingKind, SightState
from edge.domain.fusion import Account, Volume
from edge.domain.sight import SlotLook

LOOKS = 2
"""In a row before anything is said."""
GATE_SIGMAS = 3.5
LEAST_GAP_SHARE = 0.15
"""Of a full bottle, before weight and sight are held to contradict each other."""
WATERED_ML = 15.0
FULL_SHARE = 0.9
"""A bottle that becomes this full was exchanged, not watered."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a slot at one look; volumes are None where their sensor says nothing."""

    look: SlotLook
    product_id: str | None
    product_name: str
    full_ml: float
    weighed: Volume | None
    seen: Volume | None
    is_loaded: bool
    """Whether its own scale carries something."""
    homes: dict[str, tuple[str, ...]]
    """Slots by the product that belongs there, of the shelves this camera sees."""
    names: dict[str, str]
    liar: Account | None = None
    before_ml: Volume | None = None
    """What both agreed on before the bottle was last handled, by weight without its glass's spread."""


def suspicions(of: Evidence) -> list[Finding]:
    """Return what this one look would have to say; the caller waits for the next look to agree."""
    found = [
        _strange(of),
        _foreign(of),
        _watered(of),
        _disagree(of),
    ]
    told = [one for one in found if one is not None]
    wrong = {FindingKind.WRONG_BOTTLE, FindingKind.MOVED_SLOT}
    if any(one.finding in wrong for one in told):
        told = [one for one in told if one.finding is not FindingKind.SENSORS_DISAGREE]
    return told


def _say(kind: FindingKind, sentence: str) -> Finding:
    return Finding(finding=kind, sentence=sentence[:200])


def _strange(of: Evidence) -> Finding | None:
    """Another bottle than the layout's stands here."""
    who = of.look.who
    if of.look.state is not SightState.STANDING or who is None or of.product_id is None:
        return None
    if who.product_id == of.product_id:
        return None
    if who.product_id is None:
        return _say(
            FindingKind.WRONG_BOTTLE,
            f"A bottle that is not {of.product_name} stands in {of.look.slot_id}: change it, or teach the "
            "camera what it looks like.",
        )
    name = of.names.get(who.product_id, who.product_id)
    home = of.homes.get(who.product_id, ())
    if home:
        return _say(
            FindingKind.MOVED_SLOT,
            f"{name} stands in {of.look.slot_id}, the place of {of.product_name}; it belongs in "
            f"{', '.join(home)}.",
        )
    return _say(FindingKind.WRONG_BOTTLE, f"{name} stands where {of.product_name} belongs.")


def _foreign(of: Evidence) -> Finding | None:
    """The scale carries something that is no bottle."""
    if of.is_loaded and of.look.state is SightState.ABSENT:
        return _say(
            FindingKind.FOREIGN_OBJECT,
            f"Something lies on the scale of {of.look.slot_id} that is no bottle: take it off.",
        )
    return None


def _watered(of: Evidence) -> Finding | None:
    """An open bottle became fuller, by both sensors, and it is the same bottle."""
    if of.before_ml is None or of.weighed is None or of.seen is None or of.liar is not None:
        return None
    who = of.look.who
    if who is not None and who.product_id != of.product_id:
        return None
    more_ml = of.weighed.ml - of.before_ml.ml
    sure = more_ml > max(WATERED_ML, GATE_SIGMAS * 2**0.5 * of.before_ml.sigma_ml)
    agrees = abs(of.seen.ml - of.weighed.ml) < 2.0 * of.seen.sigma_ml
    if sure and agrees and of.weighed.ml < FULL_SHARE * of.full_ml:
        return _say(
            FindingKind.WATERED,
            f"{of.product_name} in {of.look.slot_id} holds {more_ml:.0f} ml more than before, and it is the "
            "same bottle: was something poured into it?",
        )
    return None


def _disagree(of: Evidence) -> Finding | None:
    """Weight and sight are further apart than both allow."""
    if of.weighed is None or of.seen is None or of.look.state is not SightState.STANDING:
        return None
    gap_ml = abs(of.weighed.ml - of.seen.ml)
    allowed = max(
        LEAST_GAP_SHARE * of.full_ml,
        GATE_SIGMAS * (of.weighed.sigma_ml**2 + of.seen.sigma_ml**2) ** 0.5,
    )
    if gap_ml <= allowed:
        return None
    if of.liar is None:
        hint = "look which of them is right"
    else:
        hint = "check the scale" if of.liar is Account.CAMERA_ONLY else "check the bottle and the camera"
    return _say(
        FindingKind.SENSORS_DISAGREE,
        f"{of.product_name} in {of.look.slot_id}: the scale says {max(0.0, of.weighed.ml):.0f} ml, the "
        f"camera {of.seen.ml:.0f} ml; {hint}.",
    )


class Persistence:
    """Lets a finding through once it was there in LOOKS looks in a row."""

    def __init__(self) -> None:
        self._streaks: dict[tuple[str, FindingKind], int] = {}

    def take(self, slot_id: str, found: list[Finding]) -> tuple[list[Finding], bool]:
        """Return what is certain now, and whether something is under suspicion but not certain yet."""
        kinds = {one.finding for one in found}
        for key in [key for key in self._streaks if key[0] == slot_id and key[1] not in kinds]:
            del self._streaks[key]
        for kind in kinds:
            self._streaks[slot_id, kind] = self._streaks.get((slot_id, kind), 0) + 1
        certain = [one for one in found if self._streaks[slot_id, one.finding] >= LOOKS]
        return certain, len(certain) < len(found)
