"""What a journey must never leave behind: ids, names and texts that are easy to recognise."""

import re
from collections.abc import Iterable
from pathlib import Path

FIRST_ID = 7_203_114_500
"""Ids of people in journeys start here, so that they are recognised wherever they turn up."""
CANARY = "zq7canary"
"""Stands in every name and text of a journey, and nowhere else."""
_LEAK = re.compile(
    "|".join(
        (
            r"(?P<token>\d{8,10}:[\w-]{35})",
            rf"(?P<id>{FIRST_ID // 1000}\d{{3}})",
            rf"(?P<text>{CANARY})",
        )
    ),
    re.IGNORECASE,
)


def leaks_in(text: str) -> set[str]:
    """What a text gives away: ``token``, ``id``, ``text``."""
    return {str(match.lastgroup) for match in _LEAK.finditer(text)}


def spellings(id: int) -> list[bytes]:
    """An id as it might stand in a file: digits, hexadecimal, and the bytes of an integer."""
    short = id.to_bytes((id.bit_length() + 7) // 8 + 1, "big", signed=True)
    numbers = [id.to_bytes(8, order, signed=True) for order in ("big", "little")]
    return [f"{id}".encode(), f"{id:x}".encode(), f"{id:X}".encode(), short, *numbers]


def files_with(needles: Iterable[bytes], folder: Path) -> set[str]:
    """Names of the files below a folder that contain any of these bytes."""
    wanted = list(needles)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if any(n in path.read_bytes() for n in wanted)}
