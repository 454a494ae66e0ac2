"""Evidence: what people checked about a source before it is vetted, as a log that only grows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.errors import Refused
from bot.domain.staff import StaffId


class Check(StrEnum):
    """One item of the checklist; a person ticks it with a tap."""

    ADDRESS = "address"
    """The domain and the address of the feed are exactly the medium's own."""
    IDENTITY = "identity"
    """Who runs it is known and said on its site."""
    CORRECTIONS = "corrections"
    """It says how it corrects errors, and does."""
    CONTACT = "contact"
    """Readers and the bot's people can reach it."""
    LINKS = "links"
    """A trust.txt, or its site and its channels link each other."""
    SAMPLE = "sample"
    """Five of its items are confirmed elsewhere."""
    ARCHIVE = "archive"
    """What it showed is kept: a digest of the document that was proposed."""
    INTEREST = "interest"
    """Whoever decides has no stake in it: each of the two says so for themselves."""


LINKED = frozenset({Check.IDENTITY, Check.CORRECTIONS, Check.CONTACT, Check.LINKS, Check.ARCHIVE})
"""Checks that a link can show."""


class EvidenceMissing(Refused):
    """Something of the checklist is not ticked yet."""

    key = "source-evidence-missing"


class NoEvidenceLink(Refused):
    """What was typed is no link that may be shown."""

    key = "source-evidence-no-link"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of the log: ``by`` ticked a check or (``ticked`` false) took that back.

    ``alias`` is what staff see of the person; ``link`` shows it; ``digest`` is the SHA-256 (hex)
    of a document.
    """

    check: Check
    by: StaffId
    at: datetime
    ticked: bool = True
    link: str = ""
    digest: str = ""
    alias: str = ""


def standing(log: Iterable[Evidence]) -> dict[Check, tuple[Evidence, ...]]:
    """What is ticked: per check the last word of each person who ticked it and did not take it

    back. Anybody's taking back ends everybody's tick, except of what each says for themselves.
    """
    held: dict[Check, dict[StaffId, Evidence]] = {}
    for line in log:
        people = held.setdefault(line.check, {})
        if line.ticked:
            people[line.by] = line
        elif line.check is Check.INTEREST:
            people.pop(line.by, None)
        else:
            people.clear()
    return {check: tuple(people.values()) for check, people in held.items() if people}


def missing(log: Iterable[Evidence], people: Iterable[StaffId]) -> list[Check]:
    """What is not ticked yet where these ``people`` are to vet, in the order of the list."""
    held = standing(log)
    declared = {line.by for line in held.get(Check.INTEREST, ())}
    gaps = [check for check in Check if check not in held]
    if Check.INTEREST not in gaps and not declared.issuperset(people):
        gaps.append(Check.INTEREST)
    return gaps


def require_whole(log: Sequence[Evidence], people: Sequence[StaffId]) -> None:
    """Raise ``EvidenceMissing`` unless everything is ticked."""
    if gaps := missing(log, people):
        raise EvidenceMissing(n=len(gaps), of=len(Check))
