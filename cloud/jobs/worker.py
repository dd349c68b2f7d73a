"""A worker: takes jobs from the queue and does them. Any number of them share one queue, on any machine.

A job that raises is tried again, later each time. A job whose worker died is handed out again when that
worker has been silent for STALLED_AFTER_S; so a job may run twice, and every task has to bear that.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from cloud.jobs.schemas import HouseTask, SiteJob, SiteTask
from cloud.jobs.service import WORKER_SILENT_S, JobsService
from cloud.problems import CloudProblem, Malformed, NotFound, Unavailable

MAX_ATTEMPTS = 6
FIRST_WAIT_S = 5
"""Doubled with each attempt: 5, 10, 20, 40, 80 seconds."""
HEARTBEAT_EVERY_S = 5.0
STALLED_AFTER_S = WORKER_SILENT_S
LOOK_EVERY_S = 10.0
POLL_EVERY_S = 5.0
KEEP_FINISHED_HOURS = 7 * 24
FORGET_EVERY_S = 3_600.0
STOP_WITHIN_S = 20.0
log = logging.getLogger(__name__)


def queues_of(tasks: Sequence[SiteTask], house: Sequence[HouseTask]) -> set[str]:
    """Return the names of the queues in which these wait."""
    return {task.name.queue for task in tasks} | {chore.name.queue for chore in house}


class Worker:
    """Does the jobs of some queues (None: of all) until it is stopped."""

    def __init__(
        self,
        database_url: str,
        jobs: JobsService,
        tasks: Sequence[SiteTask],
        queues: Sequence[str] | None,
        house: Sequence[HouseTask] = (),
    ) -> None:
        """`house` comes round by the clock, once for all workers, and at most one of a kind runs."""
        self._jobs = jobs
        self._tasks = tasks
        self._queues = list(queues) if queues else sorted(queues_of(tasks, house))
        connector = PsycopgConnector(
            conninfo=database_url, min_size=1, max_size=4, kwargs={"application_name": "barback-worker"}
        )
        self._app = App(connector=connector)
        for task in tasks:
            self._app.task(name=task.name.name, queue=task.name.queue, pass_context=True, retry=_Patience())(
                partial(self._do, task)
            )

        for chore in house:
            name = chore.name.name
            made = self._app.task(
                name=name, queue=chore.name.queue, lock=name, queueing_lock=name, retry=_Patience()
            )(partial(self._keep, chore))
            self._app.periodic(cron=chore.cron)(made)

    async def run(self, *, concurrency: int = 1, until_idle: bool = False) -> None:
        """Work until SIGTERM or SIGINT; with until_idle, until nothing that may begin now is left."""
        async with self._app.open_async():
            await self._look_round()
            looking = asyncio.create_task(self._keep_looking(), name="looks for due and stalled jobs")
            try:
                await self._app.run_worker_async(
                    queues=self._queues,
                    wait=not until_idle,
                    concurrency=concurrency,
                    fetch_job_polling_interval=POLL_EVERY_S,
                    update_heartbeat_interval=HEARTBEAT_EVERY_S,
                    stalled_worker_timeout=STALLED_AFTER_S,
                    shutdown_graceful_timeout=STOP_WITHIN_S,
                )
            finally:
                looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking

    async def _do(
        self, task: SiteTask, context: JobContext, *, site_id: str, arguments: dict[str, object]
    ) -> None:
        number = context.job.id
        assert number is not None, "a job that is done has been queued"

        async def tell(words: str, done: int = 0, total: int = 0) -> None:
            await self._jobs.tell(number, words, done, total)

        await self._jobs.begin(number)
        try:
            await task.run(SiteJob(number, site_id, arguments, tell))
        except CloudProblem as problem:
            await self._note(number, problem.detail)
            raise
        except Exception as error:
            await self._note(number, f"{type(error).__name__}: {error}")
            raise

    @staticmethod
    async def _keep(chore: HouseTask, timestamp: int) -> None:
        log.info(
            "%s (due %s): %s", chore.name.name, datetime.fromtimestamp(timestamp, UTC), await chore.run()
        )

    async def _note(self, number: int, fault: str) -> None:
        with suppress(Unavailable):
            await self._jobs.note_fault(number, fault)

    async def _keep_looking(self) -> None:
        looks = 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            looks += 1
            try:
                await self._look_round()
                if looks % (FORGET_EVERY_S // LOOK_EVERY_S) == 0:
                    await self._forget()
            except (Unavailable, ConnectorException) as error:
                log.warning("The queue cannot be looked after just now: %s", error)

    async def _look_round(self) -> None:
        for task, site in await self._jobs.hand_out_due(self._tasks):
            log.info("%s of %s has come round.", task, site)
        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
            await self._hand_out_again(job)

    async def _hand_out_again(self, job: Job) -> None:
        """Give a dead worker's job to the next one, or give it up where it keeps killing its workers."""
        if job.attempts + 1 >= MAX_ATTEMPTS:
            log.error(
                "Job %s (%s) has died %s times and is given up.", job.id, job.task_name, job.attempts + 1
            )
            await self._app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            return
        assert job.id is not None, "a job out of the queue has a number"
        log.warning("Job %s (%s) lost its worker; it is handed out again.", job.id, job.task_name)
        await self._jobs.begin(job.id)
        with suppress(ConnectorException):  # another worker was faster
            await self._app.job_manager.retry_job(job)

    async def _forget(self) -> None:
        await self._app.job_manager.delete_old_jobs(
            nb_hours=KEEP_FINISHED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )


class _Patience(BaseRetryStrategy):
    """Try again what may go better next time; a wrong site or argument does not."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, NotFound | Malformed) or job.attempts + 1 >= MAX_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": FIRST_WAIT_S * 2**job.attempts})
