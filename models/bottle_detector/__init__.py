"""Finds bottles in a picture: boxes and scores from one small convolutional network."""
