"""getMe, getUpdates and the webhook."""

import re
from collections.abc import Awaitable

import telegram.constants

from sandbox.calls import Call
from sandbox.errors import WEBHOOK_ACTIVE, ApiError, bad
from sandbox.methods.registry import method
from sandbox.strings import address
from sandbox.types import Json
from sandbox.updates import Webhook
from sandbox.world import World

KINDS = frozenset(kind.value for kind in telegram.constants.UpdateType)


@method("getMe")
def get_me(world: World, _: Call) -> Json:
    """Return the bot's account."""
    return world.bot_user(me=True)


@method("logOut")
@method("close")
def leave_server(_world: World, _call: Call) -> bool:
    """Accept what only matters when moving between servers."""
    return True


def _remember_allowed(world: World, call: Call) -> None:
    if "allowed_updates" in call.raw and call.nested("allowed_updates") is not None:
        world.updates.allowed = [k for k in map(str, call.items("allowed_updates")) if k in KINDS]
    elif call.raw.get("allowed_updates") in ("[]", []):
        world.updates.allowed = []


@method("getUpdates")
def get_updates(world: World, call: Call) -> Awaitable[list[Json]]:
    """Wait for updates; only without a webhook, and for one poller."""
    if world.updates.webhook is not None:
        raise ApiError(*WEBHOOK_ACTIVE)
    _remember_allowed(world, call)
    limit = call.integer("limit", 100)
    return world.updates.poll(
        offset=call.integer("offset"),
        limit=limit if 1 <= limit <= 100 else 100,
        timeout=max(0, call.integer("timeout")),
    )


@method("setWebhook")
def set_webhook(world: World, call: Call) -> bool:
    """Post updates to an address from now on; plain http is accepted on loopback."""
    url = call.text("url")
    if not url:
        world.updates.webhook = None
        return True
    _check_address(url)
    secret = call.text("secret_token")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    _remember_allowed(world, call)
    if call.flag("drop_pending_updates"):
        world.updates.queue.clear()
    world.updates.webhook = Webhook(url, secret, call.integer("max_connections", 40))
    world.updates.arrived.set()
    return True


def _check_address(url: str) -> None:
    parts = address(url)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not loopback:
        raise bad("bad webhook: the sandbox delivers to loopback addresses only")
    if parts.scheme not in ("http", "https"):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")


@method("deleteWebhook")
def delete_webhook(world: World, call: Call) -> bool:
    """Go back to polling."""
    if call.flag("drop_pending_updates"):
        world.updates.queue.clear()
    world.updates.webhook = None
    return True


@method("getWebhookInfo")
def get_webhook_info(world: World, _: Call) -> Json:
    """Return the address and how deliveries went."""
    hook = world.updates.webhook
    info: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.queue),
    }
    if hook:
        info |= {"max_connections": hook.max_connections, "ip_address": "127.0.0.1"}
        if hook.error:
            info |= dict(zip(("last_error_date", "last_error_message"), hook.error, strict=True))
    if world.updates.allowed:
        info["allowed_updates"] = world.updates.allowed
    return info
