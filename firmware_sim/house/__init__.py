"""The house around a simulated bar: a database, a broker and the processes, on one machine.

The demo, the system tests and the benchmarks live in it. It knows the gateway and the cloud only as
commands and addresses, never as imports.
"""
