"""Charts of weights over time: what a scale showed per minute, hour or day."""
