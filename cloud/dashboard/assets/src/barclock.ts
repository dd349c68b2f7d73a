// Bar time in the page: the server says what time it is in the bar and how fast it runs.

export class BarClock {
  private constructor(
    private barMs: number,
    private readonly speed: number,
    readonly zone: string,
    private realMs: number = performance.now(),
  ) {}

  static ofPage(page: Document): BarClock {
    const read = (name: string) => page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
    const start = Date.parse(read("bar-now"));
    return new BarClock(Number.isNaN(start) ? Date.now() : start, Number(read("bar-speed")) || 1, read("bar-zone") || "UTC");
  }

  /** Bar time, ms since 1970. */
  now(): number {
    return this.barMs + (performance.now() - this.realMs) * this.speed;
  }

  /** Take the server's word for what time it is now. */
  set(iso: string): void {
    const at = Date.parse(iso);
    if (Number.isNaN(at)) return;
    this.barMs = at;
    this.realMs = performance.now();
  }
}

/** "now", "12 s ago", "4 min ago", "3 h ago", "2 days ago". */
export function ageWords(ageMs: number): string {
  const seconds = Math.floor(ageMs / 1000);
  if (seconds < 2) return "now";
  if (seconds < 100) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}
