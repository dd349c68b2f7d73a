"""Products and the profiles of their bottles."""
