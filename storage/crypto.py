"""Sealing: a tag looks an id up, a cipher recovers it, and the keys lie outside the database."""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.domain.privacy import TelegramId

KEY_BYTES = 32
TAG_BYTES = 16
NONCE_BYTES = 12


class KeyProblem(Exception):
    """The key file is missing, malformed, readable by others, or not the database's own."""


class Unsealable(Exception):
    """A sealed value does not open with this key: another key file, or a damaged row."""


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"tocsin/{purpose}".encode()).derive(master)


class Keyring:
    """The keys derived from one 32-byte master key (HKDF-SHA256).

    In a row: ``tag = HMAC(K_tag, id)[:16]``,
    ``sealed = nonce || ChaCha20-Poly1305(K_enc, value, aad)``.
    """

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise KeyProblem(f"a master key has {KEY_BYTES} bytes, this one has {len(master)}")
        self._tag = _derive(master, "tag")
        self._cipher = ChaCha20Poly1305(_derive(master, "seal"))
        self._code = _derive(master, "code")
        self.fingerprint = sha256(_derive(master, "fingerprint")).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Keyring(…)"

    def tag(self, identity: TelegramId) -> bytes:
        """16 bytes that stand for this id in every table of this installation."""
        value = str(identity.reveal()).encode()
        return hmac.digest(self._tag, value, "sha256")[:TAG_BYTES]

    def digest(self, purpose: str, value: bytes) -> bytes:
        """A keyed 32-byte digest for what is looked up but never recovered: one-time codes."""
        return hmac.digest(self._tag, purpose.encode() + b"\0" + value, "sha256")

    def code(self, value: bytes) -> bytes:
        """The keyed digest under public codes (32 bytes; the caller truncates)."""
        return hmac.digest(self._code, value, "sha256")

    def seal(self, value: bytes, *, aad: bytes) -> bytes:
        """Encrypt and authenticate; ``aad`` binds the value to its row and column."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, aad)

    def open(self, sealed: bytes, *, aad: bytes) -> bytes:
        """Decrypt, or raise ``Unsealable``."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
        except InvalidTag:
            raise Unsealable from None

    def seal_id(self, identity: TelegramId) -> bytes:
        """Seal an id so that it opens only beside its own tag."""
        return self.seal(str(identity.reveal()).encode(), aad=self.tag(identity))

    def open_id(self, sealed: bytes, *, tag: bytes) -> TelegramId:
        """Recover an id sealed by ``seal_id``."""
        return TelegramId(int(self.open(sealed, aad=tag)))


def create_key(path: Path) -> Keyring:
    """Write a new random key file with mode 0600; an existing one is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(secrets.token_hex(KEY_BYTES) + "\n")
        out.flush()
        os.fsync(out.fileno())
    return load_key(path)


def load_key(path: Path) -> Keyring:
    """Read a key file; raises ``KeyProblem`` with what is wrong and what to do."""
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        raise KeyProblem(
            f"the key file {path} is missing. Without it the stored chats cannot be read: put the "
            "file back from where you keep it. Only if it is lost for good, delete the database "
            "too and run `tocsin init` again; people must then subscribe again"
        ) from None
    except UnicodeDecodeError:
        raise KeyProblem(f"the key file {path} does not hold a key") from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeyProblem(f"the key file {path} can be read by others: run `chmod 600` on it")
    try:
        return Keyring(bytes.fromhex(text))
    except ValueError:
        raise KeyProblem(f"the key file {path} does not hold a key") from None
