"""Sealing: what is stored tells nothing without the key, and opens only where it belongs."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.privacy import TelegramId
from storage.crypto import KeyProblem, Keyring, Unsealable, create_key, load_key

KEYS = Keyring(bytes(range(32)))
OTHER = Keyring(bytes(range(1, 33)))
identities = st.integers(min_value=-(10**15), max_value=10**15).map(TelegramId)


@given(identities)
def test_an_id_comes_back_beside_its_own_tag_only(identity: TelegramId) -> None:
    sealed, tag = KEYS.seal_id(identity), KEYS.tag(identity)
    assert KEYS.open_id(sealed, tag=tag) == identity
    with pytest.raises(Unsealable):
        KEYS.open_id(sealed, tag=KEYS.tag(TelegramId(identity.reveal() + 1)))


@given(identities)
def test_tags_are_equal_for_one_installation_and_differ_between_two(identity: TelegramId) -> None:
    assert KEYS.tag(identity) == Keyring(bytes(range(32))).tag(identity)
    assert KEYS.tag(identity) != OTHER.tag(identity)
    assert len(KEYS.tag(identity)) == 16


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_a_sealed_value_opens_with_its_key_and_place_alone(value: bytes, aad: bytes) -> None:
    sealed = KEYS.seal(value, aad=aad)
    assert KEYS.open(sealed, aad=aad) == value
    for keys, place in ((OTHER, aad), (KEYS, aad + b"x")):
        with pytest.raises(Unsealable):
            keys.open(sealed, aad=place)


@given(st.binary(min_size=1, max_size=50), st.integers(min_value=0))
def test_a_changed_byte_is_noticed(value: bytes, where: int) -> None:
    sealed = bytearray(KEYS.seal(value, aad=b""))
    sealed[where % len(sealed)] ^= 1
    with pytest.raises(Unsealable):
        KEYS.open(bytes(sealed), aad=b"")


def test_sealing_twice_never_gives_the_same_bytes() -> None:
    assert KEYS.seal(b"x", aad=b"") != KEYS.seal(b"x", aad=b"")


def test_purposes_do_not_mix() -> None:
    assert KEYS.digest("a", b"bc") != KEYS.digest("ab", b"c")
    assert KEYS.digest("a", b"x") != KEYS.code(b"x")


def test_a_keyring_never_prints_itself() -> None:
    assert repr(KEYS) == "Keyring(…)"


def test_a_new_key_file_is_private_and_works(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    made = create_key(path)
    assert load_key(path).fingerprint == made.fingerprint
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = create_key(path)
    with pytest.raises(FileExistsError):
        create_key(path)
    assert load_key(path).fingerprint == made.fingerprint


@pytest.mark.parametrize("content", [b"", b"nonsense", b"00" * 31, b"\xff\xfe\x3a\x04"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyProblem):
        load_key(path)


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="put the file back"):
        load_key(tmp_path / "key")


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX notion")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    create_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyProblem, match="chmod 600"):
        load_key(path)
