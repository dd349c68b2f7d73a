"""Organisations and sites: names, zones, business days, and where everything stands."""
