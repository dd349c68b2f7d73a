"""Who a gateway is: claims, tokens, keys that are renewed, answers that are signed."""
