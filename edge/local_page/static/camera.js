"use strict";
// Draws the places of slots over a camera's picture: touch a slot, drag a box; drag it or its corners; save.

const section = document.querySelector("[data-camera]");
if (section) {
  const stage = section.querySelector("[data-stage]");
  const told = section.querySelector("[data-told]");
  const save = section.querySelector("[data-save]");
  const remove = section.querySelector("[data-remove]");
  const chips = [...section.querySelectorAll("[data-slot]")];
  const boxes = new Map(Object.entries(JSON.parse(section.dataset.boxes)));
  let chosen = null;
  let drag = null;
  const svg = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const clamp = (value) => Math.min(1, Math.max(0, value));
  const at = (event) => {
    const frame = stage.getBoundingClientRect();
    return [clamp((event.clientX - frame.left) / frame.width), clamp((event.clientY - frame.top) / frame.height)];
  };
  const reach = () => {
    const frame = stage.getBoundingClientRect();
    return [22 / frame.width, 22 / frame.height]; // half of a thumb's 44 px
  };

  const show = () => {
    const frame = stage.getBoundingClientRect();
    const ratio = frame.width / Math.max(1, frame.height);
    stage.replaceChildren();
    for (const [slot, [l, t, r, b]] of boxes) {
      const group = svg("g", { class: slot === chosen ? "place is-chosen" : "place" });
      group.append(svg("rect", { x: l * 1000, y: t * 1000, width: (r - l) * 1000, height: (b - t) * 1000 }));
      if (slot === chosen) {
        for (const [x, y] of [[l, t], [r, t], [l, b], [r, b]]) {
          group.append(svg("ellipse", { cx: x * 1000, cy: y * 1000, rx: 14, ry: 14 * ratio }));
        }
      }
      stage.append(group);
    }
    for (const chip of chips) {
      chip.setAttribute("aria-pressed", String(chip.dataset.slot === chosen));
      chip.classList.toggle("is-drawn", boxes.has(chip.dataset.slot));
    }
    remove.disabled = !(chosen && boxes.has(chosen));
  };
  const changed = () => {
    save.disabled = false;
    told.textContent = "Not saved yet.";
    show();
  };
  const choose = (slot) => { chosen = slot; show(); };

  for (const chip of chips) chip.addEventListener("click", () => choose(chip.dataset.slot));

  const cornerOf = (box, x, y) => {
    const [dx, dy] = reach();
    for (const [i, j] of [[0, 1], [2, 1], [0, 3], [2, 3]]) {
      if (Math.abs(box[i] - x) < dx && Math.abs(box[j] - y) < dy) return [i, j];
    }
    return null;
  };
  const inside = ([l, t, r, b], x, y) => x >= l && x <= r && y >= t && y <= b;

  stage.addEventListener("pointerdown", (event) => {
    const [x, y] = at(event);
    const own = chosen && boxes.get(chosen);
    const corner = own && cornerOf(own, x, y);
    if (corner) drag = { corner };
    else if (own && inside(own, x, y)) drag = { move: [x, y] };
    else {
      const hit = [...boxes].find(([, box]) => inside(box, x, y));
      if (hit) { choose(hit[0]); drag = { move: [x, y] }; }
      else if (chosen) { boxes.set(chosen, [x, y, x, y]); drag = { corner: [2, 3] }; }
      else { told.textContent = "Touch a slot below first."; return; }
    }
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x, y] = at(event);
    const box = [...boxes.get(chosen)];
    if (drag.corner) { box[drag.corner[0]] = x; box[drag.corner[1]] = y; }
    else {
      const dx = Math.min(1 - box[2], Math.max(-box[0], x - drag.move[0]));
      const dy = Math.min(1 - box[3], Math.max(-box[1], y - drag.move[1]));
      box[0] += dx; box[2] += dx; box[1] += dy; box[3] += dy;
      drag.move = [x, y];
    }
    boxes.set(chosen, box);
    show();
  });
  const end = () => {
    if (!drag) return;
    drag = null;
    const [l, t, r, b] = boxes.get(chosen);
    const box = [Math.min(l, r), Math.min(t, b), Math.max(l, r), Math.max(t, b)];
    if (box[2] - box[0] < 0.015 || box[3] - box[1] < 0.015) boxes.delete(chosen);
    else boxes.set(chosen, box);
    changed();
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);

  // One box per slot of the shelf: around the bottles it sees, left to right, or side by side.
  section.querySelector("[data-spread]").addEventListener("click", async () => {
    const first = chosen ? chips.find((chip) => chip.dataset.slot === chosen) : chips[0];
    const slots = [...first.closest("[data-shelf]").querySelectorAll("[data-slot]")].map((chip) => chip.dataset.slot);
    told.textContent = "Looking for bottles";
    let seen = [];
    try {
      const answer = await fetch(`/cameras/${section.dataset.camera}/bottles`, { credentials: "same-origin" });
      if (answer.ok) seen = await answer.json();
    } catch { /* then side by side */ }
    const wide = 1 / slots.length;
    slots.forEach((slot, i) => {
      boxes.set(slot, seen.length === slots.length ? seen[i] : [(i + 0.12) * wide, 0.25, (i + 0.88) * wide, 0.75]);
    });
    chosen = slots[0];
    changed();
    told.textContent = seen.length === slots.length
      ? "A box around each bottle it sees. Not saved yet."
      : `It sees ${seen.length} bottles and the shelf has ${slots.length} slots: move the boxes by hand. Not saved yet.`;
  });
  remove.addEventListener("click", () => { boxes.delete(chosen); changed(); });
  save.addEventListener("click", async () => {
    save.disabled = true;
    const rows = [...boxes].map(([slot_id, [left, top, right, bottom]]) => ({ slot_id, left, top, right, bottom }));
    try {
      const answer = await fetch(`/cameras/${section.dataset.camera}/places`, {
        method: "POST", credentials: "same-origin", body: JSON.stringify(rows),
      });
      told.textContent = await answer.text();
      save.disabled = answer.ok;
    } catch {
      told.textContent = "The gateway does not answer: stay on this page and save again.";
      save.disabled = false;
    }
  });
  const picture = section.querySelector("img");
  picture.addEventListener("load", show);
  picture.addEventListener("error", () => { told.textContent = "No picture: check the camera's cable and its service."; });
  addEventListener("resize", show);
  show();
}
