"""Says which product a bottle's crop shows: an embedding, a gallery enrolled on site; 'unknown' counts."""
