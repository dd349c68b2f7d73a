"""Jobs: queued with the caller's transaction, done by any number of workers, lost by no crash."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
from psycopg import Rollback

from cloud.assembly import build_house_tasks, build_services, open_database
from cloud.clock import Clock
from cloud.db.migrate import MIGRATIONS
from cloud.jobs import worker as worker_module
from cloud.jobs.schemas import HouseTask, SiteTask, TaskName
from cloud.jobs.service import after_the_day
from cloud.jobs.worker import Worker
from cloud.problems import Malformed, NotFound
from cloud.settings import Settings
from firmware_sim.house.ports import wait_until
from firmware_sim.house.processes import Process
from tests.cloud_under_test import EVENING
from tests.integration.test_cloud_process import Commands

pytestmark = pytest.mark.postgres
POLISH = TaskName("polish", "brass")
COUNT = TaskName("count", "cellar")
SITE = "corner-bar"


class Shop:
    """The services on a database, and workers that run until nothing is left to do."""

    def __init__(self, url, services):
        self.url, self.services, self.done = url, services, []

    async def work(self, *tasks, queues=None, **options):
        await Worker(self.url, self.services.jobs, tasks, queues).run(until_idle=True, **options)

    def task(self, name=POLISH, fail=(), due=None):
        """A task that writes down what it did; it raises what `fail` holds first."""
        faults = list(fail)

        async def run(job):
            if faults:
                raise faults.pop(0)
            await job.tell("polishing", 1, 2)
            self.done.append((name.name, job.site_id, dict(job.arguments)))

        return SiteTask(name, run, due)

    async def states(self):
        return [(job.task, job.status, job.words, job.fault) for job in await self.services.jobs.jobs(SITE)]


@asynccontextmanager
async def shop_on(url, **settings):
    told = Settings(database_url=url, **settings)
    database = open_database(told)
    await database.open()
    try:
        services = build_services(told, database, Clock(told.bartime))
        yield Shop(url, services)
    finally:
        await database.close()


@pytest.fixture
def site_url(cloud):
    return cloud.url


def on_shop(url, scene, **settings):
    async def play():
        async with shop_on(url, **settings) as shop:
            return await scene(shop)

    return asyncio.run(play())


def test_a_job_is_done_and_says_how_far_it_was(site_url):
    async def scene(shop):
        number = await shop.services.jobs.enqueue(POLISH, SITE, {"what": "tap"})
        await shop.work(shop.task())
        assert shop.done == [("polish", SITE, {"what": "tap"})]
        state = await shop.services.jobs.job(number)
        assert (state.status, state.words, state.done, state.total) == ("done", "polishing", 1, 2)

    on_shop(site_url, scene)


def test_workers_are_counted_while_they_live(site_url):
    async def scene(shop):
        counted = []

        async def run(job):
            counted.append(await shop.services.jobs.workers())

        await shop.services.jobs.enqueue(POLISH, SITE)
        assert await shop.services.jobs.workers() == 0
        await shop.work(SiteTask(POLISH, run))
        assert counted == [1]
        assert await shop.services.jobs.workers() == 0

    on_shop(site_url, scene)


def test_one_job_of_a_task_and_site_waits_however_often_it_is_asked_for(site_url):
    async def scene(shop):
        numbers = [await shop.services.jobs.enqueue(POLISH, SITE) for _ in range(3)]
        assert len(set(numbers)) == 1
        assert await shop.services.jobs.enqueue(COUNT, SITE) not in numbers
        await shop.work(shop.task(), shop.task(COUNT))
        assert len(shop.done) == 2
        assert await shop.services.jobs.enqueue(POLISH, SITE) not in numbers

    on_shop(site_url, scene)


def test_a_job_of_a_transaction_that_is_rolled_back_never_was(site_url):
    async def scene(shop):
        async with shop.services.jobs._database.transaction() as connection:
            await shop.services.jobs.enqueue(POLISH, SITE, connection=connection)
            raise Rollback
        assert await shop.states() == []

    on_shop(site_url, scene)


def test_what_fails_is_tried_again_and_its_reason_is_kept(site_url, monkeypatch):
    monkeypatch.setattr(worker_module, "FIRST_WAIT_S", 0)

    async def scene(shop):
        await shop.services.jobs.enqueue(POLISH, SITE)
        task = shop.task(fail=[OSError("the cloth is wet")])
        await shop.work(task)
        assert shop.done == [("polish", SITE, {})] or await shop.states() == [
            ("polish", "waiting", "", "OSError: the cloth is wet")
        ]
        await shop.work(task)
        assert len(shop.done) == 1
        ((_, status, _, fault),) = await shop.states()
        assert (status, fault) == ("done", "OSError: the cloth is wet")

    on_shop(site_url, scene)


def test_a_job_that_fails_while_the_next_one_waits_does_not_stop_the_worker(site_url, monkeypatch):
    """procrastinate's queueing lock would refuse the retry; the failing job gives it up when it begins."""
    monkeypatch.setattr(worker_module, "FIRST_WAIT_S", 0)

    async def scene(shop):
        async def run(job):
            if not shop.done:
                shop.done.append("first")
                await shop.services.jobs.enqueue(POLISH, SITE)
                raise OSError
            shop.done.append("again")

        await shop.services.jobs.enqueue(POLISH, SITE)
        await shop.work(SiteTask(POLISH, run))
        await shop.work(SiteTask(POLISH, run))
        assert shop.done == ["first", "again", "again"]
        assert [status for _, status, _, _ in await shop.states()] == ["done", "done"]

    on_shop(site_url, scene)


def test_what_cannot_go_better_is_not_tried_again(site_url):
    async def scene(shop):
        await shop.services.jobs.enqueue(POLISH, SITE)
        await shop.work(shop.task(fail=[Malformed("there is no brass here")]))
        ((_, status, _, fault),) = await shop.states()
        assert (status, fault) == ("failed", "there is no brass here")

    on_shop(site_url, scene)


def test_a_worker_serves_only_its_queues(site_url):
    async def scene(shop):
        for name in (POLISH, COUNT):
            await shop.services.jobs.enqueue(name, SITE)
        await shop.work(shop.task(), shop.task(COUNT), queues=["cellar"])
        assert [name for name, _, _ in shop.done] == ["count"]

    on_shop(site_url, scene)


def test_what_comes_round_is_handed_out_once_for_each_day(site_url):
    async def scene(shop):
        task = shop.task(due=after_the_day(timedelta(minutes=10)))
        handed = await asyncio.gather(*(shop.services.jobs.hand_out_due([task]) for _ in range(4)))
        assert [entry for entries in handed for entry in entries] == [("polish", SITE)]
        await shop.work(task)
        assert shop.done == [("polish", SITE, {"due_at": "2026-11-20T05:10:00+00:00"})]

    on_shop(site_url, scene_at_evening(scene))


def scene_at_evening(scene):
    async def play(shop):
        for service in (shop.services.jobs, shop.services.sites):
            service._clock = type("Stopped", (), {"now": lambda self: EVENING})()
        return await scene(shop)

    return play


def test_a_killed_workers_job_is_handed_out_again(site_url, monkeypatch):
    """The worker is a process of its own and dies by SIGKILL in the middle of its job."""
    code = f"""
import asyncio, os, signal
from tests.integration.test_cloud_jobs import POLISH, SITE, shop_on
from cloud.jobs.schemas import SiteTask

async def die(job):
    os.kill(os.getpid(), signal.SIGKILL)

async def play():
    async with shop_on({site_url!r}) as shop:
        await shop.services.jobs.enqueue(POLISH, SITE)
        await shop.work(SiteTask(POLISH, die))

asyncio.run(play())
"""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()

    async def scene(shop):
        assert [status for _, status, _, _ in await shop.states()] == ["running"]
        await shop.work(shop.task())
        assert shop.done == [], "its worker may still live"
        monkeypatch.setattr(worker_module, "STALLED_AFTER_S", 0.0)
        await shop.work(shop.task())
        assert [name for name, _, _ in shop.done] == ["polish"]
        assert [status for _, status, _, _ in await shop.states()] == ["done"]

    on_shop(site_url, scene)


def test_a_job_that_kills_its_workers_is_given_up(site_url, monkeypatch):
    monkeypatch.setattr(worker_module, "STALLED_AFTER_S", 0.0)

    async def scene(shop):
        number = await shop.services.jobs.enqueue(POLISH, SITE)
        with psycopg.connect(site_url) as connection:
            connection.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 5")
        await shop.work(shop.task())
        assert (await shop.services.jobs.job(number)).status == "failed"
        assert shop.done == []

    on_shop(site_url, scene)


def test_the_command_ends_when_nothing_is_left_and_refuses_an_unknown_queue(site_url, tmp_path):
    command = Commands(site_url, tmp_path)
    done = command("work", "--until-idle")
    assert done.returncode == 0, done.stderr
    refused = command("work", "--queue", "brass")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("there is no queue 'brass'; there are ")
    listed = command("admin", "jobs", SITE)
    assert listed.returncode == 0, listed.stderr


def test_a_worker_outlives_the_loss_of_every_connection(cloud, tmp_path):
    """As when PostgreSQL is restarted: the process stays and goes on when the database is back."""
    command = Commands(cloud.url, tmp_path)
    worker = Process(
        "worker", [sys.executable, "-m", "cloud", "work"], log=tmp_path / "worker.log", env=command.env
    )
    worker.start()
    try:
        wait_until("the first jobs", lambda: finished(cloud) >= 2 or bool(worker.must_live()), 120)
        with psycopg.connect(cloud.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND application_name <> 'barback-cloud'"
            )
        before = finished(cloud)
        cloud.call(cloud.services.forecasts.retrain, SITE)
        wait_until(
            "the job after the loss", lambda: finished(cloud) > before or bool(worker.must_live()), 120
        )
    finally:
        worker.stop(within_s=30)
    assert worker.exit_code == 0


def finished(cloud):
    (row,) = cloud.rows("SELECT count(*) AS done FROM procrastinate_jobs WHERE status = 'succeeded'")
    return row["done"]


def test_unknown_jobs_and_sites_are_not_found(cloud):
    with pytest.raises(NotFound, match="there is no job 7"):
        cloud.call(cloud.services.jobs.job, 7)
    assert cloud.client.get("/api/v1/sites/nowhere/jobs").status_code == 404
    assert cloud.client.get(f"/api/v1/sites/{SITE}/jobs").json() == []


def test_our_migrations_bring_all_that_the_installed_procrastinate_has():
    newest = max(
        path.name for path in files("procrastinate.sql.migrations").iterdir() if path.name.endswith(".sql")
    )
    texts = [path.read_text() for path in MIGRATIONS.glob("*.sql")]
    assert any(f"through {newest}\n" in text for text in texts), (
        f"procrastinate brings {newest}: add a migration with a line `-- package` through it"
    )


def test_the_house_is_kept_by_one_worker_of_all_when_its_time_has_come(site_url):
    kept, is_kept = [], asyncio.Event()

    async def run():
        kept.append("kept")
        is_kept.set()
        return "3 rows"

    chore = HouseTask(TaskName("sweep", "house"), run, "* * * * *")

    async def scene(shop):
        workers = [Worker(shop.url, shop.services.jobs, [], None, [chore]) for _ in range(2)]
        at_work = [asyncio.create_task(worker.run()) for worker in workers]
        await asyncio.wait_for(is_kept.wait(), 20)
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)

    on_shop(site_url, scene)
    with psycopg.connect(site_url) as connection:
        jobs = connection.execute("SELECT count(*), min(queue_name) FROM procrastinate_jobs").fetchone()
        ticks = connection.execute("SELECT count(*) FROM procrastinate_periodic_defers").fetchone()
    assert jobs is not None
    assert ticks is not None
    assert jobs[1] == "house"
    assert jobs[0] <= ticks[0] <= 11
    assert len(kept) <= jobs[0]


def test_workers_keep_house_every_hour(site_url):
    async def scene(shop):
        (chore,) = build_house_tasks(shop.services)
        return chore.name.name, chore.cron, await chore.run()

    with psycopg.connect(site_url) as connection:
        connection.execute(
            "INSERT INTO claim (handle, secret, site_no, expires_at)"
            " SELECT 'ABCD', 'ABCDEFGHJKMN', site_no, now() - interval '2 days' FROM site LIMIT 1"
        )
        connection.execute("INSERT INTO used_nonce VALUES ('n', now() - interval '1 minute')")
    said = on_shop(site_url, scene)
    assert said == ("housekeeping", "7 * * * *", "end_claims 1, drop_claims 1, drop_nonces 1")
