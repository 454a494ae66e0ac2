"""What was pinned when a source was vetted, against what its server shows today."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.domain.lookalike import lookalike
from bot.domain.sources import Hold


@dataclass(frozen=True, slots=True)
class Shown:
    """What one answer showed: registrable domains in punycode, names of certificate issuers.

    ``domain`` is where the document came from in the end, ``moved`` where the server says that it
    moved for good (empty: nowhere). ``issuer`` is the organisation that signed the certificate,
    ``issuer_before`` the one of the last answer (empty: not encrypted, or not known).
    """

    domain: str
    moved: str = ""
    issuer: str = ""
    issuer_before: str = ""


def drifted(pinned: str, shown: Shown, others: Collection[str] = ()) -> Hold | None:
    """Why this answer is not what people vetted, if it is not. ``others``: all pinned domains.

    Moving within the domain is no drift: people adopt the new address at leisure.
    """
    everything = {pinned, *others}
    for seen in (shown.moved, shown.domain):
        if seen and seen != pinned and lookalike(seen, everything):
            return Hold.LOOKALIKE
    if shown.moved and shown.moved != pinned:
        return Hold.REDIRECT
    if shown.domain != pinned:
        return Hold.DOMAIN
    if shown.issuer and shown.issuer_before and shown.issuer != shown.issuer_before:
        return Hold.CERTIFICATE
    return None
