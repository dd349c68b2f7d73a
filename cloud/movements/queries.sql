-- name: recent
-- The newest movements of a site before a place in the log (an instant, then the id).
SELECT movement_id_hex AS movement_id, revision, stage, kind, at, slot_id, slot_probability, shelf_name, product_id, product_name,
       volume_ml, volume_sigma_ml, delta_g, doubts, time_quality
FROM movement_line
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
  AND (at, movement_id) < (%(before)s, %(before_id)s)
ORDER BY at DESC, movement_line.movement_id DESC
LIMIT %(limit)s;

-- name: by_ids
-- These movements of a site, the newest first.
SELECT movement_id_hex AS movement_id, revision, stage, kind, at, slot_id, slot_probability, shelf_name, product_id, product_name,
       volume_ml, volume_sigma_ml, delta_g, doubts, time_quality
FROM movement_line
WHERE (gateway_no, movement_id) IN (
    SELECT gateway_no, wanted
    FROM gateway JOIN site USING (site_no), unnest(%(ids)s::uuid[]) AS wanted
    WHERE site_id = %(site_id)s)
ORDER BY at DESC, movement_line.movement_id DESC;

-- name: pour_groups
-- Pours of a range of time by hour from its start and by product.
SELECT floor(extract(epoch FROM recorded_at - %(starts_at)s::timestamptz) / 3600)::integer AS hour, product.name AS product_name,
       coalesce(sum(movement_head.volume_ml), 0)::double precision AS poured_ml,
       coalesce(sum(volume_sigma_ml ^ 2), 0)::double precision AS variance_ml2, count(*) AS pours
FROM movement_head LEFT JOIN product USING (product_no)
WHERE movement_head.site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND kind = 0
  AND recorded_at >= %(starts_at)s AND recorded_at < %(ends_at)s
GROUP BY hour, product.product_no, product.name;

-- name: poured_between
-- Millilitres poured in a range of time; null where the site's log begins after its end.
SELECT CASE WHEN EXISTS (SELECT FROM movement_head h WHERE h.site_no = s.site_no AND h.recorded_at < %(ends_at)s)
       THEN (SELECT coalesce(sum(volume_ml), 0)::double precision FROM movement_head h
             WHERE h.site_no = s.site_no AND kind = 0 AND recorded_at >= %(starts_at)s AND recorded_at < %(ends_at)s)
       END AS poured_ml
FROM site s WHERE site_id = %(site_id)s;

-- name: pours_by_product
-- Each product's pours since an instant, and its last pour at all.
SELECT product_id, last_at,
       (SELECT coalesce(sum(volume_ml), 0)::double precision FROM movement_head h
        WHERE h.product_no = product.product_no AND kind = 0 AND recorded_at >= %(starts_at)s) AS today_ml
FROM product
JOIN site USING (site_no)
CROSS JOIN LATERAL (SELECT max(recorded_at) AS last_at FROM movement_head h WHERE h.product_no = product.product_no AND kind = 0) l
WHERE site_id = %(site_id)s AND last_at IS NOT NULL;

-- name: take_heads
-- Bring movements to the newest revision a batch has of them, unless a higher one is known.
INSERT INTO movement_head AS h
    (gateway_no, site_no, movement_id, revision, kind, recorded_at, slot_no, product_no, volume_ml, volume_sigma_ml)
SELECT %(gateway_no)s, %(site_no)s, new.*
FROM jsonb_to_recordset(%(heads)s)
     AS new (movement_id uuid, revision smallint, kind smallint, recorded_at timestamptz,
             slot_no integer, product_no integer, volume_ml real, volume_sigma_ml real)
ORDER BY new.movement_id
ON CONFLICT (gateway_no, movement_id) DO UPDATE SET revision = excluded.revision, kind = excluded.kind,
    recorded_at = excluded.recorded_at, slot_no = excluded.slot_no, product_no = excluded.product_no,
    volume_ml = excluded.volume_ml, volume_sigma_ml = excluded.volume_sigma_ml
WHERE h.revision < excluded.revision;
