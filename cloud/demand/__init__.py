"""Demand per site, product and business day, from whatever knows of it; a stock-out is not a zero."""
