"""The businesses' own doings: errands that somebody runs there, by the functions that the command line calls too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from infra.simulation.clocks import DriftingClock, elapsed
from infra.simulation.database import SimulatedDatabase
from infra.simulation.people import Errand, OwnAccord
from infra.simulation.story import Story

#: How long a message of the business's own accord is worth sending.
_WORTH = timedelta(minutes=40)
#: The second reminder of an appointment.
_AHEAD = timedelta(hours=2)

_CONTACT = "select app.contact_of(%s, jsonb_build_object('phone', '+' || %s::text), %s)::text as id"
_BOOK = """
with service as (
    insert into app.services (organization_id, name) values (%s, 'Banho ' || %s) returning id
)
insert into app.bookings (organization_id, contact_id, service_id, resource, period)
select %s, %s, service.id, %s, tstzrange(%s::timestamptz, %s::timestamptz + interval '30 minutes') from service
returning id::text
"""
_SEND_TO = """
select app.execute_message(jsonb_populate_record(null::app.proposals, jsonb_build_object(
    'organization_id', conversation.organization_id,
    'conversation_id', conversation.id,
    'action', jsonb_build_object('contact_ids', jsonb_build_array(%s::text), 'text', %s::text)
))) ->> 'recipients' as recipients
from app.conversations as conversation
where conversation.contact_id = %s order by conversation.created_at limit 1
"""


@dataclass(frozen=True, kw_only=True)
class ErrandRun:
    """An errand that took effect."""

    at: float  #: virtual seconds
    errand: OwnAccord
    starts_at: datetime | None = None  #: of a booking from then on, None: it is cancelled


class Office:
    """Runs errands; nothing goes wrong in this but what the rules refuse."""

    def __init__(self, database: SimulatedDatabase, clock: DriftingClock, story: Story) -> None:
        self._database = database
        self._clock = clock
        self._story = story
        self._organizations: dict[str, str] = {}
        self._made: dict[str, str] = {}  #: ids of follow-ups and bookings, by mark
        self._starts: dict[str, datetime] = {}
        self.done: list[ErrandRun] = []

    def open(self, organizations: Mapping[str, str]) -> None:
        """Begin, with the ids of the organizations by their business's name."""
        self._organizations.update(organizations)

    def know(self, errand: OwnAccord) -> None:
        """Have the person of an errand in the address book, with what she allows."""
        contact_id, organization_id = self._contact(errand), self._organizations[errand.business.name]
        if errand.person.phone in errand.business.consenting:
            self._note(organization_id, contact_id, "marketing_granted")

    def run(self, errand: OwnAccord) -> None:
        """Run an errand at the present moment."""
        now = self._clock.now()
        self._database.execute("select set_config('simulation.now', %s, false)", (now.isoformat(),))
        try:
            taken, starts_at = self._run(errand, now)
        except psycopg.Error as error:
            taken, starts_at = False, None
            self._story.count(f"errand refused: {error.diag.message_primary}")
        word = "" if taken else " in vain"
        self._story.tell(f"office of {errand.business.name}", f"{errand.errand} {errand.mark}{word}")
        if taken:
            self._story.count(f"errand: {errand.errand}")
            self.done.append(ErrandRun(at=elapsed(), errand=errand, starts_at=starts_at))

    def _run(self, errand: OwnAccord, now: datetime) -> tuple[bool, datetime | None]:
        organization_id = self._organizations[errand.business.name]
        match errand.errand:
            case Errand.WRITES_FOLLOWUP | Errand.ADVERTISES:
                return self._plan(errand, organization_id, now), None
            case Errand.SENDS_TO:
                contact_id = self._contact(errand)
                rows = self._database.rows(_SEND_TO, (contact_id, f"Novidades para vocês {errand.mark}", contact_id))
                return any(row["recipients"] != "0" for row in rows), None
            case Errand.BOOKS:
                return True, self._book(errand, organization_id, now)
            case Errand.WITHDRAWS_CONSENT:
                self._note(organization_id, self._contact(errand), "marketing_withdrawn")
                return True, None
            case _:
                return self._change(errand, organization_id)

    def _plan(self, errand: OwnAccord, organization_id: str, now: datetime) -> bool:
        due_at = now + timedelta(seconds=errand.due_in)
        plan = {
            "kind": "custom" if errand.errand is Errand.WRITES_FOLLOWUP else "reactivation",
            "phone": f"+{errand.person.phone}",
            "text": f"Passe aqui {errand.mark}",
            "due_at": due_at.isoformat(),
            "expires_at": (due_at + _WORTH).isoformat(),
        }
        entry = self._call("add_followup", {"p_organization_id": organization_id, "p_followup": plan}, now)
        if entry is not None:
            self._made[errand.mark] = entry["id"]
        return entry is not None

    def _book(self, errand: OwnAccord, organization_id: str, now: datetime) -> datetime:
        starts_at = _whole_minute(now + _AHEAD + timedelta(seconds=errand.due_in))
        contact_id = self._contact(errand)
        rows = self._database.rows(
            _BOOK,
            (organization_id, errand.mark, organization_id, contact_id, errand.mark, starts_at, starts_at),
        )
        self._made[errand.mark], self._starts[errand.mark] = rows[0]["id"], starts_at
        return starts_at

    def _change(self, errand: OwnAccord, organization_id: str) -> tuple[bool, datetime | None]:
        made = self._made.get(errand.mark)
        if made is None:
            return False, None
        if errand.errand is Errand.CALLS_OFF:
            arguments = {"p_organization_id": organization_id, "p_followup_id": made}
            self._call("cancel_followup", arguments, self._clock.now())
            return True, None
        if errand.errand is Errand.CANCELS:
            self._database.execute("update app.bookings set status = 'cancelled' where id = %s", (made,))
            return True, None
        starts_at = _whole_minute(self._starts[errand.mark] + timedelta(seconds=errand.due_in))
        self._database.execute(
            "update app.bookings set period = tstzrange(%s::timestamptz, %s::timestamptz + interval '30 minutes')"
            " where id = %s",
            (starts_at, starts_at, made),
        )
        return True, starts_at

    def _contact(self, errand: OwnAccord) -> str:
        organization_id, person = self._organizations[errand.business.name], errand.person
        contact_id: str = self._database.rows(_CONTACT, (organization_id, person.phone, person.name))[0]["id"]
        return contact_id

    def _note(self, organization_id: str, contact_id: str, event: str) -> None:
        self._database.rows("select app.note_consent(%s, %s, %s, 'operator')", (organization_id, contact_id, event))

    def _call(self, function: str, arguments: Mapping[str, object], now: datetime) -> Any:
        return self._database.call(function, json.loads(json.dumps(arguments)), now=now.isoformat())


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)
