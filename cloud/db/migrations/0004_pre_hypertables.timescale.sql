-- Chunks of a week keep a month of readings in memory-sized indexes. Compression waits 35 days, because a
-- time that becomes known later moves its row (DELETE + INSERT), which a compressed chunk makes slow.

SELECT create_hypertable('reading', by_range('recorded_at', interval '7 days'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('movement', by_range('recorded_at', interval '28 days'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('health', by_range('recorded_at', interval '28 days'), create_default_indexes => false, migrate_data => true);

DO $$
BEGIN
    IF current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
        RAISE NOTICE 'this TimescaleDB has no compression and no policies (Apache edition)';
        RETURN;
    END IF;
    ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'scale_no', timescaledb.compress_orderby = 'recorded_at');
    PERFORM add_compression_policy('reading', interval '35 days');
    PERFORM add_retention_policy('reading', interval '800 days');
    PERFORM add_retention_policy('health', interval '100 days');
END $$;
