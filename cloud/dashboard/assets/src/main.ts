// Everything a page runs: htmx with its event-stream extension, the bar's clock, ages, and the stream's state.
import "htmx.org";
import "htmx.org/dist/ext/hx-sse.js";
import { startAges } from "./ages";
import { BarClock } from "./barclock";
import { startSheets } from "./sheets";
import { watchStream } from "./stream";

const clock = BarClock.ofPage(document);
startAges(document, clock);
watchStream(document, clock);
startSheets(document);
