"""Delivery measured beside others against one local server: `make bench-delivery`.

docs/benchmarks.md says what each figure means, and what in these measurements is not real.
"""
