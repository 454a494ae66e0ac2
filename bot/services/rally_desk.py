"""Telling people: publications about a rally, questions to a second person, words to an author."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.domain.districts import Districts
from bot.domain.dues import of_rally
from bot.domain.outbox import Lane
from bot.domain.progress import Forecast
from bot.domain.publications import Audience, Kind, State, Want
from bot.domain.quiet import of_today
from bot.domain.rallies import Panel, Rally, Stage
from bot.domain.staff import StaffId
from bot.i18n import LANGUAGES, Translator, translator
from bot.services import publications as publishing
from bot.services import revising
from bot.services.notices import tell
from bot.views import rallies as view
from bot.views import rally_desk
from bot.views.message import Message
from storage import dues, publications, rallies, staff
from storage.crypto import Keyring
from storage.db import Tx


def coded(keys: Keyring, rally: Rally) -> Rally:
    """With the code of what it says now: sequence, stage, facts and audience."""
    content = f"{rally.sequence}|{rally.stage}|".encode() + rally.facts.content()
    return replace(rally, code=publishing.mint(keys, rally.subject, content))


async def panel(tx: Tx, tree: Districts) -> Panel:
    """The staff as it is now."""
    people = {person.id: person for person in await staff.listed(tx)}
    return Panel(people, await staff.branches(tx), tree)


async def keep(tx: Tx, rally: Rally, now: datetime) -> Rally:
    """Save a rally, and make its dated rows fit it, in one transaction."""
    saved = await rallies.save(tx, rally, now)
    pending = {due.what for due in await dues.about(tx, saved.subject)}
    await dues.replace_all(tx, saved.subject, of_rally(saved, now, pending=pending))
    return saved


async def publish(
    tx: Tx,
    rally: Rally,
    notice: view.Notice,
    tree: Districts,
    now: datetime,
    *,
    before: Rally | None = None,
) -> None:
    """Queue what followers and channels are told of a change of a public rally.

    It sounds when the rally is of today, or was so ``before``: who is on the way must know that it
    was put off.
    """

    def render(t: Translator) -> Message:
        if notice is view.Notice.SUSPENDED:
            return view.suspension(rally, tree, t, now)
        return view.announcement(rally, notice, tree, t)

    quiet = notice in (view.Notice.ANNOUNCED, view.Notice.REVEALED)
    known = [rally.facts, *([before.facts] if before else [])]
    today = any(of_today(facts.starts_at, facts.ends_at, facts.zone, now) for facts in known)
    id = await publishing.accept(
        tx,
        publishing.Draft(
            kind=Kind.RALLY,
            subject=rally.subject,
            code=rally.code,
            lane=Lane.RALLY,
            audience=Audience(rally.facts.districts, Want.RALLIES if quiet else Want.CHANGES),
            texts={lang: render(translator(lang)) for lang in LANGUAGES},
            expires_at=rally.facts.ends_at,
            urgent=today and not quiet,
        ),
        now,
    )
    if rally.stage is Stage.SUSPENDED:
        await publications.mark(tx, rally.subject, State.SUSPENDED)
    elif rally.stage is Stage.CANCELLED:
        await publications.mark(tx, rally.subject, State.CANCELLED)
    if notice in revising.OVERTAKING:
        await revising.overtake(tx, id, rally.subject, notice, now)


async def remind(tx: Tx, rally: Rally, tree: Districts, now: datetime, *, urgent: bool) -> None:
    """Queue a reminder for those who want reminders of this rally; channels get none.

    Only an ``urgent`` one, of today, sounds, and not in quiet hours.
    """
    texts = {lang: view.reminder(rally, tree, translator(lang), now) for lang in LANGUAGES}
    audience = Audience(rally.facts.districts, Want.REMINDERS, channels=False)
    draft = publishing.Draft(
        kind=Kind.REMINDER,
        subject=rally.subject,
        code=rally.code,
        lane=Lane.RALLY if urgent else Lane.NEWS,
        audience=audience,
        texts=texts,
        expires_at=rally.facts.starts_at,
    )
    await publishing.accept(tx, draft, now)


async def ask_others(
    tx: Tx, rally: Rally, who: Panel, now: datetime, forecast: Forecast | None = None
) -> int:
    """Show everybody who may decide exactly what they would agree to; returns how many."""
    assert rally.request is not None
    shown = {}
    for lang in LANGUAGES:
        shown[lang] = await question(tx, rally, who, translator(lang), forecast)
    others = [person.id for person in who.people.values() if rally.asks(person, who)]
    cause = f"rally:{rally.id}:ask:{rally.version}"
    return await tell(tx, others, lambda t: shown[t.lang], now, cause=cause)


async def tell_peers(tx: Tx, rally: Rally, but: StaffId, tree: Districts, now: datetime) -> None:
    """Tell the author, and whoever may resume it, that somebody else suspended a rally."""
    who = await panel(tx, tree)
    peers = [
        person.id
        for person in who.people.values()
        if person.id != but and (person.id == rally.author or who.publishes(person, rally.facts))
    ]
    said = partial(rally_desk.suspended, rally, tree, now)
    await tell(tx, peers, said, now, cause=f"rally:{rally.id}:hold:{rally.version}")


async def question(
    tx: Tx, rally: Rally, who: Panel, t: Translator, forecast: Forecast | None = None
) -> Message:
    """What a second person is shown: the text exactly as it would go out, code included.

    ``forecast``: how long it will take, counted in a transaction that only reads.
    """
    outcome = coded(tx.keys, rally.outcome(who))
    clashes = await rallies.clashes(tx, outcome.facts, ignoring=rally.id)
    return rally_desk.ask(rally, outcome, clashes, who.tree, t, forecast=forecast)
