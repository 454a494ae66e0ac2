"""A protester's way: a poster, the settings, leaving, being forgotten."""

from tests.journeys.conftest import Town


async def test_from_a_poster_to_being_forgotten(town: Town) -> None:
    vera = await town.street.person("Vera", "ru", username="vera", id=7203114501)
    text = await vera.start("d_kastr")
    print(text, await vera.labels())
    print(await vera.press("Подписаться"))
