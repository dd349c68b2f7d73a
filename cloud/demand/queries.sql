-- name: touched_hours
-- The hours of a site in which movements changed since they were counted, up to an instant.
SELECT DISTINCT hour_at FROM demand_touched
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND hour_at < %(before)s
ORDER BY hour_at;

-- name: forget_touched
-- These hours are counted with this transaction; what is touched from now on is counted next time.
DELETE FROM demand_touched
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND hour_at = ANY (%(hours)s::timestamptz[]);

-- name: pours_of_days
-- What was poured of each product on each of some business days, and from when to when anything was.
SELECT day_on, h.product_no, coalesce(sum(h.volume_ml), 0)::double precision AS quantity_ml,
       coalesce(sqrt(sum(h.volume_sigma_ml ^ 2)), 0)::double precision AS sigma_ml, count(*)::integer AS servings,
       min(h.recorded_at) AS first_at, max(h.recorded_at) AS last_at
FROM unnest(%(days)s::date[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS day (day_on, starts_at, ends_at)
JOIN movement_head h ON h.recorded_at >= day.starts_at AND h.recorded_at < day.ends_at
WHERE h.site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND h.kind = 0
GROUP BY day_on, h.product_no;

-- name: places
-- The products that stand on scales: alone (then the scale knows their level) or with others.
SELECT scale_no, min(slot.product_no) AS product_no, array_agg(slot.product_no) AS product_nos, count(*) = 1 AS is_alone,
       min(tare_weight_g) AS tare_weight_g, min(density_g_per_ml) AS density_g_per_ml
FROM slot JOIN scale USING (scale_no) LEFT JOIN product USING (product_no)
WHERE slot.site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND slot.retired_at IS NULL
GROUP BY scale_no;

-- name: weights_at_start
-- What stood on each scale when each day began: its last good reading of the 36 hours before.
SELECT place.scale_no, day.day_on, newest.weight_g
FROM unnest(%(scales)s::integer[]) AS place (scale_no)
CROSS JOIN unnest(%(days)s::date[], %(starts)s::timestamptz[]) AS day (day_on, starts_at)
JOIN LATERAL (
    SELECT weight_g FROM reading
    WHERE reading.scale_no = place.scale_no AND recorded_at <= day.starts_at
      AND recorded_at > day.starts_at - interval '36 hours' AND quality = 0 AND weight_g IS NOT NULL
    ORDER BY recorded_at DESC LIMIT 1
) newest ON true;

-- name: weights_after
-- What stood on each scale after each movement of some days, in order of time.
SELECT day_on, m.scale_no, h.recorded_at AS at, m.weight_after_g AS weight_g
FROM unnest(%(days)s::date[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS day (day_on, starts_at, ends_at)
JOIN movement_head h ON h.recorded_at >= day.starts_at AND h.recorded_at < day.ends_at
JOIN movement m ON m.movement_id = h.movement_id AND m.revision = h.revision AND m.recorded_at = h.recorded_at
    AND m.gateway_no = h.gateway_no
WHERE h.site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND m.scale_no = ANY (%(scales)s::integer[])
ORDER BY h.recorded_at;

-- name: first_pours
-- When each of some products was first poured.
SELECT wanted AS product_no, min(recorded_at) AS first_at
FROM unnest(%(products)s::integer[]) AS wanted JOIN movement_head ON product_no = wanted AND kind = 0
GROUP BY wanted;

-- name: drop_demand
-- Take away what one source does not say any more of some days; what it said is kept as what was known.
WITH still AS (
    SELECT * FROM unnest(%(products)s::integer[], %(on_days)s::date[]) AS new (product_no, day_on)
), gone AS (
    DELETE FROM demand USING site, demand_source
    WHERE demand.site_no = site.site_no AND site_id = %(site_id)s AND source = code AND word = %(source)s
      AND day_on = ANY (%(days)s::date[])
      AND NOT EXISTS (SELECT FROM still WHERE still.product_no = demand.product_no AND still.day_on = demand.day_on)
    RETURNING demand.*
)
INSERT INTO demand_was SELECT gone.*, %(now)s FROM gone;

-- name: drop_open_days
-- Take away the open days that one source does not know any more.
DELETE FROM open_day USING site, demand_source
WHERE open_day.site_no = site.site_no AND site_id = %(site_id)s AND source = code AND word = %(source)s
  AND day_on = ANY (%(days)s::date[]) AND NOT day_on = ANY (%(open_days)s::date[]);

-- name: put_open_days
-- Write from when to when a site was open.
INSERT INTO open_day (site_no, day_on, source, opened_at, closed_at)
SELECT site_no, new.day_on, code, new.opened_at, new.closed_at
FROM site, demand_source, unnest(%(days)s::date[], %(opened)s::timestamptz[], %(closed)s::timestamptz[])
     AS new (day_on, opened_at, closed_at)
WHERE site_id = %(site_id)s AND word = %(source)s
ON CONFLICT (site_no, day_on, source) DO UPDATE SET opened_at = excluded.opened_at, closed_at = excluded.closed_at;

-- name: put_demand
-- Write demand; what one source said of a day before is replaced where it differs, and kept as what was known.
WITH new AS (
    SELECT site_no, each.product_no, each.day_on, code AS source, each.quantity_ml, each.sigma_ml, each.servings,
           each.exposure
    FROM site, demand_source,
         unnest(%(products)s::integer[], %(days)s::date[], %(quantities)s::double precision[],
                %(sigmas)s::double precision[], %(servings)s::integer[], %(exposures)s::real[])
         AS each (product_no, day_on, quantity_ml, sigma_ml, servings, exposure)
    WHERE site_id = %(site_id)s AND word = %(source)s
), kept AS (
    INSERT INTO demand_was
    SELECT demand.*, %(now)s FROM demand JOIN new USING (site_no, product_no, day_on, source)
    WHERE (demand.quantity_ml, demand.sigma_ml, demand.servings, demand.exposure)
          IS DISTINCT FROM (new.quantity_ml, new.sigma_ml, new.servings, new.exposure)
)
INSERT INTO demand AS d (site_no, product_no, day_on, source, quantity_ml, sigma_ml, servings, exposure, counted_at)
SELECT new.*, %(now)s FROM new
ON CONFLICT (site_no, product_no, day_on, source) DO UPDATE SET quantity_ml = excluded.quantity_ml,
    sigma_ml = excluded.sigma_ml, servings = excluded.servings, exposure = excluded.exposure,
    counted_at = excluded.counted_at
WHERE (d.quantity_ml, d.sigma_ml, d.servings, d.exposure)
      IS DISTINCT FROM (excluded.quantity_ml, excluded.sigma_ml, excluded.servings, excluded.exposure);

-- name: product_numbers
-- The numbers of a site's products that are not retired, by their names.
SELECT product_id, product_no FROM product JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND retired_at IS NULL;

-- name: series
-- The demand of each product of a site that is not retired, its days of a range in order, as it was known at a time.
WITH said AS (
    SELECT product_no, day_on, source, quantity_ml, servings, exposure FROM demand
    WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
      AND day_on BETWEEN %(since_on)s AND %(until_on)s AND counted_at <= %(known_at)s
    UNION ALL
    SELECT product_no, day_on, source, quantity_ml, servings, exposure FROM demand_was
    WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
      AND day_on BETWEEN %(since_on)s AND %(until_on)s AND counted_at <= %(known_at)s AND replaced_at > %(known_at)s
), d AS (
    SELECT DISTINCT ON (product_no, day_on) said.* FROM said JOIN demand_source ON code = source
    ORDER BY product_no, day_on, rank
)
SELECT product_id, product.name, category, volume_ml AS bottle_volume_ml,
       coalesce(par_by_hand, par_bottles) AS par_bottles,
       coalesce(array_agg(day_on ORDER BY day_on) FILTER (WHERE day_on IS NOT NULL), '{}') AS days,
       coalesce(array_agg(quantity_ml ORDER BY day_on) FILTER (WHERE day_on IS NOT NULL), '{}') AS quantity_ml,
       coalesce(array_agg(servings ORDER BY day_on) FILTER (WHERE day_on IS NOT NULL), '{}') AS servings,
       coalesce(array_agg(exposure ORDER BY day_on) FILTER (WHERE day_on IS NOT NULL), '{}') AS exposure
FROM product JOIN site USING (site_no)
LEFT JOIN d USING (product_no)
WHERE site_id = %(site_id)s AND (retired_at IS NULL OR retired_at > %(known_at)s)
GROUP BY product.product_no
ORDER BY product_id;

-- name: days
-- The demand of a site day by day, newest day first.
SELECT product_id, day_on, quantity_ml, sigma_ml, servings, exposure, word AS source
FROM demand_known d
JOIN product ON product.product_no = d.product_no
JOIN demand_source ON code = source
WHERE d.site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
  AND day_on BETWEEN %(since_on)s AND %(until_on)s
  AND (%(product_id)s::text IS NULL OR product_id = %(product_id)s)
ORDER BY day_on DESC, product_id
LIMIT %(limit)s;
