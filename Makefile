# An alias for people who type make; the commands live in ./dev.
.PHONY: demo test check bench build lock
demo test check bench build lock:
	./dev $@
