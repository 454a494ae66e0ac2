"""Reading feeds measured beside others against one local publisher: `make bench-feeds`.

docs/benchmarks.md says what each figure means, and what in these measurements is not real.
"""
