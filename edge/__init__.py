"""The gateway: shelf nodes in, movements and readings out, nothing accepted ever lost."""
