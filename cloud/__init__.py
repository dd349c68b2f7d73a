"""The aggregator: takes what gateways accepted, keeps the stock, shows it."""
