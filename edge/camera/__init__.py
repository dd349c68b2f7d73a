"""The camera process: frames over a local socket, on the system's Python.

A deployable of its own: the standard library, numpy and (in one module) picamera2 only. It imports
nothing else of this project, so its protocol is tested from both sides by fixture bytes.
"""
