"""A request of the Bot API becomes a call: query, JSON, form or multipart."""

import json

from aiohttp import BodyPartReader, web

from sandbox.calls import Call, Upload
from sandbox.errors import ApiError, bad
from sandbox.types import Json


async def read_call(request: web.Request, method: str) -> Call:
    """Return the call with everything that the request carries."""
    raw: Json = dict(request.query)
    uploads: dict[str, Upload] = {}
    try:
        await _fill(request, raw, uploads)
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, "Request Entity Too Large") from error
    except UnicodeDecodeError as error:
        raise bad("strings must be encoded in UTF-8") from error
    return Call(method, raw, uploads)


async def _fill(request: web.Request, raw: Json, uploads: dict[str, Upload]) -> None:
    if request.content_type == "application/json":
        raw |= await _json(request)
    elif request.content_type == "application/x-www-form-urlencoded":
        raw |= {name: str(value) for name, value in (await request.post()).items()}
    elif request.content_type == "multipart/form-data":
        await _multipart(request, raw, uploads)


async def _json(request: web.Request) -> Json:
    body = await request.read()
    try:
        parsed = json.loads(body) if body else {}
    except ValueError as error:
        raise bad("can't parse request JSON object") from error
    if not isinstance(parsed, dict):
        raise bad("can't parse request JSON object")
    return {name: value for name, value in parsed.items() if value is not None}


async def _multipart(request: web.Request, raw: Json, uploads: dict[str, Upload]) -> None:
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        content = bytes(await part.read(decode=True))
        if part.filename is None:
            raw[part.name] = content.decode()
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(content, part.filename, kind)
