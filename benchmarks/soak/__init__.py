"""Faults by the hundred: what takes minutes to hours, with a short form of each in the test suite.

python -m benchmarks.soak [NAME ...] [--share 0.05]
"""
