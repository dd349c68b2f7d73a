"""Long runs of one thing each: run(scale) returns what was counted; a scale of 1 is the whole."""
