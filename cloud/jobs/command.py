"""`python -m cloud work`: one worker process."""

import asyncio
import logging
from collections.abc import Sequence

import psycopg
from procrastinate.exceptions import ConnectorException

from cloud.assembly import build_house_tasks, build_services, build_tasks, open_database
from cloud.clock import Clock
from cloud.jobs.worker import Worker, queues_of
from cloud.problems import Malformed, Unavailable
from cloud.settings import Settings

MAX_CONCURRENCY = 32
STATEMENT_TIMEOUT_S = 300.0
"""A job may look at years of a site; a request may not."""
RETRY_EVERY_S = 3.0
log = logging.getLogger(__name__)


async def work(
    settings: Settings, queues: Sequence[str] | None, concurrency: int, *, until_idle: bool
) -> None:
    """Do jobs until stopped, or until idle. Raises Malformed for an unknown queue or a wild concurrency."""
    if not 1 <= concurrency <= MAX_CONCURRENCY:
        raise Malformed(f"--concurrency is 1 to {MAX_CONCURRENCY}, not {concurrency}")
    database = open_database(
        settings.model_copy(update={"statement_timeout_s": STATEMENT_TIMEOUT_S, "pool_min_size": 1})
    )
    await database.open()
    try:
        services = build_services(settings, database, Clock(settings.bartime))
        tasks = build_tasks(services)
        house = build_house_tasks(services)
        known = queues_of(tasks, house)
        if unknown := sorted(set(queues or ()) - known):
            raise Malformed(f"there is no queue {unknown[0]!r}; there are {', '.join(sorted(known))}")
        worker = Worker(settings.database_url.get_secret_value(), services.jobs, tasks, queues, house)
        if until_idle:
            await worker.run(concurrency=concurrency, until_idle=True)
        else:
            await _work_on(worker, concurrency)
    finally:
        await database.close()


async def _work_on(worker: Worker, concurrency: int) -> None:
    """Work until stopped; a database that goes away is waited for, and its jobs are handed out again."""
    while True:
        try:
            await worker.run(concurrency=concurrency)
        except (ConnectorException, Unavailable, psycopg.OperationalError) as error:
            log.warning("The queue cannot be reached: %s. Trying again in %g s.", error, RETRY_EVERY_S)
            await asyncio.sleep(RETRY_EVERY_S)
        else:
            return
