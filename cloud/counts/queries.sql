-- name: newest
-- The newest count of each product in each room of a site.
SELECT DISTINCT ON (product_no, location_no) product_id, product.name AS product, location.name AS room, bottles,
       counted_at, counted_by
FROM stock_count
JOIN site USING (site_no)
JOIN product USING (product_no)
JOIN location USING (location_no)
WHERE site_id = %(site_id)s AND product.retired_at IS NULL
ORDER BY product_no, location_no, count_no DESC;

-- name: history
-- Who counted what, the newest first.
SELECT product_id, product.name AS product, location.name AS room, bottles, counted_at, counted_by
FROM stock_count
JOIN site USING (site_no)
JOIN product USING (product_no)
JOIN location USING (location_no)
WHERE site_id = %(site_id)s
ORDER BY count_no DESC
LIMIT %(limit)s;

-- name: room
-- Find or make a room of the site.
INSERT INTO location (site_no, name) SELECT site_no, %(room)s FROM site WHERE site_id = %(site_id)s
ON CONFLICT (site_no, name) DO UPDATE SET name = excluded.name
RETURNING location_no;

-- name: count
-- Add what was counted in a room; products the site does not have are left out.
INSERT INTO stock_count (site_no, location_no, product_no, counted_at, counted_by, bottles)
SELECT product.site_no, %(location_no)s, product_no, %(now)s, %(counted_by)s, said.bottles
FROM jsonb_to_recordset(%(counts)s) AS said (product_id text, bottles double precision)
JOIN product USING (product_id)
JOIN site ON site.site_no = product.site_no
WHERE site_id = %(site_id)s
RETURNING product_no;

-- name: carried
-- Full bottles put on shelves since an instant of each product: swaps, and restocks of at least half a bottle.
SELECT product_id, count(*)::integer AS carried
FROM jsonb_to_recordset(%(since)s) AS said (product_id text, since timestamptz)
JOIN product USING (product_id)
JOIN site ON site.site_no = product.site_no AND site_id = %(site_id)s
JOIN movement_head h ON h.product_no = product.product_no AND h.site_no = site.site_no AND h.recorded_at > said.since
JOIN movement_kind ON movement_kind.code = h.kind
WHERE movement_kind.word = 'swap' OR (movement_kind.word = 'restock' AND h.volume_ml >= product.volume_ml / 2)
GROUP BY product_id;
