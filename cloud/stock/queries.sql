-- name: shelves
-- The shelves of a site in the layout's order, and how fresh their gateways are.
SELECT shelf_id, shelf.name, location.name AS location, gateway_id, gateway.name AS gateway_name,
       seen_at AS gateway_seen_at, outbox_waiting
FROM shelf
JOIN site USING (site_no)
JOIN location USING (location_no)
JOIN gateway USING (gateway_no)
LEFT JOIN gateway_state USING (gateway_no)
WHERE site_id = %(site_id)s AND shelf.retired_at IS NULL
ORDER BY shelf.position;

-- name: slots
-- Slots of a site with what stands there and what was last measured; all of them where slot_ids is null.
SELECT slot_id, shelf_id, slot.position, scale_id, product_id, product.name AS product_name, category, liquid,
       volume_ml AS bottle_volume_ml, tare_weight_g, density_g_per_ml,
       coalesce(par_by_hand, par_bottles) AS par_bottles, gateway_id,
       coalesce(quality.word, 'none') AS quality, shared, weight_g, sigma_g, weighed_at AS measured_at,
       sight.seen_at AS seen_at, state AS sight, scale_ml, believed_ml, volume_sigma_ml AS believed_sigma_ml, source,
       coalesce(findings, '{}') AS findings
FROM slot
JOIN site USING (site_no)
JOIN shelf USING (shelf_no)
JOIN gateway USING (gateway_no)
LEFT JOIN scale USING (scale_no)
LEFT JOIN product USING (product_no)
LEFT JOIN slot_state USING (slot_no)
LEFT JOIN quality ON quality.code = slot_state.quality
LEFT JOIN (SELECT slot_no, seen_at, state, scale_ml, volume_ml AS believed_ml, volume_sigma_ml, source, findings
           FROM slot_sight) AS sight USING (slot_no)
WHERE site_id = %(site_id)s AND slot.retired_at IS NULL
  AND (%(slot_ids)s::text[] IS NULL OR slot_id = ANY (%(slot_ids)s::text[]))
ORDER BY shelf.position, slot.position;

-- name: take_weighings
-- Bring slots to what a batch, or the gateway just now, says of them, unless something newer is known.
INSERT INTO slot_state AS s (epoch, slot_no, seq, seen_at, quality, shared, weight_g, sigma_g, weighed_at)
SELECT %(epoch)s, new.*
FROM jsonb_to_recordset(%(weighings)s)
     AS new (slot_no integer, seq bigint, seen_at timestamptz, quality smallint, shared boolean,
             weight_g real, sigma_g real, weighed_at timestamptz)
ORDER BY new.slot_no
ON CONFLICT (slot_no) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, seen_at = excluded.seen_at,
    quality = excluded.quality, shared = excluded.shared,
    weight_g = CASE WHEN excluded.weighed_at IS NULL THEN s.weight_g ELSE excluded.weight_g END,
    sigma_g = CASE WHEN excluded.weighed_at IS NULL THEN s.sigma_g ELSE excluded.sigma_g END,
    weighed_at = coalesce(excluded.weighed_at, s.weighed_at)
WHERE CASE WHEN s.epoch = excluded.epoch THEN s.seq < excluded.seq OR (%(is_latest)s AND s.seq = excluded.seq) ELSE s.seen_at <= excluded.seen_at END;

-- name: take_sights
-- Bring slots to what a camera saw, unless something newer is known.
INSERT INTO slot_sight AS s (epoch, slot_no, seq, seen_at, state, fill_level, fill_sigma, scale_ml, volume_ml,
                             volume_sigma_ml, source, findings)
SELECT %(epoch)s, new.*
FROM jsonb_to_recordset(%(sights)s)
     AS new (slot_no integer, seq bigint, seen_at timestamptz, state text, fill_level real, fill_sigma real,
             scale_ml real, volume_ml real, volume_sigma_ml real, source text, findings text[])
ORDER BY new.slot_no
ON CONFLICT (slot_no) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, seen_at = excluded.seen_at,
    state = excluded.state, fill_level = excluded.fill_level, fill_sigma = excluded.fill_sigma,
    scale_ml = excluded.scale_ml, volume_ml = excluded.volume_ml, volume_sigma_ml = excluded.volume_sigma_ml, source = excluded.source,
    findings = excluded.findings
WHERE CASE WHEN s.epoch = excluded.epoch THEN s.seq < excluded.seq ELSE s.seen_at <= excluded.seen_at END;
