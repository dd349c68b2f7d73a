"""The pages: Today and Stock, drawn by the server and kept live by cloud.live. Asks services, never SQL."""
