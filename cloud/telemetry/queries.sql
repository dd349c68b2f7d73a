-- name: scale
-- The number of a scale of a site.
SELECT scale_no FROM scale JOIN site USING (site_no) WHERE site_id = %(site_id)s AND scale_id = %(scale_id)s;

-- name: minutes
-- What a scale showed in each minute of a range of time.
SELECT at, readings, sum_g / nullif(good, 0) AS mean_g, min_g, max_g FROM reading_1m
WHERE scale_no = %(scale_no)s AND at >= %(since)s::timestamptz - interval '1 minute' AND at < %(until)s::timestamptz ORDER BY at;

-- name: hours
-- What a scale showed in each hour of a range of time.
SELECT at, readings, sum_g / nullif(good, 0) AS mean_g, min_g, max_g FROM reading_1h
WHERE scale_no = %(scale_no)s AND at >= %(since)s::timestamptz - interval '1 hour' AND at < %(until)s::timestamptz ORDER BY at;

-- name: days
-- What a scale showed on each day (UTC) of a range of time.
SELECT at, readings, sum_g / nullif(good, 0) AS mean_g, min_g, max_g FROM reading_1d
WHERE scale_no = %(scale_no)s AND at >= %(since)s::timestamptz - interval '1 day' AND at < %(until)s::timestamptz ORDER BY at;

-- name: usage
-- What was poured of each product on each business day of a range.
SELECT product_id, day_on, poured_ml, sigma_ml, pours
FROM usage_day u JOIN site USING (site_no) JOIN product USING (product_no)
WHERE site_id = %(site_id)s AND day_on BETWEEN %(first_on)s AND %(last_on)s
ORDER BY day_on, product_id;
