"""The figures that are asked of delivery."""

from benchmarks.common.bars import Bar, Bound

BARS = (
    Bar("speed", "vs_aiogram", "messages/s, ours with durable receipts : aiogram", 1.0, unit="×"),
    Bar("speed", "vs_ptb", "the same : python-telegram-bot's own client", 6.0, unit="×"),
    Bar("speed", "cpu_vs_aiogram", "CPU per message, ours : aiogram", 1.0, Bound.MOST, "×"),
    Bar("speed", "socket_limit", "messages/s, ours : a bare socket", unit="×"),
    Bar("pace", "use_25", "use of 25/s, a strict window of 30/s far away", 0.99),
    Bar("pace", "use_30", "use of 30/s, the same window", 0.95),
    Bar("pace", "use_1000", "use of 1000/s, a strict window of 1000/s far away", 0.97),
    Bar("pace", "refused_429", "refusals in those three runs", 0, Bound.MOST),
    Bar("walk", "accept_ms", "accept a publication to everybody", 100, Bound.MOST, "ms"),
    Bar(
        "walk",
        "writer_hold_ms",
        "longest hold of the writer while it is walked",
        50,
        Bound.MOST,
        "ms",
    ),
    Bar("walk", "walk_mb", "memory growth while it is walked", 50, Bound.MOST, "MB"),
    Bar("walk", "growth", "CPU per recipient, everybody : 1,000", 1.2, Bound.MOST, "×"),
    Bar(
        "lanes",
        "overtake_p99_ms",
        "an alert passes the backlog, less one slot",
        50,
        Bound.MOST,
        "ms",
    ),
    Bar(
        "lanes",
        "reply_ratio",
        "a reply beside the backlog, less one slot : idle",
        1.3,
        Bound.MOST,
        "×",
    ),
)
"""In the order in which they are printed."""
