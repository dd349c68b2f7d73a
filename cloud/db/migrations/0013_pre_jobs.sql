-- Jobs: what a worker does beside the requests (docs/jobs.md).
--
-- The queue is procrastinate's: its tables and functions come with its package, as the files of its own
-- migrations, which are never changed once released. What a newer procrastinate adds becomes a migration here
-- with a line `-- package ... after LAST through NEWEST`; a test says when that is due.

-- package procrastinate.sql.migrations through 03.04.00_50_post_add_retry_failed_job_procedure.sql

-- What a job says of itself while it runs; it goes with the job.
CREATE TABLE job_progress (
    job_no     bigint PRIMARY KEY REFERENCES procrastinate_jobs ON DELETE CASCADE,
    words      text NOT NULL,
    done       integer NOT NULL,
    total      integer NOT NULL,
    changed_at timestamptz NOT NULL,
    fault      text
) WITH (fillfactor = 50);

-- Up to which instant (bar time) a task that comes round by itself has been handed out for a site.
CREATE TABLE job_schedule (
    site_no   integer NOT NULL REFERENCES site,
    task      text NOT NULL,
    due_at    timestamptz NOT NULL,
    PRIMARY KEY (site_no, task)
);

-- The list of a site's jobs, newest first.
CREATE INDEX procrastinate_jobs_site ON procrastinate_jobs ((args ->> 'site_id'), id);
