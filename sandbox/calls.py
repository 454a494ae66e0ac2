"""One call of the Bot API: its parameters with their types, and the log of all calls."""

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sandbox.errors import bad
from sandbox.strings import whole
from sandbox.types import Json

KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a multipart request."""

    content: bytes
    name: str
    mime_type: str


@dataclass(slots=True)
class Call:
    """Parameters as they came; the getters turn a form's strings into what was meant."""

    method: str
    raw: Json
    uploads: dict[str, Upload] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the parameter was given at all."""
        return self.raw.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """Return a string."""
        value = self.raw.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number."""
        value = self.raw.get(name)
        if value in (None, ""):
            return default
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise bad(f'parameter "{name}" must be an integer') from error

    def number(self, name: str, default: float | None = None) -> float:
        """Return a number with fractions; without a default it must be there."""
        value = self.raw.get(name)
        if value in (None, ""):
            if default is None:
                raise bad(f'parameter "{name}" is required')
            return default
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise bad(f'parameter "{name}" must be a number') from error

    def flag(self, name: str) -> bool:
        """Return a Boolean; forms say "true", "1" or "yes"."""
        value = self.raw.get(name)
        if isinstance(value, str):
            return value.lower() in ("true", "1", "yes", "y")
        return bool(value)

    def nested(self, name: str) -> Any:
        """Return an object or array, decoding the string that forms carry."""
        value = self.raw.get(name)
        if isinstance(value, str) and value:
            try:
                return json.loads(value)
            except ValueError as error:
                raise bad(f"can't parse {name} JSON object") from error
        return value or None

    def obj(self, name: str) -> Json | None:
        """Return a JSON object."""
        value = self.nested(name)
        if value is not None and not isinstance(value, dict):
            raise bad(f"object expected as {name.replace('_', ' ')}")
        return value

    def items(self, name: str) -> list[Any]:
        """Return a JSON array; empty when left out."""
        value = self.nested(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad(f'parameter "{name}" must be an Array')
        return value

    def ids(self, name: str = "message_ids") -> list[int]:
        """Return 1 to 100 strictly increasing message ids."""
        found = self.items(name)
        if not found:
            raise bad("message identifiers are not specified")
        if len(found) > 100:
            raise bad("too many message identifiers specified")
        if not all(type(item) is int for item in found):
            raise bad("message identifier is not specified")
        if any(b <= a for a, b in pairwise(found)):
            raise bad("message identifiers must be in a strictly increasing order")
        return found


@dataclass(slots=True)
class Entry:
    """What the log keeps of a call; never the token."""

    id: int
    time: float
    method: str
    chat_id: int | str | None
    parameters: Json
    status: int = 0
    description: str | None = None
    result_id: int | None = None
    in_retry_window: bool = False
    fault: int | None = None
    seconds: float = 0.0

    def json(self) -> Json:
        """Return the control API's Call."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class CallLog:
    """The newest calls, and counters of all of them."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))
    by_method: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    client_faults: int = 0
    last_id: int = 0

    def begin(self, *, time: float, call: Call) -> Entry:
        """Note a call that has just come in."""
        self.last_id += 1
        raw = {k: v for k, v in call.raw.items() if k != "secret_token"}
        raw |= {name: f"<{len(up.content)} bytes>" for name, up in call.uploads.items()}
        entry = Entry(self.last_id, time, call.method, _chat(raw.get("chat_id")), raw)
        self.entries.append(entry)
        return entry

    def end(self, entry: Entry) -> None:
        """Count a call that has been answered."""
        self.by_method[entry.method] += 1
        self.by_status[entry.status] += 1
        self.client_faults += entry.in_retry_window

    def counts(self) -> Json:
        """Return the counters."""
        return {
            "total": self.by_method.total(),
            "by_method": dict(self.by_method),
            "by_status": {str(status): n for status, n in self.by_status.items()},
            "client_faults": self.client_faults,
        }

    def clear(self) -> None:
        """Forget calls and counters; ids go on."""
        self.entries.clear()
        self.by_method.clear()
        self.by_status.clear()
        self.client_faults = 0


def _chat(value: object) -> int | str | None:
    if isinstance(value, int):
        return value
    text = str(value or "")
    number = whole(text)
    return text or None if number is None else number
