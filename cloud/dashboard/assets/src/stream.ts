// Says when the figures have stopped coming, how old they are, and sees to it that the stream comes back.
import { ageWords, type BarClock } from "./barclock";

const SILENT_AFTER_MS = 40_000; // the server speaks every 15 s; after two missed words the line is dead
const FIRST_TRY_AGAIN_MS = 3_000; // when not even the first connection came about
const QUIET_BREAK_MS = 1_500; // a break shorter than this is not worth a word

interface Connection {
  reader: ReadableStreamDefaultReader | null;
}

export function watchStream(page: Document, clock: BarClock): void {
  const live = page.querySelector<HTMLElement>("#live");
  const strip = page.querySelector<HTMLElement>("#stream");
  if (!live || !strip) return;
  let connection: Connection | null = null;
  let heardAt = performance.now();
  let heardBarMs = clock.now();
  let brokenAt: number | null = null;

  const heard = () => {
    heardAt = performance.now();
    heardBarMs = clock.now();
    brokenAt = null;
    page.body.dataset.stream = "live";
    show();
  };
  const broke = () => {
    brokenAt ??= performance.now();
    page.body.dataset.stream = "cut";
  };
  const show = () => {
    const isBroken = brokenAt !== null && performance.now() - brokenAt > QUIET_BREAK_MS;
    strip.hidden = !isBroken;
    page.body.classList.toggle("is-cut", isBroken);
    if (!isBroken) return;
    const age = ageWords(clock.now() - heardBarMs);
    const words = `Not live: these figures are from ${age}. Connecting again.`;
    if (strip.textContent !== words) strip.textContent = words;
  };

  live.addEventListener("htmx:sse:after:connection", (event) => {
    connection = (event as CustomEvent<{ connection: Connection }>).detail.connection;
    heard();
  });
  live.addEventListener("pulse", (event) => {
    clock.set((event as CustomEvent<{ data: string }>).detail.data);
    heard();
  });
  live.addEventListener("htmx:sse:after:message", heard);
  live.addEventListener("htmx:sse:before:connection", broke);
  live.addEventListener("htmx:sse:error", broke);
  live.addEventListener("htmx:sse:close", () => {
    connection = null;
    broke();
  });

  let triedAt = performance.now();
  setInterval(() => {
    if (!page.hidden) {
      const now = performance.now();
      if (connection && now - heardAt > SILENT_AFTER_MS) {
        broke();
        heardAt = now;
        void connection.reader?.cancel();
      }
      if (!connection && now - triedAt > FIRST_TRY_AGAIN_MS) {
        triedAt = now;
        broke();
        live.dispatchEvent(new CustomEvent("barback:reconnect"));
      }
    }
    show();
  }, 1000);
}
