"""Enrolment, the menu and suspension, as people meet them."""

import secrets
from datetime import timedelta

import pytest

from bot.domain.staff import Grant, Role, StaffState
from bot.i18n import LANGUAGES, translator
from bot.services.motions import Motions
from bot.services.staff import CustodianExists, Staffing, first_code, mint
from bot.services.subscriptions import Subscriptions
from bot.views import staff as view
from handlers.lost import LostHandlers
from handlers.staff import StaffHandlers
from handlers.start import StartHandlers
from storage import forms, ledger, staff
from storage.db import Database
from tests.clock import Clock
from tests.dialogue import open_dialogue
from tests.office import invite, link_in, open_staff, said_to, state_of
from tests.team import enrol, settle


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_first_custodian_enrols_with_the_printed_code(
    db: Database, clock: Clock, lang: str
) -> None:
    d, t = await open_staff(db, clock), translator(lang)
    code = await first_code(db, clock())
    p = d.person(7, lang)
    await p.say(code.lower().replace("-", " "))
    assert len(p.erased) == 1, "the message with the code is deleted"
    assert len([line for line in p.text.splitlines() if line[:2] in ("1.", "2.", "3.", "4.")]) == 4
    await p.press(t("staff-agree-button"))
    assert t("staff-role-custodian") in p.text
    await p.say("/staff")
    assert t("staff-invite-button") in [b.label for b in p.buttons]
    assert p.screen is not None
    assert p.screen.protect
    async with db.tx(write=False) as tx:
        (me,) = await staff.listed(tx)
        assert await ledger.verify(tx) is None
    assert me.grants == frozenset({Grant(Role.CUSTODIAN)})
    assert me.branch is None
    assert me.alias in p.text


async def test_a_code_works_once_and_only_after_consent(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    code = await first_code(db, clock())
    one, other = d.person(1), d.person(2)
    await one.say(code)
    await other.say(code)
    await one.press("I agree")
    await other.press("I agree")
    assert "out of date" in other.toasts[-1]
    await other.say(code)
    assert other.text == "lost"
    async with db.tx(write=False) as tx:
        assert len(await staff.listed(tx)) == 1


async def test_a_wrong_or_late_code_looks_like_any_unknown_text(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    code = await first_code(db, clock())
    clock.move(timedelta(hours=24))
    p = d.person(1)
    for text in ("AAAA-BBBB-CCCC-DDDD", code):
        await p.say(text)
        assert p.text == "lost"
    assert p.erased == []


async def test_after_five_wrong_codes_even_the_right_one_waits_an_hour(
    db: Database, clock: Clock
) -> None:
    d = await open_staff(db, clock)
    code = await first_code(db, clock())
    p, q = d.person(1), d.person(2)
    for letter in "ABCDE":
        await p.say("-".join([letter * 4] * 4))
    await p.say(code)
    assert p.text == "lost"
    await q.say(code)
    assert "I agree" in [b.label for b in q.buttons], "others are not held up"
    clock.move(timedelta(hours=1))
    await p.say(code)
    assert "I agree" in [b.label for b in p.buttons]


async def test_no_new_first_code_while_custodians_can_act(db: Database, clock: Clock) -> None:
    one = await enrol(db, 1, Role.CUSTODIAN)
    with pytest.raises(CustodianExists):
        await first_code(db, clock())
    async with db.tx() as tx:
        await staff.set_state(tx, one.id, StaffState.SUSPENDED)
    assert await first_code(db, clock())


async def test_a_second_first_code_voids_the_one_before(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    old, new = await first_code(db, clock()), await first_code(db, clock())
    p = d.person(1)
    await p.say(old)
    assert p.text == "lost"
    await p.say(new)
    assert "I agree" in [b.label for b in p.buttons]


@pytest.mark.parametrize("state", [None, StaffState.SUSPENDED, StaffState.REVOKED])
async def test_staff_is_an_unknown_command_to_everybody_else(
    db: Database, clock: Clock, state: StaffState | None
) -> None:
    d = await open_staff(db, clock)
    if state is not None:
        one = await enrol(db, 5, Role.CUSTODIAN)
        async with db.tx() as tx:
            await staff.set_state(tx, one.id, state)
    p = d.person(5)
    await p.say("/staff")
    assert p.text == "unknown command"
    for press in (view.Menu(), view.People(), view.Roles(), view.Give(1), view.Suspend(1)):
        await p.press_data(press.pack())
        assert p.toasts[-1] == translator("en")("error-gone")
    assert p.text == "unknown command"


async def test_the_link_opens_the_rules_and_later_the_normal_welcome(
    db: Database, clock: Clock
) -> None:
    atlas, _ = await settle(db)
    staffing = Staffing(db, clock)
    mine = StaffHandlers(staffing, Motions(db, atlas, clock), atlas, LostHandlers().command)
    start = StartHandlers(Subscriptions(db, atlas), atlas, mine.links())
    d = await open_dialogue(db, clock, [start, mine, LostHandlers()])
    code = await first_code(db, clock())
    p, q = d.person(1), d.person(2)
    await p.say(f"/start s_{code}")
    assert len(p.erased) == 1
    await p.press("I agree")
    assert "Welcome" in p.text
    for payload in (code, "x", "AAAA-BBBB-CCCC-DDDD"):
        await q.say(f"/start s_{payload}")
        assert translator("en")("start-outdated") in q.text
    await p.say(f"/start s_{await first_again(db, clock)}")
    assert p.text == translator("en")("staff-error-already")
    await q.say("/staff")
    staff_answer = q.text
    await q.say("/stuff")
    assert q.text == staff_answer.replace("staff", "stuff"), "/staff is nothing special"


async def first_again(db: Database, clock: Clock) -> str:
    """Another invitation that is still good."""
    async with db.tx() as tx:
        return await mint(tx, None, [Grant(Role.NEWS)], clock(), secrets.token_bytes)


async def test_the_suspended_lose_their_form_their_invitations_and_are_told(
    db: Database, clock: Clock
) -> None:
    d = await open_staff(db, clock)
    one = await enrol(db, 1, Role.CUSTODIAN)
    two = await enrol(db, 2, Role.DUTY, inviter=one)
    p, q, r = d.person(1), d.person(2), d.person(3)
    await invite(p, "News moderator")
    code = link_in(p.screens).split("s_")[1]
    async with db.tx() as tx:
        chat = (await staff.chat_of(tx, one.id) or (None, ""))[0]
        assert chat is not None
        await forms.save(tx, chat, forms.Form("rally-new", b"{}"), clock())
    await q.press_data(view.Suspend(one.id).pack())
    assert await state_of(db, 0) is StaffState.SUSPENDED
    assert "suspended" in said_to(q, 1)[0].text
    await r.say(code)
    assert r.text == "lost", "an invitation of somebody suspended is void"
    async with db.tx(write=False) as tx:
        assert await forms.get(tx, chat, clock()) is None
    await p.press_data(view.Suspend(two.id).pack())
    assert p.toasts[-1] == translator("en")("error-gone")


async def test_a_revoked_role_with_an_open_menu_is_refused_at_the_next_press(
    db: Database, clock: Clock
) -> None:
    d = await open_staff(db, clock)
    one = await enrol(db, 1, Role.CUSTODIAN)
    p = d.person(1)
    await p.say("/staff")
    async with db.tx() as tx:
        await staff.regrant(tx, one.id, [Grant(Role.AUDITOR)])
    await p.press("Invite somebody")
    assert p.toasts[-1] == translator("en")("error-not-allowed")
    async with db.tx() as tx:
        await staff.set_state(tx, one.id, StaffState.REVOKED)
    await p.press("People of staff")
    assert p.toasts[-1] == translator("en")("error-gone")


async def test_anybody_locks_themselves_and_peers_lock_peers(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    root = await enrol(db, 1, Role.CUSTODIAN)
    one = await enrol(db, 2, Role.NEWS, inviter=root)
    other = await enrol(db, 3, Role.NEWS, inviter=root)
    p = d.person(2)
    await p.press_data(view.Suspend(root.id).pack())
    assert p.toasts[-1] == translator("en")("error-not-allowed"), "a custodian is no peer"
    await p.press_data(view.Suspend(other.id).pack())
    assert await state_of(db, 2) is StaffState.SUSPENDED
    await p.say("/staff")
    await p.press("Lock my access")
    await p.press("Lock my access")
    assert await state_of(db, 1) is StaffState.SUSPENDED
    assert one.alias not in p.text
    await p.say("/staff")
    assert p.text == "unknown command"


async def test_the_list_shows_aliases_and_no_numbers(db: Database, clock: Clock) -> None:
    d = await open_staff(db, clock)
    root = await enrol(db, 987654321, Role.CUSTODIAN)
    for n in range(10):
        await enrol(db, 1000 + n, Role.NEWS, inviter=root)
    p = d.person(987654321)
    await p.say("/staff")
    await p.press("People of staff")
    assert len([b for b in p.buttons if b.label.startswith("Alias")]) == 8
    await p.press("More")
    await p.press("Alias 1009")
    assert "Branch of Alias 1009" in p.text
    assert "987654321" not in "".join(m.text for m in p.screens)
