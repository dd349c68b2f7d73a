"""Reads how full a bottle is off its crop, as a distribution, and stays silent where nobody could tell."""
