"""Who sells what, at which price, on which days."""
