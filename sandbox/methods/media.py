"""Photos, documents, videos, audio, animations and albums."""

from sandbox import access, posting
from sandbox.calls import Call, Upload
from sandbox.errors import bad
from sandbox.files import MAX_DOWNLOAD, File
from sandbox.methods.registry import method
from sandbox.methods.sending import caption_of, reply_of, send, thread_of
from sandbox.types import Json
from sandbox.web import is_address
from sandbox.world import World

KINDS = ("photo", "document", "video", "audio", "animation")
IN_ALBUMS = ("photo", "video", "audio", "document")
PLAYED = ("video", "audio", "animation")
ALONE_IN_ALBUMS = ("audio", "document")


def _described(given: Call) -> Json:
    """Return what the sender says of a recording; nobody looks into it here."""
    told: Json = {n: given.integer(n) for n in ("duration", "width", "height") if given.has(n)}
    return told | {n: given.text(n) for n in ("performer", "title") if given.has(n)}


def media_of(world: World, call: Call, given: Call, kind: str, value: object) -> object:
    """Return the Bot API object of an upload, an `attach://` name, a known file id or an address.

    `given` describes it: the call itself, or the item of an album in the form of one.
    """
    upload: Upload | None = value if isinstance(value, Upload) else None
    text = "" if upload else str(value or "")
    if text.startswith("attach://"):
        upload = call.uploads.get(text.removeprefix("attach://"))
        if upload is None:
            raise bad("there is no file in the request")
    if upload is not None:
        file = world.files.keep(
            upload.content, kind=kind, name=upload.name, mime_type=_type(kind, upload)
        )
    else:
        file = _known(world, kind, text)
    media = file.media() | (_described(given) if kind in PLAYED else {})
    return [media] if kind == "photo" else media


def _type(kind: str, upload: Upload) -> str | None:
    return None if kind == "photo" else upload.mime_type


def _known(world: World, kind: str, text: str) -> File:
    if not text:
        raise bad(f"there is no {kind} in the request")
    if is_address(text):
        if kind != "photo":
            raise bad("failed to get HTTP URL content")
        return world.web.photo(text, world.files)
    file = world.files.by_id.get(text)
    if file is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise bad(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return file


def _content(world: World, call: Call, kind: str) -> Json:
    value = call.uploads.get(kind) or call.raw.get(kind)
    content: Json = {kind: media_of(world, call, call, kind, value), **caption_of(call)}
    if kind == "animation":
        # Old clients look for a document beside it.
        shape = ("width", "height", "duration")
        content["document"] = {k: v for k, v in content["animation"].items() if k not in shape}
    if call.flag("has_spoiler"):
        content["has_media_spoiler"] = True
    return content


def _sender(kind: str) -> None:
    @method(f"send{kind.title()}", cost=1)
    def send_media(world: World, call: Call) -> Json:
        """Send one medium with a caption."""
        access.writable(world, call, kind)
        return posting.seen(world, send(world, call, kind, _content(world, call, kind)))


for _kind in KINDS:
    _sender(_kind)


@method("sendMediaGroup", cost=lambda call: max(1, len(call.items("media"))))
def send_media_group(world: World, call: Call) -> list[Json]:
    """Send an album of 2 to 10 items; all of them or none."""
    items = [item for item in call.items("media") if isinstance(item, dict)]
    if not 2 <= len(items) <= 10:
        raise bad("wrong number of messages in the album: it must include 2-10 items")
    kinds = {str(item.get("type")) for item in items}
    if not kinds <= set(IN_ALBUMS) or (len(kinds) > 1 and kinds & set(ALONE_IN_ALBUMS)):
        raise bad("these types of media can't be mixed in an album")
    chat = access.writable(world, call, str(items[0]["type"]))
    reply, thread = reply_of(call, chat), thread_of(world, call, chat)
    contents = [_item(world, call, item) for item in items]
    album = world.unique()
    sent = [
        posting.post(
            world,
            chat,
            world.bot_id,
            content | {"media_group_id": album},
            reply_to=reply,
            thread=thread,
            silent=call.flag("disable_notification"),
            protected=call.flag("protect_content"),
        )
        for content in contents
    ]
    return [posting.seen(world, message) for message in sent]


def _item(world: World, call: Call, item: Json) -> Json:
    kind = str(item["type"])
    return described_content(world, call, kind, item)


def described_content(world: World, call: Call, kind: str, item: Json) -> Json:
    """Return the content of an `InputMedia`."""
    media = media_of(world, call, Call(call.method, item), kind, item.get("media"))
    content: Json = {kind: media, **caption_of(item)}
    if item.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return content


@method("getFile")
def get_file(world: World, call: Call) -> Json:
    """Return where the bytes of a file are served."""
    file = world.files.by_id.get(call.text("file_id"))
    if file is None:
        raise bad("invalid file_id")
    if len(file.content) > MAX_DOWNLOAD:
        raise bad("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.content),
        "file_path": file.path,
    }
