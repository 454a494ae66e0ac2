"""Rallies and staff that are valid by default."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.domain.assembly import Facts, Type
from bot.domain.districts import District, DistrictId, Districts
from bot.domain.rallies import Panel, Rally, RallyId
from bot.domain.staff import Grant, Role, Staff, StaffId, StaffState

START = datetime(2026, 11, 28, 11, tzinfo=UTC)
"""Saturday 28 November 2026, 14:00 in Minsk."""
SQUARE = ((27.4, 53.8), (27.7, 53.8), (27.7, 54.0), (27.4, 54.0))
TREE = Districts.of(
    [
        District(DistrictId(1), "minsk", None, "Europe/Minsk", {"en": "Minsk"}, (SQUARE,)),
        District(DistrictId(2), "kastr", DistrictId(1), "Europe/Minsk", {"en": "October"}),
        District(DistrictId(3), "bxl", None, "Europe/Brussels", {"en": "Brussels"}),
    ]
)


def facts(
    *,
    place: str = "Freedom Square",
    districts: Iterable[int] = (2,),
    hours: float = 0,
    point: tuple[float, float] | None = None,
    staged: bool = False,
) -> Facts:
    """A march ``hours`` after 14:00 on Saturday."""
    return Facts(
        type=Type.MARCH,
        starts_at=START + timedelta(hours=hours),
        zone="Europe/Minsk",
        place=place,
        districts=frozenset(DistrictId(d) for d in districts),
        point=point,
        staged=staged,
    )


def person(
    id: int,
    role: Role = Role.EVENTS,
    *,
    branch: int | None = None,
    state: StaffState = StaffState.ACTIVE,
    district: int | None = None,
) -> Staff:
    """Somebody of staff; each one is a branch of their own unless told otherwise."""
    grant = Grant(role, None if district is None else DistrictId(district))
    of = StaffId(branch if branch is not None else id)
    return Staff(StaffId(id), f"alias-{id}", frozenset({grant}), of, state)


def panel(*people: Staff) -> Panel:
    """These people as all of staff."""
    branches = {p.branch for p in people if p.state is StaffState.ACTIVE}
    return Panel({p.id: p for p in people}, len(branches), TREE)


def draft(author: Staff, **changed: object) -> Rally:
    """A draft of somebody's."""
    return Rally(RallyId(7), author.id, facts(**changed))  # type: ignore[arg-type]  # facts' own
