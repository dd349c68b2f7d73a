"use strict";
// Draws the live trace of one scale, keeps the list of scales fresh, and says that a step is waiting.

const live = document.querySelector("[data-live]");
if (live) {
  const part = (name) => live.querySelector(`[data-${name}]`);
  const source = new EventSource(live.dataset.live);
  source.onmessage = (event) => draw(JSON.parse(event.data));
  source.onerror = () => { part("words").textContent = "The gateway does not answer; trying again"; };

  const grams = (value) => `${value.toLocaleString("en", { maximumFractionDigits: 1, minimumFractionDigits: 1 }).replaceAll(",", " ")} g`;

  const draw = (picture) => {
    live.classList.toggle("is-still", picture.hold != null);
    part("words").textContent = words(picture);
    if (!picture.trace) return;
    const points = picture.trace.filter((point) => point[1] != null);
    if (!points.length) return;
    part("weight").textContent = grams(picture.hold ?? points.at(-1)[1]);
    // Scaled to the last three seconds and the band: what was before may leave the picture.
    const values = points.filter((point) => point[0] >= -3).map((point) => point[1]).concat(picture.band ?? []);
    if (!values.length) return;
    const middle = (Math.max(...values) + Math.min(...values)) / 2;
    const half = Math.max(5, (Math.max(...values) - Math.min(...values)) / 2) * 1.1;
    const x = (age) => 400 + age * 20;
    const y = (value) => 80 - ((value - middle) / half) * 80;
    part("line").setAttribute("points", points.map(([age, value]) => `${x(age).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
    const band = part("band");
    if (picture.band) {
      band.setAttribute("x", String(x(-3)));
      band.setAttribute("width", "60");
      band.setAttribute("y", y(picture.band[1]).toFixed(1));
      band.setAttribute("height", Math.max(1, y(picture.band[0]) - y(picture.band[1])).toFixed(1));
    }
    part("scale").textContent = `${grams(middle - half)} to ${grams(middle + half)}`;
  };

  const words = (picture) => {
    if (picture.problem) return picture.problem;
    return picture.hold == null ? "Moving: wait, and take your hands off" : `Still, known to ${picture.sigma} g`;
  };
}

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", () => {
    for (const button of document.querySelectorAll("button")) button.disabled = true;
    const button = form.querySelector("button");
    if (form.dataset.waits && button) button.textContent = form.dataset.waits;
  });
}

const list = document.querySelector("[data-refresh]");
if (list) {
  setInterval(async () => {
    try {
      const answer = await fetch("/", { credentials: "same-origin" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
      if (fresh) { list.innerHTML = fresh.innerHTML; list.className = fresh.className; }
    } catch {
      list.classList.add("is-stale");
    }
  }, Number(list.dataset.refresh) * 1000);
}
