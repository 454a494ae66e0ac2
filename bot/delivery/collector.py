"""How often Python looks for cycles: seldom enough not to be what sending costs most.

Thousands of messages on their way are tens of thousands of live objects, nearly all of which go by
their reference count. With the usual threshold of 700 new objects the collector walked them over
and over: a quarter of the processor time of a message (``benchmarks/delivery``, part ``speed``).
"""

import gc

THRESHOLDS = (4_000, 50, 50)


def collect_seldom() -> None:
    """Set what is loaded by now aside for good, and collect the rest less often.

    For a program that sends; it concerns the whole process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
