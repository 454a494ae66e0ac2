"""Faults on demand: which call they hit and what they do to it."""

import json
import random
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sandbox.errors import USUAL, ApiError, Refused
from sandbox.types import Json

Effect = Literal[
    "error",
    "drop",
    "reset",
    "slow",
    "migrate",
    "malformed_update",
    "duplicate_update",
    "revoked",
]
TYPES: dict[str, type | tuple[type, ...]] = {
    "chat_id": int,
    "count": int,
    "status": int,
    "probability": (int, float),
    "seconds": (int, float),
    "parameters": dict,
}
EFFECTS: tuple[Effect, ...] = get_args(Effect)


@dataclass(slots=True)
class Fault:
    """One rule. A `count` of None means until it is removed."""

    id: int
    effect: Effect
    method: str | None = None
    chat_id: int | None = None
    text: str | None = None
    count: int | None = None
    probability: float = 1.0
    when: Literal["before", "after"] = "before"
    status: int = 500
    description: str | None = None
    parameters: Json | None = None
    seconds: float = 0.0
    hits: int = 0

    def matches(self, method: str, chat_id: int | None, text: str) -> bool:
        """Whether the rule is about this call."""
        return (
            (self.method is None or self.method.lower() == method.lower())
            and (self.chat_id is None or self.chat_id == chat_id)
            and (self.text is None or self.text in text)
        )

    def error(self) -> ApiError:
        """Return the answer of an `error` or `revoked` fault."""
        status = 401 if self.effect == "revoked" else self.status
        parameters = self.parameters
        if status == 429 and not parameters:
            parameters = {"retry_after": 1}
        description = self.description or USUAL.get(status, "Internal Server Error")
        if status == 429 and self.description is None and parameters:
            description = f"Too Many Requests: retry after {parameters.get('retry_after', 1)}"
        return ApiError(status, description, parameters)

    def json(self) -> Json:
        """Return the control API's Fault."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Faults:
    """The rules in the order in which they were added; the first that matches acts."""

    rules: list[Fault] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret
    last_id: int = 0

    def add(self, body: Json) -> Fault:
        """Add a rule from the control API's body."""
        known = set(Fault.__slots__) - {"id", "hits"}
        if unknown := set(body) - known - {"id", "hits"}:
            raise Refused(f"a fault has no {', '.join(sorted(unknown))}")
        if body.get("effect") not in EFFECTS:
            raise Refused(f"effect must be one of {', '.join(EFFECTS)}")
        values: dict[str, Any] = {k: v for k, v in body.items() if k in known and v is not None}
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, TYPES.get(name, str)):
                raise Refused(f"{name} has the wrong type")
        if values.get("when", "before") not in ("before", "after"):
            raise Refused("when must be before or after")
        self.last_id += 1
        fault = Fault(id=self.last_id, **values)
        self.rules.append(fault)
        return fault

    def remove(self, fault_id: int | None) -> None:
        """Remove one rule, or all."""
        self.rules = [r for r in self.rules if fault_id is not None and r.id != fault_id]

    def hit(self, *effects: Effect, method: str, chat_id: int | None, text: str) -> Fault | None:
        """Return the first rule with one of these effects that strikes now, and count it."""
        for fault in self.rules:
            if fault.effect not in effects or not fault.matches(method, chat_id, text):
                continue
            if self.chance.random() >= fault.probability:
                continue
            fault.hits += 1
            if fault.count is not None:
                fault.count -= 1
                if fault.count <= 0:
                    self.rules.remove(fault)
            return fault
        return None

    def hit_update(self, effect: Effect, update: Json) -> Fault | None:
        """Return the rule that strikes this update on its way to the bot."""
        if all(rule.effect != effect for rule in self.rules):
            return None
        text = json.dumps(update, ensure_ascii=False)
        return self.hit(effect, method="getUpdates", chat_id=None, text=text)
