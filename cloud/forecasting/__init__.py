"""Forecasts of demand: what a site will use before the next delivery, and how sure that is."""
