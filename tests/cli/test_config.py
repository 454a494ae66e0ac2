"""Five mistakes are five messages; secrets come from files and the environment."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import BadConfig, Config, all_keys, check, example_toml, load
from bot.config.sections import Language
from bot.config.typed import Problem, show
from bot.i18n import LANGUAGES
from tests.cli.conftest import TOKEN, Shell

ROOT = Path(__file__).parents[2]
TOKEN_LINE = f'[telegram]\ntoken = "{TOKEN}"\n'


def problems(path: Path, **environ: str) -> dict[str, Problem]:
    """What is wrong, by key (or by source where no key is known)."""
    with pytest.raises(BadConfig) as refused:
        load(path, environ)
    return {problem.key or problem.source: problem for problem in refused.value.problems}


def test_every_mistake_is_reported_at_once_with_the_nearest_valid_key(shell: Shell) -> None:
    path = shell.write(
        """
        [telegrm]
        token = "x"
        [telegram]
        tokn = "x"
        poll_timeout = 99
        [bot]
        default_language = "xx"
        place = ["minsk"]
        [feeds]
        interval_floor = "5"
        """
    )
    found = problems(path)
    assert set(found) == {
        "telegrm",
        "telegram.tokn",
        "telegram.token",
        "telegram.poll_timeout",
        "bot.default_language",
        "bot.place",
        "feeds.interval_floor",
    }
    assert found["telegrm"].hint == "Did you mean telegram?"
    assert found["telegram.tokn"].hint == "Did you mean token?"
    assert str(found["telegram.poll_timeout"]) == (
        f"{path}: telegram.poll_timeout: expected a whole number from 0 to 50, got 99"
    )
    assert found["bot.place"].hint == "Did you mean places?"


def test_the_environment_overrides_the_file(shell: Shell) -> None:
    path = shell.write(TOKEN_LINE + "[delivery]\nrate_per_second = 3\n")
    overrides = {
        "TOCSIN_DELIVERY__RATE_PER_SECOND": "7",
        "TOCSIN_BOT__PLACES": "minsk, brussels",
        "TOCSIN_DELIVERY__ALLOW_PAID_BROADCAST": "true",
        "TOCSIN_SOMETHING": "of somebody else",
    }
    config = load(path, overrides)
    assert config.delivery.rate_per_second == 7
    assert config.delivery.allow_paid_broadcast is True
    assert [place.stem for place in config.place_files] == ["minsk", "brussels"]


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    config = load(tmp_path / "config.toml", {"TOCSIN_TELEGRAM__TOKEN": TOKEN})
    assert config.telegram.token == TOKEN


def test_a_misspelt_variable_is_a_mistake(shell: Shell) -> None:
    found = problems(shell.write(TOKEN_LINE), TOCSIN_TELEGRAM__TOKN="x")
    assert found["TOCSIN_TELEGRAM__TOKN"].hint == "Did you mean TOCSIN_TELEGRAM__TOKEN?"


def test_a_secret_may_lie_in_a_file_beside(shell: Shell) -> None:
    (shell.folder / "token").write_text(TOKEN + "\n")
    config = load(shell.write('[telegram]\ntoken_file = "token"\n'), {})
    assert config.telegram.token == TOKEN


def test_a_token_in_the_environment_beats_a_token_file(shell: Shell) -> None:
    path = shell.write('[telegram]\ntoken_file = "not-there"\n')
    assert load(path, {"TOCSIN_TELEGRAM__TOKEN": TOKEN}).telegram.token == TOKEN


def test_a_token_and_a_token_file_contradict_each_other(shell: Shell) -> None:
    (shell.folder / "token").write_text(TOKEN)
    path = shell.write(TOKEN_LINE + 'token_file = "token"\n')
    assert problems(path)["telegram.token_file"].expected == "either token or token_file"


def test_a_missing_secret_file_is_named(shell: Shell) -> None:
    path = shell.write('[telegram]\ntoken_file = "gone"\n')
    found = problems(path)
    assert set(found) == {"telegram.token_file"}
    assert str(shell.folder / "gone") in found["telegram.token_file"].got


def test_a_secret_is_never_shown(shell: Shell) -> None:
    secrets = {
        "TOCSIN_TELEGRAM__TOKEN": "not-a-token-but-secret",
        "TOCSIN_STORAGE__URL": "mysql://me:hunter2@host/db",
    }
    found = problems(shell.write(""), **secrets)
    assert set(found) == {"telegram.token", "storage.url"}
    said = "\n".join(map(str, found.values()))
    assert "hunter2" not in said
    assert "secret" not in said
    config = load(shell.write(TOKEN_LINE), {})
    assert TOKEN not in repr(config)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[delivery]\nrate_per_second = 31", "delivery.rate_per_second"),
        ("[feeds]\ninterval_floor = 900\ninterval_ceiling = 600", "feeds.interval_floor"),
        ("[feeds]\ninterval_urgent = 600", "feeds.interval_urgent"),
        ("[feeds]\nports = []", "feeds.ports"),
        ("[feeds]\nports = [80, 70000]", "feeds.ports"),
        ('[feeds]\nproxy = "127.0.0.1:9050"', "feeds.proxy"),
        ('[feeds]\nproxy = "ftp://127.0.0.1:21"', "feeds.proxy"),
        ('[feeds]\nproxy = "http://127.0.0.1"', "feeds.proxy"),
        ('[feeds]\nproxy = "http://127.0.0.1:port"', "feeds.proxy"),
        ('[feeds]\nallow = ["10.0.0.1"]', "feeds.allow"),
        ('[feeds]\nallow = ["10.0.0.1/8"]', "feeds.allow"),
        ('[bot]\ndefault_language = "xx"', "bot.default_language"),
        ('[bot]\nplaces = ["atlantis"]', "bot.places"),
        ('[storage]\nurl = "mysql://x"', "storage.url"),
    ],
)
def test_values_must_fit_each_other(shell: Shell, text: str, key: str) -> None:
    assert list(problems(shell.write(f"{TOKEN_LINE}{text}"))) == [key]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('folder = "feeds"', "publish.address"),
        ('folder = "feeds"\naddress = "nonsense"', "publish.address"),
        ('folder = "."\naddress = "https://x.example"', "publish.folder"),
        ('folder = "data"\naddress = "https://x.example"', "publish.folder"),
    ],
)
def test_feeds_need_an_address_and_a_folder_of_their_own(shell: Shell, text: str, key: str) -> None:
    assert list(problems(shell.write(f"{TOKEN_LINE}[publish]\n{text}"))) == [key]


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://bots.example", True),
        ("http://127.0.0.1:8081", True),
        ("http://telegram-bot-api:8081", True),
        ("http://bots.example", False),
        ("ftp://bots.example", False),
        ("nonsense", False),
    ],
)
def test_the_token_never_travels_in_clear(shell: Shell, url: str, fine: bool) -> None:
    path = shell.write(TOKEN_LINE + f'api_url = "{url}"\n')
    if fine:
        assert load(path, {}).telegram.file_url == f"{url}/file"
    else:
        assert list(problems(path)) == ["telegram.api_url"]


def test_more_than_free_needs_consent_or_a_server_of_ones_own(shell: Shell) -> None:
    fast = "[delivery]\nrate_per_second = 500\n"
    path = shell.write(TOKEN_LINE + fast + "allow_paid_broadcast = true\n")
    assert load(path, {}).delivery.rate_per_second == 500
    path = shell.write(TOKEN_LINE + 'api_url = "http://localhost:1"\n' + fast)
    assert load(path, {}).delivery.rate_per_second == 500


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[telegram", b"telegram = 3", b'telegram = "secret"']
)
def test_a_file_that_is_no_configuration_is_one_clear_problem(shell: Shell, content: bytes) -> None:
    path = shell.folder / "config.toml"
    path.write_bytes(content)
    with pytest.raises(BadConfig) as refused:
        load(path, {"TOCSIN_TELEGRAM__TOKEN": TOKEN})
    assert len(refused.value.problems) == 1
    assert "secret" not in str(refused.value)


def test_a_folder_in_place_of_a_file_is_said_to_be_so(tmp_path: Path) -> None:
    assert "directory" in problems(tmp_path)[str(tmp_path)].got


def test_paths_are_relative_to_the_file(shell: Shell) -> None:
    config = load(shell.write(TOKEN_LINE), {})
    assert config.storage.data_dir == shell.folder / "data"
    assert config.storage.key_file == shell.folder / "secret.key"
    assert config.storage.url == f"sqlite+aiosqlite:///{shell.folder / 'data' / 'tocsin.db'}"
    assert [path.stem for path in config.place_files] == ["brussels", "minsk"]


def test_the_key_lies_outside_the_data_folder_by_default() -> None:
    plain = Config()
    assert plain.storage.data_dir not in plain.storage.key_file.parents


def test_the_example_is_the_defaults(shell: Shell) -> None:
    example = shell.write(example_toml())
    with_token = load(example, {"TOCSIN_TELEGRAM__TOKEN": TOKEN})
    assert with_token == check({"telegram.token": TOKEN}, example)


def test_the_example_explains_every_key() -> None:
    text = example_toml()
    for key in all_keys():
        assert key.meta.description, key.path
        assert f"\n# {key.name} = " in text
        assert key.shown_default in text


def test_the_example_stays_valid_when_every_key_is_switched_on(shell: Shell) -> None:
    lines = [
        line.removeprefix("# ") if line.startswith("# ") and " = " in line else line
        for line in example_toml({"telegram.token": TOKEN}).splitlines()
    ]
    assert load(shell.write("\n".join(lines)), {}).telegram.token == TOKEN


def test_the_example_and_the_reference_in_the_repository_are_the_printed_ones() -> None:
    from bot.config import reference

    assert (ROOT / "config.example.toml").read_text("utf-8") == example_toml()
    assert (ROOT / "docs" / "configuration.md").read_text("utf-8") == reference()


def test_every_shipped_language_can_be_the_default() -> None:
    assert set(get_args(Language)) == set(LANGUAGES)


@given(st.text(max_size=200))
def test_what_is_shown_of_a_secret_is_its_length(secret: str) -> None:
    assert show(secret, secret=True) in {f"{len(secret)} characters", "nothing"}
