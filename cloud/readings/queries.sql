-- name: lock_mark
-- Lock the mark of one lane, so that two batches of it take turns.
SELECT seq FROM mark WHERE gateway_no = %(gateway_no)s AND epoch = %(epoch)s AND lane = %(lane)s FOR UPDATE;

-- name: begin_mark
-- Begin a lane: nothing of it is committed yet.
INSERT INTO mark (gateway_no, epoch, lane, seq) VALUES (%(gateway_no)s, %(epoch)s, %(lane)s, -1)
ON CONFLICT DO NOTHING;

-- name: move_mark
-- Everything up to and including seq is committed with this transaction.
UPDATE mark SET seq = %(seq)s WHERE gateway_no = %(gateway_no)s AND epoch = %(epoch)s AND lane = %(lane)s;

-- name: note_gap
-- Keep which positions were given up, and why.
INSERT INTO gap (gateway_no, epoch, lane, from_seq, to_seq, reason, declared_at)
VALUES (%(gateway_no)s, %(epoch)s, %(lane)s, %(from_seq)s, %(to_seq)s, %(reason)s, %(now)s);

-- name: forget_gaps
-- Keep only the newest gaps of a gateway.
DELETE FROM gap WHERE gateway_no = %(gateway_no)s AND gap_no <= (
    SELECT gap_no FROM gap WHERE gateway_no = %(gateway_no)s ORDER BY gap_no DESC OFFSET %(keep)s LIMIT 1);

-- name: quarantine
-- Keep bad records where a person can look at them.
INSERT INTO quarantine (gateway_no, epoch, lane, seq, received_at, reason, record)
SELECT %(gateway_no)s, %(epoch)s, %(lane)s, seq, %(now)s, reason, record
FROM unnest(%(seqs)s::bigint[], %(reasons)s::text[], %(records)s::text[]) AS bad (seq, reason, record);

-- name: forget_quarantined
-- Keep only the newest quarantined records of a gateway.
DELETE FROM quarantine WHERE gateway_no = %(gateway_no)s AND quarantine_no <= (
    SELECT quarantine_no FROM quarantine WHERE gateway_no = %(gateway_no)s ORDER BY quarantine_no DESC OFFSET %(keep)s LIMIT 1);

-- name: notify
-- Tell every process that listens what changed, when and if this commits.
SELECT pg_notify(%(channel)s, %(payload)s);

-- name: forget_sightings
-- Keep a gateway's sightings of the last weeks only.
DELETE FROM sighting WHERE gateway_no = %(gateway_no)s AND recorded_at < %(before)s;
