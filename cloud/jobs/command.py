"""`python -m cloud work`: one worker process."""

from collections.abc import Sequence

from cloud.assembly import build_services, build_tasks, open_database
from cloud.clock import Clock
from cloud.jobs.worker import Worker
from cloud.problems import Malformed
from cloud.settings import Settings

MAX_CONCURRENCY = 32
STATEMENT_TIMEOUT_S = 300.0
"""A job may look at years of a site; a request may not."""


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
        known = {task.name.queue for task in tasks}
        if unknown := sorted(set(queues or ()) - known):
            raise Malformed(f"there is no queue {unknown[0]!r}; there are {', '.join(sorted(known))}")
        worker = Worker(settings.database_url.get_secret_value(), services.jobs, tasks, queues)
        await worker.run(concurrency=concurrency, until_idle=until_idle)
    finally:
        await database.close()
