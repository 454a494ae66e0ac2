"""What the bot says about itself: commands, name, descriptions, rights, menu button."""

import re

from sandbox import access, rights
from sandbox.calls import Call
from sandbox.errors import bad
from sandbox.methods.registry import method
from sandbox.types import Json
from sandbox.world import World

MAX_COMMANDS = 100
MAX_COMMAND_TEXT = 256
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def _language(call: Call) -> str:
    code = call.text("language_code")
    if code and not LANGUAGE.fullmatch(code):
        raise bad("invalid language code specified")
    return code


def _key(world: World, call: Call) -> tuple[tuple[str, int, int, str], Json]:
    scope = call.obj("scope") or {"type": "default"}
    kind = str(scope.get("type"))
    if kind not in SCOPES:
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    chat_id = user_id = 0
    if "chat_id" in SCOPES[kind]:
        chat_id = access.present(world, Call(call.method, scope)).id
    if "user_id" in SCOPES[kind]:
        user_id = Call(call.method, scope).integer("user_id")
    return (kind, chat_id, user_id, _language(call)), scope


def _command(raw: object) -> Json:
    if not isinstance(raw, dict):
        raise bad("can't parse BotCommand: expected an Object")
    name = str(raw.get("command", "")).removeprefix("/")
    text = str(raw.get("description", "")).strip()
    if not COMMAND.fullmatch(name):
        raise bad("BOT_COMMAND_INVALID")
    if not text:
        raise bad("command description must be non-empty")
    if len(text) > MAX_COMMAND_TEXT:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": text}


@method("setMyCommands")
def set_commands(world: World, call: Call) -> bool:
    """Set the commands of one scope and language."""
    key, scope = _key(world, call)
    commands = [_command(raw) for raw in call.items("commands")]
    if len(commands) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    world.profile.commands[key] = (scope, commands)
    world.events.tell("bot")
    return True


@method("getMyCommands")
def get_commands(world: World, call: Call) -> list[Json]:
    """Return the commands of exactly this scope and language."""
    return world.profile.commands.get(_key(world, call)[0], ({}, []))[1]


@method("deleteMyCommands")
def delete_commands(world: World, call: Call) -> bool:
    """Remove the commands of one scope and language."""
    world.profile.commands.pop(_key(world, call)[0], None)
    world.events.tell("bot")
    return True


def _texts(name: str, field: str, most: int) -> None:
    """Register setter and getter of a text that differs by language."""
    parameter = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()

    @method(f"setMy{name}")
    def set_text(world: World, call: Call) -> bool:
        """Set or remove the text for a language."""
        text, texts = call.text(parameter), getattr(world.profile, field)
        if len(text) > most:
            raise bad(f"{parameter.replace('_', ' ')} is too long")
        texts[_language(call)] = text
        if not text:
            del texts[_language(call)]
        world.events.tell("bot")
        return True

    @method(f"getMy{name}")
    def get_text(world: World, call: Call) -> Json:
        """Return the text for a language, or the one for everybody else."""
        texts: dict[str, str] = getattr(world.profile, field)
        default = world.profile.name if field == "names" else ""
        return {parameter: texts.get(_language(call)) or texts.get("") or default}


_texts("Name", "names", 64)
_texts("Description", "descriptions", 512)
_texts("ShortDescription", "short_descriptions", 120)


def _where(call: Call) -> str:
    return "channels" if call.flag("for_channels") else "groups"


@method("setMyDefaultAdministratorRights")
def set_default_rights(world: World, call: Call) -> bool:
    """Set the rights that clients propose when the bot is made an administrator."""
    world.profile.rights[_where(call)] = _rights(call, call.obj("rights") or {})
    world.events.tell("bot")
    return True


@method("getMyDefaultAdministratorRights")
def get_default_rights(world: World, call: Call) -> Json:
    """Return the proposed rights."""
    return world.profile.rights.get(_where(call)) or _rights(call, {})


def _rights(call: Call, given: Json) -> Json:
    return rights.full("channel" if call.flag("for_channels") else "supergroup", given)


@method("setChatMenuButton")
def set_menu_button(world: World, call: Call) -> bool:
    """Set the menu button of one private chat, or of all."""
    button = call.obj("menu_button") or {"type": "default"}
    if button.get("type") not in ("commands", "web_app", "default"):
        raise bad("can't parse MenuButton: Unsupported type specified")
    chat_id = access.present(world, call).id if call.has("chat_id") else 0
    world.profile.menu_buttons[chat_id] = button
    world.events.tell("bot")
    return True


@method("getChatMenuButton")
def get_menu_button(world: World, call: Call) -> Json:
    """Return the menu button of one private chat, or of all."""
    buttons = world.profile.menu_buttons
    return buttons.get(call.integer("chat_id")) or buttons.get(0) or {"type": "default"}
