-- name: put
-- A command for a gateway that is not retired; a second one with the same id changes nothing.
INSERT INTO command (command_id, gateway_no, kind, arguments, expires_at)
SELECT %(command_id)s, gateway_no, %(kind)s, %(arguments)s, now() + make_interval(secs => %(lives_s)s)
FROM gateway WHERE gateway_id = %(gateway_id)s AND retired_at IS NULL
ON CONFLICT (command_id) DO NOTHING;

-- name: waiting
-- How many commands a gateway has not received yet.
SELECT count(*) AS waiting FROM command JOIN gateway USING (gateway_no)
WHERE gateway_id = %(gateway_id)s AND received_at IS NULL AND ended_at IS NULL AND expires_at > now();

-- name: forget
-- The newest of a gateway stay.
DELETE FROM command WHERE command_id IN (
    SELECT command_id FROM command JOIN gateway USING (gateway_no)
    WHERE gateway_id = %(gateway_id)s ORDER BY made_at DESC OFFSET %(keep)s);

-- name: hand_out
-- What a gateway has not received yet, the oldest first; from now on it counts as sent.
UPDATE command SET sent_at = coalesce(sent_at, now()) FROM (
    SELECT command_id FROM command
    WHERE gateway_no = %(gateway_no)s AND received_at IS NULL AND ended_at IS NULL AND expires_at > now()
    ORDER BY made_at LIMIT %(limit)s FOR UPDATE) AS open
WHERE command.command_id = open.command_id
RETURNING command.command_id, kind, arguments, made_at, extract(epoch FROM expires_at - now())::float AS expires_in_s;

-- name: received
-- A gateway has a command; what it reports of another's command changes nothing.
UPDATE command SET received_at = coalesce(received_at, now())
WHERE command_id = %(command_id)s AND gateway_no = %(gateway_no)s;

-- name: ended
-- A gateway has done a command, or could not; the first report counts.
UPDATE command SET received_at = coalesce(received_at, now()), ended_at = now(), is_done = %(is_done)s,
    detail = %(detail)s, result = %(result)s
WHERE command_id = %(command_id)s AND gateway_no = %(gateway_no)s AND ended_at IS NULL;

-- name: of_site
-- The newest commands of each gateway of a site.
SELECT gateway_id, newest.* FROM gateway JOIN site USING (site_no) CROSS JOIN LATERAL (
    SELECT command_id, kind, arguments, sent_at IS NOT NULL AS is_sent, received_at IS NOT NULL AS is_received, is_done,
           expires_at <= now() AS is_expired, extract(epoch FROM now() - made_at)::float AS age_s,
           extract(epoch FROM ended_at - made_at)::float AS took_s, detail, result IS NOT NULL AS has_result
    FROM command WHERE command.gateway_no = gateway.gateway_no ORDER BY made_at DESC LIMIT %(limit)s) AS newest
WHERE site_id = %(site_id)s AND retired_at IS NULL
ORDER BY gateway_id, age_s;

-- name: result
-- What a command brought.
SELECT result FROM command WHERE command_id = %(command_id)s;

-- name: want
-- How a gateway should be set; the version goes up.
INSERT INTO desired_settings AS d (gateway_no, version, settings)
SELECT gateway_no, 1, %(settings)s FROM gateway WHERE gateway_id = %(gateway_id)s AND retired_at IS NULL
ON CONFLICT (gateway_no) DO UPDATE SET version = d.version + 1, settings = excluded.settings, set_at = now()
RETURNING version;

-- name: wanted
-- How a gateway should be set, where that is newer than what it has.
SELECT version, settings FROM desired_settings WHERE gateway_no = %(gateway_no)s AND version > %(version)s;

-- name: report
-- How a gateway says it is set.
INSERT INTO reported_settings (gateway_no, version, settings, problem)
VALUES (%(gateway_no)s, %(version)s, %(settings)s, %(problem)s)
ON CONFLICT (gateway_no) DO UPDATE SET version = excluded.version, settings = excluded.settings,
    problem = excluded.problem, reported_at = now();

-- name: settings
-- How the gateways of a site should be and are set.
SELECT gateway_id, coalesce(d.version, 0) AS version, coalesce(d.settings, '{}') AS desired, r.version AS reported_version,
       r.settings AS reported, r.problem, extract(epoch FROM now() - r.reported_at)::float AS reported_age_s
FROM gateway JOIN site USING (site_no)
LEFT JOIN desired_settings d USING (gateway_no) LEFT JOIN reported_settings r USING (gateway_no)
WHERE site_id = %(site_id)s AND retired_at IS NULL;

-- name: notify
-- Tell every process that a gateway has something to hear.
SELECT pg_notify('barback_gateway', %(gateway_id)s);
