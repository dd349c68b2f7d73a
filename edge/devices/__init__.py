"""Hardware on the gateway's own pins: synchronous drivers with read() and close(), a library a module."""
