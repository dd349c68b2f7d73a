"""What the gateway knows about weighing: pure functions and small state machines; no clock, no I/O."""
