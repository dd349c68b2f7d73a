"""The technician's page on the LAN: no internet, no build, one PIN. starlette and uvicorn live only here."""
