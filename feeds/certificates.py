"""Whose certificate a host showed, noted while the connection is made: no request more."""

import hashlib
import ssl
from collections import OrderedDict
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Name, ObjectIdentifier, load_der_x509_certificate
from cryptography.x509.oid import NameOID

MOST_HOSTS = 20_000
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Certificate:
    """Who issued it (the organisation, else the common name), and SHA-256 of its public key."""

    issuer: str
    key: bytes


class Witness:
    """Remembers the last certificate of each host. Its ``context`` makes the connections."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._seen: OrderedDict[str, Certificate] = OrderedDict()
        self.context = context or ssl.create_default_context()
        self.context.sslobject_class = _noting(self)

    def of(self, host: str) -> Certificate | None:
        """What a host showed last; ``None`` where nothing is encrypted."""
        return self._seen.get(host)

    def note(self, host: str, encoded: bytes) -> None:
        """A handshake was completed with this certificate (DER)."""
        self._seen[host] = _read(encoded)
        self._seen.move_to_end(host)
        if len(self._seen) > MOST_HOSTS:
            self._seen.popitem(last=False)


def _noting(witness: Witness) -> type[ssl.SSLObject]:
    class Noting(ssl.SSLObject):
        def do_handshake(self) -> None:
            """Whoever gets past this line has shown a certificate that is trusted."""
            super().do_handshake()
            shown = self.getpeercert(binary_form=True)
            if shown and self.server_hostname:
                witness.note(self.server_hostname.lower(), shown)

    return Noting


def _read(encoded: bytes) -> Certificate:
    found = load_der_x509_certificate(encoded)
    public = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    issuer = _named(found.issuer, NameOID.ORGANIZATION_NAME) or _named(
        found.issuer, NameOID.COMMON_NAME
    )
    return Certificate(issuer[:LONGEST_NAME], hashlib.sha256(public).digest())


def _named(name: Name, what: ObjectIdentifier) -> str:
    return next((str(one.value) for one in name.get_attributes_for_oid(what)), "")
