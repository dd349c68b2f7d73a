"""What stands where and how much is in it."""
