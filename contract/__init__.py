"""The wire between shelf node, gateway and cloud: messages, topics, names and units.

pydantic and the standard library only: no I/O, no settings, no logging. It only grows: a key may be
added with a default, never renamed, removed or given another meaning (tests/contract keeps the golden
messages of every version). Readers ignore keys they do not know, so an old gateway may talk to a new
cloud and the other way round.
"""

WIRE_VERSION = 1
