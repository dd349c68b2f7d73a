"""A fleet of gateways that speak the wire: real keys, signatures and positions, no sensors."""
