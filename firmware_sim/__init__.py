"""A bar that does not exist: its cells, bottles and people, and the house they live in."""
