"""The days before the night: movements and readings, made fast and sent through the real ingest path.

No per-sample physics: what a gateway would have reported is drawn directly, with its uncertainty.
"""
