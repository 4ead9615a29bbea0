"""The gate for what customers answer to a follow-up: 1, 2 or 3 to a reminder, a mark to a feedback request.

Plain code reads it, so that a digit cannot be misunderstood. What says more than an answer is the assistant's.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, RootModel

from shared.answering.written import Written, called_for
from shared.assistants.desks.bookable import local_today
from shared.assistants.desks.desk import Desk
from shared.assistants.desks.own_appointments import is_done
from shared.assistants.followup_answers import PresenceAnswer, mark_in, presence_answer_in
from shared.assistants.handover import introduced
from shared.assistants.moments import format_moment
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.proposals import Plan, ProposalKind, propose
from shared.assistants.tools import Arguments, read_row
from shared.assistants.untrusted import clean_line
from shared.models import Audience, OpenTurn, Turn
from shared.services import Services
from shared.whatsapp.events import Kind

_IN_WORDS = frozenset({Kind.TEXT, Kind.CHOICE, Kind.VOICE, Kind.AUDIO})
_GOOD, _BAD = 4, 2  # from the one on a mark is good, down to the other it is bad


class _Booking(BaseModel):
    model_config = ConfigDict(frozen=True)

    booking_id: UUID
    service: str
    starts_at: AwareDatetime
    status: str


class _Answered(BaseModel):
    """What the newest message to the person was about."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    booking: _Booking | None
    changeable: bool | None


class _Row(RootModel[_Answered | None]):
    """What `api.answered_followup` answers."""


class _Cancellation(Arguments):
    """What tells the proposal from others of its turn."""

    booking_id: UUID


async def followup_reply(open_turn: OpenTurn, services: Services) -> Written | None:
    """Answer a turn whose messages, read as one, answer the follow-up that the customer was sent last.

    A repeated run answers the same. Raises the database's errors.
    """
    turn = open_turn.turn
    said = _said(turn)
    if turn.audience is not Audience.CLIENT or said is None:
        return None
    presence, mark = presence_answer_in(said), mark_in(said)
    if presence is None and mark is None:
        return None
    desk = Desk(turn=turn, database=services.database)
    row = await desk.database.call(
        "answered_followup", organization_id=desk.organization_id, conversation_id=desk.conversation_id
    )
    followup = read_row(_Row, row, function="answered_followup").root
    if followup is None or followup.booking is None:
        return None
    if followup.kind == "appointment_reminder" and presence is not None:
        return await _answer_reminder(desk, followup, followup.booking, presence)
    if followup.kind == "feedback_request" and mark is not None:
        return _answer_feedback(desk, followup.booking, mark)
    return None


def _said(turn: Turn) -> str | None:
    """Return all that waits for an answer as one text, None when it is not words alone."""
    messages = turn.open_messages
    if not messages or any(message.kind not in _IN_WORDS or not message.text for message in messages):
        return None
    return "\n".join(message.text or "" for message in messages)


async def _answer_reminder(desk: Desk, followup: _Answered, booking: _Booking, answer: PresenceAnswer) -> Written:
    texts, facts = desk.texts.followups, _facts(desk, booking)
    if booking.status not in {"pending", "confirmed"} or booking.starts_at <= desk.turn.now:
        return _says(desk, texts.appointment_gone)
    match answer:
        case PresenceAnswer.CONFIRM:
            row = await desk.database.call(
                "confirm_presence",
                organization_id=desk.organization_id,
                conversation_id=desk.conversation_id,
                booking_id=booking.booking_id,
            )
            done = is_done(row, function="confirm_presence")
            return _says(desk, texts.presence_confirmed.format(**facts) if done else texts.appointment_gone)
        case PresenceAnswer.MOVE if followup.changeable:
            return _says(desk, texts.move_to_when.format(**facts))
        case PresenceAnswer.CANCEL if followup.changeable:
            return await _propose_cancelling(desk, booking, facts)
    # Too late to be changed by a customer: the team must hear of it.
    reason = texts.too_late_reason.format(**facts)
    return called_for(desk.turn, lambda _: introduced(desk.turn, texts.too_late_to_change), lambda _: reason)


async def _propose_cancelling(desk: Desk, booking: _Booking, facts: Mapping[str, str]) -> Written:
    """Ask once more: one digit too many must not cost an appointment."""
    plan = Plan(
        kind=ProposalKind.CANCEL,
        action={"booking_id": str(booking.booking_id)},
        preview=desk.texts.calendar.cancel_preview.format(**facts),
    )
    arguments = _Cancellation(booking_id=booking.booking_id)
    proposed = await propose(desk, tool="followup_reply", arguments=arguments, plan=plan)
    return _says(desk, proposed.must_say or desk.texts.followups.appointment_gone)


def _answer_feedback(desk: Desk, booking: _Booking, mark: int) -> Written:
    texts = desk.texts.followups
    told = texts.rated_well if mark >= _GOOD else texts.rated_badly if mark <= _BAD else texts.rated_fair
    contact = desk.turn.contact
    notice = texts.bad_rating_notice.format(
        rating=mark,
        name=clean_line(contact.name or "?", limit=NAME_LIMIT),
        phone=contact.phone or "?",
        **_facts(desk, booking),
    )
    effect: dict[str, Any] = {
        "kind": "rating",
        "booking_id": str(booking.booking_id),
        "rating": mark,
        "notice": notice if mark <= _BAD else None,
    }
    return _says(desk, told).model_copy(update={"effects": (effect,)})


def _facts(desk: Desk, booking: _Booking) -> dict[str, str]:
    local = desk.turn.local(booking.starts_at)
    return {
        "service": clean_line(booking.service, limit=NAME_LIMIT),
        "moment": format_moment(local, desk.texts, today=local_today(desk)),
    }


def _says(desk: Desk, text: str) -> Written:
    return Written(text=introduced(desk.turn, text))
