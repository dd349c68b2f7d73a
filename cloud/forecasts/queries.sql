-- name: newest_run
-- The newest issue of forecasts of a site.
SELECT run_no AS number, site_id, made_at, starts_on, horizon_days, method, reason, levels, leads, provenance
FROM forecast_run JOIN site USING (site_no)
WHERE site_id = %(site_id)s
ORDER BY run_no DESC
LIMIT 1;

-- name: one_run
-- One issue of forecasts.
SELECT run_no AS number, site_id, made_at, starts_on, horizon_days, method, reason, levels, leads, provenance
FROM forecast_run JOIN site USING (site_no)
WHERE run_no = %(run_no)s;

-- name: forecasts_of_run
-- The forecasts of one issue; all of them where product_ids is null.
SELECT product_id, basis, days_known, mean_ml, quantiles_ml, sum_mean_ml, sum_quantiles_ml, why
FROM forecast JOIN product USING (product_no)
WHERE run_no = %(run_no)s
  AND (%(product_ids)s::text[] IS NULL OR product_id = ANY (%(product_ids)s::text[]))
ORDER BY product_id;

-- name: champion
-- The method by which a site's forecasts are made, where one was chosen.
SELECT method, judged_at, reason, scores FROM forecast_champion JOIN site USING (site_no) WHERE site_id = %(site_id)s;

-- name: begin_run
-- Write down an issue of forecasts.
INSERT INTO forecast_run (site_no, made_at, starts_on, horizon_days, method, reason, levels, leads, provenance)
SELECT site_no, %(made_at)s, %(starts_on)s, %(horizon_days)s, %(method)s, %(reason)s, %(levels)s, %(leads)s,
       %(provenance)s
FROM site WHERE site_id = %(site_id)s
RETURNING run_no;

-- name: put_forecast
-- Write down the forecast of one product.
INSERT INTO forecast (run_no, product_no, basis, days_known, mean_ml, quantiles_ml, sum_mean_ml, sum_quantiles_ml, why)
SELECT %(run_no)s, product_no, %(basis)s, %(days_known)s, %(mean_ml)s, %(quantiles_ml)s, %(sum_mean_ml)s,
       %(sum_quantiles_ml)s, %(why)s
FROM product JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND product_id = %(product_id)s;

-- name: forget_runs
-- Keep the newest issues of a site.
DELETE FROM forecast_run WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND run_no <= (
    SELECT run_no FROM forecast_run WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s)
    ORDER BY run_no DESC OFFSET %(keep)s LIMIT 1);

-- name: runs_starting
-- The first issue of each day of a range, whose days can be compared with what came.
SELECT DISTINCT ON (starts_on) run_no AS number, site_id, made_at, starts_on, horizon_days, method, reason, levels,
       leads, provenance
FROM forecast_run JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND starts_on BETWEEN %(since_on)s AND %(until_on)s
ORDER BY starts_on, run_no;

-- name: judged_days
-- The days from which on stretches of a length have been compared already.
SELECT DISTINCT starts_on FROM forecast_outcome
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND length_days = %(length)s
  AND starts_on >= %(since_on)s;

-- name: put_outcome
-- Write down what came of a forecast.
INSERT INTO forecast_outcome (site_no, product_no, starts_on, length_days, run_no, method, foretold_ml, came_ml, rank, loss)
SELECT site_no, product_no, %(starts_on)s, %(length_days)s, %(run_no)s, %(method)s, %(foretold_ml)s, %(came_ml)s,
       %(rank)s, %(loss)s
FROM product JOIN site USING (site_no) WHERE site_id = %(site_id)s AND product_id = %(product_id)s
ON CONFLICT (site_no, product_no, starts_on, length_days) DO UPDATE SET came_ml = excluded.came_ml,
    rank = excluded.rank, loss = excluded.loss;

-- name: forget_outcomes
-- Keep the outcomes of a year.
DELETE FROM forecast_outcome
WHERE site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND starts_on < %(before_on)s;

-- name: outcomes
-- What came of the forecasts of a site since a day.
SELECT product_id, starts_on, length_days, run_no, method, foretold_ml, came_ml, rank, loss
FROM forecast_outcome o JOIN product USING (product_no)
WHERE o.site_no = (SELECT site_no FROM site WHERE site_id = %(site_id)s) AND starts_on >= %(since_on)s
ORDER BY starts_on, product_id;

-- name: put_champion
-- Choose the method by which a site's forecasts are made.
INSERT INTO forecast_champion (site_no, method, judged_at, reason, scores)
SELECT site_no, %(method)s, %(now)s, %(reason)s, %(scores)s FROM site WHERE site_id = %(site_id)s
ON CONFLICT (site_no) DO UPDATE SET method = excluded.method, judged_at = excluded.judged_at,
    reason = excluded.reason, scores = excluded.scores;
