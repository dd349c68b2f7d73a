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
-- Tell every process that listens what changed.
SELECT pg_notify(%(channel)s, payload) FROM unnest(%(payloads)s::text[]) AS payload;

-- name: lock_times
-- Let the lanes of a gateway take turns with what they know of its time.
SELECT pg_advisory_xact_lock(1952542053, %(gateway_no)s);

-- name: note_boots
-- Keep how long boots lasted, and whether rows of them wait for an anchor.
INSERT INTO boot AS b (gateway_no, boot_id, boot_no, last_ns, noted_at, unsure, waits, unsure_from, unsure_to)
SELECT %(gateway_no)s, new.boot_id, new.boot_no, new.last_ns, %(now)s, new.unsure, new.waits, new.unsure_from, new.unsure_to
FROM unnest(%(boot_ids)s::uuid[], %(boot_nos)s::integer[], %(last_ns)s::bigint[], %(unsure)s::boolean[],
            %(waits)s::boolean[], %(unsure_from)s::timestamptz[], %(unsure_to)s::timestamptz[])
     AS new (boot_id, boot_no, last_ns, unsure, waits, unsure_from, unsure_to)
ORDER BY new.boot_id
ON CONFLICT (gateway_no, boot_id) DO UPDATE SET last_ns = greatest(b.last_ns, excluded.last_ns), noted_at = excluded.noted_at,
    unsure = b.unsure OR excluded.unsure, waits = b.waits OR excluded.waits, unsure_from = least(b.unsure_from, excluded.unsure_from),
    unsure_to = greatest(b.unsure_to, excluded.unsure_to);

-- name: note_ties
-- Keep the best tie of each hour of a boot.
INSERT INTO boot_tie AS t (gateway_no, boot_id, hour, boottime_ns, utc_at, error_s)
SELECT DISTINCT ON (new.boot_id, new.boottime_ns / 3600000000000)
       %(gateway_no)s, new.boot_id, new.boottime_ns / 3600000000000, new.boottime_ns, new.utc_at, new.error_s
FROM unnest(%(boot_ids)s::uuid[], %(boottimes)s::bigint[], %(utcs)s::timestamptz[], %(errors)s::real[])
     AS new (boot_id, boottime_ns, utc_at, error_s)
ORDER BY new.boot_id, new.boottime_ns / 3600000000000, new.error_s
ON CONFLICT (gateway_no, boot_id, hour) DO UPDATE SET boottime_ns = excluded.boottime_ns, utc_at = excluded.utc_at,
    error_s = excluded.error_s
WHERE excluded.error_s < t.error_s;

-- name: note_witnesses
-- Keep what the cloud's clock said of each hour of a boot, the best of it.
INSERT INTO boot_witness AS t (gateway_no, boot_id, hour, boottime_ns, utc_at, error_s)
SELECT DISTINCT ON (new.boot_id, new.boottime_ns / 3600000000000)
       %(gateway_no)s, new.boot_id, new.boottime_ns / 3600000000000, new.boottime_ns, new.utc_at, new.error_s
FROM unnest(%(boot_ids)s::uuid[], %(boottimes)s::bigint[], %(utcs)s::timestamptz[], %(errors)s::real[])
     AS new (boot_id, boottime_ns, utc_at, error_s)
ORDER BY new.boot_id, new.boottime_ns / 3600000000000, new.error_s
ON CONFLICT (gateway_no, boot_id, hour) DO UPDATE SET boottime_ns = excluded.boottime_ns, utc_at = excluded.utc_at,
    error_s = excluded.error_s
WHERE excluded.error_s < t.error_s;

-- name: boots
-- The newest boots of a gateway with their ties.
SELECT boot_id, boot_no, last_ns, unsure, waits,
       coalesce((SELECT jsonb_agg(jsonb_build_array(t.boottime_ns, t.utc_at, t.error_s, t.is_clouds))
                 FROM (SELECT *, false AS is_clouds FROM boot_tie UNION ALL SELECT *, true FROM boot_witness) t
                 WHERE t.gateway_no = b.gateway_no AND t.boot_id = b.boot_id), '[]') AS ties
FROM boot b WHERE gateway_no = %(gateway_no)s ORDER BY boot_no DESC, noted_at DESC LIMIT %(limit)s;

-- name: keep_anchors
-- Keep anchors as the records they are.
INSERT INTO anchor (gateway_no, epoch, lane, seq, received_at, boot_no, boot_id, boottime_ns, utc_at, error_s, source, why, step_s)
SELECT %(gateway_no)s, %(epoch)s, %(lane)s, new.*
FROM jsonb_to_recordset(%(anchors)s) AS new (seq bigint, received_at timestamptz, boot_no integer, boot_id uuid,
     boottime_ns bigint, utc_at timestamptz, error_s double precision, source text, why text, step_s double precision);

-- name: settle_readings
-- Give readings of a boot the time that is known now: by its best tie, or (begins_at) the middle of its bounds.
WITH gone AS (
    DELETE FROM reading r USING boot b
    WHERE b.gateway_no = %(gateway_no)s AND b.boot_id = %(boot_id)s AND %(begins_at)s::timestamptz IS NULL
      AND r.gateway_no = %(gateway_no)s AND r.boot_id = %(boot_id)s
      AND r.recorded_at BETWEEN least(b.unsure_from, %(lied_from)s) AND greatest(b.unsure_to, %(lied_to)s)
      AND (r.time_quality = 2 OR r.time_quality = 0 AND is_contradicted(r.recorded_at, r.boottime_ns,
           %(cloud_ns)s, %(cloud_at)s, %(cloud_error_s)s, %(drift_per_ns)s, %(contradiction_s)s)) AND r.scale_no = ANY (%(scale_nos)s::integer[])
    RETURNING r.*
), waited AS (
    DELETE FROM reading_waiting WHERE gateway_no = %(gateway_no)s AND boot_id = %(boot_id)s RETURNING *
), settled AS (
    INSERT INTO reading (recorded_at, received_at, seq, boottime_ns, epoch, boot_id, gateway_no, boot_no, scale_no, lane,
                         quality, time_quality, slot_no, weight_g, sigma_g, temperature_c, claimed_at, slot_nos)
    SELECT s.recorded_at, received_at, seq, boottime_ns, epoch, boot_id, gateway_no, boot_no, scale_no, lane, quality,
           s.time_quality, slot_no, weight_g, sigma_g, temperature_c, s.claimed_at, slot_nos
    FROM (SELECT * FROM gone UNION ALL SELECT * FROM waited) r,
         settled(r.boottime_ns, r.received_at, r.recorded_at, r.time_quality, r.claimed_at, %(begins_at)s, %(stretch)s,
                 %(tie_ns)s, %(tie_at)s, %(tie_error_s)s, %(drift_per_ns)s, %(earliest)s, %(max_ahead)s) s
    RETURNING epoch, seq, slot_no, recorded_at
), seen AS (
    UPDATE slot_state s SET seen_at = settled.recorded_at,
        weighed_at = CASE WHEN s.weighed_at = s.seen_at THEN settled.recorded_at ELSE s.weighed_at END
    FROM settled WHERE s.slot_no = settled.slot_no AND s.epoch = settled.epoch AND s.seq = settled.seq
)
SELECT count(*) AS rows, min(recorded_at) AS first_at, max(recorded_at) AS last_at FROM settled;

-- name: settle_movements
-- Give movements of a boot the time that is known now, and their heads with them.
WITH gone AS (
    DELETE FROM movement m USING boot b
    WHERE b.gateway_no = %(gateway_no)s AND b.boot_id = %(boot_id)s AND %(begins_at)s::timestamptz IS NULL
      AND m.gateway_no = %(gateway_no)s AND m.boot_id = %(boot_id)s
      AND m.recorded_at BETWEEN least(b.unsure_from, %(lied_from)s) AND greatest(b.unsure_to, %(lied_to)s)
      AND (m.time_quality = 2 OR m.time_quality = 0 AND is_contradicted(m.recorded_at, m.boottime_ns,
           %(cloud_ns)s, %(cloud_at)s, %(cloud_error_s)s, %(drift_per_ns)s, %(contradiction_s)s))
    RETURNING m.*
), waited AS (
    DELETE FROM movement_waiting WHERE gateway_no = %(gateway_no)s AND boot_id = %(boot_id)s RETURNING *
), settled AS (
    INSERT INTO movement (recorded_at, received_at, seq, boottime_ns, epoch, boot_id, movement_id, gateway_no, boot_no,
                          scale_no, lane, time_quality, revision, stage, kind, slot_no, slot_probability, product_no,
                          weight_before_g, weight_after_g, delta_sigma_g, volume_ml, volume_sigma_ml, duration_s,
                          settled_after_s, claimed_at, posterior, doubts)
    SELECT s.recorded_at, received_at, seq, boottime_ns, epoch, boot_id, movement_id, gateway_no, boot_no, scale_no, lane,
           s.time_quality, revision, stage, kind, slot_no, slot_probability, product_no, weight_before_g, weight_after_g,
           delta_sigma_g, volume_ml, volume_sigma_ml, duration_s, settled_after_s, s.claimed_at, posterior, doubts
    FROM (SELECT * FROM gone UNION ALL SELECT * FROM waited) m,
         settled(m.boottime_ns, m.received_at, m.recorded_at, m.time_quality, m.claimed_at, %(begins_at)s, %(stretch)s,
                 %(tie_ns)s, %(tie_at)s, %(tie_error_s)s, %(drift_per_ns)s, %(earliest)s, %(max_ahead)s) s
    RETURNING movement_id, revision, recorded_at
), told AS (
    UPDATE movement_head h SET recorded_at = settled.recorded_at
    FROM settled WHERE h.gateway_no = %(gateway_no)s AND h.movement_id = settled.movement_id AND h.revision = settled.revision
    RETURNING h.movement_id
)
SELECT count(*) AS rows, min(recorded_at) AS first_at, max(recorded_at) AS last_at,
       array(SELECT replace(movement_id::text, '-', '') FROM told LIMIT 500) AS movement_ids
FROM settled;

-- name: settle_health
-- Give the gateway's words about itself the time that is known now.
WITH gone AS (
    DELETE FROM health h USING boot b
    WHERE b.gateway_no = %(gateway_no)s AND b.boot_id = %(boot_id)s AND %(begins_at)s::timestamptz IS NULL
      AND h.gateway_no = %(gateway_no)s AND h.boot_id = %(boot_id)s
      AND h.recorded_at BETWEEN least(b.unsure_from, %(lied_from)s) AND greatest(b.unsure_to, %(lied_to)s)
      AND (h.time_quality = 2 OR h.time_quality = 0 AND is_contradicted(h.recorded_at, h.boottime_ns,
           %(cloud_ns)s, %(cloud_at)s, %(cloud_error_s)s, %(drift_per_ns)s, %(contradiction_s)s))
    RETURNING h.*
), waited AS (
    DELETE FROM health_waiting WHERE gateway_no = %(gateway_no)s AND boot_id = %(boot_id)s RETURNING *
), settled AS (
    INSERT INTO health (recorded_at, received_at, seq, boottime_ns, epoch, boot_id, gateway_no, boot_no, lane,
                        time_quality, claimed_at, body)
    SELECT s.recorded_at, received_at, seq, boottime_ns, epoch, boot_id, gateway_no, boot_no, lane,
           s.time_quality, s.claimed_at, body
    FROM (SELECT * FROM gone UNION ALL SELECT * FROM waited) h,
         settled(h.boottime_ns, h.received_at, h.recorded_at, h.time_quality, h.claimed_at, %(begins_at)s, %(stretch)s,
                 %(tie_ns)s, %(tie_at)s, %(tie_error_s)s, %(drift_per_ns)s, %(earliest)s, %(max_ahead)s) s
    RETURNING recorded_at
)
SELECT count(*) AS rows, min(recorded_at) AS first_at, max(recorded_at) AS last_at FROM settled;

-- name: is_sure
-- Nothing of a boot waits for an anchor any more.
UPDATE boot SET unsure = false, waits = false, unsure_from = NULL, unsure_to = NULL WHERE gateway_no = %(gateway_no)s AND boot_id = %(boot_id)s;

-- name: is_bounded
-- Nothing of a boot waits; its rows lie in a range of time until an anchor says better.
UPDATE boot SET waits = false, unsure_from = least(unsure_from, %(first_at)s), unsure_to = greatest(unsure_to, %(last_at)s)
WHERE gateway_no = %(gateway_no)s AND boot_id = %(boot_id)s;

-- name: forget_sightings
-- Keep a gateway's sightings of the last weeks only.
DELETE FROM sighting WHERE gateway_no = %(gateway_no)s AND recorded_at < %(before)s;
