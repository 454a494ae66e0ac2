"""Every refusal of the Bot API, in Telegram's words, and the one of the control API."""

from sandbox.types import Json


class ApiError(Exception):
    """A refused call: the HTTP status is the error code."""

    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> Json:
        """Return the JSON answer."""
        body: Json = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


class Refused(Exception):
    """The control API's no: a sentence for whoever is testing."""

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def bad(text: str) -> ApiError:
    """400 with the usual prefix."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """403 with the usual prefix."""
    return ApiError(403, f"Forbidden: {text}")


def cant_parse(text: str) -> ApiError:
    """400 of the entity parsers."""
    return bad(f"can't parse entities: {text}")


def too_many(seconds: int) -> ApiError:
    """429 with the wait that every client must honour."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def migrated(to: int) -> ApiError:
    """The group's id is gone; the parameter is what clients act on."""
    return ApiError(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": to},
    )


def kicked(kind: str) -> ApiError:
    """Somebody removed the bot."""
    return forbidden(f"bot was kicked from the {kind} chat")


def not_a_member(kind: str) -> ApiError:
    """The bot left, or never was there."""
    return forbidden(f"bot is not a member of the {kind} chat")


UNAUTHORIZED = (401, "Unauthorized")
NO_METHOD = (404, "Not Found: method not found")
SECOND_POLLER = (
    409,
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
)
WEBHOOK_ACTIVE = (
    409,
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first",
)
BLOCKED = "bot was blocked by the user"
DEACTIVATED = "user is deactivated"
CANT_INITIATE = "bot can't initiate conversation with a user"
GROUP_DELETED = "the group chat was deleted"
CHAT_NOT_FOUND = "chat not found"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
CANT_DELETE = "message can't be deleted"
NEED_ADMIN_IN_CHANNEL = "need administrator rights in the channel chat"

USUAL = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found: method not found",
    409: "Conflict: terminated by other getUpdates request",
    429: "Too Many Requests: retry after 1",
    500: "Internal Server Error: restart",
    502: "Bad Gateway",
}
