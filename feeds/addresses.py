"""The guard: which feed addresses may be typed, and which network addresses may be dialled.

Typed text is checked for shape only; what counts is ``Guard.vet`` at the moment of dialling: a name
may resolve to anything, and to something else the next time.
"""

import ipaddress
import re
import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from yarl import URL

from feeds.failures import BadAddress, PrivateAddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_ADDRESS = 2000
PORTS = frozenset({80, 443})

# Written out instead of `is_global`, whose table lags behind IANA's and differs by Python version.
REFUSED_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# Global unicast only; what is carved out of it tunnels elsewhere or is set aside for examples.
ACCEPTED_IPV6 = ipaddress.IPv6Network("2000::/3")
REFUSED_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
# RFC 6761, 6762, 8375 and what routers and clouds call themselves: never a publisher's domain.
INNER_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain")

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(?=//|[A-Za-z])")
_HOST_FIRST = re.compile(r"^[^\s/:?#@]+\.[^\s/:?#@]+(?::\d+)?(?:[/?#]|$)")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]*|\d+)")


class Wrong(StrEnum):
    """What is wrong with a typed address; the values are the ``reason`` of ``BadAddress``."""

    EMPTY = "empty"
    LENGTH = "length"
    CHARACTERS = "characters"
    SCHEME = "scheme"
    USERINFO = "userinfo"
    HOST = "host"
    PORT = "port"


@dataclass(frozen=True, slots=True)
class Address:
    """A feed's address in one spelling: punycode host in lower case, no fragment, no userinfo."""

    url: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port, as the guard's exceptions are written."""
        return f"{self.host}:{self.port}"


def refused_network(ip: IPAddress) -> bool:
    """Say whether an address lies outside the public internet."""
    if isinstance(ip, ipaddress.IPv4Address):
        return any(ip in network for network in REFUSED_IPV4)
    scoped = ip.scope_id is not None
    return scoped or ip not in ACCEPTED_IPV6 or any(ip in network for network in REFUSED_IPV6)


class Guard:
    """Decides what may be dialled. ``allow`` names exceptions, ``ports`` those that feeds live at.

    An exception is ``host:port`` (``127.0.0.1:8081``, ``[::1]:8081``, ``localhost:8081``) or a
    network (``10.8.0.0/16``: any port of it).
    """

    def __init__(self, allow: Iterable[str] = (), *, ports: Collection[int] = PORTS) -> None:
        self._ports = frozenset(ports)
        self._networks: list[IPNetwork] = []
        self._authorities: set[str] = set()
        self._dialled_names: set[tuple[str, int]] = set()
        for exception in allow:
            if "/" in exception:
                self._networks.append(ipaddress.ip_network(exception))
            else:
                self._authorities.add(exception.lower())

    def parse(self, text: str) -> Address:
        """Read what a person typed or a server sent; raise ``BadAddress`` or ``PrivateAddress``."""
        url = _url(text)
        host = _host(url)
        port = url.port or 0
        url = url if url.raw_host == host else url.with_host(host)
        address = Address(url=str(url.with_fragment(None)), host=host, port=port)
        ip = literal(host)
        allowed = self._names(address) or (ip is not None and self._covers(ip, port))
        if not allowed and port not in self._ports:
            raise BadAddress(reason=Wrong.PORT)
        if allowed:
            return address
        if ip is not None and refused_network(ip):
            raise PrivateAddress
        if ip is None:
            _check_name(host)
        return address

    def vet(self, ip_text: str, port: int) -> None:
        """Refuse an address about to be dialled unless it is public or an exception."""
        ip = _ip(ip_text)
        if self._covers(ip, port) or (str(ip), port) in self._dialled_names:
            return
        if port not in self._ports or refused_network(ip):
            raise PrivateAddress

    def vet_answers(self, host: str, port: int, answers: Iterable[str]) -> None:
        """Refuse a name if any of its ``answers`` is refused: a mixed answer is an attack."""
        if f"{host.lower()}:{port}" in self._authorities:
            self._dialled_names.update((str(_ip(ip)), port) for ip in answers)
            return
        for ip in answers:
            self.vet(ip, port)

    def open_socket(
        self, info: tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
    ) -> socket.socket:
        """Make the socket for one dial; the last place where an address can be refused."""
        family, kind, protocol, _, target = info
        if len(target) == 4 and target[3]:
            raise PrivateAddress
        self.vet(target[0], target[1])
        return socket.socket(family, kind, protocol)

    def _names(self, address: Address) -> bool:
        return address.authority in self._authorities

    def _covers(self, ip: IPAddress, port: int) -> bool:
        bracketed = f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"
        return bracketed in self._authorities or any(ip in net for net in self._networks)


def _url(text: str) -> URL:
    text = text.strip()
    if not text:
        raise BadAddress(reason=Wrong.EMPTY)
    if len(text) > LONGEST_ADDRESS:
        raise BadAddress(reason=Wrong.LENGTH)
    if "\\" in text or any(not c.isprintable() or c.isspace() for c in text):
        raise BadAddress(reason=Wrong.CHARACTERS)
    try:
        url = URL(_with_scheme(text))
        _ = url.port, url.raw_host
    except ValueError:
        raise BadAddress(reason=Wrong.HOST) from None
    if url.scheme not in ("http", "https"):
        raise BadAddress(reason=Wrong.SCHEME)
    if url.user is not None or url.password is not None or "@" in (url.raw_authority or ""):
        raise BadAddress(reason=Wrong.USERINFO)
    return url


def _with_scheme(text: str) -> str:
    """People paste ``example.org/rss`` and ``feed:https://…``; both mean https."""
    if text[:5].lower() == "feed:":
        rest = text[5:]
        text = rest if _SCHEME.match(rest) else "https:" + rest
    if not _SCHEME.match(text) or _HOST_FIRST.match(text):
        return "https://" + text
    return text


def _host(url: URL) -> str:
    host = (url.raw_host or "").lower().rstrip(".")
    if not host or "%" in host:
        raise BadAddress(reason=Wrong.HOST)
    return host


def _check_name(host: str) -> None:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress(reason=Wrong.HOST)
    # getaddrinfo reads 0x7f.1, 017700000001 and 2130706433 as addresses; no public name ends so.
    if _NUMBER.fullmatch(labels[-1]):
        raise PrivateAddress
    if len(labels) == 1 or any(host == n or host.endswith("." + n) for n in INNER_NAMES):
        raise PrivateAddress


def literal(host: str) -> IPAddress | None:
    """The address that ``host`` spells in the usual way, or None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ip(text: str) -> IPAddress:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise PrivateAddress from None
