"""News that may move people to act is recognised in every language; the rest is not."""

import pytest

from feeds.impact import Impact, impacts
from feeds.parse import Parser
from tests.feeds.documents import shared_feeds

CASES = [
    ("en", "Two people were killed at the crossing", Impact.CASUALTIES),
    ("en", "Journalists detained after the march", Impact.ARRESTS),
    ("en", "The president signed into law the new rules", Impact.LAW),
    ("en", "Unions announce a general strike for Monday", Impact.GATHERING),
    ("en", "Internet shutdown in three regions", Impact.OUTAGE),
    ("ru", "При взрыве погибли двое рабочих", Impact.CASUALTIES),
    ("ru", "Журналистку арестовали на 15 суток", Impact.ARRESTS),
    ("ru", "Президент подписал закон о связи", Impact.LAW),
    ("ru", "На площади начался митинг", Impact.GATHERING),
    ("ru", "В городе отключили интернет", Impact.OUTAGE),
    ("be", "Загінулі двое рабочых", Impact.CASUALTIES),
    ("be", "Журналістку арыштавалі на 15 сутак", Impact.ARRESTS),
    ("be", "Прыняты новы закон аб сувязі: новы закон", Impact.LAW),
    ("be", "Рабочыя абвясцілі страйк", Impact.GATHERING),
    ("be", "У горадзе адключылі інтэрнэт", Impact.OUTAGE),
    ("uk", "Загинули двоє робітників", Impact.CASUALTIES),
    ("uk", "Журналістку затримали", Impact.ARRESTS),
    ("uk", "Рада: новий закон набуває чинності", Impact.LAW),
    ("uk", "На площі мітинг", Impact.GATHERING),
    ("uk", "Місто без світла", Impact.OUTAGE),
    ("fr", "Deux morts dans l'incendie", Impact.CASUALTIES),
    ("fr", "Trois militants en garde à vue", Impact.ARRESTS),
    ("fr", "Le projet de loi est voté", Impact.LAW),
    ("fr", "Un rassemblement devant la mairie", Impact.GATHERING),
    ("fr", "Coupure de courant dans le quartier", Impact.OUTAGE),
    ("nl", "Twee doden bij brand", Impact.CASUALTIES),
    ("nl", "Drie activisten opgepakt", Impact.ARRESTS),
    ("nl", "Noodtoestand uitgeroepen", Impact.LAW),
    ("nl", "Betoging op zaterdag", Impact.GATHERING),
    ("nl", "Stroomstoring in het centrum", Impact.OUTAGE),
]
ROUTINE = [
    ("en", "The library opens again after repairs; a lawyer and a lawn"),
    ("en", "A mortgage is a loan"),
    ("ru", "Открылась выставка местных художников"),
    ("ru", "Указатель на дороге обновили"),
    ("be", "Адкрылася выстава мясцовых мастакоў"),
    ("uk", "Відкрилася виставка місцевих художників"),
    ("fr", "La bibliothèque rouvre ses portes"),
    ("fr", "L'arrêt de bus est déplacé"),
    ("nl", "De bibliotheek gaat weer open"),
    ("nl", "Het weer blijft zacht"),
]


@pytest.mark.parametrize(("language", "text", "kind"), CASES)
def test_each_kind_is_recognised(language: str, text: str, kind: Impact) -> None:
    assert kind in impacts(text, language)
    assert kind in impacts(text.title(), language)
    assert kind in impacts(text)


@pytest.mark.parametrize(("language", "text"), ROUTINE)
def test_routine_news_is_routine(language: str, text: str) -> None:
    assert impacts(text, language) == frozenset()


def test_a_wrong_declaration_hides_nothing_in_cyrillic() -> None:
    assert impacts("Журналістку затрымалі", "en") == {Impact.ARRESTS}
    assert impacts("Журналистку задержали", "be") == {Impact.ARRESTS}


@pytest.mark.shared
@pytest.mark.skipif(shared_feeds() is None, reason="needs the folder of real documents")
async def test_real_news_is_not_all_of_high_impact(parser: Parser) -> None:
    folder = shared_feeds()
    assert folder is not None
    met = high = 0
    for name in ("tutby-all-ru.xml", "moscow-times.xml", "leparisien-une.xml", "lemonde-une.xml"):
        document = await parser.parse((folder / "documents" / name).read_bytes())
        told = [impacts(f"{e.title} {e.summary}", e.language or "") for e in document.entries]
        met, high = met + len(told), high + sum(map(bool, told))
    assert met == 198
    assert met // 20 < high < met // 2
