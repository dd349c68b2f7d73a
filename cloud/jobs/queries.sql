-- name: jobs_of_site
-- The newest jobs of a site with what they say of themselves.
SELECT id AS number, task_name AS task, queue_name AS queue, args ->> 'site_id' AS site_id, status::text, attempts,
       coalesce(words, '') AS words, coalesce(done, 0) AS done, coalesce(total, 0) AS total, changed_at, fault
FROM procrastinate_jobs LEFT JOIN job_progress ON job_no = id
WHERE args ->> 'site_id' = %(site_id)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: one_job
-- One job with what it says of itself.
SELECT id AS number, task_name AS task, queue_name AS queue, args ->> 'site_id' AS site_id, status::text, attempts,
       coalesce(words, '') AS words, coalesce(done, 0) AS done, coalesce(total, 0) AS total, changed_at, fault
FROM procrastinate_jobs LEFT JOIN job_progress ON job_no = id
WHERE id = %(number)s;

-- name: workers
-- How many workers were heard lately, by the database's own clock.
SELECT count(*)::integer AS alive FROM procrastinate_workers
WHERE last_heartbeat > now() - make_interval(secs => %(silent_s)s);

-- name: waiting_job
-- The job of a lock that waits, if one does.
SELECT id AS number FROM procrastinate_jobs WHERE queueing_lock = %(lock)s AND status = 'todo';

-- name: begin
-- From now on another job of this lock may wait: this one, tried again, must not stand in its way.
UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE id = %(number)s;

-- name: tell
-- Keep what a job says of itself.
INSERT INTO job_progress AS p (job_no, words, done, total, changed_at)
SELECT id, %(words)s, %(done)s, %(total)s, %(now)s FROM procrastinate_jobs WHERE id = %(number)s
ON CONFLICT (job_no) DO UPDATE SET words = excluded.words, done = excluded.done, total = excluded.total,
    changed_at = excluded.changed_at;

-- name: fault
-- Keep why a job failed.
INSERT INTO job_progress AS p (job_no, words, done, total, changed_at, fault)
SELECT id, '', 0, 0, %(now)s, %(fault)s FROM procrastinate_jobs WHERE id = %(number)s
ON CONFLICT (job_no) DO UPDATE SET fault = excluded.fault, changed_at = excluded.changed_at;

-- name: hand_out
-- Note that a task of a site is handed out for an instant; no row where that was done before.
INSERT INTO job_schedule AS s (site_no, task, due_at)
SELECT site_no, %(task)s, %(due_at)s FROM site WHERE site_id = %(site_id)s
ON CONFLICT (site_no, task) DO UPDATE SET due_at = excluded.due_at WHERE s.due_at < excluded.due_at
RETURNING due_at;
