-- name: has_timescale
-- Whether TimescaleDB is in this database, and whether it has policies (not in its Apache edition).
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') AS has_timescale,
       current_setting('timescaledb.license', true) IS NOT DISTINCT FROM 'timescale' AS has_policies;

-- name: take_turn
-- Let one process keep house at a time; the turn ends with the session or with end_turn.
SELECT pg_try_advisory_lock(%(key)s) AS is_mine;

-- name: end_turn
-- Let the next one.
SELECT pg_advisory_unlock(%(key)s);

-- name: drop_readings
-- Plain tables only: take away some rows that are older than wanted.
DELETE FROM reading WHERE ctid = ANY (ARRAY(SELECT ctid FROM reading WHERE recorded_at < %(before)s LIMIT %(limit)s));

-- name: drop_health
-- Plain tables only: take away some rows that are older than wanted.
DELETE FROM health WHERE ctid = ANY (ARRAY(SELECT ctid FROM health WHERE recorded_at < %(before)s LIMIT %(limit)s));

-- name: drop_waiting_readings
-- Rows that have waited for a time as long as others are kept.
DELETE FROM reading_waiting WHERE ctid = ANY (ARRAY(SELECT ctid FROM reading_waiting WHERE received_at < %(before)s LIMIT %(limit)s));

-- name: drop_waiting_health
-- Rows that have waited for a time as long as others are kept.
DELETE FROM health_waiting WHERE ctid = ANY (ARRAY(SELECT ctid FROM health_waiting WHERE received_at < %(before)s LIMIT %(limit)s));

-- name: drop_anchors
-- Anchors of which no row will be corrected any more.
DELETE FROM anchor WHERE ctid = ANY (ARRAY(SELECT ctid FROM anchor WHERE received_at < %(before)s LIMIT %(limit)s));

-- name: drop_boots
-- Boots from which nothing will arrive any more, with their ties.
DELETE FROM boot WHERE ctid = ANY (ARRAY(SELECT ctid FROM boot WHERE noted_at < %(before)s AND NOT waits LIMIT %(limit)s));

-- name: end_claims
-- The secrets of claims that are over; by the database's own clock, as they were made.
UPDATE claim SET secret = NULL WHERE ctid = ANY (ARRAY(SELECT ctid FROM claim WHERE secret IS NOT NULL AND expires_at < now() - %(kept)s::interval LIMIT %(limit)s));

-- name: drop_claims
-- Claims that were over long ago, whether used or not.
DELETE FROM claim WHERE ctid = ANY (ARRAY(SELECT ctid FROM claim WHERE expires_at < now() - %(kept)s::interval LIMIT %(limit)s));

-- name: drop_nonces
-- Signed nonces that have expired: they are refused without a row.
DELETE FROM used_nonce WHERE ctid = ANY (ARRAY(SELECT ctid FROM used_nonce WHERE expires_at < now() - %(kept)s::interval LIMIT %(limit)s));
