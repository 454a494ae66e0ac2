"""What custodians decide, alone while there is one, and together once there are two."""

from datetime import timedelta

from bot.domain.motions import MotionKind
from bot.domain.staff import Grant, Role, StaffState
from bot.i18n import translator
from bot.views import staff as view
from storage import districts, staff
from storage.db import Database
from tests.clock import Clock
from tests.office import invite, link_in, open_staff, said_to, state_of
from tests.team import enrol


async def test_the_only_custodian_invites_alone_with_a_link_that_works_once(
    db: Database, clock: Clock
) -> None:
    d = await open_staff(db, clock)
    await enrol(db, 1, Role.CUSTODIAN)
    p, q = d.person(1), d.person(2, "ru")
    await invite(p, "News moderator", "Event moderator", place="Minsk")
    link = link_in(p.screens)
    assert link.startswith("https://t.me/tocsin_test_bot?start=s_")
    assert [m.protect for m in p.screens if link in m.text] == [True]
    await q.say(link.split("s_")[1])
    await q.press(translator("ru")("staff-agree-button"))
    async with db.tx(write=False) as tx:
        _, second = await staff.listed(tx)
    assert {g.role for g in second.grants} == {Role.NEWS, Role.EVENTS}
    assert len({g.district for g in second.grants} - {None}) == 1
    assert second.branch == second.id, "below the root each invitee starts a branch"
    assert any(second.alias in m.text for m in said_to(q, 1)), "the inviter learns the alias"


async def test_a_second_press_makes_no_second_invitation(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    one = await enrol(db, 1, Role.CUSTODIAN)
    p = d.person(1)
    await invite(p, "News moderator")
    again = view.Give(view.mask_of([Grant(Role.NEWS)])).pack()
    await p.press_data(again)
    assert len([m for m in p.screens if "https://t.me/" in m.text]) == 1
    clock.move(timedelta(minutes=1))
    await p.press_data(again)
    assert len([m for m in p.screens if "https://t.me/" in m.text]) == 2, "later it is meant"
    await enrol(db, 2, Role.CUSTODIAN, inviter=one)
    for _ in range(2):
        await p.press_data(again)
        assert "A second custodian has to agree" in p.text
    assert len(said_to(p, 2)) == 1


async def test_two_custodians_invite_only_together(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    one = await enrol(db, 1, Role.CUSTODIAN)
    await enrol(db, 2, Role.CUSTODIAN, inviter=one)
    p, q = d.person(1), d.person(2)
    await invite(p, "Duty officer")
    assert "A second custodian has to agree" in p.text
    (asked,) = said_to(p, 2)
    press = asked.buttons[0][0].data
    assert press is not None
    await p.press_data(press)
    assert p.toasts[-1] == translator("en")("error-own-text"), "the author is never the second"
    await q.press_data(press)
    assert link_in(said_to(q, 1)), "the link goes to the author"
    assert not any("https://t.me/" in m.text for m in q.screens)
    await q.press_data(press)
    assert q.toasts[-1] == translator("en")("error-gone"), "a second press changes nothing"


async def test_a_declined_invitation_is_gone(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    one = await enrol(db, 1, Role.CUSTODIAN)
    await enrol(db, 2, Role.CUSTODIAN, inviter=one)
    p, q = d.person(1), d.person(2)
    await invite(p, "Duty officer")
    asked = said_to(p, 2)[0]
    for row in reversed(asked.buttons):
        assert row[0].data is not None
        await q.press_data(row[0].data)
    assert "declined" in said_to(q, 1)[0].text
    assert not any("https://t.me/" in m.text for m in said_to(q, 1))


async def test_suspending_the_other_custodian_does_not_let_one_invite_alone(
    db: Database, clock: Clock
) -> None:
    d = await open_staff(db, clock)
    one = await enrol(db, 1, Role.CUSTODIAN)
    other = await enrol(db, 2, Role.CUSTODIAN, inviter=one)
    p = d.person(1)
    await p.say("/staff")
    await p.press("People of staff")
    await p.press(other.alias)
    await p.press("Suspend access")
    assert await state_of(db, 1) is StaffState.SUSPENDED
    await invite(p, "Duty officer")
    assert "A second custodian has to agree" in p.text
    await p.press_data(view.Decide(MotionKind.REVOKE, other.id, sure=True).pack())
    assert p.toasts[-1] == translator("en")("staff-error-too-few")
    await p.press_data(view.Decide(MotionKind.REINSTATE, other.id).pack())
    assert await state_of(db, 1) is StaffState.ACTIVE, "giving access back stays possible"


async def test_new_roles_replace_the_old_ones(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    root = await enrol(db, 1, Role.CUSTODIAN)
    other = await enrol(db, 2, Role.NEWS, inviter=root)
    p = d.person(1)
    await p.press_data(view.Card(other.id).pack())
    await p.press("Change roles")
    await p.press("✓ News moderator")
    await p.press("Channel admin")
    await p.press("Choose the place")
    await p.press("Belarus")
    async with db.tx(write=False) as tx:
        now = (await staff.listed(tx))[1]
    assert {g.role for g in now.grants} == {Role.CHANNELS}
    assert "Your roles were changed" in said_to(p, 2)[0].text


async def test_a_custodian_of_a_city_gives_nothing_outside_it(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    async with db.tx(write=False) as tx:
        tree = await districts.load(tx)
    land, city = tree.by_slug("by"), tree.by_slug("minsk")
    assert land is not None
    assert city is not None
    await enrol(db, 1, Grant(Role.CUSTODIAN, city.id))
    p = d.person(1)
    await p.say("/staff")
    await p.press("Invite somebody")
    await p.press("News moderator")
    await p.press("Choose the place")
    labels = [b.label for b in p.buttons]
    assert "Give it everywhere" not in labels
    assert not any("Belarus" in label for label in labels)
    mask = view.mask_of([Grant(Role.NEWS)])
    await p.press_data(view.Give(mask, None, land.id).pack())
    assert p.toasts[-1] == translator("en")("error-not-allowed")
