"""What stands in store rooms, counted by hand."""
