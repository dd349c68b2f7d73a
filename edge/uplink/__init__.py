"""Signed batches to the cloud. httpx and the key live only here."""
