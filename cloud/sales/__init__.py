"""What the till sold, imported from its file, where nothing is weighed."""
