"""Birthdays: whose is today, with a greeting ready for each client."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from shared.assistants.tools import Row, read_row
from shared.routines.run import Composed, OwnerMessage, RoutineFollowup, RoutineProposal, RoutineRun
from shared.routines.templates import LONGEST_TEMPLATE, FollowupKind, first_name, render
from shared.routines.wording import Draft, Wording, fitting, once_key
from shared.services import Services

_SHOWN = 20  # people
_NAMES_SHOWN = 10
#: A follow-up that is due now is found within so long, and each further message of a number leaves so long after it.
_FOUND_WITHIN, _APART = timedelta(minutes=5), timedelta(seconds=75)


class DependentBirthday(Row):
    """Somebody for whom a client cares."""

    kind: str
    name: str
    age: int | None


class Celebrant(Row):
    """A client with something to celebrate."""

    contact_id: UUID
    name: str | None
    phone: str | None
    born: bool  #: it is the client's own birthday
    age: int | None  #: the own one; None: the year of birth is not known
    dependents: tuple[DependentBirthday, ...]
    unreachable: str | None  #: why no greeting may be sent, see `app.unreachable`


class LeavingHours(Row):
    """Between which moments of the date proactive messages leave."""

    opens_at: AwareDatetime = Field(alias="from")
    closes_at: AwareDatetime = Field(alias="until")


class BirthdayFacts(Row):
    """What `api.routine_facts_birthdays` answers."""

    template: str | None
    leaving: LeavingHours | None  #: None: the business sends none
    total: int
    people: tuple[Celebrant, ...]


async def compose(run: RoutineRun, services: Services) -> Composed:
    """Return the list with the greetings, to be agreed to or on their way; no message on a day without birthdays.

    Raises the database's errors.
    """
    row = await services.database.call(
        "routine_facts_birthdays", organization_id=run.organization.id, local_date=run.local_date.isoformat()
    )
    return composed(read_row(BirthdayFacts, row, function="routine_facts_birthdays"), run)


def composed(facts: BirthdayFacts, run: RoutineRun) -> Composed:
    """Return what the day comes to. Only clients who allowed advertising are greeted, by followups or a proposal."""
    if not facts.people:
        return Composed(detail={"people": 0})
    wording = Wording.of(run)
    automatic = bool(run.option("send_to_clients"))
    shown = _blocks(facts, wording)
    # Every greeting that an owner agrees to has been read.
    listed = facts.people if automatic else facts.people[: len(shown)]
    wanted = tuple(person for person in listed if person.unreachable is None)
    room = _room(facts.leaving, run.now)
    greeted = wanted[:room] if automatic else wanted if room else ()
    text = "\n\n".join((_text(shown, facts, wording), *_leaving(wanted, greeted, facts, run)))
    proposal = None
    if greeted and facts.leaving and not automatic:
        proposal = _proposal(greeted, facts, run, closes_at=facts.leaving.closes_at)
    return Composed(
        messages=(OwnerMessage(text=text, proposal=proposal),),
        followups=tuple(_followup(person, facts, run) for person in greeted) if automatic else (),
        detail={"people": facts.total, "greeted" if automatic else "proposed": len(greeted)},
    )


def _room(leaving: LeavingHours | None, now: datetime) -> int:
    """Return how many greetings still leave on the day at the pace of a number."""
    if leaving is None:
        return 0
    left = leaving.closes_at - max(now + _FOUND_WITHIN, leaving.opens_at)
    return max(0, left // _APART)


def _leaving(
    wanted: tuple[Celebrant, ...], greeted: tuple[Celebrant, ...], facts: BirthdayFacts, run: RoutineRun
) -> Iterator[str]:
    """Yield how many are greeted unasked, and why others are not greeted any more."""
    wording = Wording.of(run)
    words = wording.texts.routines
    if greeted and run.option("send_to_clients"):
        yield words.birthdays_automatic.format(count=len(greeted))
    if len(wanted) > len(greeted):
        yield (
            words.birthdays_never.format(count=len(wanted))
            if facts.leaving is None
            else words.birthdays_too_late.format(
                count=len(wanted) - len(greeted), time=f"{wording.local(facts.leaving.closes_at):%H:%M}"
            )
        )


def _text(shown: tuple[str, ...], facts: BirthdayFacts, wording: Wording) -> str:
    words = wording.texts.routines
    left = facts.total - len(shown)
    title = words.birthdays_title.format(day=wording.day(wording.local_date))
    return "\n".join((title, *shown, *([words.more.format(count=left)] if left else [])))


def _blocks(facts: BirthdayFacts, wording: Wording) -> tuple[str, ...]:
    """Return what is told of each person, for as many as there is room."""
    return fitting(["\n".join(_lines(person, facts, wording)) for person in facts.people[:_SHOWN]])


def greeting_template(person: Celebrant, facts: BirthdayFacts, wording: Wording) -> str:
    """Return the greeting of a client, with {name} and {business} still to be filled in: a usable template.

    Dependents that do not fit into it are not named.
    """
    words = wording.texts.routines
    own = wording.template(FollowupKind.BIRTHDAY_GREETING, facts.template)
    if not person.dependents:
        return own
    dependents = wording.listed([wording.name(dependent.name) for dependent in person.dependents[:_NAMES_SHOWN]])
    if not person.born:
        # Filled in one by one: the places of the greeting itself stay.
        return words.dependents_greeting.replace("{dependents}", dependents)
    both = f"{own} {words.dependents_too.format(dependents=dependents)}"
    return both if len(both) <= LONGEST_TEMPLATE else own


def greeting(person: Celebrant, facts: BirthdayFacts, wording: Wording) -> str:
    """Return the greeting as it arrives."""
    values = {"name": first_name(person.name), "business": wording.organization.name}
    return render(FollowupKind.BIRTHDAY_GREETING, greeting_template(person, facts, wording), values)


def _lines(person: Celebrant, facts: BirthdayFacts, wording: Wording) -> list[str]:
    words = wording.texts.routines

    def turning(age: int | None) -> str:
        return words.turns.format(age=age) if age else ""

    named = wording.person(person.name, person.phone)
    lines = [words.birthday_line.format(person=named) + turning(person.age)] if person.born else []
    lines += [
        words.birthday_of_dependent.format(dependent=wording.name(dependent.name), person=named)
        + turning(dependent.age)
        for dependent in person.dependents
    ]
    lines.append(words.greeting_line.format(text=greeting(person, facts, wording)))
    if person.unreachable is not None:
        lines.append(words.unreachable[person.unreachable])
    return lines


def _proposal(
    greeted: tuple[Celebrant, ...], facts: BirthdayFacts, run: RoutineRun, *, closes_at: datetime
) -> RoutineProposal:
    wording = Wording.of(run)
    words = wording.texts.routines
    drafts = [
        Draft(
            contact_id=person.contact_id,
            text=greeting(person, facts, wording),
            expires_at=closes_at,
            is_marketing=True,
        )
        for person in greeted
    ]
    names = [wording.name(person.name) for person in greeted[:_NAMES_SHOWN]]
    shown = ", ".join((*names, *(["…"] if len(greeted) > len(names) else [])))
    preview = words.birthdays_preview.format(count=len(greeted), names=shown)
    return wording.message(preview, drafts, kind=FollowupKind.BIRTHDAY_GREETING, key=once_key(run))


def _followup(person: Celebrant, facts: BirthdayFacts, run: RoutineRun) -> RoutineFollowup:
    """Return the greeting as a follow-up that is due now and pointless the day after."""
    zone = ZoneInfo(run.organization.timezone)
    midnight = datetime.combine(run.local_date + timedelta(days=1), time(), tzinfo=zone)
    return RoutineFollowup(
        contact_id=person.contact_id,
        kind=FollowupKind.BIRTHDAY_GREETING,
        idempotency_key=f"{FollowupKind.BIRTHDAY_GREETING}:{person.contact_id}:{run.local_date.isoformat()}",
        due_at=run.now,
        expires_at=midnight.astimezone(UTC),
        text=greeting_template(person, facts, Wording.of(run)) if person.dependents else None,
    )
