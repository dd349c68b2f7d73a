-- name: settings
-- How a site orders; no row means the defaults.
SELECT days, weekly_budget, storage_l, holding_rate, shortage_factor, zones, class_weights
FROM order_settings JOIN site USING (site_no) WHERE site_id = %(site_id)s;

-- name: put_settings
-- Set how a site orders.
INSERT INTO order_settings (site_no, days, weekly_budget, storage_l, holding_rate, shortage_factor, zones, class_weights)
SELECT site_no, %(days)s, %(weekly_budget)s, %(storage_l)s, %(holding_rate)s, %(shortage_factor)s, %(zones)s,
       %(class_weights)s::double precision[]
FROM site WHERE site_id = %(site_id)s
ON CONFLICT (site_no) DO UPDATE SET days = excluded.days, weekly_budget = excluded.weekly_budget,
    storage_l = excluded.storage_l, holding_rate = excluded.holding_rate,
    shortage_factor = excluded.shortage_factor, zones = excluded.zones, class_weights = excluded.class_weights;

-- name: keep_plan
-- Keep a plan with what it was made from.
INSERT INTO order_plan (site_no, made_at, reason, software, inputs, fingerprint, suggestion)
SELECT site_no, %(made_at)s, %(reason)s, %(software)s, %(inputs)s, %(fingerprint)s, %(suggestion)s
FROM site WHERE site_id = %(site_id)s
RETURNING plan_no;

-- name: forget_plans
-- Forget the plans of a site but the newest ones and those an order was approved from.
DELETE FROM order_plan USING site
WHERE site.site_no = order_plan.site_no AND site_id = %(site_id)s
  AND plan_no < (SELECT min(plan_no) FROM (SELECT plan_no FROM order_plan JOIN site USING (site_no)
                 WHERE site_id = %(site_id)s ORDER BY plan_no DESC LIMIT %(keep)s) AS newest)
  AND NOT EXISTS (SELECT FROM purchase_order WHERE purchase_order.plan_no = order_plan.plan_no);

-- name: newest_plan
-- The newest plan of a site.
SELECT plan_no, site_id, made_at, reason, software, fingerprint, suggestion
FROM order_plan JOIN site USING (site_no) WHERE site_id = %(site_id)s ORDER BY plan_no DESC LIMIT 1;

-- name: one_plan
-- One plan of a site.
SELECT plan_no, site_id, made_at, reason, software, fingerprint, suggestion
FROM order_plan JOIN site USING (site_no) WHERE plan_no = %(plan_no)s;

-- name: inputs_of_plan
-- What a plan was made from.
SELECT inputs FROM order_plan WHERE plan_no = %(plan_no)s;

-- name: ordered
-- Bottles of each product in approved orders promised for a day or later, and when they came if that was said.
SELECT product_id, supplier_id, arrives_on AS promised_on, came_on,
       sum(cases * purchase_order_line.pack_units)::double precision AS units
FROM purchase_order
JOIN site USING (site_no)
JOIN supplier USING (supplier_no)
JOIN purchase_order_line USING (order_no)
JOIN article USING (article_no)
JOIN product USING (product_no)
WHERE site_id = %(site_id)s AND state = 'approved' AND arrives_on >= %(since)s
GROUP BY product_id, supplier_id, arrives_on, came_on
ORDER BY product_id, arrives_on, supplier_id;

-- name: delays
-- By how many days the newest deliveries of each supplier missed the promised day; below 0 is early.
SELECT supplier_id, came_on - arrives_on AS delay_days
FROM purchase_order JOIN site USING (site_no) JOIN supplier USING (supplier_no)
WHERE site_id = %(site_id)s AND state = 'approved' AND came_on IS NOT NULL
ORDER BY order_no DESC
LIMIT %(limit)s;

-- name: came
-- Note the day an approved order came; null takes it back.
UPDATE purchase_order SET came_on = %(came_on)s
FROM site
WHERE site.site_no = purchase_order.site_no AND site_id = %(site_id)s AND order_no = %(order_no)s AND state = 'approved'
RETURNING order_no;

-- name: spent
-- What the approved orders of some days cost, goods only, but those to one supplier on one day.
SELECT coalesce(sum(cases * pack_units * unit_price), 0)::double precision AS money
FROM purchase_order JOIN site USING (site_no) JOIN supplier USING (supplier_no) JOIN purchase_order_line USING (order_no)
WHERE site_id = %(site_id)s AND state = 'approved' AND order_on BETWEEN %(first)s AND %(last)s
  AND NOT (supplier_id = %(supplier_id)s AND order_on = %(order_on)s);

-- name: withdraw
-- Take back the approval of an order to a supplier for one day.
UPDATE purchase_order SET state = 'withdrawn'
FROM supplier JOIN site USING (site_no)
WHERE supplier.supplier_no = purchase_order.supplier_no AND site_id = %(site_id)s
  AND supplier_id = %(supplier_id)s AND order_on = %(order_on)s AND state = 'approved'
RETURNING order_no;

-- name: approve
-- Note an order as approved.
INSERT INTO purchase_order (site_no, supplier_no, plan_no, order_on, arrives_on, state, approved_at)
SELECT supplier.site_no, supplier_no, %(plan_no)s, %(order_on)s, %(arrives_on)s, 'approved', %(now)s
FROM supplier JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND supplier_id = %(supplier_id)s
RETURNING order_no;

-- name: approve_lines
-- The lines of an approved order.
INSERT INTO purchase_order_line (order_no, article_no, cases, pack_units, unit_price, deposit)
SELECT %(order_no)s, article_no, said.cases, said.pack_units, said.unit_price, said.deposit
FROM purchase_order
JOIN article USING (supplier_no)
JOIN jsonb_to_recordset(%(lines)s) AS said (article_id text, cases integer, pack_units integer,
                                            unit_price double precision, deposit double precision) USING (article_id)
WHERE order_no = %(order_no)s;

-- name: approved
-- The newest approved orders of a site with their lines.
SELECT order_no, supplier_id, supplier.name AS supplier, plan_no, order_on, arrives_on, approved_at, came_on,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('article_id', article_id, 'name', article.name,
                   'product_id', product_id, 'cases', cases, 'pack_units', line.pack_units,
                   'unit_price', unit_price, 'deposit', line.deposit) ORDER BY article.name), '[]')
        FROM purchase_order_line AS line JOIN article USING (article_no) LEFT JOIN product USING (product_no)
        WHERE line.order_no = purchase_order.order_no) AS lines
FROM purchase_order
JOIN supplier USING (supplier_no)
JOIN site ON site.site_no = purchase_order.site_no
WHERE site_id = %(site_id)s AND state = 'approved'
ORDER BY order_no DESC
LIMIT %(limit)s;
