"""The part of a host that somebody registered, by the public suffix list that a package brings.

Nothing is asked of the network: a new list comes with a new release of the package. So a domain
that was pinned under an older list may be told otherwise today, which must not look like a move.
"""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

_REMEMBERED = 16_384


@lru_cache(maxsize=_REMEMBERED)
def registrable(host: str) -> str:
    """What a reader should look at: one label more than the longest public suffix of ``host``.

    ``host`` is in punycode. Suffixes that companies let to others (``github.io``) count, because
    their tenants have nothing to do with each other. Address literals and what is a suffix itself
    stay whole; an unknown top-level domain is taken for a suffix.
    """
    name = _bare(host)
    if ":" in name or name.rpartition(".")[2].isdigit():
        return name
    return load().privatesuffix(name) or name


def seen_as(host: str, *, pinned: str, home: str) -> str:
    """As ``registrable``, but ``pinned`` where a newer list only tells the same place otherwise.

    ``pinned`` was vetted, ``home`` is the host of the address that was vetted with it. What lies
    within ``pinned`` is of that domain unless another registrant's name begins in between; once
    ``pinned`` itself has become a public suffix, only the domain of ``home`` stands for it.
    """
    domain, name = registrable(host), _bare(host)
    if name != pinned and not name.endswith("." + pinned):
        return domain
    if len(domain) <= len(pinned):
        return pinned
    is_suffix = load().privatesuffix(pinned) is None
    return pinned if is_suffix and domain == registrable(home) else domain


@cache
def load() -> PublicSuffixList:
    """Read the list, once: a tenth of a second that is better spent before anything waits."""
    return PublicSuffixList()


def _bare(host: str) -> str:
    return host.lower().strip(".")
