-- name: products
-- The products of a site that are not retired, by name.
SELECT product_id, product.name, category, liquid, volume_ml, tare_weight_g, density_g_per_ml, par_bottles
FROM product JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND retired_at IS NULL
ORDER BY product.name, product_id
LIMIT %(limit)s;
