-- name: products
-- The products of a site that are not retired, by name.
SELECT product_id, product.name, category, liquid, volume_ml, tare_weight_g, density_g_per_ml,
       coalesce(par_by_hand, par_bottles) AS par_bottles, par_by_hand, at_least_bottles
FROM product JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND retired_at IS NULL
ORDER BY product.name, product_id
LIMIT %(limit)s;

-- name: set_levels
-- Note what a manager says of some products; nothing said of one is null.
UPDATE product SET par_by_hand = said.par_bottles, at_least_bottles = said.at_least_bottles
FROM site, jsonb_to_recordset(%(levels)s) AS said (product_id text, par_bottles double precision,
                                                   at_least_bottles double precision)
WHERE site.site_no = product.site_no AND site_id = %(site_id)s AND product.product_id = said.product_id
  AND retired_at IS NULL;
