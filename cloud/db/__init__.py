"""The cloud's PostgreSQL: pool, migrations, named queries. Knows no feature."""
