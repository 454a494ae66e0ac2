"""No token, no id, no update in any log line, and no start when one comes through."""

import asyncio
import io
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select
from telegram import Chat, Message, Update, User

from bot import redaction
from bot.redaction import MASK, Leak, Redactor, describe, guard, prove, watch
from storage.db import Database

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """A root logger with one handler; everything is as before afterwards."""
    root, out = logging.getLogger(), io.StringIO()
    handlers, level, hooks = list(root.handlers), root.level, (sys.excepthook, threading.excepthook)
    tidying = sys.unraisablehook
    levels = {name: logging.getLogger(name).level for name in redaction.LOUD}
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    root.handlers, root.level = [handler], logging.DEBUG
    yield out
    root.handlers, root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    sys.unraisablehook = tidying
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_a_token_is_masked_wherever_it_stands(written: io.StringIO) -> None:
    guard([TOKEN])
    logging.getLogger("any").error("POST https://api.telegram.org/bot%s/getMe", TOKEN)
    logging.getLogger("any").error(f"and {TOKEN!r}")  # noqa: G004  # as libraries do it
    assert TOKEN not in written.getvalue()
    assert written.getvalue().count(MASK) == 2


def test_a_configured_secret_of_any_shape_is_masked(written: io.StringIO) -> None:
    guard(["correct horse"])
    logging.getLogger("any").error("the password is correct horse")
    assert "correct horse" not in written.getvalue()


@given(st.integers(min_value=100_000, max_value=10**15), st.booleans())
def test_no_id_survives(number: int, negative: bool) -> None:
    id = -number if negative else number
    for line in (
        f"{id}",
        f"chat={id}",
        f"/bot{id}/x",
        f"({id})",
        f"id:{id},",
        f"u{id}",
        f"chat.{id}",
    ):
        assert str(number) not in Redactor().clean(line)


@given(st.floats(min_value=1, max_value=180), st.booleans(), st.integers(4, 12))
def test_no_coordinate_survives(degrees: float, negative: bool, places: int) -> None:
    written = f"{-degrees if negative else degrees:.{places}f}"
    for line in (written, f"lat={written}", f"({written}, {written})", f"[{written},{written}]"):
        assert written.lstrip("-") not in Redactor().clean(line)


SECRETS = (TOKEN, TOKEN.replace(":", "%3A"), "8150011223344", "-1001234567890", "53.902284")


class Awkward:
    """An argument whose words are all that must not be written, or which has none."""

    def __init__(self, words: str | None) -> None:
        self.words = words

    def __repr__(self) -> str:
        if self.words is None:
            raise RuntimeError(" ".join(SECRETS))
        return self.words


awkward = st.builds(Awkward, st.sampled_from(SECRETS) | st.none())
numbers = st.sampled_from([8150011223344, -1001234567890, 53.902284])
leaves = awkward | numbers | st.sampled_from(SECRETS) | st.sampled_from(SECRETS).map(str.encode)
arguments = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(SECRETS), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=6,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(["bot.any", "telegram.ext", "asyncio", "sqlalchemy.pool", "alembic"]),
    pattern=st.sampled_from(["%s", "%r", "a %s and a %s", "nothing", "%d", "{}", SECRETS[0]]),
    args=st.lists(arguments, max_size=3),
    level=st.sampled_from([logging.DEBUG, logging.ERROR]),
    failing=st.booleans(),
)
def test_no_secret_survives_whatever_is_logged_and_however(
    written: io.StringIO, name: str, pattern: str, args: list[Any], level: int, failing: bool
) -> None:
    written.truncate(written.seek(0))
    redactor = guard([TOKEN])
    trouble = KeyError(*args) if failing else None
    logging.getLogger(name).log(level, pattern, *args, exc_info=trouble, stack_info=failing)
    out = written.getvalue()
    assert [secret for secret in SECRETS if secret.lstrip("-") in out] == []
    for handler in logging.getLogger().handlers:
        handler.removeFilter(redactor)


def test_an_exception_while_tidying_up_shows_no_values(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    guard()

    class Careless:
        def __del__(self) -> None:
            int("123456789 said")

    Careless()
    assert "uncaught while tidying up: ValueError" in written.getvalue()
    assert "said" not in written.getvalue() + capsys.readouterr().err


@given(st.integers(min_value=0, max_value=99_999))
def test_short_numbers_stay(number: int) -> None:
    assert Redactor().clean(f"{number} messages in 0.1234567 s") == (
        f"{number} messages in 0.1234567 s"
    )


def test_the_time_of_a_line_stays_readable(written: io.StringIO) -> None:
    guard()
    logging.getLogger("any").error("something")
    assert MASK not in written.getvalue()


def test_a_traceback_shows_places_but_no_values(written: io.StringIO) -> None:
    guard()
    try:
        int("a private text 123456789")
    except ValueError:
        logging.getLogger("any").exception("failed for %s", 123456789)
    out = written.getvalue()
    assert "ValueError" in out
    assert "test_redaction.py" in out
    assert "private text" not in out
    assert "123456789" not in out


def test_an_update_that_a_library_logs_is_masked_whole(written: io.StringIO) -> None:
    guard()
    user = User(123456789, "Vera", is_bot=False)
    when = datetime(2026, 11, 21, tzinfo=UTC)
    chat = Chat(123456789, "private", first_name="Vera")
    update = Update(7, message=Message(1, when, chat, from_user=user, text="secret plan"))
    logging.getLogger("telegram.ext.Application").critical("Error for update %s.", update)
    out = written.getvalue()
    assert "Error for update" in out
    assert "Vera" not in out
    assert "secret plan" not in out


def test_libraries_that_log_requests_are_quiet_below_warnings(written: io.StringIO) -> None:
    guard()
    for name in redaction.LOUD:
        logging.getLogger(name).info("GET something")
    assert written.getvalue() == ""


def test_the_start_fails_when_a_handler_lets_a_token_through(written: io.StringIO) -> None:
    redactor = guard()
    logging.getLogger().addHandler(logging.StreamHandler(io.StringIO()))
    with pytest.raises(Leak, match="StreamHandler"):
        prove(redactor)


def test_the_self_test_writes_nothing(written: io.StringIO) -> None:
    guard()
    assert written.getvalue() == ""


def test_an_uncaught_exception_shows_no_values(written: io.StringIO) -> None:
    guard()
    try:
        int("123456789 said")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "uncaught: ValueError" in written.getvalue()
    assert "said" not in written.getvalue()


def test_an_exception_in_a_thread_shows_no_values(written: io.StringIO) -> None:
    guard()
    thread = threading.Thread(target=int, args=("123456789 said",))
    thread.start()
    thread.join()
    assert "uncaught in a thread: ValueError" in written.getvalue()
    assert "said" not in written.getvalue()


async def test_an_exception_in_the_loop_shows_no_values(written: io.StringIO) -> None:
    guard()
    loop = asyncio.get_running_loop()
    watch(loop)
    loop.call_soon(int, "123456789 said")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    loop.set_exception_handler(None)
    assert "uncaught in the event loop: ValueError" in written.getvalue()
    assert "said" not in written.getvalue()


def test_a_description_names_causes_without_their_words() -> None:
    try:
        try:
            int("secret")
        except ValueError as error:
            raise RuntimeError("private") from error
    except RuntimeError as error:
        text = describe(error, deep=True)
    assert "RuntimeError" in text
    assert "caused by ValueError" in text
    assert "secret" not in text
    assert "private" not in text


async def test_what_is_stored_is_not_written_at_any_level(
    written: io.StringIO, sqlite: Database
) -> None:
    guard()
    async with sqlite.tx() as tx:
        await tx.execute(select(literal("a private text")))
    assert "a private text" not in written.getvalue()
