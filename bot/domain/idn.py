"""International domain names: what a punycode host says to the eye."""

import unicodedata


def readable(host: str) -> str:
    """A host with its punycode labels in letters, accents taken off; what cannot be read stays."""
    shown = ".".join(_label(label) for label in host.lower().strip(".").split("."))
    apart = unicodedata.normalize("NFKD", shown)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
