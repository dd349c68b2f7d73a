"""The aggregator: takes signed batches from gateways, keeps the stock of bars, shows it to people.

routes (HTTP) -> service (rules) -> repo (SQL) in every feature folder. It knows gateways only through
contract/ and must not import edge or firmware_sim.
"""
