"""Stopping what is being sent: one person at once, and two to go on."""

from collections.abc import Iterable

from bot.domain.agreement import agree
from bot.domain.districts import DistrictId, Districts
from bot.domain.errors import NotAllowed, Refused
from bot.domain.progress import Progress
from bot.domain.publications import Kind, Publication, Want
from bot.domain.staff import May, Quorum, Staff

PEOPLE = 2
"""Whatever pauses takes one, whatever resumes takes two: see docs/decisions/0006."""
_OF_RALLIES = (Kind.RALLY, Kind.REMINDER, Kind.BROADCAST)


class NothingToStop(Refused):
    """Everything is sent, or it waits or was stopped already."""

    key = "publications-error-nothing"


class ChangesGoOn(Refused):
    """People on their way must get a suspension, a move or a cancellation."""

    key = "publications-error-change"


class NotStopped(Refused):
    """Staff did not stop it, or others went on with it already."""

    key = "publications-error-not-stopped"


def right_to_stop(publication: Publication) -> May:
    """What stopping it takes, in its districts."""
    return May.SUSPEND_RALLY if publication.kind in _OF_RALLIES else May.HOLD


def right_to_resume(publication: Publication) -> May:
    """What going on with it takes, of two people in its districts."""
    return May.PUBLISH_RALLY if publication.kind in _OF_RALLIES else May.RELAY_ITEM


def permitted(by: Staff, what: May, publication: Publication, tree: Districts) -> bool:
    """Whether somebody may do this with a publication: in all of its districts that exist still."""
    return by.may_anywhere(what) and by.may(what, places(publication, tree), tree)


def places(publication: Publication, tree: Districts) -> list[DistrictId]:
    """The districts of a publication that exist still."""
    return sorted(place for place in publication.audience.districts if place in tree.all)


def stoppable(progress: Progress) -> bool:
    """Whether anybody may stop it now.

    A change or cancellation never: one person could keep people on the way to a danger. What is
    wrong in it is suspended with its rally, which replaces it at once.
    """
    return progress.stoppable and progress.publication.audience.want is not Want.CHANGES


def stop(by: Staff, progress: Progress, tree: Districts) -> None:
    """Raise unless ``by`` may stop what is on its way."""
    publication = progress.publication
    if not permitted(by, right_to_stop(publication), publication, tree):
        raise NotAllowed
    if publication.audience.want is Want.CHANGES:
        raise ChangesGoOn
    if not progress.stoppable:
        raise NothingToStop


def resume(
    by: Staff, progress: Progress, tree: Districts, *, asked: Iterable[Staff], branches: int
) -> Quorum:
    """Agree to go on; ``asked`` did so before and is still entitled. Whoever stopped it may."""
    publication = progress.publication
    if not permitted(by, right_to_resume(publication), publication, tree):
        raise NotAllowed
    if not progress.stopped:
        raise NotStopped
    return agree(by, list(asked), branches=branches, needed=PEOPLE)
