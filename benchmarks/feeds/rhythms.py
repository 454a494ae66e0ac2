"""When real media published: seconds between one item and the next, as two feeds stated them.

A broadcaster's news feed over eight hours of a day, and a newspaper's over thirteen, its night
included. Only these differences are kept; the feeds are of `shared/feeds/documents` (orf-at-rdf,
jornal-de-noticias-latin1).
"""

BROADCASTER = (
    *(67, 456, 462, 702, 1017, 386, 105, 2720, 237, 753, 384, 41, 195, 323, 719, 168, 614, 1296),
    *(492, 217, 531, 177, 1142, 262, 101, 561, 1405, 0, 642, 402, 0, 136, 793, 1475, 1778, 72),
    *(111, 138, 1331, 82, 601, 227, 89, 134, 97, 202, 278, 153, 3196),
)
NEWSPAPER = (
    *(540, 420, 0, 0, 600, 720, 24720, 720, 120, 540, 1320, 1080, 960, 3120, 300, 780, 600, 1020),
    *(660, 1740, 720, 120, 600, 360, 660, 240, 0, 120, 60, 120, 60, 240, 120, 780, 180, 960, 960),
    *(1860, 60),
)
RHYTHMS = {"broadcaster": BROADCASTER, "newspaper": NEWSPAPER}
DAY = 86_400


def day(gaps: tuple[int, ...]) -> list[int]:
    """The seconds of a day at which something is published, the rhythm going round."""
    at, found = 0, list[int]()
    while True:
        for gap in gaps:
            at += gap
            if at >= DAY:
                return found
            found.append(at)
