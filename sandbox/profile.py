"""What the bot has set about itself: names, descriptions, commands, rights, menu."""

from dataclasses import dataclass, field

from sandbox.types import Json


@dataclass(slots=True)
class Profile:
    """Texts by language ("" for everybody else); commands by scope and language."""

    name: str
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[str, int, int, str], tuple[Json, list[Json]]] = field(default_factory=dict)
    rights: dict[str, Json] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)

    def commands_for(self, chat_id: int, *, language: str | None, admin: bool) -> list[Json]:
        """Return the commands that a person sees in a chat, in Telegram's order of scopes."""
        private = chat_id > 0
        wide = "all_private_chats" if private else "all_group_chats"
        scopes = [("chat", chat_id), (wide, 0), ("default", 0)]
        if admin and not private:
            scopes[:0] = [("chat_administrators", chat_id)]
            scopes[2:2] = [("all_chat_administrators", 0)]
        for kind, where in scopes:
            for code in (language or "", ""):
                if found := self.commands.get((kind, where, 0, code)):
                    return found[1]
        return []

    def json(self) -> Json:
        """Return the control API's view."""
        return {
            "commands": [
                {"scope": scope, "language_code": key[3], "commands": commands}
                for key, (scope, commands) in self.commands.items()
            ],
            "names": self.names,
            "descriptions": self.descriptions,
            "short_descriptions": self.short_descriptions,
            "default_rights": self.rights,
            "menu_buttons": {str(chat): button for chat, button in self.menu_buttons.items()},
        }
