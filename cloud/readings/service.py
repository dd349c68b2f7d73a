"""Rules of ingest."""


class ReadingsService:
    """Takes signed batches."""
