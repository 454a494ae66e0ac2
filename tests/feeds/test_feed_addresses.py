"""No spelling, name or redirect leads the fetcher into a network that is not public."""

import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from feeds.addresses import Guard, refused_network
from feeds.failures import BadAddress, FeedRefused, PrivateAddress
from feeds.fetch import Fetcher
from tests.feeds.server import FeedServer

_IPV4 = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1
127.0.0.2 127.1.1.1 127.255.255.255 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1
172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1
192.168.0.1 192.168.1.1 192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7
203.0.113.9 224.0.0.1 224.0.0.251 239.255.255.250 240.0.0.1 250.1.2.3 255.255.255.254
255.255.255.255
"""
_IPV6 = """
:: ::1 ::2 ::127.0.0.1 ::10.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:8.8.8.8 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::127.0.0.1 64:ff9b::8.8.8.8
64:ff9b:1::1 100::1 100:0:0:1::1 2001::1 2001:0:53aa:64c::1 2001:2::1 2001:10::1 2001:20::1
2001:db8::1 2001:db8:ffff::1 2002::1 2002:7f00:1::1 2002:0a00:1::1 2002:a9fe:a9fe::1
2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 8000::1 fc00::1 fd00::1 fd12:3456:789a::1
fe80::1 fe80::a00:27ff:fe4e:66a1 fec0::1 ff00::1 ff02::1 ff02::fb ff05::1:3 ff0e::1
0:0:0:0:0:0:0:1 0000:0000:0000:0000:0000:0000:0000:0001 ::ffff:7f00:1 ::ffff:a9fe:a9fe
"""
FORBIDDEN_IPV4 = _IPV4.split()
FORBIDDEN_IPV6 = _IPV6.split()
ODD_SPELLINGS = [
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://127.0.0.0x1/",
    "http://3232235777/",
    "http://0xA9FEA9FE/",
    "http://2852039166/",
    "http://169.254.43518/",
    "http://10.1/",
    "http://10.0x1/",
    "http://127.0.0.1./",
    "http://127.0.0.1.:80/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://①②⑦.0.0.1/",
    "http://127.0.0.1:443/",
    "https://127.0.0.1/rss",
    "https://[::1]:443/",
    "http://[::ffff:127.0.0.1]:80/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://feeds.localhost/",
    "http://printer.local/",
    "http://router.lan/",
    "http://metadata.google.internal/",
    "http://nas.home.arpa/",
    "http://intranet/",
    "http://wiki/",
    "http://localhost.localdomain/",
    "http://ｌｏｃａｌｈｏｓｔ/",
    "http://example.org@127.0.0.1/",
    "http://user:pass@example.org/",
    "http://user@example.org/",
    "http://example.org:80@127.0.0.1/",
    "http://example.org\\@127.0.0.1/",
    "http://127.0.0.1\\.example.org/",
    "http://127.0.0.1%00.example.org/",
    "http://example.org%2f@127.0.0.1/",
    "http://exam ple.org/",
    "http://example.org\t/",
    "http://example.org\r\nHost:127.0.0.1/",
    "http://example.org:22/",
    "http://example.org:25/",
    "http://example.org:8080/",
    "http://example.org:6379/",
    "http://example.org:0/",
    "http://example.org:65536/",
    "http://example.org:-1/",
    "http:///rss",
    "http://",
    "http:example.org",
    "http://./",
    "http://../",
    "http://a..example.org/",
    "http://-/",
    "http://[::1",
    "http://[]/",
    "http://[127.0.0.1]/",
    "ftp://example.org/rss",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "data:text/xml,<rss/>",
    "ws://example.org/",
    "tg://resolve?domain=x",
    "unix:///var/run/docker.sock",
    "feed:file:///etc/passwd",
    "feed:http://127.0.0.1/",
    "",
    "   ",
    "https://example.org/" + "a" * 3000,
]
LITERALS = [f"http://{ip}/feed" for ip in FORBIDDEN_IPV4]
LITERALS += [f"http://[{ip}]/feed" for ip in FORBIDDEN_IPV6]
ALLOWED_ADDRESSES = [
    "https://journal.example/rss/all",
    "journal.example/rss/all",
    "feed:https://journal.example/rss",
    "feed://journal.example/rss",
    "HTTPS://JOURNAL.EXAMPLE/rss",
    "https://journal.example:443/rss?x=1#top",
    "http://xn--e1afmkfd.xn--p1ai/feed",
    "http://пример.рф/лента",
    "http://8.8.8.8/feed",
    "http://[2606:4700:4700::1111]/feed",
    "https://news.journal.example./rss.xml",
    "https://feeds.example.co.uk/a%20b.xml",
]
ALLOWED_IPS = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"),
    *("172.15.255.255", "172.32.0.0", "192.0.1.1", "223.255.255.255", "198.20.0.0"),
    *("2001:200::1", "2606:4700::1111", "2a00:1450::1", "2003::1", "3ffe::1"),
]


class Zone(AbstractResolver):
    """Answers names from a table; each entry is the answers of one query after the other."""

    def __init__(self, **names: list[list[str]]) -> None:
        self._names = {name.replace("_", "."): answers for name, answers in names.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = self._names[host]
        ips = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_answer(host, ip, port) for ip in ips]

    async def close(self) -> None:
        """Nothing is open."""


def _answer(host: str, ip: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return ResolveResult(
        hostname=host, host=ip, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )


async def _refused(fetcher: Fetcher, address: str) -> bool:
    try:
        await fetcher.fetch(address)
    except (BadAddress, PrivateAddress):
        return True
    except FeedRefused:
        return False
    return False


async def test_no_spelling_of_a_forbidden_address_is_dialled(dials: list[tuple[str, int]]) -> None:
    cases = [*LITERALS, *ODD_SPELLINGS]
    async with Fetcher(user_agent="test") as fetcher:
        let_through = [case for case in cases if not await _refused(fetcher, case)]
    assert len(cases) >= 150
    assert let_through == []
    assert dials == []


async def test_no_name_leads_to_a_forbidden_address(dials: list[tuple[str, int]]) -> None:
    ips = [*FORBIDDEN_IPV4, *FORBIDDEN_IPV6]
    zone = Zone(a_example=[[ip] for ip in ips])
    async with Fetcher(user_agent="test", resolver=zone) as fetcher:
        let_through = [ip for ip in ips if not await _refused(fetcher, "https://a.example/feed")]
    assert let_through == []
    assert dials == []


@pytest.mark.parametrize("answers", [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"]])
async def test_one_forbidden_answer_spoils_all(
    dials: list[tuple[str, int]], answers: list[str]
) -> None:
    async with Fetcher(user_agent="test", resolver=Zone(a_example=[answers])) as fetcher:
        assert await _refused(fetcher, "https://a.example/feed")
    assert dials == []


async def test_a_name_that_changes_its_answer_is_vetted_again(dials: list[tuple[str, int]]) -> None:
    zone = Zone(a_example=[["8.8.8.8"], ["127.0.0.1"]])
    async with Fetcher(user_agent="test", resolver=zone) as fetcher:
        assert not await _refused(fetcher, "https://a.example/feed")
        assert await _refused(fetcher, "https://a.example/feed")
    assert dials == [("8.8.8.8", 443)]


async def test_the_socket_itself_refuses_what_the_resolver_let_pass() -> None:
    guard = Guard()
    for ip in [*FORBIDDEN_IPV4, *FORBIDDEN_IPV6]:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        with pytest.raises(PrivateAddress):
            guard.open_socket((family, socket.SOCK_STREAM, 0, "", (ip, 443)))
    with pytest.raises(PrivateAddress):
        guard.open_socket((socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("2a00::1", 443, 0, 3)))


async def test_no_redirect_leads_to_a_forbidden_address(
    dials: list[tuple[str, int]], server: FeedServer
) -> None:
    targets = [*LITERALS, *(c for c in ODD_SPELLINGS if c.startswith("http") and c.isprintable())]
    # What a URL parser takes for a path stays on the server, which then redirects in a circle.
    targets = [t for t in targets if t.isascii() and "://" in t and "\\" not in t]
    targets = [t for t in targets if not t.startswith("http:///") and t != "http://"]
    targets += [t.replace("http:", scheme) for t in LITERALS for scheme in ("", "https:")]
    server_only = ("127.0.0.1", server.port)
    let_through = []
    async with Fetcher(user_agent="test", allow=server.allow) as fetcher:
        for target in targets:
            address = server.serve("/", status="302 Found", Location=target)
            if not await _refused(fetcher, address):
                let_through.append(target)
    assert len(targets) >= 300
    assert let_through == []
    assert set(dials) == {server_only}


async def test_no_redirect_to_a_name_leads_to_a_forbidden_address(
    dials: list[tuple[str, int]], server: FeedServer
) -> None:
    address = server.serve("/", status="308 Moved", Location="https://a.example/feed")
    ips = [*FORBIDDEN_IPV4, *FORBIDDEN_IPV6]
    zone = Zone(a_example=[[ip] for ip in ips])
    async with Fetcher(user_agent="test", allow=server.allow, resolver=zone) as fetcher:
        let_through = [ip for ip in ips if not await _refused(fetcher, address)]
    assert let_through == []
    assert set(dials) == {("127.0.0.1", server.port)}


async def test_another_port_of_an_allowed_host_stays_forbidden(
    dials: list[tuple[str, int]], server: FeedServer
) -> None:
    address = server.serve("/", status="301 Moved", Location=f"http://127.0.0.1:{server.port + 1}/")
    async with Fetcher(user_agent="test", allow=server.allow) as fetcher:
        assert await _refused(fetcher, address)
    assert set(dials) == {("127.0.0.1", server.port)}


@pytest.mark.parametrize("text", ALLOWED_ADDRESSES)
def test_public_addresses_are_taken_as_typed(text: str) -> None:
    address = Guard().parse(text)
    assert address.url.startswith(("http://", "https://"))
    assert address.port in (80, 443)
    assert Guard().parse(address.url) == address


@pytest.mark.parametrize("ip", ALLOWED_IPS)
def test_public_networks_beside_forbidden_ones_are_dialled(ip: str) -> None:
    assert not refused_network(ipaddress.ip_address(ip))


async def test_public_names_are_dialled(dials: list[tuple[str, int]]) -> None:
    zone = Zone(a_example=[[ip] for ip in ALLOWED_IPS])
    async with Fetcher(user_agent="test", resolver=zone) as fetcher:
        for _ in ALLOWED_IPS:
            assert not await _refused(fetcher, "https://a.example/feed")
    assert dials == [(ip, 443) for ip in ALLOWED_IPS]


def test_an_address_has_one_spelling() -> None:
    guard = Guard()
    spelled = {guard.parse(t).url for t in ("HTTPS://Пример.РФ/a#b", "пример.рф./a")}
    assert spelled == {"https://xn--e1afmkfd.xn--p1ai/a"}


async def test_a_network_and_a_name_can_be_allowed(server: FeedServer) -> None:
    server.serve("/", b"<rss/>")
    zone = Zone(localhost=[["127.0.0.1"]])
    for allow in (("127.0.0.0/8",), (f"localhost:{server.port}",)):
        async with Fetcher(user_agent="test", allow=allow, resolver=zone) as fetcher:
            host = "127.0.0.1" if "/" in allow[0] else "localhost"
            fetched = await fetcher.fetch(f"http://{host}:{server.port}/")
            assert fetched.validators.body_hash
