"""The web as Telegram's servers see it: addresses and what lies there, all of it invented here."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sandbox.errors import ApiError, Refused, bad
from sandbox.files import File, Files, sample_photo

MAX_FETCHED = 5 * 1024 * 1024
"""Bytes of a photo that Telegram takes from an address (Bot API, "Sending files")."""


def is_address(text: str) -> bool:
    """Whether a file is given by its address."""
    return text.startswith(("http://", "https://"))


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


@dataclass(slots=True)
class Web:
    """Nothing is ever fetched: an address leads to what was put there, or nowhere."""

    pages: dict[str, bytes] = field(default_factory=dict)
    fetched: dict[str, File] = field(default_factory=dict)

    def put(self, url: str, content: bytes | None = None) -> int:
        """Put something at an address, a small picture unless told otherwise; return its size."""
        if not is_address(url) or not _has_host(url):
            raise Refused("url must be an http or https address")
        self.pages[url] = sample_photo() if content is None else content
        self.fetched.pop(url, None)
        return len(self.pages[url])

    def photo(self, url: str, files: Files) -> File:
        """Return the photo at an address, kept like an upload, or refuse as Telegram does."""
        if url in self.fetched:
            return self.fetched[url]
        if not _has_host(url):
            raise bad("wrong HTTP URL specified")
        if url not in self.pages:
            raise bad("failed to get HTTP URL content")
        if len(self.pages[url]) > MAX_FETCHED:
            raise bad("wrong file identifier/HTTP URL specified")
        try:
            self.fetched[url] = files.keep(self.pages[url], kind="photo")
        except ApiError as error:
            raise bad("wrong type of the web page content") from error
        return self.fetched[url]
