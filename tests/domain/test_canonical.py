"""The canonical form of a text, against the definition it is computed from."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.canonical import canonical

ODD = st.sampled_from(
    "\u200b\u200c\u200d\u00ad\u202e\ufeff\u0000\u0085\u00a0\u2003\t\n e\u0301\u0410"
)


@given(st.text(st.one_of(ODD, st.characters()), max_size=60))
def test_every_character_is_kept_dropped_or_made_a_space(text: str) -> None:
    kept = [
        " " if c.isspace() else c
        for c in text
        if c.isspace() or c in "\u200c\u200d" or unicodedata.category(c) not in ("Cf", "Cc")
    ]
    assert canonical(text) == " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
