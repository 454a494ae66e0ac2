"""Personal data is found by its form in the languages people write in, and little else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.items import Flag
from feeds.parse import Parser
from feeds.personal import find, flags
from tests.feeds.documents import shared_feeds

PHONE, ADDRESS, PLATE = Flag.PHONE, Flag.ADDRESS, Flag.PLATE
CARD, HANDLE = Flag.CARD, Flag.HANDLE
POSITIVES = [
    (PHONE, "Call +375 29 123-45-67 today"),
    (PHONE, "Пишите: +375(29)1234567"),
    (PHONE, "тел. 8 (029) 123-45-67, спросить дежурного"),
    (PHONE, "тэл. 8029 123 45 67"),
    (PHONE, "званіце 029 123-45-67"),
    (PHONE, "80291234567 — званіць увечары"),
    (PHONE, "его номер 375291234567"),
    (PHONE, "8 017 123-45-67"),
    (PHONE, "тел. 8 (916) 123-45-67"),
    (PHONE, "+7 916 123 45 67"),
    (PHONE, "89161234567"),
    (PHONE, "8-495-123-45-67"),
    (PHONE, "+7(495)123-45-67"),
    (PHONE, "телефонуйте 067 123 45 67"),
    (PHONE, "(067) 123-45-67"),
    (PHONE, "+380671234567"),
    (PHONE, "tel. 601 123 456"),
    (PHONE, "512-123-456"),
    (PHONE, "+48 601 123 456"),
    (PHONE, "8 612 34567 Vilniuje"),
    (PHONE, "+370 612 34567"),
    (PHONE, "(8 612) 34 567"),
    (PHONE, "0151 12345678"),
    (PHONE, "030/1234567"),
    (PHONE, "+49 151 12345678"),
    (PHONE, "Appelez le 06 12 34 56 78"),
    (PHONE, "06.12.34.56.78"),
    (PHONE, "0612345678"),
    (PHONE, "+33 6 12 34 56 78"),
    (PHONE, "0033 6 12 34 56 78"),
    (PHONE, "0470 12 34 56"),
    (PHONE, "0470/12.34.56"),
    (PHONE, "02 123 45 67 à Bruxelles"),
    (PHONE, "+32 470 12 34 56"),
    (PHONE, "06-12345678"),
    (PHONE, "bel 020-1234567"),
    (PHONE, "+31 6 12345678"),
    (PHONE, "+1 (212) 555-0199"),
    (ADDRESS, "живёт по адресу: ул. Ленина, д. 5, кв. 12"),
    (ADDRESS, "Минск, улица Притыцкого 12-34"),
    (ADDRESS, "проспект Победителей, дом 7, квартира 3"),
    (ADDRESS, "вул. Якуба Коласа, д. 12, кв. 4"),
    (ADDRESS, "вуліца Багдановіча 25"),
    (ADDRESS, "праспект Незалежнасці, 44, кв. 8"),
    (ADDRESS, "вул. Хрещатик, буд. 10, кв. 2"),
    (ADDRESS, "проживает на улице Советской"),
    (ADDRESS, "12 rue de la Paix, appartement 4"),
    (ADDRESS, "au 12 bis, avenue des Acacias"),
    (ADDRESS, "5 impasse Mozart"),
    (ADDRESS, "He lives at 12 Baker Street, flat 4"),
    (ADDRESS, "221b Baker Street"),
    (ADDRESS, "14 Old Mill Lane, apartment 6"),
    (ADDRESS, "Kerkstraat 12, 1017 GC Amsterdam"),
    (ADDRESS, "hij woont op de Kerkstraat in Gent"),
    (ADDRESS, "Grote Steenweg 12 en Molenlaan 7 bus 3"),
    (PLATE, "автомобиль 1234 AB-7 стоял у дома"),
    (PLATE, "аўтамабіль 4321 КМ-5"),
    (PLATE, "машина А123ВС777"),
    (PLATE, "А 123 ВС 77 — нет, А123ВС 77"),
    (PLATE, "авто АА1234ВВ"),
    (PLATE, "la voiture AB-123-CD"),
    (PLATE, "een wagen met 1-ABC-123"),
    (PLATE, "auto met kenteken 12-ABC-3"),
    (PLATE, "de auto GB-123-X reed door"),
    (PLATE, "numer rejestracyjny WA 12345"),
    (CARD, "Переводите на 4111 1111 1111 1111"),
    (CARD, "карта 5555555555554444"),
    (CARD, "карта Мир 2200 0000 0000 0004"),
    (CARD, "IBAN BE68 5390 0754 7034"),
    (CARD, "IBAN: FR14 2004 1010 0505 0001 3M02 606"),
    (CARD, "NL91ABNA0417164300"),
    (CARD, "BY13 NBRB 3600 9000 0000 2Z00 AB00"),
    (HANDLE, "пишите @somebody_1990"),
    (HANDLE, "as t.me/somebody says"),
    (HANDLE, "https://vk.com/id123456789"),
    (HANDLE, "see instagram.com/some.body"),
    (HANDLE, "https://www.facebook.com/some.body.9"),
]
NEGATIVES = [
    "On 21.11.2026 at 10:40 the court opens",
    "2026-11-21 10:40:00",
    "Between 2019-2024 and 2025/2026",
    "1 200 000 people and 530 000 000 roubles",
    "€ 1.234.567,89 or $12 345 678",
    "the budget grew to 12 345 678 900 roubles",
    "ISBN 0-306-40615-2, ISBN 978-5-17-118366-7",
    "Flight BA 1234 and a Boeing 737-800",
    "COVID-19, G7, RTX 3080, A4, 5G and Wi-Fi 6",
    "Scores: 3-2, 4:1, 110-98, 6-4 6-3 7-6",
    "Call 102, 103, 112 or 911",
    "горячая линия 8 800 555-35-35",
    "Numéro vert 0 800 123 456",
    "The protest on Main Street went on",
    "Людзі сабраліся на вуліцы Багдановіча",
    "митинг на проспекте Независимости",
    "manifestation rue de Rivoli",
    "betoging op de Kerkstraat",
    "De weg 12 jaar later",
    "Police closed 3 roads and 12 streets",
    "в 2020 году, 9 августа",
    "дом культуры, 5 этажей",
    "Article 23.34 and 342 of the code",
    "статья 19.11 и 411-2",
    "write to news@example.org",
    "coordinates 53.9006, 27.5590",
    "IP 192.168.100.200",
    "the id 123456789012 and №1234567890",
    "order 4111 1111 1111 1112",
    "10:00-12:30, 14:00-18:00",
    "1917-2017: one hundred years",
    "Ил-76, Су-35, С-400, МиГ-29",
    "the A-320 and the B-52",
    "100-200 people, 20-30 %",
    "3,14159265358979",
    "chapter 1.2.3.4.5.6.7.8",
    "20 mars 2024, 10 h 30",
    "population 9 350 000 in 2021",
    "the road of 1 million steps",
]


@pytest.mark.parametrize(("flag", "text"), POSITIVES)
def test_what_looks_like_a_persons_is_flagged(flag: Flag, text: str) -> None:
    assert flags(text) == {flag}


@pytest.mark.parametrize("text", NEGATIVES)
def test_what_only_looks_alike_is_not(text: str) -> None:
    assert find(text) == ()


def test_what_was_found_is_named_by_its_place() -> None:
    text = "Call +375 29 123-45-67 or write to @somebody_1990."
    assert [(one.flag, text[one.start : one.end]) for one in find(text)] == [
        (PHONE, "+375 29 123-45-67"),
        (HANDLE, "@somebody_1990"),
    ]


def test_accounts_of_the_medium_itself_are_its_own_to_tell() -> None:
    text = "Read us: t.me/the_courier_live, @TheCourier"
    assert flags(text, own={"thecourier"}) == frozenset()
    assert flags(text, own={"other"}) == {HANDLE}


@settings(max_examples=60)
@given(st.text(alphabet="0123456789 +-()/.@ABул.кв,\n", max_size=80))
def test_places_lie_in_the_text_in_order(text: str) -> None:
    found = find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert list(found) == sorted(found, key=lambda one: one.start)


@pytest.mark.shared
@pytest.mark.skipif(shared_feeds() is None, reason="needs the folder of real documents")
async def test_few_real_items_are_flagged(parser: Parser) -> None:
    folder = shared_feeds()
    assert folder is not None
    met = flagged = 0
    for path in sorted((folder / "documents").iterdir()):
        if path.suffix in (".xml", ".json"):
            document = await parser.parse(path.read_bytes(), address="https://feeds.example.org/")
            found = [bool(flags(f"{e.title}\n{e.summary}")) for e in document.entries]
            met, flagged = met + len(found), flagged + sum(found)
    assert met == 1844
    assert 0 < flagged <= met // 100
