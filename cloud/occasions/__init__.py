"""What is special about a day: holidays, events and weather, as they were known at a time."""
