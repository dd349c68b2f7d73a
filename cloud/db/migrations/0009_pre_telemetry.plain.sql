-- The twins of 0008: computed when asked for, by the index on scale and time.

CREATE VIEW reading_1m AS
SELECT scale_no, date_bin('1 minute', recorded_at, '2000-01-01 00:00+00') AS at, count(*) AS readings,
       count(*) FILTER (WHERE quality = 0) AS good, sum(weight_g::double precision) FILTER (WHERE quality = 0) AS sum_g,
       min(weight_g) FILTER (WHERE quality = 0) AS min_g, max(weight_g) FILTER (WHERE quality = 0) AS max_g
FROM reading GROUP BY 1, 2;

CREATE VIEW reading_1h AS
SELECT scale_no, date_bin('1 hour', recorded_at, '2000-01-01 00:00+00') AS at, count(*) AS readings,
       count(*) FILTER (WHERE quality = 0) AS good, sum(weight_g::double precision) FILTER (WHERE quality = 0) AS sum_g,
       min(weight_g) FILTER (WHERE quality = 0) AS min_g, max(weight_g) FILTER (WHERE quality = 0) AS max_g
FROM reading GROUP BY 1, 2;

CREATE VIEW reading_1d AS
SELECT scale_no, date_bin('1 day', recorded_at, '2000-01-01 00:00+00') AS at, count(*) AS readings,
       count(*) FILTER (WHERE quality = 0) AS good, sum(weight_g::double precision) FILTER (WHERE quality = 0) AS sum_g,
       min(weight_g) FILTER (WHERE quality = 0) AS min_g, max(weight_g) FILTER (WHERE quality = 0) AS max_g
FROM reading GROUP BY 1, 2;
