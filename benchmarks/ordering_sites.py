"""Many sites planned by worker processes on one queue: time per site and memory, by 1 and 2 workers.

Starts the embedded PostgreSQL, copies the corner bar (24 products, 3 suppliers, 34 articles, half-empty
bottles, an issued forecast) as often as asked, queues a plan for each, and starts `python -m cloud work
--queue orders --until-idle`. Time is that of the workers' processes, their start included.

    python benchmarks/ordering_sites.py [--sites 1000] [--quick]
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import psycopg

from cloud.assembly import build_services, open_database
from cloud.clock import Clock
from cloud.db.migrate import migrate
from cloud.orders.service import ORDER
from cloud.settings import Settings
from contract.bartime import BARTIME_VARIABLE, BarTime
from contract.layout import SiteLayout
from firmware_sim.house.postgres import EmbeddedPostgres

LOG_END = 3_000
"""Characters of a failed worker's log that are shown."""
BARS = ROOT / "firmware_sim" / "bars"
EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
COPIES = """
INSERT INTO site (organisation_no, site_id, name, timezone, day_ends_at)
SELECT organisation_no, 'bar-' || n, 'Bar ' || n, timezone, day_ends_at
FROM site, generate_series(1, %(sites)s) AS n
WHERE site_id = 'corner-bar';
INSERT INTO product (site_no, product_id, position, name, category, liquid, volume_ml, tare_weight_g,
                     density_g_per_ml, par_bottles)
SELECT copy.site_no, product_id, position, product.name, category, liquid, volume_ml, tare_weight_g,
       density_g_per_ml, par_bottles
FROM product JOIN site USING (site_no) JOIN site AS copy ON copy.site_id LIKE 'bar-%%'
WHERE site.site_id = 'corner-bar';
INSERT INTO location (site_no, name) SELECT site_no, 'Bar' FROM site WHERE site_id LIKE 'bar-%%';
INSERT INTO gateway (site_no, gateway_id, position, name)
SELECT site_no, 'gw-' || site_id, 1, 'Bar' FROM site WHERE site_id LIKE 'bar-%%';
INSERT INTO shelf (site_no, location_no, gateway_no, shelf_id, position, name)
SELECT site_no, location_no, gateway_no, 'shelf', 1, 'Shelf'
FROM site JOIN location USING (site_no) JOIN gateway USING (site_no) WHERE site_id LIKE 'bar-%%';
INSERT INTO slot (site_no, shelf_no, product_no, slot_id, position)
SELECT site_no, shelf_no, product_no, product_id, product.position
FROM product JOIN shelf USING (site_no) JOIN site USING (site_no) WHERE site_id LIKE 'bar-%%';
INSERT INTO slot_state (epoch, slot_no, seq, seen_at, quality, shared, weight_g, sigma_g, weighed_at)
SELECT gen_random_uuid(), slot_no, 1, %(now)s, 0, false,
       tare_weight_g + density_g_per_ml * volume_ml * ((slot_no * 37) %% 100) / 100.0, 1.0, %(now)s
FROM slot JOIN product USING (product_no) JOIN site ON site.site_no = slot.site_no
WHERE site_id LIKE 'bar-%%';
INSERT INTO supplier (site_no, supplier_id, name, order_weekdays, cut_off, lead_days, delivery_weekdays,
                      closed_on, minimum_order_value, delivery_fee)
SELECT copy.site_no, supplier_id, supplier.name, order_weekdays, cut_off, lead_days, delivery_weekdays,
       closed_on, minimum_order_value, delivery_fee
FROM supplier JOIN site USING (site_no) JOIN site AS copy ON copy.site_id LIKE 'bar-%%'
WHERE site.site_id = 'corner-bar';
INSERT INTO article (supplier_no, article_id, name, barcode, product_no, pack_units, bottle_ml, deposit,
                     shelf_life_days, priced_at)
SELECT twin.supplier_no, article_id, article.name, barcode, same.product_no, pack_units, bottle_ml, deposit,
       shelf_life_days, priced_at
FROM article JOIN supplier USING (supplier_no) JOIN product USING (product_no)
JOIN supplier AS twin ON twin.supplier_id = supplier.supplier_id AND twin.site_no <> supplier.site_no
JOIN product AS same ON same.product_id = product.product_id AND same.site_no = twin.site_no;
INSERT INTO price_break (article_no, min_cases, unit_price)
SELECT twin.article_no, min_cases, unit_price
FROM price_break JOIN article USING (article_no) JOIN supplier USING (supplier_no)
JOIN supplier AS other ON other.supplier_id = supplier.supplier_id AND other.site_no <> supplier.site_no
JOIN article AS twin ON twin.supplier_no = other.supplier_no AND twin.article_id = article.article_id
WHERE supplier.site_no = (SELECT site_no FROM site WHERE site_id = 'corner-bar');
INSERT INTO forecast_run (site_no, made_at, starts_on, horizon_days, method, reason, levels, leads,
                          provenance)
SELECT site_no, %(now)s, %(today)s, 28, 'default', 'nightly', '{0.5,0.9,0.95}', '{1,7,14,28}', '{}'
FROM site WHERE site_id LIKE 'bar-%%';
INSERT INTO forecast (run_no, product_no, basis, days_known, mean_ml, quantiles_ml, sum_mean_ml,
                      sum_quantiles_ml, why)
SELECT run_no, product_no, 'own history', 90, array_fill(daily, ARRAY[28]), array_fill(daily, ARRAY[84]),
       ARRAY[daily, 7 * daily, 14 * daily, 28 * daily],
       ARRAY[daily, 2.5 * daily, 3 * daily, 7 * daily, 10 * daily, 11 * daily, 14 * daily, 18 * daily,
             20 * daily, 28 * daily, 34 * daily, 36 * daily], '{}'
FROM forecast_run JOIN product USING (site_no)
CROSS JOIN LATERAL (SELECT (100 + (product_no * 53) %% 500)::real AS daily) AS use;
"""


def settings_of(url: str) -> Settings:
    return Settings(**{"database_url": url, BARTIME_VARIABLE: str(BarTime(EVENING, time.time(), 1.0))})


async def prepare(url: str, sites: int) -> None:
    """The corner bar with its prices, and its copies."""
    database = open_database(settings_of(url))
    await database.open()
    services = build_services(settings_of(url), database, Clock(BarTime(EVENING, time.time(), 1.0)))
    layout = SiteLayout.model_validate(tomllib.loads((BARS / "corner_bar.toml").read_text()))
    await services.sites.import_layout(layout)
    for name in ("suppliers", "prices"):
        text = (BARS / f"corner_bar_{name}.csv").read_text()
        await services.suppliers.import_list(layout.id, text, apply=True)
    await database.close()
    values = {"sites": sites, "now": EVENING, "today": EVENING.date()}
    with psycopg.connect(url) as connection:
        for statement in COPIES.split(";\n")[:-1]:
            connection.execute(statement, values if "%(" in statement else {})


async def queue(url: str, sites: int) -> None:
    """A plan for every copy."""
    database = open_database(settings_of(url))
    await database.open()
    services = build_services(settings_of(url), database, Clock(BarTime(EVENING, time.time(), 1.0)))
    for number in range(1, sites + 1):
        await services.jobs.enqueue(ORDER, f"bar-{number}", {"reason": "measured"})
    await database.close()


def work(url: str, workers: int, folder: Path) -> dict[str, float]:
    """Start the workers, wait until the queue is empty, and say what they used; what they log is in `folder`.

    Raises SystemExit with the end of its log where a worker fails.
    """
    bartime = str(BarTime(EVENING + timedelta(minutes=1), time.time(), 1.0))
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BARBACK_CLOUD_DATABASE_URL": url,
        BARTIME_VARIABLE: bartime,
    }
    command = [sys.executable, "-m", "cloud", "work", "--queue", "orders", "--until-idle"]
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    logs = [folder / f"worker-{workers}-{number}.log" for number in range(workers)]
    running = []
    for log in logs:
        with log.open("w") as written:
            running.append(subprocess.Popen(command, env=env, stderr=written))
    for process, log in zip(running, logs, strict=True):
        if code := process.wait():
            raise SystemExit(f"a worker ended with {code}; the end of its log:\n{log.read_text()[-LOG_END:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu_s": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
        "wall_s": time.monotonic() - began_s,
        "memory_mb": after.ru_maxrss / 1024,
    }


def planned(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM order_plan WHERE reason = 'measured'").fetchone()
        return int(row[0]) if row else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 sites")
    parser.add_argument("--sites", type=int, default=1000)
    options = parser.parse_args()
    sites = 20 if options.quick else options.sites
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        try:
            server.start()
            server.ensure_database("barback")
            url = server.url("barback")
            migrate(url, say=[].append)
            asyncio.run(prepare(url, sites))
            print(f"{sites} sites of 24 products")
            print(f"{'workers':>8}{'plans':>8}{'CPU s':>9}{'ms a site':>11}{'wall s':>9}{'MB':>7}")
            for workers in (1, 2):
                before = planned(url)
                asyncio.run(queue(url, sites))
                used = work(url, workers, Path(folder))
                plans = planned(url) - before
                row = {
                    "workers": workers,
                    "plans": plans,
                    "ms_a_site": 1000 * used["cpu_s"] / max(1, plans),
                    **used,
                }
                rows.append(row)
                print(
                    f"{workers:>8}{plans:>8}{used['cpu_s']:>9.1f}{row['ms_a_site']:>11.0f}{used['wall_s']:>9.1f}"
                    f"{used['memory_mb']:>7.0f}",
                    flush=True,
                )
        finally:
            server.discard()
    ok = all(row["plans"] == sites for row in rows)
    print(json.dumps({"benchmark": "ordering_sites", "ok": ok, "rows": rows}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
