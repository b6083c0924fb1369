"""How money reaches a market and leaves it: one port, and the ways it is joined to a bank.

The one idea: the market sees movements with a bank's ids and payouts with its own; whether a file or a
gateway stands behind them is decided here, outside.
"""
