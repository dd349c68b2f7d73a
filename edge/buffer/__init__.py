"""The gateway's store. SQLite lives only here."""
