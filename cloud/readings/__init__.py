"""Where signed batches come in: verified, sorted, committed, answered. Knows no page."""
