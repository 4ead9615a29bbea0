"""The gate for what customers answer to a follow-up: 1, 2 or 3 to a reminder, a mark to a feedback request.

Plain code reads it, so that a digit cannot be misunderstood. What says more than an answer is the assistant's.
"""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, RootModel

from shared.answering.written import Written, called_for
from shared.assistants.desks.bookable import local_today
from shared.assistants.desks.desk import Desk
from shared.assistants.desks.own_appointments import cancelling, is_done
from shared.assistants.followup_answers import PresenceAnswer, mark_in, presence_answer_in
from shared.assistants.handover import contact_in_words, introduced
from shared.assistants.moments import format_moment
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.proposals import Plan, propose
from shared.assistants.tools import Arguments, read_row
from shared.assistants.untrusted import clean_line
from shared.models import Audience, OpenTurn, Turn
from shared.routines.followups import Followup, rendering_of
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
    dependent: str | None = None


class _Answered(BaseModel):
    """What the newest message to the person was about."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    booking: _Booking | None
    changeable: bool | None
    others: tuple[_Booking, ...] = ()  #: the customer was reminded of for the same day
    review: Followup | None = None  #: what a request for a review would say, where there is one


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
        return _answer_feedback(desk, followup, followup.booking, mark)
    return None


def _said(turn: Turn) -> str | None:
    """Return all that waits for an answer as one text, None when it is not words alone."""
    messages = turn.open_messages
    if not messages or any(message.kind not in _IN_WORDS or not message.text for message in messages):
        return None
    return "\n".join(message.text or "" for message in messages)


async def _answer_reminder(desk: Desk, followup: _Answered, booking: _Booking, answer: PresenceAnswer) -> Written:
    texts, facts = desk.texts.followups, _facts(desk, booking)
    if answer is PresenceAnswer.CONFIRM:
        return await _confirm(desk, (booking, *followup.others))
    if not _stands(desk, booking):
        return _says(desk, texts.appointment_gone)
    others = "; ".join(_in_words(desk, other) for other in followup.others)
    stays = texts.others_stay.format(appointments=others) if others else None
    match answer:
        case PresenceAnswer.MOVE if followup.changeable:
            return _says(desk, "\n".join(filter(None, [texts.move_to_when.format(**facts), stays])))
        case PresenceAnswer.CANCEL if followup.changeable:
            plan = cancelling(
                desk, booking.booking_id, service=facts["service"], starts_at=booking.starts_at, besides=stays
            )
            return await _propose(desk, booking, plan)
    # Too late to be changed by a customer: the team must hear of it.
    reason = texts.too_late_reason.format(**facts)
    return called_for(desk.turn, lambda _: introduced(desk.turn, texts.too_late_to_change), lambda _: reason)


async def _confirm(desk: Desk, bookings: tuple[_Booking, ...]) -> Written:
    """Confirm all that the customer was reminded of for that day: nobody answers once for each pet."""
    confirmed = []
    for booking in sorted((each for each in bookings if _stands(desk, each)), key=lambda each: each.starts_at):
        row = await desk.database.call(
            "confirm_presence",
            organization_id=desk.organization_id,
            conversation_id=desk.conversation_id,
            booking_id=booking.booking_id,
        )
        if is_done(row, function="confirm_presence"):
            confirmed.append(_in_words(desk, booking))
    texts = desk.texts.followups
    return _says(
        desk,
        texts.presence_confirmed.format(appointments="; ".join(confirmed)) if confirmed else texts.appointment_gone,
    )


async def _propose(desk: Desk, booking: _Booking, plan: Plan) -> Written:
    """Ask once more: one digit too many must not cost an appointment."""
    arguments = _Cancellation(booking_id=booking.booking_id)
    proposed = await propose(desk, tool="followup_reply", arguments=arguments, plan=plan)
    return _says(desk, proposed.must_say or desk.texts.followups.appointment_gone)


def _answer_feedback(desk: Desk, followup: _Answered, booking: _Booking, mark: int) -> Written:
    """Thank for a mark. A good one is asked for a review at once: a reply is no message more that week."""
    texts = desk.texts.followups
    told = texts.rated_well if mark >= _GOOD else texts.rated_badly if mark <= _BAD else texts.rated_fair
    review = rendering_of(followup.review, now=desk.turn.now).text if followup.review and mark >= _GOOD else None
    notice = texts.bad_rating_notice.format(rating=mark, contact=contact_in_words(desk.turn), **_facts(desk, booking))
    effect: dict[str, Any] = {
        "kind": "rating",
        "booking_id": str(booking.booking_id),
        "rating": mark,
        "notice": notice if mark <= _BAD else None,
        "asks_review": review is not None,
    }
    return _says(desk, f"{told}\n\n{review}" if review else told).model_copy(update={"effects": (effect,)})


def _stands(desk: Desk, booking: _Booking) -> bool:
    return booking.status in {"pending", "confirmed"} and booking.starts_at > desk.turn.now


def _facts(desk: Desk, booking: _Booking) -> dict[str, str]:
    service, dependent = (clean_line(word or "", limit=NAME_LIMIT) for word in (booking.service, booking.dependent))
    return {
        "service": f"{service} ({dependent})" if dependent else service,
        "moment": format_moment(desk.turn.local(booking.starts_at), desk.texts, today=local_today(desk)),
    }


def _in_words(desk: Desk, booking: _Booking) -> str:
    return "{service}, {moment}".format(**_facts(desk, booking))


def _says(desk: Desk, text: str) -> Written:
    return Written(text=introduced(desk.turn, text))
