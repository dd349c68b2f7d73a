-- name: state
-- Whether TimescaleDB is in this database, and whether any migration ever ran.
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') AS has_timescale,
       to_regclass('schema_migration') IS NOT NULL AS has_migrations;

-- name: migrations
-- The migrations that have run.
SELECT name FROM schema_migration;
