-- Weights per minute, hour and day for charts, kept by TimescaleDB; 0009 has the same names without it. What is
-- not materialised yet is computed when asked for, so both kinds tell the same. Sums and not means: hours are made of
-- minutes, days of hours. good: readings of quality ok, which alone count.

DO $$
BEGIN
    IF current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
        RAISE NOTICE 'this TimescaleDB has no continuous aggregates (Apache edition): plain views instead';
        CREATE VIEW reading_1m AS
        SELECT scale_no, time_bucket('1 minute', recorded_at) AS at, count(*) AS readings, count(*) FILTER (WHERE quality = 0) AS good,
               sum(weight_g::double precision) FILTER (WHERE quality = 0) AS sum_g,
               min(weight_g) FILTER (WHERE quality = 0) AS min_g, max(weight_g) FILTER (WHERE quality = 0) AS max_g
        FROM reading GROUP BY 1, 2;
        CREATE VIEW reading_1h AS
        SELECT scale_no, time_bucket('1 hour', at) AS at, sum(readings)::bigint AS readings, sum(good)::bigint AS good,
               sum(sum_g) AS sum_g, min(min_g) AS min_g, max(max_g) AS max_g FROM reading_1m GROUP BY 1, 2;
        CREATE VIEW reading_1d AS
        SELECT scale_no, time_bucket('1 day', at) AS at, sum(readings)::bigint AS readings, sum(good)::bigint AS good,
               sum(sum_g) AS sum_g, min(min_g) AS min_g, max(max_g) AS max_g FROM reading_1h GROUP BY 1, 2;
        RETURN;
    END IF;
    CREATE MATERIALIZED VIEW reading_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT scale_no, time_bucket('1 minute', recorded_at) AS at, count(*) AS readings, count(*) FILTER (WHERE quality = 0) AS good,
           sum(weight_g::double precision) FILTER (WHERE quality = 0) AS sum_g,
           min(weight_g) FILTER (WHERE quality = 0) AS min_g, max(weight_g) FILTER (WHERE quality = 0) AS max_g
    FROM reading GROUP BY 1, 2 WITH NO DATA;
    CREATE MATERIALIZED VIEW reading_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT scale_no, time_bucket('1 hour', at) AS at, sum(readings)::bigint AS readings, sum(good)::bigint AS good,
           sum(sum_g) AS sum_g, min(min_g) AS min_g, max(max_g) AS max_g
    FROM reading_1m GROUP BY 1, 2 WITH NO DATA;
    CREATE MATERIALIZED VIEW reading_1d WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT scale_no, time_bucket('1 day', at) AS at, sum(readings)::bigint AS readings, sum(good)::bigint AS good,
           sum(sum_g) AS sum_g, min(min_g) AS min_g, max(max_g) AS max_g
    FROM reading_1h GROUP BY 1, 2 WITH NO DATA;
    -- The far end is how late a corrected time may come; only ranges in which something changed are computed anew.
    PERFORM add_continuous_aggregate_policy('reading_1m', interval '400 days', interval '2 minutes', interval '5 minutes');
    PERFORM add_continuous_aggregate_policy('reading_1h', interval '401 days', interval '2 hours', interval '30 minutes');
    PERFORM add_continuous_aggregate_policy('reading_1d', interval '403 days', interval '2 days', interval '6 hours');
END $$;
