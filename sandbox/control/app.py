"""The control API over HTTP: routes, refusals, events, and who may call."""

import asyncio
import contextlib
import inspect
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from sandbox import deeds
from sandbox.ask import Ask
from sandbox.control import addresses, feeds, levers, look, make  # noqa: F401 - they fill the table
from sandbox.control.registry import TABLE
from sandbox.deeds import registry
from sandbox.errors import ApiError, Refused
from sandbox.types import Json
from sandbox.world import World

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEARTBEAT = 15.0


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes under /control."""
    table = [web.route(verb, path, _handler(world, run)) for verb, path, run in TABLE]
    for name, run in deeds.everything().items():
        path = f"/control/people/{{person}}/{name}"
        table.append(web.post(path, _handler(world, registry.alive(run))))
    return [
        *table,
        web.get("/control/events", _events(world)),
        web.get("/control/files/{file_id}", _file(world)),
        web.route("*", "/control{rest:.*}", _nothing),
    ]


async def _nothing(_: web.Request) -> web.Response:
    return web.json_response({"error": "there is nothing here"}, status=404)


def _handler(
    world: World, run: Callable[[Ask], Json | Awaitable[Json]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            ask = Ask(world, dict(request.match_info), dict(request.query), await _body(request))
            answer = run(ask)
            if inspect.isawaitable(answer):
                answer = await answer
        except Refused as error:
            return web.json_response({"error": error.text}, status=error.status)
        except ApiError as error:
            return web.json_response({"error": error.description}, status=400)
        return web.json_response(answer)

    return handle


@web.middleware
async def own_pages_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Keep pages from elsewhere from acting here through the reader's browser."""
    host = urlsplit(f"http://{request.host}").hostname
    origin = request.headers.get("Origin")
    foreign = host not in LOOPBACK or (origin and origin != f"http://{request.host}")
    if foreign and request.path.startswith("/control"):
        text = "only pages and programs of this machine"
        return web.json_response({"error": text}, status=403)
    return await handler(request)


async def _body(request: web.Request) -> Json:
    raw = await request.read()
    if not raw:
        return {}
    try:
        parsed = json.loads(raw)
    except ValueError as error:
        raise Refused("the body is not JSON") from error
    if not isinstance(parsed, dict):
        raise Refused("the body must be an object")
    return parsed


def _events(world: World) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        with world.events.listening() as queue, contextlib.suppress(ConnectionError):
            await _write(response, {"kind": "hello", "now": world.clock.now()})
            while not world.closing.is_set():
                try:
                    await _write(response, await asyncio.wait_for(queue.get(), HEARTBEAT))
                except TimeoutError:
                    await response.write(b": still here\n\n")
        return response

    return stream


async def _write(response: web.StreamResponse, notice: Json) -> None:
    text = json.dumps(notice, ensure_ascii=False)
    await response.write(f"event: change\ndata: {text}\n\n".encode())


def _file(world: World) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        file = world.files.by_id.get(request.match_info["file_id"])
        if file is None:
            return web.json_response({"error": "there is no such file"}, status=404)
        return web.Response(body=file.content, content_type=file.mime_type)

    return serve
