"""What the simulator says when it cannot go on: a sentence with the next step, for one catch in __main__."""


class SimulatorError(Exception):
    """Something the caller can put right; its text is the whole message."""
