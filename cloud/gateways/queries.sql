-- name: speaker
-- A gateway of a layout with its keys that count, and the newest of those that do no longer.
SELECT gateway_no, gateway_id, gateway.site_no, site_id,
       array(SELECT public_key FROM gateway_key k WHERE k.gateway_no = gateway.gateway_no AND revoked_at IS NULL
             AND (ends_at IS NULL OR ends_at > now())) AS public_keys,
       array(SELECT public_key FROM gateway_key k WHERE k.gateway_no = gateway.gateway_no
             AND (revoked_at IS NOT NULL OR ends_at <= now()) ORDER BY registered_at DESC LIMIT 8) AS ended_keys
FROM gateway JOIN site USING (site_no)
WHERE gateway_id = %(gateway_id)s;

-- name: speaker_scales
-- The scales on a gateway's shelves, retired ones too: its outbox may still speak of them.
SELECT scale_id, scale_no FROM scale JOIN shelf USING (shelf_no) WHERE gateway_no = %(gateway_no)s;

-- name: speaker_slots
-- The slots on a gateway's shelves, retired ones too, and what stands there.
SELECT slot_id, slot_no, product_no FROM slot JOIN shelf USING (shelf_no) WHERE gateway_no = %(gateway_no)s;

-- name: speaker_products
-- Every product of the gateway's site.
SELECT product_id, product_no FROM product WHERE site_no = %(site_no)s;

-- name: states
-- Every gateway of a site that is not retired, by name, with its counts.
SELECT gateway_no, gateway_id, gateway.name, seen_at, software, outbox_waiting, states_to, clock_synced, coalesce(quarantined, 0) AS quarantined,
       coalesce(flagged, 0) AS flagged, coalesce(given_up, 0) AS given_up,
       coalesce(refused, '{}') AS refused_by_gateway, coalesce(scales, '[]') AS scales,
       (SELECT count(*) FROM gateway_key k WHERE k.gateway_no = gateway.gateway_no AND revoked_at IS NULL
        AND (ends_at IS NULL OR ends_at > now()))::int AS keys,
       (SELECT coalesce(jsonb_object_agg(reason, batches), '{}') FROM refusal WHERE refusal.gateway_no = gateway.gateway_no) AS refused_by_cloud
FROM gateway JOIN site USING (site_no) LEFT JOIN gateway_state USING (gateway_no)
WHERE site_id = %(site_id)s AND gateway.retired_at IS NULL
ORDER BY gateway.name, gateway_id;

-- name: saw
-- Note that a gateway spoke, and add to its counts.
INSERT INTO gateway_state AS s (gateway_no, seen_at, quarantined, flagged, given_up, states_to)
VALUES (%(gateway_no)s, %(now)s, %(quarantined)s, %(flagged)s, %(given_up)s, %(states_to)s)
ON CONFLICT (gateway_no) DO UPDATE SET seen_at = greatest(s.seen_at, excluded.seen_at),
    quarantined = s.quarantined + excluded.quarantined, flagged = s.flagged + excluded.flagged,
    given_up = s.given_up + excluded.given_up, states_to = coalesce(excluded.states_to, s.states_to);

-- name: note_waiting
-- Keep how many records a gateway says it still has to send, at this moment.
UPDATE gateway_state SET outbox_waiting = %(waiting)s, waiting_at = %(now)s WHERE gateway_no = %(gateway_no)s;

-- name: note_health
-- Keep a gateway's newest health: a later position of the same epoch, or a later time of another. What waited then
-- does not replace what was said since: a health may itself have waited for days.
UPDATE gateway_state SET health_epoch = %(epoch)s, health_seq = %(seq)s, health_at = %(at)s, software = %(software)s,
    outbox_waiting = CASE WHEN waiting_at > %(at)s THEN outbox_waiting ELSE %(outbox_waiting)s END, clock_synced = %(clock_synced)s, refused = %(refused)s, scales = %(scales)s
WHERE gateway_no = %(gateway_no)s
  AND (health_epoch IS NULL
       OR CASE WHEN health_epoch = %(epoch)s THEN health_seq < %(seq)s ELSE health_at <= %(at)s END);

-- name: count_refusal
-- Count a refused batch of a registered gateway; a name that is not registered counts nothing.
INSERT INTO refusal AS r (gateway_no, reason, batches, last_at)
SELECT gateway_no, %(reason)s, 1, %(now)s FROM gateway WHERE gateway_id = %(gateway_id)s
ON CONFLICT (gateway_no, reason) DO UPDATE SET batches = r.batches + 1, last_at = excluded.last_at;

-- name: count_stranger
-- Count a batch under a name that is not registered.
INSERT INTO stranger AS s (gateway_id, batches, last_at) VALUES (%(gateway_id)s, 1, %(now)s)
ON CONFLICT (gateway_id) DO UPDATE SET batches = s.batches + 1, last_at = excluded.last_at;

-- name: forget_strangers
-- Keep only the newest strangers.
DELETE FROM stranger WHERE gateway_id IN (SELECT gateway_id FROM stranger ORDER BY last_at DESC OFFSET %(keep)s);

-- name: strangers
-- Names that knocked and are not registered, the newest first.
SELECT gateway_id, batches, last_at FROM stranger ORDER BY last_at DESC, gateway_id LIMIT %(limit)s;

-- name: quarantined
-- The newest records in quarantine of one gateway.
SELECT gateway_id, lane.word AS lane, seq, received_at, reason, record
FROM quarantine JOIN gateway USING (gateway_no) JOIN lane ON lane.code = quarantine.lane
WHERE gateway_id = %(gateway_id)s
ORDER BY quarantine_no DESC LIMIT %(limit)s;

-- name: in_site
-- The number of a gateway of a site.
SELECT gateway_no FROM gateway JOIN site USING (site_no) WHERE gateway_id = %(gateway_id)s AND site_id = %(site_id)s;

-- name: put_key
-- Register a key, or take back its revocation.
INSERT INTO gateway_key (gateway_no, public_key, registered_at) VALUES (%(gateway_no)s, %(public_key)s, %(now)s)
ON CONFLICT (gateway_no, public_key) DO UPDATE SET revoked_at = NULL, ends_at = NULL;

-- name: forget_stranger
-- A name that is registered now is a stranger no longer.
DELETE FROM stranger WHERE gateway_id = %(gateway_id)s;

-- name: revoke_keys
-- Revoke every key of a gateway.
UPDATE gateway_key SET revoked_at = %(now)s FROM gateway
WHERE gateway.gateway_no = gateway_key.gateway_no AND gateway_id = %(gateway_id)s AND revoked_at IS NULL;

-- name: notify
-- Tell every process that something about a gateway is new.
SELECT pg_notify('barback_gateway', %(gateway_id)s);
