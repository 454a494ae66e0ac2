"""What a source is about: a short list that every language has words for."""

TOPICS = (
    "politics",
    "courts",
    "rights",
    "economy",
    "labour",
    "ecology",
    "education",
    "health",
    "culture",
    "transport",
    "media",
    "local",
)
"""An imported list may bring others: they are shown as they were written."""
