// Figures that age carry their instant; once a second, and whenever one is replaced, its age is said anew.
import { ageWords, type BarClock } from "./barclock";

export function startAges(page: Document, clock: BarClock): void {
  const face = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: clock.zone });
  const tick = () => {
    const now = clock.now();
    for (const element of page.querySelectorAll<HTMLTimeElement>("time[data-age]")) {
      say(element, ageWords(now - Date.parse(element.dateTime)));
    }
    const shown = page.querySelector("#clock");
    if (shown) say(shown, face.format(now));
  };
  tick();
  setInterval(tick, 1000);
  // Before the browser paints, so that the server's "22:41" never flashes where "12 s ago" stood.
  page.addEventListener("htmx:after:swap", tick);
}

function say(element: Element, words: string): void {
  if (element.textContent !== words) element.textContent = words;
}
