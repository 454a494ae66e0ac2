"""Several people agreeing to what none of them wrote: a motion about a source, a news item."""

from collections.abc import Sequence

from bot.domain.staff import AlreadyApproved, Quorum, Staff


def agree(by: Staff, earlier: Sequence[Staff], *, branches: int, needed: int) -> Quorum:
    """Add ``by`` to those who agreed before them, who must still be entitled to.

    Refuses a repeat and, as soon as there are two ``branches``, a second person of the same one.
    """
    if any(by.id == other.id for other in earlier):
        raise AlreadyApproved
    if not earlier:
        return Quorum(by, True, (), branches, needed)
    first, *rest = earlier
    return Quorum(first, True, tuple(rest), branches, needed).approve(by)
