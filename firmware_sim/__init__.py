"""A bar that does not exist: physics of cells and bottles, staff who pour, shelf nodes, faults.

Meets edge and cloud only through contract, MQTT and HTTP; imports neither. Same seed, same night.
"""
