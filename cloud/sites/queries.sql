-- name: all_sites
-- Every site with its organisation, by name.
SELECT site_id, site.name, organisation.name AS organisation, timezone, day_ends_at
FROM site JOIN organisation USING (organisation_no)
ORDER BY site.name, site_id
LIMIT %(limit)s;

-- name: one_site
-- One site with its organisation.
SELECT site_id, site.name, organisation.name AS organisation, timezone, day_ends_at
FROM site JOIN organisation USING (organisation_no)
WHERE site_id = %(site_id)s;

-- name: lock_layout
-- One import of a site at a time.
SELECT pg_advisory_xact_lock(hashtext('layout'), hashtext(%(site_id)s));

-- name: put_organisation
-- Find or make the organisation.
INSERT INTO organisation (name) VALUES (%(name)s)
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING organisation_no;

-- name: put_site
-- Find or make the site, with its present rules.
INSERT INTO site (organisation_no, site_id, name, timezone, day_ends_at)
VALUES (%(organisation_no)s, %(site_id)s, %(name)s, %(timezone)s, %(day_ends_at)s)
ON CONFLICT (site_id) DO UPDATE SET organisation_no = excluded.organisation_no, name = excluded.name,
    timezone = excluded.timezone, day_ends_at = excluded.day_ends_at
RETURNING site_no;

-- name: put_location
-- Find or make a location of the site.
INSERT INTO location (site_no, name) VALUES (%(site_no)s, %(name)s)
ON CONFLICT (site_no, name) DO UPDATE SET name = excluded.name
RETURNING location_no;

-- name: put_product
-- Insert a product or bring it to what the layout says.
INSERT INTO product (site_no, product_id, position, name, category, liquid, volume_ml, tare_weight_g, density_g_per_ml, par_bottles)
VALUES (%(site_no)s, %(id)s, %(position)s, %(name)s, %(category)s, %(liquid)s, %(volume_ml)s, %(tare_weight_g)s, %(density_g_per_ml)s, %(par_bottles)s)
ON CONFLICT (site_no, product_id) DO UPDATE SET position = excluded.position, name = excluded.name,
    category = excluded.category, liquid = excluded.liquid, volume_ml = excluded.volume_ml,
    tare_weight_g = excluded.tare_weight_g, density_g_per_ml = excluded.density_g_per_ml,
    par_bottles = excluded.par_bottles, retired_at = NULL
RETURNING product_no AS no;

-- name: put_gateway
-- Insert a gateway or rename it; a gateway of another site is left alone and nothing is returned.
INSERT INTO gateway (site_no, gateway_id, position, name)
VALUES (%(site_no)s, %(id)s, %(position)s, %(name)s)
ON CONFLICT (gateway_id) DO UPDATE SET position = excluded.position, name = excluded.name, retired_at = NULL
WHERE gateway.site_no = excluded.site_no
RETURNING gateway_no AS no;

-- name: put_shelf
-- Insert a shelf or bring it to what the layout says.
INSERT INTO shelf (site_no, shelf_id, position, name, location_no, gateway_no)
VALUES (%(site_no)s, %(id)s, %(position)s, %(name)s, %(location_no)s, %(gateway_no)s)
ON CONFLICT (site_no, shelf_id) DO UPDATE SET position = excluded.position, name = excluded.name,
    location_no = excluded.location_no, gateway_no = excluded.gateway_no, retired_at = NULL
RETURNING shelf_no AS no;

-- name: put_scale
-- Insert a scale or bring it to what the layout says.
INSERT INTO scale (site_no, scale_id, position, shelf_no, node, channel, tare_counts, counts_per_g, capacity_g)
VALUES (%(site_no)s, %(id)s, %(position)s, %(shelf_no)s, %(node)s, %(channel)s, %(tare_counts)s, %(counts_per_g)s, %(capacity_g)s)
ON CONFLICT (site_no, scale_id) DO UPDATE SET position = excluded.position, shelf_no = excluded.shelf_no,
    node = excluded.node, channel = excluded.channel, tare_counts = excluded.tare_counts,
    counts_per_g = excluded.counts_per_g, capacity_g = excluded.capacity_g, retired_at = NULL
RETURNING scale_no AS no;

-- name: put_slot
-- Insert a slot or bring it to what the layout says.
INSERT INTO slot (site_no, slot_id, position, shelf_no, scale_no, product_no)
VALUES (%(site_no)s, %(id)s, %(position)s, %(shelf_no)s, %(scale_no)s, %(product_no)s)
ON CONFLICT (site_no, slot_id) DO UPDATE SET position = excluded.position, shelf_no = excluded.shelf_no,
    scale_no = excluded.scale_no, product_no = excluded.product_no, retired_at = NULL
RETURNING slot_no AS no;

-- name: retire_products
-- Retire the products that the layout no longer names.
UPDATE product SET retired_at = %(now)s
WHERE site_no = %(site_no)s AND retired_at IS NULL AND NOT product_no = ANY (%(kept)s);

-- name: retire_gateways
-- Retire the gateways that the layout no longer names; their keys stay as they are.
UPDATE gateway SET retired_at = %(now)s
WHERE site_no = %(site_no)s AND retired_at IS NULL AND NOT gateway_no = ANY (%(kept)s);

-- name: retire_shelves
-- Retire the shelves that the layout no longer names.
UPDATE shelf SET retired_at = %(now)s
WHERE site_no = %(site_no)s AND retired_at IS NULL AND NOT shelf_no = ANY (%(kept)s);

-- name: retire_scales
-- Retire the scales that the layout no longer names.
UPDATE scale SET retired_at = %(now)s
WHERE site_no = %(site_no)s AND retired_at IS NULL AND NOT scale_no = ANY (%(kept)s);

-- name: retire_slots
-- Retire the slots that the layout no longer names.
UPDATE slot SET retired_at = %(now)s
WHERE site_no = %(site_no)s AND retired_at IS NULL AND NOT slot_no = ANY (%(kept)s);

-- name: layout_site
-- The head of a site's layout.
SELECT site_no, site_id AS id, site.name, organisation.name AS organisation, timezone, day_ends_at
FROM site JOIN organisation USING (organisation_no)
WHERE site_id = %(site_id)s;

-- name: layout_products
-- The products of a site's layout, in its order.
SELECT product_id AS id, name, category, liquid, volume_ml, tare_weight_g, density_g_per_ml, par_bottles
FROM product WHERE site_no = %(site_no)s AND retired_at IS NULL ORDER BY position;

-- name: layout_gateways
-- The gateways of a site's layout, in its order.
SELECT gateway_id AS id, name
FROM gateway WHERE site_no = %(site_no)s AND retired_at IS NULL ORDER BY position;

-- name: layout_shelves
-- The shelves of a site's layout, in its order.
SELECT shelf_no, shelf_id AS id, shelf.name, location.name AS location, gateway_id AS gateway
FROM shelf JOIN location USING (location_no) JOIN gateway USING (gateway_no)
WHERE shelf.site_no = %(site_no)s AND shelf.retired_at IS NULL ORDER BY shelf.position;

-- name: layout_scales
-- The scales of a site's layout, in its order.
SELECT shelf_no, scale_id AS id, node, channel, tare_counts, counts_per_g, capacity_g
FROM scale WHERE site_no = %(site_no)s AND retired_at IS NULL ORDER BY position;

-- name: layout_slots
-- The slots of a site's layout, in its order.
SELECT slot.shelf_no, slot_id AS id, scale_id AS scale, product_id AS product
FROM slot LEFT JOIN scale USING (scale_no) LEFT JOIN product USING (product_no)
WHERE slot.site_no = %(site_no)s AND slot.retired_at IS NULL ORDER BY slot.position;

-- name: site_of_gateway
-- The site to which a gateway belongs.
SELECT site_id FROM gateway JOIN site USING (site_no) WHERE gateway_id = %(gateway_id)s;
