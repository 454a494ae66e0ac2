"""Every screen a protester meets, in every language: lengths, labels, callback data, keys."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message as Entry

from bot.domain.districts import District, DistrictId, Districts
from bot.domain.subscribers import QUIET_CHOICES, Mode, Settings
from bot.i18n import LANGUAGES, NAMES, Translator, read_catalogue, translator
from bot.views import districts, help, lost, privacy, profile, start, subscriptions
from bot.views.message import CALLBACK_LIMIT, Message, Text, units
from storage.erasure import Holdings

OWN = re.compile(
    r"(start|districts|subscriptions|privacy|help|lost|mydata|forget|risks?|bot)-[a-z-]+"
)
LAND, CITY, PART = DistrictId(1), DistrictId(2), DistrictId(3)


def tree() -> Districts:
    """A country where following is punished, a city, and parts with long names."""
    names = {"en": "Watermael-Boitsfort"}
    rows = [(1, "by", None), (2, "city", 1), *((n, f"p{n}", 2) for n in range(3, 23))]
    return Districts.of(
        District(DistrictId(id), slug, DistrictId(up) if up else None, "Europe/Minsk", names)
        for id, slug, up in rows
    )


def screens(t: Translator) -> Iterator[Message]:
    """All of them, in their longest form."""
    world, everything = tree(), [DistrictId(n) for n in range(3, 11)]
    settings = Settings(lang=t.lang, paused=True, muted=("rally:1",))
    held = Holdings(form=True, queued=5, receipts=7)
    yield start.welcome(t, world, lang="be", outdated=True)
    yield start.poster(t, world, PART, lang="be")
    for new in (True, False):
        yield start.subscribed(t, world, PART, new=new, paused=new, upcoming=None)
    for followed in ([], everything):
        yield start.home(t, world, followed, paused=True, outdated=True)
    for at in (0, LAND, CITY, PART):
        yield districts.walk(t, world, districts.Open(at, page=1, lang="be"), everything)
    yield districts.ask_place(t)
    yield districts.ask_name(t, "be")
    yield districts.dropped(t)
    yield districts.is_it(t, world, world.get(PART))
    yield districts.which(t, world, [world.get(id) for id in everything])
    yield districts.outside(t, world, (world.get(PART), 4.2))
    yield districts.outside(t, world, None)
    modes = [Settings(mode=mode) for mode in Mode]
    for chosen in (settings, Settings(quiet=None, news=False, reminders=False), *modes):
        yield subscriptions.panel(t, world, chosen, everything)
        yield subscriptions.choose_news(t, chosen)
        yield subscriptions.choose_hour(t, chosen)
        yield subscriptions.choose_quiet(t, chosen)
    yield subscriptions.followed(t, world, everything[:7], removed=everything[7])
    yield subscriptions.followed(t, world, [], removed=PART)
    yield subscriptions.followed(t, world, [LAND])
    yield subscriptions.choose_language(t)
    for stored in (True, False):
        yield subscriptions.spoken(t, stored=stored, lang=t.lang)
    yield subscriptions.stranger(t)
    yield subscriptions.resumed(t)
    yield subscriptions.not_subscribed(t)
    yield privacy.privacy(t)
    yield privacy.risks(t, ["by", "be"])
    for n in range(6):
        yield privacy.paused(t, withdrawn=n)
        yield privacy.preview(t, subscribed=n > 0, districts=n, held=held)
    yield privacy.preview(t, subscribed=False, districts=0, held=Holdings())
    yield privacy.mine(
        t, world, chat=5, settings=settings, follows=everything, held=held, alias="Heron"
    )
    yield privacy.mine(t, world, chat=5, settings=None, follows=(), held=Holdings(), alias="")
    for staff in (True, False):
        yield privacy.erased(t, ref="ER-5F2C", staff=staff)
        yield help.left(t, form=staff)
        yield lost.not_needed(t, contact=staff)
    yield help.help_(t)
    yield lost.unknown_command(t, "/xyz")
    yield lost.not_understood(t)
    yield lost.menu(t)
    yield lost.in_group(t, "tocsin_test_bot")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_screen_fits_a_small_telephone(lang: str) -> None:
    for screen in screens(translator(lang)):
        assert units(screen.text) <= 1800
        for row in screen.buttons:
            assert 1 <= len(row) <= 2
            for button in row:
                assert 1 <= len(button.label) <= districts.LABEL, button.label
                assert len((button.data or "").encode()) <= CALLBACK_LIMIT
                assert (button.data is None) != (button.url is None)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_screen_shows_a_key_or_an_open_placeholder(lang: str) -> None:
    for screen in screens(translator(lang)):
        labels = [button.label for row in screen.buttons for button in row]
        for text in (screen.text, *labels):
            assert OWN.search(text) is None, text
            assert re.search(r"\{\w*\}", text) is None, text
            assert text == text.strip()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_spans_lie_within_their_text(lang: str) -> None:
    for screen in screens(translator(lang)):
        for span in screen.spans:
            assert span.offset >= 0
            assert span.offset + span.length <= units(screen.text)


def test_warnings_of_every_language_come_with_the_text_they_point_at() -> None:
    for lang in LANGUAGES:
        t, world = translator(lang), tree()
        warning = start.risk(t, world, [PART])
        assert "/risks" in warning
        assert t("risks-by") in privacy.risks(t, ["by"]).text


def test_the_parts_of_a_city_are_listed_in_the_readers_order() -> None:
    named = [("a", "Zebra", "Anna"), ("b", "Alpha", "Bruno"), ("c", "Mitte", "Carla")]
    world = Districts.of(
        District(DistrictId(n), slug, None, "UTC", {"en": en, "fr": fr})
        for n, (slug, en, fr) in enumerate(named, 1)
    )
    shown = {
        lang: [
            row[0].label
            for row in districts.walk(translator(lang), world, districts.Open()).buttons
        ]
        for lang in ("en", "fr")
    }
    assert shown["en"][0] == "Alpha"
    assert shown["fr"][0] == "Anna"


def own_entries(lang: str) -> dict[str, Entry]:
    """This part's texts of one language."""
    return {
        str(e.id if isinstance(e.id, str) else e.id[0]): e
        for e in read_catalogue(lang)
        if e.id and OWN.fullmatch(e.id if isinstance(e.id, str) else e.id[0])
    }


def test_all_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    def shape(entry: Entry) -> set[frozenset[str]]:
        texts = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert all(texts), entry.id
        assert not entry.fuzzy
        return {frozenset(re.findall(r"{(\w+)}", text)) for text in texts}

    reference = {key: shape(entry) for key, entry in own_entries("en").items()}
    assert len(reference) > 130
    for lang in LANGUAGES:
        assert {key: shape(entry) for key, entry in own_entries(lang).items()} == reference


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_profile_keeps_telegrams_limits(lang: str) -> None:
    t = translator(lang)
    assert 0 < len(profile.name(t)) <= profile.NAME_LIMIT
    assert 0 < len(profile.description(t)) <= profile.DESCRIPTION_LIMIT
    assert 0 < len(profile.short_description(t)) <= profile.SHORT_DESCRIPTION_LIMIT
    listed = profile.commands(t)
    assert [name for name, _ in listed] == [
        *("next", "news", "check", "settings", "language", "help", "privacy", "stop", "forget")
    ]
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name, _ in listed)
    assert all(3 <= len(words) <= 40 for _, words in listed)


def test_the_menu_is_said_differently_in_each_language() -> None:
    said = {tuple(words for _, words in profile.commands(translator(lang))) for lang in NAMES}
    assert len(said) == len(LANGUAGES)


def test_a_text_within_a_text_keeps_its_marks_beyond_the_basic_plane() -> None:
    inner = Text("\U0001f514 ").bold("NEXT")
    whole = Text("\U0001f514 first ").include(inner).add(" rest")
    raw = whole.text.encode("utf-16-le")
    (span,) = whole.spans
    assert raw[span.offset * 2 : (span.offset + span.length) * 2].decode("utf-16-le") == "NEXT"


def test_every_quiet_span_has_a_name_of_its_own() -> None:
    assert len({subscriptions.quiet_value(span) for span in (None, *QUIET_CHOICES)}) == 4
