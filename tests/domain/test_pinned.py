"""What was pinned against what a server shows today."""

import pytest

from bot.domain.pinned import Shown, drifted
from bot.domain.sources import Hold

OURS = "courier.example"


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (Shown(OURS), None),
        (Shown(OURS, moved=OURS), None),
        (Shown(OURS, issuer="Trust A", issuer_before="Trust A"), None),
        (Shown(OURS, issuer="Trust A"), None),
        (Shown(OURS, issuer="", issuer_before="Trust A"), None),
        (Shown(OURS, issuer="Trust B", issuer_before="Trust A"), Hold.CERTIFICATE),
        (Shown("elsewhere.example"), Hold.DOMAIN),
        (Shown("elsewhere.example", moved="elsewhere.example"), Hold.REDIRECT),
        (Shown(OURS, moved="elsewhere.example"), Hold.REDIRECT),
        (Shown("c0urier.example"), Hold.LOOKALIKE),
        (Shown(OURS, moved="couriers.example"), Hold.LOOKALIKE),
        (Shown("tr1bune.example"), Hold.LOOKALIKE),
        (Shown("tribune.example"), Hold.DOMAIN),
    ],
)
def test_what_differs_from_what_was_vetted_has_its_reason(shown: Shown, why: Hold | None) -> None:
    assert drifted(OURS, shown, {"tribune.example", OURS}) is why
