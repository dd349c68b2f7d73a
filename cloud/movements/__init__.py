"""What was poured, taken, brought back: the newest revision of each movement."""
