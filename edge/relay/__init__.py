"""A neighbour's way to the cloud: batches come in from the LAN and go on unchanged."""
