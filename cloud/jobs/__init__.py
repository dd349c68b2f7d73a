"""Work that no request waits for: queued in PostgreSQL (procrastinate), done by any number of workers."""
