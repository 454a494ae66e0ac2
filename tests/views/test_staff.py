"""Every screen of staff, channels and checks, in every language: lengths, labels, keys."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.domain.canonical import Change
from bot.domain.channels import ChannelRights
from bot.domain.check import Finding, Verdict
from bot.domain.districts import District, DistrictId, Districts
from bot.domain.motions import Motion, MotionId, MotionKind
from bot.domain.outbox import Lane
from bot.domain.publications import Audience, Kind, Publication, PublicationId, State, Want
from bot.domain.staff import Grant, Role, Staff, StaffId, StaffState
from bot.i18n import LANGUAGES, Translator, translator
from bot.views import channels, check, staff
from bot.views.message import CALLBACK_LIMIT, Message, Text, Toast, units

OWN = re.compile(r"\b(staff|channels|check)-[a-z]+")
NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
TREE = Districts.of(
    District(
        DistrictId(n),
        f"d{n}",
        DistrictId(1) if n > 1 else None,
        "Europe/Minsk",
        {"en": f"Area {n}"},
    )
    for n in range(1, 23)
)
GRANTS = frozenset({*(Grant(role) for role in Role), Grant(Role.NEWS, DistrictId(99))})
ME = Staff(StaffId(1), "Amber Valley", GRANTS, None)
OTHERS = [
    Staff(StaffId(n), f"Juniper Compass {n}", GRANTS, StaffId(2), state)
    for n, state in enumerate([*StaffState] * 4, 2)
]
RIGHTS = ChannelRights(person_admin=True, post=True, edit=True)
TAG = "f" * 32


def team(t: Translator) -> Iterator[Message]:
    """The screens of staff."""
    heads = {one.id: one.alias for one in OTHERS}
    yield staff.menu(t, ME, channels.entries(t), TREE)
    for page in range(4):
        yield staff.people(t, OTHERS, page)
    for one in (*OTHERS[:3], ME):
        yield staff.card(t, one, ME, heads, TREE)
        yield staff.sure(t, one)
    for mask in (0, 1, 255):
        yield staff.roles(t, mask, None)
        yield staff.roles(t, mask, ME)
    for page in range(4):
        yield staff.places(t, staff.Places(255, 2, page), frozenset({None}), TREE)
    for kind in MotionKind:
        subject = None if kind is MotionKind.INVITE else StaffId(2)
        motion = Motion(kind, StaffId(1), subject, GRANTS)
        yield staff.asked(t, motion, MotionId(9), {**heads, StaffId(1): ME.alias}, TREE)
        yield staff.done(t, motion, "Amber Valley")
    for key in ("suspended", "reinstate", "revoke", "regrant", "agreed", "declined"):
        yield staff.told(t, f"staff-told-{key}")
    yield staff.told(t, "staff-told-peer", alias="A", by="B")
    yield staff.told(t, "staff-told-joined", alias="A")
    yield staff.told(t, "staff-locked")
    yield staff.waiting(t)
    yield staff.declined(t)
    yield staff.invitation(t, "https://t.me/b?start=s_x", GRANTS, NOW, TREE)
    yield staff.rules(t, "Amber Valley")
    yield staff.welcome(t, ME, TREE)


def linking(t: Translator) -> Iterator[Message]:
    """The screens of channels."""
    city, title = DistrictId(2), "@solidarity_minsk_and_surroundings"
    rows = [(TAG, f"{title}{n}", n % 2 == 0) for n in range(20)]
    yield channels.places(t, [None], 1, TREE)
    yield channels.languages(t, city, TREE)
    yield channels.chosen(t, city, "ru", TREE)
    yield channels.chooser(t, 7)
    yield channels.received(t, title)
    yield channels.left(t)
    yield channels.confirm(t, title, city, "nl", TREE)
    yield channels.missing(t, title, "tocsin_bot", channels.Resume(TAG))
    for rights in (RIGHTS, ChannelRights(True, True, True, True, True)):
        yield channels.linked(t, title, TAG, rights)
    for page in range(3):
        yield channels.listed(t, rows, page)
    yield channels.listed(t, [], 0)
    for paused in (True, False):
        yield channels.card(t, TAG, title, "fr", paused=paused, districts=[city], tree=TREE)
    yield channels.test_post(t.lang, title)
    yield channels.sure(t, TAG, title)
    for key in ("channels-resumed", "channels-unlinked"):
        yield channels.done(t, key, title)
    yield channels.lost(t, title, TAG)
    yield channels.regained(t, title, TAG)


def publication(kind: Kind) -> Publication:
    """Something published."""
    audience = Audience(frozenset({DistrictId(2)}), Want.RALLIES)
    return Publication(
        PublicationId(1), kind, "x:1", "ABCD-EFGH", State.CURRENT, Lane.RALLY, audience, NOW, NOW
    )


def answers(t: Translator) -> Iterator[Message]:
    """Verdict by kind, and who posted it."""
    ours = Text("Our own text").line().link("here", "https://a.example/").message()
    changes = tuple(Change("x" * 300, "y" * 300) for _ in range(9))
    for kind in Kind:
        for verdict in Verdict:
            finding = Finding(verdict, publication(kind), Verdict.CANCELLED, changes, hidden=True)
            yield check.answer(t, finding, ours, TREE)
    yield check.answer(t, Finding(Verdict.UNKNOWN), None, TREE)
    yield check.answer(t, Finding(Verdict.UNKNOWN, code="ABCD-EFGH"), None, TREE)
    yield check.answer(t, Finding(Verdict.UNKNOWN, posted_by="@a"), None, TREE)
    imposed = Finding(Verdict.REAL, publication(Kind.ITEM), impostor=("@a", "@b"))
    yield check.answer(t, imposed, None, TREE)
    yield check.answer(t, Finding(Verdict.REAL, publication(Kind.ITEM), by_bot=True), ours, TREE)
    yield check.answer(t, Finding(Verdict.REAL, publication(Kind.ITEM)), ours, Districts.of(()))
    yield check.ask(t)
    yield check.no_words(t)
    for linked, resembles in ((True, None), (False, "@b"), (False, None)):
        yield check.handle(t, "@a", linked=linked, resembles=resembles)


def screens(t: Translator) -> list[Message]:
    """All of them."""
    return [*team(t), *linking(t), *answers(t)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_screen_fits_and_says_words(lang: str) -> None:
    for screen in screens(translator(lang)):
        assert 0 < units(screen.text) <= 4096
        labels = [button.label for row in screen.buttons for button in row]
        for text in (screen.text, *labels):
            assert OWN.search(text) is None, text
            assert re.search(r"\{\w*\}", text) is None, text
            assert text == text.strip()
        assert all(len(label) <= 30 for label in labels), labels
        data = [button.data or "" for row in screen.buttons for button in row]
        assert all(len(one.encode()) <= CALLBACK_LIMIT for one in data)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_spans_stand_on_their_words(lang: str) -> None:
    for screen in screens(translator(lang)):
        raw = screen.text.encode("utf-16-le")
        for span in screen.spans:
            assert span.offset >= 0
            assert span.offset + span.length <= len(raw) // 2
    shown = check.answer(
        translator(lang),
        Finding(Verdict.SUSPENDED, publication(Kind.RALLY)),
        Text("\U0001f514 ").link("here", "https://a.example/").message(),
        TREE,
    )
    (link,) = [span for span in shown.spans if span.url]
    at, raw = link.offset * 2, shown.text.encode("utf-16-le")
    assert raw[at : at + link.length * 2].decode("utf-16-le") == "here"


def test_a_long_text_is_cut_where_telegram_would_refuse_it() -> None:
    long = Text("\U0001f514" * 2000).line().bold("end").message()
    shown = check.answer(
        translator("ru"), Finding(Verdict.CANCELLED, publication(Kind.RALLY)), long, TREE
    )
    assert units(shown.text) <= 4096
    assert shown.text.endswith("…")
    assert all(s.offset + s.length <= units(shown.text) for s in shown.spans)


def test_masks_and_roles_are_each_other_s_inverse() -> None:
    for mask in range(256):
        assert staff.mask_of(staff.grants_of(mask, None)) == mask
    assert staff.roles_of(1 << 40) == []


REFUSALS = (
    "staff-link-expired",
    "staff-error-already",
    "staff-error-too-few",
    "staff-error-state",
    "channels-error-not-admin",
    "channels-error-unreachable",
    "check-too-many",
    "staff-suspended",
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_said_over_the_chat_fits_there(lang: str) -> None:
    for key in REFUSALS:
        said = translator(lang)(key, channel="@" + "c" * 32, alias="Juniper Compass")
        assert len(said) <= Toast.LIMIT, key
