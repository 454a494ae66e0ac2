"""The Bot API over HTTP: token, faults, names, rates, method, answer, log."""

import asyncio
import inspect
import json
import re
import time

from aiohttp import web

from sandbox import access, errors, members, validate
from sandbox.calls import Call, Entry
from sandbox.errors import ApiError, bad
from sandbox.faults import Fault
from sandbox.methods import everything
from sandbox.methods.registry import Method
from sandbox.reading import read_call
from sandbox.types import Json
from sandbox.world import World

TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{30,64}")


class Dropped(Exception):
    """The connection ends without an answer."""


class Api:
    """The HTTP face of a world's bot."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.methods = everything()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of calls and of files."""
        return [
            web.route("*", r"/bot{token:[^/]*}/{method}", self.call),
            web.get(r"/file/bot{token:[^/]*}/{path:.+}", self.file),
        ]

    def _check_token(self, token: str) -> None:
        if not TOKEN.fullmatch(token):
            raise ApiError(*errors.NO_METHOD)
        if token != self.world.token:
            raise ApiError(*errors.UNAUTHORIZED)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Serve an uploaded file under the path that getFile gave."""
        try:
            self._check_token(request.match_info["token"])
        except ApiError as error:
            return _answer(error.status, error.body())
        file = self.world.files.by_path.get(request.match_info["path"])
        if file is None:
            return _answer(404, ApiError(404, "Not Found").body())
        return web.Response(body=file.content, content_type=file.mime_type)

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; the log is written whatever happens."""
        name = request.match_info["method"]
        try:
            self._check_token(request.match_info["token"])
            call = await read_call(request, name)
        except ApiError as error:
            return _answer(error.status, error.body())
        entry = self.world.calls.begin(time=self.world.clock.now(), call=call)
        started = time.monotonic()
        try:
            status, body = await self._status(call, entry)
        except Dropped:
            entry.description = "no answer"
            _hang_up(request)
            status, body = 0, {}
        else:
            if request.transport is None or request.transport.is_closing():
                # It heard nothing, whatever was decided: a 409 here would accuse nobody.
                entry.description, status = "the client went away", 0
        entry.status, entry.seconds = status, round(time.monotonic() - started, 4)
        self.world.calls.end(entry)
        self.world.events.tell("call", method=entry.method, status=status)
        return _answer(status or 502, body)

    async def _status(self, call: Call, entry: Entry) -> tuple[int, Json]:
        try:
            result = await self._run(call, entry)
        except ApiError as error:
            entry.description = error.description
            return error.status, error.body()
        if isinstance(result, dict) and "message_id" in result:
            entry.result_id = result["message_id"]
        return 200, {"ok": True, "result": result}

    async def _run(self, call: Call, entry: Entry) -> object:
        method = self.methods.get(call.method.lower())
        if method is None:
            raise ApiError(*errors.NO_METHOD)
        call.method = entry.method = method.name
        fault = self._fault(call, entry)
        if fault is not None:
            await self._before(fault, call)
        _check_names(method, call)
        self._check_rate(method, call, entry)
        result = method.run(self.world, call)
        if inspect.isawaitable(result):
            result = await result
        if method.name == "getUpdates" and isinstance(result, list):
            result = self._spoil(result)
        if fault is not None:
            await self._after(fault)
        return result

    def _fault(self, call: Call, entry: Entry) -> Fault | None:
        text = call.text("text") or call.text("caption")
        fault = self.world.faults.hit(
            "error",
            "drop",
            "reset",
            "slow",
            "migrate",
            "revoked",
            method=call.method,
            chat_id=_chat_id(self.world, call),
            text=text,
        )
        if fault is not None:
            entry.fault = fault.id
            self.world.events.tell("fault")
        return fault

    async def _before(self, fault: Fault, call: Call) -> None:
        if fault.effect == "reset":
            raise Dropped
        if fault.effect == "migrate":
            chat = access.lookup(self.world, call.raw.get("chat_id", ""))
            if chat is not None and chat.type == "group" and chat.migrated_to is None:
                members.migrate(self.world, chat)
        if fault.when == "after":
            return
        if fault.effect == "slow":
            await asyncio.sleep(fault.seconds)
        if fault.effect in ("error", "revoked"):
            raise self._refusal(fault, call)

    def _refusal(self, fault: Fault, call: Call) -> ApiError:
        error = fault.error()
        if error.status == 429 and error.parameters:
            until = self.world.clock.now() + float(error.parameters.get("retry_after", 0))
            chat_id = _chat_id(self.world, call) if fault.chat_id is not None else None
            self.world.rates.close(chat_id, until=until)
        return error

    async def _after(self, fault: Fault) -> None:
        if fault.effect == "drop":
            raise Dropped
        if fault.when == "after" and fault.effect == "slow":
            await asyncio.sleep(fault.seconds)
        if fault.when == "after" and fault.effect == "error":
            raise fault.error()

    def _check_rate(self, method: Method, call: Call, entry: Entry) -> None:
        cost = method.cost(call)
        chat = access.lookup(self.world, call.raw.get("chat_id", ""))
        if not cost or chat is None:
            return
        now, rates = self.world.clock.now(), self.world.rates
        if left := rates.inside(chat.id, now):
            entry.in_retry_window = True
            raise rates.refuse_again(left)
        private = chat.type == "private"
        paid = call.flag("allow_paid_broadcast")
        refusal = rates.admit(chat.id, private=private, now=now, cost=cost, paid=paid)
        if refusal is not None:
            self.world.events.tell("rates")
            raise refusal

    def _spoil(self, updates: list[Json]) -> list[Json]:
        faults = self.world.faults
        spoilt = list[Json]()
        for update in updates:
            sent = malformed(update) if faults.hit_update("malformed_update", update) else update
            spoilt.append(sent)
            if faults.hit_update("duplicate_update", update):
                spoilt.append(sent)
        return spoilt


def malformed(update: Json) -> Json:
    """Return an update that no parser accepts, under the same id."""
    return {"update_id": update["update_id"], "message": {"message_id": "?", "date": None}}


def _chat_id(world: World, call: Call) -> int | None:
    chat = access.lookup(world, call.raw.get("chat_id", ""))
    return chat.id if chat else None


def _check_names(method: Method, call: Call) -> None:
    given = set(call.raw) | {name for name in call.uploads if not _attached(call, name)}
    if unknown := given - validate.parameters(method.name):
        names = ", ".join(f'"{name}"' for name in sorted(unknown))
        raise bad(f"unknown parameter {names}")
    if strange := sorted(name for name in validate.UNMODELLED & given if call.has(name)):
        raise bad(f'parameter "{strange[0]}" is not modelled by the sandbox')


def _attached(call: Call, name: str) -> bool:
    return any(f"attach://{name}" in str(value) for value in call.raw.values())


def _answer(status: int, body: Json) -> web.Response:
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/json",
    )


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
