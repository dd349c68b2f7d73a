"""Draws one vessel against what stands behind it: walls, liquid, labels, cap, highlights.

A surface of revolution seen a little from above by a far camera. Every pixel knows `u` (-1..1 across the
vessel), `nz` (how much the wall faces us) and the height of the wall's front and back that it looks through;
the liquid's surface is what lies between the front and the back ring at its height.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from firmware_sim.render.arrays import Dice, Floats, clouds, floats, over, soft_step
from firmware_sim.render.looks import Label, Look
from firmware_sim.render.profiles import STEPS


@dataclass(frozen=True)
class Pose:
    """How a vessel stands at this moment."""

    height_px: float
    from_above: float  # sine of the camera's pitch, 0..0.4
    turn: float  # turn about its axis, in half turns
    level: float  # liquid's height over the inner height, 0 empty .. 1 to the brim


@dataclass(frozen=True)
class Light:
    """The light of a scene; colours (3,) BGR."""

    ambient: Floats
    key: Floats
    side: float  # -1 from the left .. 1 from the right
    strips: tuple[tuple[float, float, float], ...]  # highlights: place u, width in u, strength
    glow: float  # how much liquids shine with light from behind and around, 0..1


@dataclass(frozen=True)
class Body:
    """Per-pixel geometry of one vessel, arrays (height, width)."""

    u: Floats
    nz: Floats
    front: Floats  # height 0..1 of the front wall seen at this pixel
    back: Floats
    alpha: Floats
    slope: Floats  # (height, 1) how the wall leans
    radius_px: Floats  # (height, 1)
    height_px: float  # of the axis, without the rings of bottom and top
    axis_bottom_px: float
    lip_px: float  # the top ring's half height

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.u.shape[0], self.u.shape[1]


def size_of(look: Look, pose: Pose) -> tuple[int, int]:
    """Height and width of the picture the vessel needs, pixels."""
    wide = look.outline.width * pose.height_px
    extra = pose.from_above * wide * 0.5 * (float(look.outline.radius[2]) + float(look.outline.radius[-1]))
    return max(8, round(pose.height_px + extra)), max(5, round(wide + 2))


def shape_body(look: Look, pose: Pose) -> Body:
    """The geometry of a standing vessel that just fits its picture."""
    rows, columns = size_of(look, pose)
    widest = look.outline.width * pose.height_px * 0.5
    lip, foot = (pose.from_above * widest * float(look.outline.radius[at]) for at in (-1, 2))
    y = np.arange(rows, dtype=np.float32)[:, None] + np.float32(0.5)
    x = np.arange(columns, dtype=np.float32)[None, :] + np.float32(0.5 - columns / 2)
    axis = max(rows - lip - foot, 2.0)
    bottom = lip + axis
    ring = np.clip((bottom - y) / axis, 0.0, 1.0)
    radius = np.maximum(_sample(look.outline.radius, ring) * np.float32(widest), 0.6)
    shown = radius * _ring_ends(y, lip, foot, bottom)
    u = np.clip(x / radius, -1.0, 1.0)
    nz = (1.0 - np.abs(u) ** np.float32(look.outline.squareness)) ** np.float32(1.0 / look.outline.squareness)
    nz = np.maximum(nz, 0.03)
    dip = np.float32(pose.from_above) * radius * nz
    slope = np.clip(np.gradient(radius[:, 0]), -1.5, 1.5)[:, None]
    return Body(
        u,
        nz,
        (bottom - (y - dip)) / axis,
        (bottom - (y + dip)) / axis,
        soft_step(shown - np.abs(x)),
        floats(slope),
        floats(radius),
        axis,
        bottom,
        lip,
    )


def _sample(radius: Floats, at: Floats) -> Floats:
    return floats(np.interp(at, np.linspace(0.0, 1.0, STEPS), radius))


def _ring_ends(y: Floats, lip: float, foot: float, bottom: float) -> Floats:
    """What is left of the radius in the rows of the top ring's far half and the bottom ring's near half."""
    above = np.clip((lip - y) / max(lip, 1e-3), 0.0, 1.0)
    below = np.clip((y - bottom) / max(foot, 1e-3), 0.0, 1.0)
    return floats(np.sqrt(np.clip(1.0 - np.maximum(above, below) ** 2, 0.0, 1.0)))


def inner_top(look: Look) -> float:
    """The height the liquid reaches when the vessel is full: under the cap, in the neck."""
    return min(0.97, look.cap_from, look.outline.neck_from + 0.6 * (1.0 - look.outline.neck_from))


def seen_level(look: Look, pose: Pose) -> float:
    """Fill level as a person reads it off the picture: (bottom - surface) / (bottom - top) of the box."""
    rows = size_of(look, pose)[0]
    body = shape_body(look, pose)
    return float((rows - (body.axis_bottom_px - surface_height(look, pose) * body.height_px)) / rows)


def surface_height(look: Look, pose: Pose) -> float:
    """The liquid surface's height 0..1 along the axis."""
    return 0.015 + pose.level * (inner_top(look) - 0.015)


def draw_vessel(dice: Dice, look: Look, pose: Pose, light: Light, behind: Floats) -> tuple[Floats, Floats]:
    """The vessel's picture (h, w, 3) and alpha (h, w); `behind` is what stands behind it, same size."""
    body = shape_body(look, pose)
    lit = _diffuse(light, body)
    if look.see_through:
        picture = _see_through(dice, look, pose, light, body, behind, lit)
    else:
        picture = _painted(look, light, body, look.wall, lit)
    for label in look.labels:
        picture = _stick(label, pose, light, body, picture, lit, metal=look.metal)
    if look.neck_ring is not None:
        at = look.outline.neck_from
        band = soft_step((0.012 - np.abs(body.front - np.float32(at))) * body.height_px)
        picture = over(picture, look.neck_ring * lit, band)
    picture = _cap(look, light, body, picture, lit)
    return np.clip(picture + _highlights(look, light, body), 0.0, 1.6), body.alpha


def _diffuse(light: Light, body: Body) -> Floats:
    """Light on a matt wall, (h, w, 3)."""
    facing = np.clip(body.u * np.float32(light.side) * 0.9 + body.nz * 0.6, 0.0, 1.0)
    return floats(light.ambient * (0.55 + 0.45 * body.nz[..., None]) + light.key * facing[..., None])


def _painted(look: Look, light: Light, body: Body, paint: Floats, lit: Floats) -> Floats:
    if look.metal:
        bars = 0.55 + 0.45 * np.cos(body.u * 5.0 + np.float32(light.side * 3.0))
        return floats(paint * lit * (0.35 + 0.9 * bars[..., None]))
    return floats(paint * lit)


def _highlights(look: Look, light: Light, body: Body) -> Floats:
    """Windows and lamps mirrored in the wall, and the sky along its edges."""
    shine = np.zeros(body.size, np.float32)
    for place, width, strength in light.strips:
        moved = body.u - np.float32(place) - 0.25 * body.slope
        shine += np.float32(strength) * np.exp(-((moved / np.float32(width)) ** 2))
    shine *= np.float32(look.gloss) * (1.0 - 0.7 * np.abs(body.slope))
    edge = (1.0 - body.nz) ** 4 * np.float32(0.22 * look.gloss)
    return floats((shine + edge)[..., None] * light.key)


def _see_through(
    dice: Dice, look: Look, pose: Pose, light: Light, body: Body, behind: Floats, lit: Floats
) -> Floats:
    height = surface_height(look, pose)
    wet = soft_step((np.float32(height) - body.front) * body.height_px)
    below_back = soft_step((np.float32(height) - body.back) * body.height_px)
    if pose.level <= 0.0:
        wet = below_back = np.zeros(body.size, np.float32)
    surface = np.clip(below_back - wet, 0.0, 1.0)
    seen = _refracted(look, body, behind, wet)
    wall = look.wall ** (0.6 + 0.5 / (body.nz[..., None] + 0.25))
    dry = seen * wall * (1.0 - 0.35 * (1.0 - body.nz[..., None]) ** 2) + 0.035 * lit
    picture = over(
        over(dry, _surface(look, light, body, seen, wall), surface),
        _wet(look, light, body, seen, wall, lit),
        wet,
    )
    picture = picture + _texture(dice, look, body)[..., None] * (light.key * 0.5 + light.ambient * 0.3)
    picture = picture * (1.0 + _meniscus(body, height, pose)[..., None])
    if look.frost > 0:
        picture = over(
            picture, lit * (0.5 + 0.4 * look.wall), np.full(body.size, look.frost * 0.7, np.float32)
        )
    return floats(picture)


def _refracted(look: Look, body: Body, behind: Floats, wet: Floats) -> Floats:
    """What is seen through: nearly straight where empty, turned left to right where full (a round lens)."""
    rows, columns = body.size
    reach = np.abs(body.u) ** 3
    round_wall = look.outline.squareness < 3.0
    straight = body.u * (1.0 - 0.25 * reach)
    bent = -body.u * np.float32(0.85) if round_wall else body.u * (1.0 - 0.1 * reach)
    across = straight + (bent - straight) * (wet > 0.5)
    x = across * body.radius_px + np.float32(columns / 2 - 0.5)
    y = np.arange(rows, dtype=np.float32)[:, None] + 2.5 * body.slope * np.ones_like(x)
    return floats(cv2.remap(behind, floats(x), floats(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _wet(look: Look, light: Light, body: Body, seen: Floats, wall: Floats, lit: Floats) -> Floats:
    """The part of the vessel that is filled."""
    depth = (body.nz * np.minimum(body.radius_px / body.radius_px.max(), 1.0))[..., None]
    through = look.liquid ** (0.15 + 1.1 * depth)
    inside = seen * wall * through
    shine = through * wall * (light.ambient + 0.6 * light.key) * np.float32(light.glow) * (0.6 + 0.4 * depth)
    milk = look.liquid * lit * (0.4 + 0.6 * wall)
    clear = inside * (1.0 - 0.4 * (1.0 - body.nz[..., None]) ** 3) + shine
    return floats(clear + (milk - clear) * np.float32(look.cloudy))


def _surface(look: Look, light: Light, body: Body, seen: Floats, wall: Floats) -> Floats:
    """The liquid's surface seen from above through the empty part."""
    top = (look.liquid**0.5) * (light.ambient + 0.5 * light.key)
    return floats(
        (seen * 0.45 * look.liquid**0.6 + top * (0.3 + 0.4 * look.cloudy)) * (0.5 + 0.5 * wall)
        + 0.05 * light.key * body.nz[..., None]
    )


def _meniscus(body: Body, height: float, pose: Pose) -> Floats:
    """A dark and a bright line where the surface climbs the wall, front and back."""
    if pose.level <= 0.0:
        return np.zeros(body.size, np.float32)
    thick = max(0.8, body.height_px * 0.006)
    front = (body.front - np.float32(height)) * body.height_px / thick
    back = (body.back - np.float32(height)) * body.height_px / thick
    line = (
        0.45 * np.exp(-((front - 1.0) ** 2)) - 0.4 * np.exp(-((front + 0.6) ** 2)) + 0.25 * np.exp(-(back**2))
    )
    return floats(line)


def _texture(dice: Dice, look: Look, body: Body) -> Floats:
    """Ribs, facets and moulding in the wall, as extra light and dark."""
    extra = np.zeros(body.size, np.float32)
    if look.outline.rib_count > 0:
        inside = (body.front > 0.03) & (body.front < look.outline.body_top)
        wave = np.sin(body.front * np.float32(look.outline.rib_count * 2 * np.pi / look.outline.body_top))
        extra += (np.clip(wave - 0.5, 0, 1) * 0.5 - np.clip(-wave - 0.6, 0, 1) * 0.4) * inside * body.nz
    if look.facets > 0:
        angle = np.arcsin(np.clip(body.u, -0.99, 0.99))
        cells = np.sin(angle * 6 + body.front * 40) * np.sin(angle * 6 - body.front * 40)
        upper = body.front > look.outline.body_top * (0.9 if look.product % 2 else 0.0)
        extra += np.float32(look.facets) * np.sign(cells) * 0.35 * upper
    thick = max(0.8, body.height_px * 0.005)
    for height, strength in look.rings:
        line = np.exp(-(((body.front - np.float32(height)) * body.height_px / thick) ** 2))
        line = line - 0.6 * np.exp(-(((body.front - np.float32(height)) * body.height_px / thick + 2.0) ** 2))
        far = np.exp(-(((body.back - np.float32(height)) * body.height_px / thick) ** 2))
        extra += np.float32(0.45 * strength) * (line + 0.5 * far)
    rows, columns = body.size
    return extra + 0.03 * clouds(dice, rows, columns, 6, 2) * (body.front < look.cap_from)


def _stick(
    label: Label, pose: Pose, light: Light, body: Body, picture: Floats, lit: Floats, *, metal: bool
) -> Floats:
    """The label wrapped around the wall."""
    angle = np.arcsin(np.clip(body.u, -1.0, 1.0)) / np.float32(np.pi)  # -0.5..0.5 of the half turn we see
    rows, columns = label.texture.shape[:2]
    x = ((angle + np.float32(pose.turn)) * 0.5 % 1.0) * (columns - 1)
    y = (np.float32(label.top) - body.front) / np.float32(label.top - label.bottom) * (rows - 1)
    print_ = floats(
        cv2.remap(label.texture, floats(x), floats(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )
    edge = soft_step(
        np.minimum(body.front - label.bottom, label.top - body.front) * np.float32(body.height_px)
    )
    if label.wrap < 1.0:
        away = np.abs((angle + np.float32(pose.turn)) % 1.0 - 0.5)  # the print's middle is half a turn on
        edge = edge * soft_step(floats((0.5 * label.wrap - away) * body.radius_px * 2))
    if metal:
        lit = lit * (0.6 + 0.5 * np.cos(body.u * 4.0 + np.float32(light.side * 3.0)))[..., None]
    return over(picture, print_ * np.float32(1 / 255) * lit, edge * np.float32(1.0 - label.clear))


def _cap(look: Look, light: Light, body: Body, picture: Floats, lit: Floats) -> Floats:
    """Cap, cork, foil or the lid of a can; the top ring is its flat top."""
    if look.cap == "none":
        return _mouth(light, body, picture)
    part = soft_step((body.front - np.float32(look.cap_from)) * body.height_px)
    ridges = 1.0 + 0.18 * np.sin(np.arcsin(np.clip(body.u, -0.99, 0.99)) * 24) * (
        look.cap in ("screw", "crown", "jar")
    )
    side = look.cap_colour * lit * ridges[..., None]
    flat = look.cap_colour * (light.ambient + 0.8 * light.key)
    is_flat = (
        soft_step((body.back - 1.0) * np.float32(body.height_px)) if body.lip_px > 1 else np.zeros_like(part)
    )
    seam = np.exp(-(((body.front - np.float32(look.cap_from)) * body.height_px / 1.2) ** 2))
    return floats(
        over(picture, over(side, np.broadcast_to(flat, side.shape), is_flat), part)
        * (1.0 - 0.35 * seam[..., None])
    )


def _mouth(light: Light, body: Body, picture: Floats) -> Floats:
    """The open mouth: a darker ring with a bright rim."""
    if body.lip_px < 1:
        return picture
    hole = soft_step((body.front - 1.0) * np.float32(body.height_px))
    rim = np.exp(-(((body.front - 1.0) * body.height_px) ** 2))
    return floats(picture * (1.0 - 0.25 * hole[..., None]) + 0.25 * rim[..., None] * light.key)


def paste_vessel(
    dice: Dice, look: Look, pose: Pose, light: Light, scene: Floats, corner: tuple[int, int]
) -> Floats:
    """Draws a vessel into the scene (h, w, 3), its picture's upper left at `corner` (x, y); returns its
    cover (h, w) 0..1 of the scene, all 0 where it lies outside."""
    rows, columns = size_of(look, pose)
    left, top = corner
    cover = np.zeros(scene.shape[:2], np.float32)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(scene.shape[1], left + columns), min(scene.shape[0], top + rows)
    if x1 <= x0 or y1 <= y0:
        return cover
    behind = np.zeros((rows, columns, 3), np.float32)
    inner = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    behind[inner] = scene[y0:y1, x0:x1]
    picture, alpha = draw_vessel(dice, look, pose, light, behind)
    scene[y0:y1, x0:x1] = over(scene[y0:y1, x0:x1], picture[inner], alpha[inner])
    cover[y0:y1, x0:x1] = alpha[inner]
    return cover
