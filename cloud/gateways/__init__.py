"""Who may speak: gateways, their keys, their state and health."""
