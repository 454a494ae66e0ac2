"""A server that answers as told, to see what the transport and the map of errors make of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from telegram.ext import ExtBot

from bot.delivery.transport import Transport

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@dataclass(slots=True)
class Answers:
    """``status`` and ``body`` of the next answers; ``trouble`` is what happens instead.

    "drop" cuts the connection, "slow" never answers.
    """

    status: int = 200
    body: Any = field(default_factory=lambda: {"ok": True, "result": True})
    trouble: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        self.asked.append((request.path.split("/")[-1], await self._parameters(request)))
        if self.trouble == "drop" and request.transport is not None:
            request.transport.abort()
        if self.trouble == "slow":
            await asyncio.Event().wait()
        if isinstance(self.body, bytes):
            return web.Response(status=self.status, body=self.body)
        return web.json_response(self.body, status=self.status)

    async def _parameters(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            return dict(await request.json())
        found: dict[str, Any] = {}
        if request.content_type == "multipart/form-data":
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    self.files[value.filename] = value.file.read()
                else:
                    found[name] = value
        return found

    def refuse(self, status: int, description: str, **parameters: int) -> None:
        """Answer with an error as the Bot API words it."""
        self.status = status
        self.body = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@asynccontextmanager
async def answering(*, timeout: float = 20.0) -> AsyncIterator[tuple[Answers, ExtBot[None]]]:
    """The server and a bot that talks to it through the real transport.

    ``timeout``: seconds it waits for an answer; a short one is for answers that never come.
    """
    answers = Answers()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answers.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    answers.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    transport = Transport(timeout=timeout)
    bot: ExtBot[None] = ExtBot(
        TOKEN, base_url=f"{answers.url}/bot", request=transport, get_updates_request=transport
    )
    try:
        yield answers, bot
    finally:
        await transport.shutdown()
        await runner.cleanup()
