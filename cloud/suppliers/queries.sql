-- name: suppliers
-- The suppliers of a site, by name.
SELECT supplier_id, supplier.name, order_weekdays, cut_off, lead_days, delivery_weekdays, closed_on,
       minimum_order_value, delivery_fee, is_closed, usual_delay_days, delay_spread_days
FROM supplier JOIN site USING (site_no)
WHERE site_id = %(site_id)s
ORDER BY supplier.name, supplier_id;

-- name: articles
-- The articles of a site's suppliers that are still sold, with their prices.
SELECT supplier_id, article_id, article.name, product_id, barcode, pack_units, bottle_ml, deposit,
       shelf_life_days, priced_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(min_cases, unit_price) ORDER BY min_cases), '[]')
        FROM price_break WHERE price_break.article_no = article.article_no) AS prices
FROM article
JOIN supplier USING (supplier_no)
JOIN site ON site.site_no = supplier.site_no
LEFT JOIN product USING (product_no)
WHERE site_id = %(site_id)s AND article.retired_at IS NULL
ORDER BY supplier.name, article.name, article_id
LIMIT %(limit)s;

-- name: put_suppliers
-- Make suppliers or bring their terms up to date.
INSERT INTO supplier AS s (site_no, supplier_id, name, order_weekdays, cut_off, lead_days, delivery_weekdays,
                           closed_on, minimum_order_value, delivery_fee)
SELECT site_no, new.supplier_id, new.name, ARRAY(SELECT jsonb_array_elements_text(new.order_weekdays)::smallint),
       new.cut_off, new.lead_days, ARRAY(SELECT jsonb_array_elements_text(new.delivery_weekdays)::smallint),
       ARRAY(SELECT jsonb_array_elements_text(new.closed_on)::date), new.minimum_order_value, new.delivery_fee
FROM site, jsonb_to_recordset(%(suppliers)s)
     AS new (supplier_id text, name text, order_weekdays jsonb, cut_off time, lead_days smallint,
             delivery_weekdays jsonb, closed_on jsonb, minimum_order_value double precision,
             delivery_fee double precision)
WHERE site_id = %(site_id)s
ON CONFLICT (site_no, supplier_id) DO UPDATE SET name = excluded.name, order_weekdays = excluded.order_weekdays,
    cut_off = excluded.cut_off, lead_days = excluded.lead_days, delivery_weekdays = excluded.delivery_weekdays,
    closed_on = excluded.closed_on, minimum_order_value = excluded.minimum_order_value,
    delivery_fee = excluded.delivery_fee;

-- name: put_articles
-- Make articles or bring them up to date, with their prices: the old price breaks go.
WITH new AS (
    SELECT supplier_no, product_no, said.*
    FROM jsonb_to_recordset(%(articles)s)
         AS said (supplier_id text, article_id text, name text, product_id text, barcode text, pack_units integer,
                  bottle_ml double precision, deposit double precision, shelf_life_days integer, prices jsonb)
    JOIN site ON site_id = %(site_id)s
    JOIN supplier ON supplier.site_no = site.site_no AND supplier.supplier_id = said.supplier_id
    LEFT JOIN product ON product.site_no = site.site_no AND product.product_id = said.product_id
), put AS (
    INSERT INTO article (supplier_no, article_id, name, barcode, product_no, pack_units, bottle_ml, deposit,
                         shelf_life_days, priced_at)
    SELECT supplier_no, article_id, name, barcode, product_no, pack_units, bottle_ml, deposit, shelf_life_days,
           %(now)s
    FROM new
    ON CONFLICT (supplier_no, article_id) DO UPDATE SET name = excluded.name, barcode = excluded.barcode,
        product_no = excluded.product_no, pack_units = excluded.pack_units, bottle_ml = excluded.bottle_ml,
        deposit = excluded.deposit, shelf_life_days = excluded.shelf_life_days, priced_at = excluded.priced_at,
        retired_at = NULL
    RETURNING article_no, supplier_no, article_id
), wanted AS (
    SELECT put.article_no, (step ->> 0)::integer AS min_cases, (step ->> 1)::double precision AS unit_price
    FROM put JOIN new USING (supplier_no, article_id) CROSS JOIN LATERAL jsonb_array_elements(new.prices) AS step
), gone AS (
    DELETE FROM price_break USING put
    WHERE price_break.article_no = put.article_no
      AND NOT EXISTS (SELECT FROM wanted WHERE wanted.article_no = price_break.article_no
                                           AND wanted.min_cases = price_break.min_cases)
)
INSERT INTO price_break (article_no, min_cases, unit_price)
SELECT article_no, min_cases, unit_price FROM wanted
ON CONFLICT (article_no, min_cases) DO UPDATE SET unit_price = excluded.unit_price;

-- name: set_delay
-- Note what a person thinks how late a supplier comes.
UPDATE supplier SET usual_delay_days = %(usual_days)s, delay_spread_days = %(spread_days)s
FROM site
WHERE site.site_no = supplier.site_no AND site_id = %(site_id)s AND supplier_id = %(supplier_id)s
RETURNING supplier_id;

-- name: close_supplier
-- Mark a supplier as closed for now, or open again.
UPDATE supplier SET is_closed = %(is_closed)s
FROM site
WHERE site.site_no = supplier.site_no AND site_id = %(site_id)s AND supplier_id = %(supplier_id)s
RETURNING supplier_id;
