"""The shelf's MQTT bus. aiomqtt lives only here."""
