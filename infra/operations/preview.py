"""What the business would send of its own accord on a day, without sending or writing anything."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel

from shared.assistants.texts import texts_for
from shared.errors import NonRetriableError, NotFoundError
from shared.models import Locale
from shared.ports import Database
from shared.routines.followups import Followup, rendering_of
from shared.routines.routine import ROUTINES
from shared.routines.templates import FollowupKind
from shared.services import Services

if TYPE_CHECKING:
    from shared.routines.run import OwnerMessage, RoutineFollowup, RoutineRun

_REVIEW_LINK = "https://example.com/review"


class PreviewError(NonRetriableError):
    """There is no telling what would be sent on this day; the message says of which there is."""


class PreviewedMessage(BaseModel):
    """One message as its reader would see it."""

    to: str  #: name and phone, as far as they are known
    at: AwareDatetime | None = None  #: when a follow-up is due
    state: str | None = None  #: of a follow-up, with why it ended
    text: str | None  #: None: no text can be made
    problem: str | None = None  #: what is wrong with the text that it should have had


class Preview(BaseModel):
    """What is due on a local day."""

    kind: str
    local_date: date
    timezone: str
    messages: tuple[PreviewedMessage, ...]
    left: int = 0  #: how many more follow-ups are due that day
    example: str | None = None  #: of a follow-up of this kind, for nobody


@dataclass(frozen=True, kw_only=True)
class Business:
    """Whose messages are looked at."""

    organization_id: UUID
    name: str
    locale: Locale
    timezone: str
    currency: str


class _Entry(Followup):
    phone: str | None = None


async def find_business(database: Database, *, instance: str | None, organization: UUID | None) -> Business:
    """Return the business with this instance, or this id. Raises `NotFoundError`, and the database's errors."""
    for tenant in await database.call("list_tenants"):
        names = [each["name"] for each in tenant["instances"]]
        if UUID(tenant["organization_id"]) == organization or instance in names:
            return Business(
                organization_id=UUID(tenant["organization_id"]),
                name=tenant["name"],
                locale=tenant["locale"],
                timezone=tenant["timezone"],
                currency=tenant["currency"],
            )
    raise NotFoundError(f"there is no business {organization or instance}; `aurora tenants list` shows them")


async def preview(business: Business, kind: str, day: date | None, services: Services) -> Preview:
    """Return what is due of a kind on a local day, by default today, as it would read now.

    A follow-up's kind previews the follow-ups that are due that day; a routine's, what it would tell the owners. Raises
    `PreviewError` for a day of which a routine knows nothing, and the errors of the services.
    """
    if kind in ROUTINES:
        return await _of_routine(business, kind, day, services)
    day = day or services.clock.now().astimezone(ZoneInfo(business.timezone)).date()
    messages, left = await _of_followups(business, FollowupKind(kind), day, services)
    example = await _example(business, FollowupKind(kind), day, services.database)
    return Preview(kind=kind, local_date=day, timezone=business.timezone, messages=messages, left=left, example=example)


def check_day(kind: str, day: date, *, today: date) -> None:
    """Raise `PreviewError` unless the facts of a routine can be told of a local day.

    Birthdays are known of any day, figures of none to come; who is away and which slots are free is known of now alone.
    """
    if kind == "daily_summary" and day > today:
        raise PreviewError(f"--date: {day} has no figures yet: daily_summary takes {today} or a day before")
    if kind in ("inactive_clients", "opportunities") and day != today:
        raise PreviewError(f"--date: {kind} tells of now: it takes {today}, the day at the business, alone")


async def _of_followups(
    business: Business, kind: FollowupKind, day: date, services: Services
) -> tuple[tuple[PreviewedMessage, ...], int]:
    """Return the follow-ups that are due on a day, and how many more there are."""
    found = await services.database.call(
        "list_followups",
        organization_id=business.organization_id,
        filter={"kind": kind, "local_date": day.isoformat()},
    )
    now = services.clock.now()
    messages = tuple(_previewed(_Entry.model_validate(row), now=now) for row in found["followups"])
    return messages, found["total"] - len(messages)


def _previewed(entry: _Entry, *, now: datetime) -> PreviewedMessage:
    rendering = rendering_of(entry, now=now)
    return PreviewedMessage(
        to=" ".join(filter(None, [entry.name, entry.phone])),
        at=entry.due_at,
        state=f"{entry.state}: {entry.reason}" if entry.reason else entry.state,
        text=rendering.text,
        problem=rendering.problem,
    )


async def _example(business: Business, kind: FollowupKind, day: date, database: Database) -> str | None:
    """Return how a message of this kind would read, for somebody made up."""
    texts = texts_for(business.locale).followups
    at = datetime.combine(day, time(15), tzinfo=ZoneInfo(business.timezone))
    made_up = _followup(
        business,
        kind,
        at=at,
        template=await _template(business, kind, database),
        name=texts.example_name,
        service=texts.example_service,
        starts_at=at,
        price_cents=5000,
        review_link=_REVIEW_LINK,
    )
    return rendering_of(made_up, now=at).text


async def _template(business: Business, kind: FollowupKind, database: Database) -> str | None:
    """Return the business's own words for a kind."""
    templates = await database.call("list_templates", organization_id=business.organization_id)
    return next((each["text"] for each in templates if each["kind"] == kind), None)


def _followup(business: Business, kind: FollowupKind, *, at: datetime, **facts: Any) -> Followup:
    return Followup(
        id=uuid4(),
        kind=kind,
        due_at=at,
        business=business.name,
        locale=business.locale,
        timezone=business.timezone,
        currency=business.currency,
        **facts,
    )


async def _of_routine(business: Business, kind: str, day: date | None, services: Services) -> Preview:
    # What a routine is made of loads the model's client and more: follow-ups do without.
    from shared.routines.roster import composer_of
    from shared.routines.run import RoutineRun

    inputs: dict[str, Any] = await services.database.call(
        "routine_inputs", organization_id=business.organization_id, kind=kind
    )
    today = datetime.fromisoformat(inputs["now"]).astimezone(ZoneInfo(business.timezone)).date()
    day = day or today
    check_day(kind, day, today=today)
    # A suggestion would cost a call to the model, which is written down.
    options = {name: value for name, value in inputs["options"].items() if name != "suggestion"}
    run = RoutineRun.model_validate({**inputs, "options": options, "kind": kind, "local_date": day})
    composed = await composer_of(kind)(run, services)
    told = [_told(message, run) for message in composed.messages]
    planned = [await _planned(business, each, services) for each in composed.followups]
    return Preview(kind=kind, local_date=day, timezone=business.timezone, messages=(*told, *planned))


def _told(message: "OwnerMessage", run: "RoutineRun") -> PreviewedMessage:
    proposed = [message.proposal.preview, message.proposal.how_to_agree] if message.proposal else []
    return PreviewedMessage(
        to=message.phone or ", ".join(owner.phone for owner in run.owners),
        text="\n\n".join([message.text, *proposed]),
    )


async def _planned(business: Business, planned: "RoutineFollowup", services: Services) -> PreviewedMessage:
    """Return how a follow-up that a routine would plan would read for its customer."""
    contact = await services.database.call(
        "recipient", organization_id=business.organization_id, contact_id=planned.contact_id, text=""
    )
    kind = FollowupKind(planned.kind)
    message = _followup(
        business,
        kind,
        at=planned.due_at,
        text=planned.text,
        template=await _template(business, kind, services.database),
        name=contact["name"],
    )
    rendering = rendering_of(message, now=services.clock.now())
    to = contact["name"] or str(planned.contact_id)
    return PreviewedMessage(
        to=to, at=planned.due_at, state=planned.kind, text=rendering.text, problem=rendering.problem
    )
