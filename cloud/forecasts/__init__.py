"""Issued forecasts: made by jobs, kept as they were made, watched, and handed out."""
