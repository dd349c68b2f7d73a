"""Physics: load on a pad -> bridge -> converter -> counts. Knows nobody's name and no clock."""
