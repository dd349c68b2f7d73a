"""From a verdict to a movement record: names, shares, volumes, doubts. Knows no samples."""

from hashlib import blake2b

from contract.records import Movement, MovementKind, SlotShare
from edge.domain.desk import Verdict
from edge.domain.movements import doubts, volume_ml
from edge.domain.profiles import ScaleProfile
from edge.domain.tray_telling import TraySeen
from edge.domain.weighing import Handled

SURE_ENOUGH = 0.9
EMPTY_ML = 15.0
"""Less than the smallest measure: what is left in a bottle that is replaced."""
LEAST_SHARE, MAX_SHARES = 1e-4, 64


def movement_id(namespace: str, scale_id: str, handled: Handled) -> str:
    """Return the same name for every revision of one handling."""
    came_back = "/back" if handled.came_back else ""
    gone = "/gone" if handled.kind is MovementKind.REMOVAL else ""
    return movement_name(namespace, f"{scale_id}{came_back}{gone}", handled.touched_s)


def movement_name(namespace: str, what: str, at_s: float) -> str:
    """Return 128 bits in hexadecimal that no other movement of this namespace has."""
    return blake2b(f"{namespace}/{what}/{at_s:.6f}".encode(), digest_size=16).hexdigest()


def tray_movement(tray: ScaleProfile, seen: TraySeen, name: str, revision: int) -> Movement:
    """Write one revision of a movement on a tray; the weights are the bottle's own."""
    change, kind = seen.change, seen.kind or MovementKind.RETURN
    volume = volume_ml(kind, change, seen.bottle) if seen.kind else (0.0, change.sigma_g)
    total = max(1.0, sum(seen.share.values()))
    likeliest = sorted(seen.share.items(), key=lambda item: -item[1])[:MAX_SHARES]
    sure = max(seen.share.values())
    return Movement(
        movement_id=name,
        revision=revision,
        stage=seen.stage,
        movement=kind,
        scale_id=tray.scale_id,
        posterior=tuple(
            SlotShare(slot_id=slot, probability=round(share / total, 9))
            for slot, share in likeliest
            if share > LEAST_SHARE
        ),
        product_id=seen.bottle.product_id,
        weight_before_g=round(change.before.weight_g, 2),
        weight_after_g=round(change.after.weight_g, 2),
        delta_sigma_g=round(change.sigma_g, 3),
        volume_ml=None if volume is None else round(volume[0], 2),
        volume_sigma_ml=None if volume is None else round(volume[1], 3),
        duration_s=round(min(max(0.0, seen.known_s - seen.touched_s), 86_400.0), 2),
        settled_after_s=round(min(max(0.0, seen.known_s - seen.ended_s), 3600.0), 2),
        doubts=_tray_doubts(seen, kind, sure),
    )


def _tray_doubts(seen: TraySeen, kind: MovementKind, sure: float) -> tuple[str, ...]:
    found = [
        (sure < SURE_ENOUGH, "another bottle of this tray weighs nearly the same"),
        (seen.with_another, "two bottles came back at once: who poured how much is a guess"),
        (seen.kind is None, "nothing was poured after all: it weighs what it weighed before"),
    ]
    said = tuple(sentence for holds, sentence in found if holds)
    return said if seen.kind is None else said + doubts(kind, seen.change, seen.bottle)


def movement(verdict: Verdict, name: str, revision: int) -> Movement:
    """Write one revision of a movement; a crossed bottle is told at the place from which it was lifted."""
    handled, change, profile = verdict.case.handled, verdict.change, verdict.case.profile
    kind = verdict.kind
    taken_back = kind is None
    kind = kind or MovementKind.RETURN
    volume = (0.0, change.sigma_g) if taken_back else _volume(verdict, kind)
    return Movement(
        movement_id=name,
        revision=revision,
        stage=handled.stage,
        movement=kind,
        scale_id=verdict.case.scale_id,
        posterior=shares(profile, verdict.sure),
        product_id=profile.product_id,
        weight_before_g=round(change.before.weight_g, 2),
        weight_after_g=round(change.after.weight_g, 2),
        delta_sigma_g=round(change.sigma_g, 3),
        volume_ml=None if volume is None else round(volume[0], 2),
        volume_sigma_ml=None if volume is None else round(volume[1], 3),
        duration_s=round(min(max(0.0, handled.known_s - handled.touched_s), 86_400.0), 2),
        settled_after_s=round(min(max(0.0, handled.known_s - handled.ended_s), 3600.0), 2),
        doubts=_doubts(verdict, kind, taken_back=taken_back),
    )


def is_empty(said: Movement, bottle: ScaleProfile) -> bool:
    """Whether a pour left next to nothing in a bottle of which the glass is known."""
    density = bottle.density_g_per_ml
    if said.movement is not MovementKind.POUR or density is None or not bottle.is_bottle:
        return False
    return said.weight_after_g - bottle.tare_weight_g <= EMPTY_ML * density


def empty_movement(pour: Movement, name: str, revision: int, *, holds: bool) -> Movement:
    """Write that the bottle of a pour is empty now, or (`holds` False) that it was not after all."""
    said = pour.model_copy(
        update={
            "movement_id": name,
            "revision": revision,
            "movement": MovementKind.EMPTY if holds else MovementKind.RETURN,
            "weight_before_g": pour.weight_after_g,
            "volume_ml": 0.0,
            "volume_sigma_ml": 0.0,
            "doubts": () if holds else ("it was another bottle that was emptied",),
        }
    )
    return Movement.model_validate(said.model_dump())


def shares(profile: ScaleProfile, sure: float = 1.0) -> tuple[SlotShare, ...]:
    """With nothing else known, every slot of a scale is as likely as the next."""
    each = round(sure / max(1, len(profile.slots)), 6)
    return tuple(SlotShare(slot_id=slot, probability=each) for slot in profile.slots)


def _volume(verdict: Verdict, kind: MovementKind) -> tuple[float, float] | None:
    if verdict.is_crossed and kind is MovementKind.SWAP:
        return None
    return volume_ml(kind, verdict.change, verdict.case.profile)


def _doubts(verdict: Verdict, kind: MovementKind, *, taken_back: bool) -> tuple[str, ...]:
    if taken_back:
        return ("nothing was poured after all: it weighs what it weighed before",)
    profile = verdict.case.profile
    found: tuple[str, ...] = ()
    if verdict.is_crossed:
        place = ", ".join(verdict.put_on.profile.slots)
        found = (f"it stands on another bottle's place now: {place}"[:200],)
        if kind is MovementKind.SWAP:
            return found
    elif verdict.sure < SURE_ENOUGH:
        found = ("two bottles were out at once: they may have changed places",)
    return found + doubts(kind, verdict.change, profile)
