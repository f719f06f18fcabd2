"""Simulated studies for `benchmarks/audits.py`: sound ones of many designs, and mistakes planted in them."""
