"""The HTML of a camera: its picture, the places drawn into it, and what to do. Knows no HTTP and no files."""

import json
from collections.abc import Sequence
from html import escape

from edge.domain.sight import Place
from edge.local_page.views import document, mark

Shelves = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""Names of shelves with their slots and products."""
WORDS = {
    "ok": "ok",
    "not looked yet": "not looked yet",
    "unplugged": "unplugged",
    "broken_picture": "broken picture",
    "dark": "dark",
    "blown_out": "blown out",
    "blurred": "blurred",
    "blocked": "blocked",
    "rotated": "turned",
    "moved": "moved",
    "not_mapped": "no places yet",
    "no_model": "no model",
}


def camera_list(cameras: Sequence[tuple[str, str, str]]) -> str:
    """Return the overview's list of cameras: name, state, hint."""
    if not cameras:
        return ""
    rows = "".join(
        f'<li><a href="/cameras/{escape(name)}"><span class="name"><b>{escape(name)}</b>'
        '<span class="soft small">camera</span></span><span></span>'
        f"{_badge(state)}</a>" + (f'<p class="hint">{escape(hint)}</p>' if hint else "") + "</li>"
        for name, state, hint in cameras
    )
    return f'<section><h2>Cameras</h2><ul class="scales">{rows}</ul></section>'


def camera_page(
    camera_id: str,
    site: str,
    state: tuple[str, str],
    shelves: Shelves,
    places: Sequence[Place],
    *,
    told: str = "",
) -> str:
    """Return one camera: draw each slot's place once, then let bottles be learnt by their looks."""
    name = escape(camera_id)
    drawn = {place.slot_id: place.box for place in places}
    boxes = json.dumps(
        {slot: [box.left, box.top, box.right, box.bottom] for slot, box in drawn.items()}, sort_keys=True
    )
    chips = "".join(_chips(shelf, slots, set(drawn)) for shelf, slots in shelves)
    note = f'<p class="problem" role="alert">{escape(told)}</p>' if told else ""
    hint = f'<p class="hint">{escape(state[1])}</p>' if state[1] else ""
    return document(
        camera_id,
        '<p><a class="back" href="/">All scales</a></p>'
        f'<div class="head"><h1>Camera {name}</h1>'
        f"{_badge(state[0])}</div>{hint}{note}"
        f'<section data-camera="{name}" data-boxes="{escape(boxes)}">'
        "<p>Touch a slot, then drag a box around its bottle in the picture. Drag the box to move it, its "
        "corners to change its size. Once is enough, as long as the camera stays where it is.</p>"
        f'<div class="stage"><img src="/cameras/{name}/picture.jpg" alt="What the camera sees now" '
        'draggable="false">'
        '<svg data-stage role="img" aria-label="The places of the slots" preserveAspectRatio="none" '
        'viewBox="0 0 1000 1000"></svg></div>'
        f"{chips}"
        '<div class="actions"><button type="button" class="quiet" data-spread>Place this shelf</button>'
        '<button type="button" class="quiet" data-remove disabled>Take this place out</button></div>'
        '<button type="button" data-save disabled>Save the places</button>'
        '<p class="soft" data-told role="status"></p></section>'
        '<section><h2>What the bottles look like</h2><p class="soft">With every bottle in its place, take '
        "three pictures of each, turned a little in between: the camera then knows a strange bottle."
        f'</p><form method="post" action="/cameras/{name}/enrol"><label for="slot">Slot</label>'
        f'<select id="slot" name="slot">{_options(shelves)}</select>'
        "<button>Take a picture of this bottle</button></form></section>",
        site=site,
        script="/static/camera.js",
    )


def _chips(shelf: str, slots: Sequence[tuple[str, str]], drawn: set[str]) -> str:
    """A shelf's slots as buttons."""
    rows = "".join(
        f'<li><button type="button" class="chip{" is-drawn" if slot in drawn else ""}" '
        f'data-slot="{escape(slot)}" aria-pressed="false"><b>{escape(slot)}</b> '
        f"<span>{escape(product)}</span></button></li>"
        for slot, product in slots
    )
    return f'<h3>{escape(shelf)}</h3><ul class="chips" data-shelf>{rows}</ul>'


def _badge(state: str) -> str:
    """A camera's state as a word and an icon before it is a colour."""
    return mark(state == "ok", WORDS.get(state, state))


def _options(shelves: Shelves) -> str:
    return "".join(
        f'<option value="{escape(slot)}">{escape(slot)}, {escape(product)}</option>'
        for _, slots in shelves
        for slot, product in slots
    )
