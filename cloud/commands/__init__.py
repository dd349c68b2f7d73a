"""What people ask of gateways, and how gateways should be set: handed out by long poll."""
