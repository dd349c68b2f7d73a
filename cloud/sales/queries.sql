-- name: items
-- What the names on a site's till stand for.
SELECT sales_item.name, product_id, product_no, ml_per_sale AS ml
FROM sales_item JOIN site USING (site_no) JOIN product USING (product_no)
WHERE site_id = %(site_id)s
ORDER BY sales_item.name, product_id;

-- name: forget_item
-- Forget what a name stands for.
DELETE FROM sales_item USING site
WHERE sales_item.site_no = site.site_no AND site_id = %(site_id)s AND sales_item.name = %(name)s;

-- name: put_item
-- Say how much of a product leaves the stock with a sale of a name.
INSERT INTO sales_item (site_no, name, product_no, ml_per_sale)
SELECT site_no, %(name)s, product_no, %(ml)s FROM site JOIN product USING (site_no)
WHERE site_id = %(site_id)s AND product_id = %(product_id)s AND retired_at IS NULL;

-- name: put_sales
-- Keep what was sold; a day of a name that is imported again is replaced.
INSERT INTO sale (site_no, day_on, name, pieces)
SELECT site_no, new.day_on, new.name, new.pieces
FROM site, unnest(%(days)s::date[], %(names)s::text[], %(pieces)s::double precision[]) AS new (day_on, name, pieces)
WHERE site_id = %(site_id)s
ON CONFLICT (site_no, day_on, name) DO UPDATE SET pieces = excluded.pieces;

-- name: names
-- Every name that was ever sold, the most sold first.
SELECT name, sum(pieces)::double precision AS pieces FROM sale
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
GROUP BY name ORDER BY pieces DESC, name LIMIT %(limit)s;

-- name: demand
-- What the sales of some days took of each product; days of null are all.
SELECT day_on, product_no, sum(pieces * ml_per_sale)::double precision AS quantity_ml,
       least(sum(pieces), 1e9)::integer AS servings
FROM sale JOIN sales_item USING (site_no, name)
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
  AND (%(days)s::date[] IS NULL OR day_on = ANY (%(days)s::date[]))
GROUP BY day_on, product_no;

-- name: sold_days
-- The days on which anything was sold.
SELECT DISTINCT day_on FROM sale
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
  AND (%(days)s::date[] IS NULL OR day_on = ANY (%(days)s::date[]))
ORDER BY day_on;

-- name: first_sales
-- When each product was first sold.
SELECT product_no, min(day_on) AS first_on FROM sale JOIN sales_item USING (site_no, name)
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
GROUP BY product_no;
