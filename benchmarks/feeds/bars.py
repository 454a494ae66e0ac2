"""The figures that are asked of reading feeds."""

from benchmarks.common.bars import Bar, Bound

BARS = (
    Bar("unchanged", "unchanged_cpu", "CPU per unchanged poll : bare loop", 2.0, Bound.MOST, "×"),
    Bar("changed", "changed_cpu", "CPU per changed poll : feedparser", 0.3, Bound.MOST, "×"),
    Bar("hostile", "loop_lag_p99_ms", "the loop's lag meanwhile", 50, Bound.MOST, "ms"),
    Bar("hostile", "hostile_worst_s", "longest wait for a document", 6, Bound.MOST, "s"),
    Bar("hostile", "hostile_mb", "memory of the bot meanwhile", 10, Bound.MOST, "MB"),
    Bar("hostile", "unhandled", "documents that ended in no known way", 0, Bound.MOST),
    Bar("naive", "vs_naive", "polls/s, 95 % unchanged : httpx and feedparser", 10.0, unit="×"),
    Bar("growth", "growth", "CPU per poll, 10,000 sources : 100", 1.2, Bound.MOST, "×"),
    Bar("growth", "kb_per_source", "memory per source", 5, Bound.MOST, "kB"),
    Bar("latency", "latency_p50_s", "published to posted, urgent source", 45, Bound.MOST, "s"),
    Bar("latency", "latency_p95_s", "the same, 95th percentile", 120, Bound.MOST, "s"),
    Bar("arrival", "fetch_to_request_p95_ms", "fetched to posted", 100, Bound.MOST, "ms"),
)
"""In the order in which they are printed."""
