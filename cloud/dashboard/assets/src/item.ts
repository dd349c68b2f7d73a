// The chart of one product: what was poured, when it was out of stock, and the bands of what to expect.
import uPlot from "uplot";

interface Figures {
  x: number[];
  poured: (number | null)[];
  out: number[];
  mean: (number | null)[];
  bands: (number | null)[][][];
  now: number;
}

const DAY_S = 86_400;
const NARROW_PX = 560;
const NARROW_PAST_DAYS = 28;
const BAND_NAMES = ["19 of 20", "8 of 10", "half"];
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

function volume(ml: number): string {
  return Math.abs(ml) < 999.5 ? `${Math.round(ml)} ml` : `${(ml / 1000).toFixed(1)} l`;
}

function sayDay(figures: Figures, at: number): string {
  const day = DAY.format(figures.x[at]! * 1000);
  const mean = figures.mean[at];
  const poured = figures.poured[at];
  if (mean != null) {
    const [, eight] = figures.bands;
    const range = eight ? `, ${volume(eight[0]![at]!)} to ${volume(eight[1]![at]!)} on 8 of 10 such days` : "";
    return `${day}: ${volume(mean)} expected${range}.`;
  }
  if (poured == null) return `${day}: not open, or not seen.`;
  const out = figures.out[at]! > 0 ? `, out of stock ${Math.round(100 * figures.out[at]!)} % of the time` : "";
  return `${day}: ${volume(poured)} poured${out}.`;
}

class Palette {
  constructor(private readonly style: CSSStyleDeclaration) {}
  of(name: string, alpha = 1): string {
    const colour = this.style.getPropertyValue(`--${name}`).trim();
    return alpha === 1 ? colour : `${colour}${Math.round(255 * alpha).toString(16).padStart(2, "0")}`;
  }
}

function draw(place: HTMLElement, figures: Figures, said: HTMLElement): uPlot {
  const palette = new Palette(getComputedStyle(document.documentElement));
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const silent = said.textContent ?? "";
  const edges = figures.bands.flat();
  const first = figures.x[0]! - DAY_S / 2;
  const last = figures.x[figures.x.length - 1]! + DAY_S / 2;
  const start = place.clientWidth < NARROW_PX ? Math.max(first, figures.now - NARROW_PAST_DAYS * DAY_S) : first;
  const alphas = [0.16, 0.22, 0.34];
  const highest = Math.max(1, ...figures.poured.map((ml) => ml ?? 0), ...(figures.bands[0]?.[1] ?? []).map((ml) => ml ?? 0));

  const options: uPlot.Options = {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: true, range: [start, last] }, y: { range: [0, highest * 1.12] } },
    axes: [
      {
        font, stroke: palette.of("soft"), grid: { show: false }, ticks: { show: false }, space: 44,
        splits: (chart) => mondays(chart.scales.x!.min!, chart.scales.x!.max!, place.clientWidth),
        values: (_chart, splits) => splits.map((at) => shortDay(at)),
      },
      {
        font, stroke: palette.of("soft"), size: 52, ticks: { show: false }, grid: { stroke: palette.of("line"), width: 1 },
        values: (_chart, splits) => splits.map((ml) => (ml === 0 ? "0" : volume(ml))),
      },
    ],
    series: [
      {},
      { stroke: palette.of("glass-edge"), fill: palette.of("plank"), width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.72, 18] }) },
      ...edges.map(() => ({ stroke: "transparent", width: 0, points: { show: false } })),
      { stroke: palette.of("accent"), width: 2, points: { show: false } },
    ],
    bands: figures.bands.map((_, band) => ({
      series: [3 + 2 * band, 2 + 2 * band] as [number, number],
      fill: palette.of("bar-now", alphas[band]),
    })),
    hooks: {
      drawClear: [(chart) => shadeOut(chart, figures, palette)],
      draw: [(chart) => label(chart, figures, palette, font)],
      setCursor: [
        (chart) => {
          const at = chart.cursor.idx;
          const words = at == null ? silent : sayDay(figures, at);
          if (said.textContent !== words) said.textContent = words;
        },
      ],
    },
  };
  const columns = [figures.x, figures.poured, ...edges, figures.mean] as uPlot.AlignedData;
  return new uPlot(options, columns, place);
}

function mondays(min: number, max: number, width: number): number[] {
  const found: number[] = [];
  const every = ((max - min) / DAY_S / 7) * 56 > width ? 2 : 1;
  let seen = 0;
  for (let at = Math.ceil(min / DAY_S) * DAY_S + DAY_S / 2; at < max; at += DAY_S) {
    if (new Date(at * 1000).getUTCDay() === 1 && seen++ % every === 0) found.push(at);
  }
  return found;
}

function shortDay(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(at * 1000);
}

/** Days without any stock stand behind everything, as deep as the share of the day they lasted. */
function shadeOut(chart: uPlot, figures: Figures, palette: Palette): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  figures.x.forEach((at, index) => {
    const share = figures.out[index]!;
    if (share <= 0) return;
    const left = chart.valToPos(at - DAY_S / 2, "x", true);
    const right = chart.valToPos(at + DAY_S / 2, "x", true);
    ctx.fillStyle = palette.of("out", 0.12);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = palette.of("out", 0.55);
    ctx.fillRect(left, bbox.top, right - left, bbox.height * 0.1 * Math.max(share, 0.2));
  });
  ctx.restore();
}

/** The line of now, and words on the lines instead of a legend. */
function label(chart: uPlot, figures: Figures, palette: Palette, font: string): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio || 1;
  const now = chart.valToPos(figures.now, "x", true);
  ctx.save();
  ctx.font = font.replace("12px", `${12 * ratio}px`);
  ctx.strokeStyle = palette.of("soft");
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(now, bbox.top);
  ctx.lineTo(now, bbox.top + bbox.height);
  ctx.stroke();
  ctx.fillStyle = palette.of("soft");
  ctx.textAlign = "right";
  ctx.fillText("now", now - 6 * ratio, bbox.top + 12 * ratio);
  if (figures.mean.some((ml) => ml != null)) {
    ctx.fillStyle = palette.of("accent");
    ctx.textAlign = "left";
    ctx.fillText("expected", now + 6 * ratio, bbox.top + 12 * ratio);
    labelBands(chart, figures, palette, ratio);
  }
  ctx.restore();
}

/** Each band is named at its upper edge where it is highest, if there is room under the one above. */
function labelBands(chart: uPlot, figures: Figures, palette: Palette, ratio: number): void {
  const last = figures.x.length - 1;
  let above = -Infinity;
  figures.bands.forEach((band, index) => {
    const ml = band[1]![last];
    if (ml == null) return;
    const y = chart.valToPos(ml, "y", true);
    if (y - above < 13 * ratio) return;
    chart.ctx.fillStyle = palette.of("ink");
    chart.ctx.textAlign = "right";
    chart.ctx.fillText(BAND_NAMES[index]!, chart.bbox.left + chart.bbox.width - 2 * ratio, y - 3 * ratio);
    above = y;
  });
}

function start(): void {
  const place = document.querySelector<HTMLElement>("#chart");
  const source = document.querySelector("#chart-figures");
  const said = document.querySelector<HTMLElement>("#chart-said");
  if (!place || !source || !said) return;
  const figures = JSON.parse(source.textContent ?? "") as Figures;
  let chart = draw(place, figures, said);
  let width = place.clientWidth;
  const again = () => {
    chart.destroy();
    chart = draw(place, figures, said);
    width = place.clientWidth;
  };
  new ResizeObserver(() => {
    if (place.clientWidth !== width) again();
  }).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
}

start();
