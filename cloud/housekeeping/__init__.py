"""Keeps the database within what its operator wants to keep. Knows no request."""
