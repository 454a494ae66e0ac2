"""Whatever an item says, its feed is well-formed, and says the same when it is read back."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as Tree

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.views.message import Message, Text, units
from bot.views.outlets import body
from feeds.outlet import Outlet, OutletItem, json_feed, page, rss

NOW = datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def outlet(item: OutletItem) -> Outlet:
    """A feed of one item."""
    base = "https://example.org"
    return Outlet(item.title, item.title, "en", base, f"{base}/x.xml", f"{base}/x.json", (item,))


@settings(max_examples=100)
@given(title=ANY, content=ANY, topic=ANY)
def test_any_text_makes_a_well_formed_feed(title: str, content: str, topic: str) -> None:
    made = outlet(OutletItem("A7K2-Q9ZX", title, content, NOW, NOW, medium=title, topics=(topic,)))
    item = Tree.fromstring(rss(made)).find("channel/item")
    assert item is not None
    assert item.findtext("guid") == "A7K2-Q9ZX"
    (again,) = json.loads(json_feed(made))["items"]
    assert (again["title"], again["content_html"]) == (title, content)
    assert page(title, content, [("English", [made])]).startswith(b"<!DOCTYPE html>")


STYLES = ("bold", "code", "add", "line", "link")


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(STYLES), ANY), max_size=8))
def test_a_message_becomes_html_with_no_element_but_ours(parts: list[tuple[str, str]]) -> None:
    text = Text()
    for style, said in parts:
        if style == "link":
            text.link(said, "https://example.org/?a=1&b=2")
        else:
            getattr(text, style)(said)
    made = body(text.message(), "")
    # As XML it has to be balanced; what readers see of it is what was said.
    cleaned = "".join(c for c in made if c.isprintable() or c == "\n")
    seen = "".join(Tree.fromstring(f"<p>{cleaned.replace('<br>', '<br/>')}</p>").itertext())
    wanted = "".join(c for c in text.text if c.isprintable() or c == "\n")
    assert seen.split() == wanted.replace("\u2060", "").split()


def test_a_first_line_that_repeats_the_title_is_left_out() -> None:
    message = Text().bold("Water is back").gap().line().add("Since four.").message()
    assert body(message, "Water is back") == "Since four."
    assert body(message, "Other").startswith("<strong>Water")


def test_elements_may_lie_in_each_other_and_beyond_the_basic_plane() -> None:
    inner = Text("🔔 ").bold("bell").add(" rings")
    quote = Message(inner.text, inner.spans)
    spans = (*quote.spans, *Text().code(quote.text).spans)
    assert units("🔔") == 2
    made = body(Message(quote.text, spans), "")
    assert made == "<code>🔔 </code><code><strong>bell</strong></code><code> rings</code>"


def test_a_link_to_anything_but_the_web_is_text() -> None:
    message = Text().link("tap", "javascript:alert(1)").message()
    assert body(message, "") == "tap"
