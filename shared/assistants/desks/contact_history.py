"""What happened with one contact, as the model is told of it."""

import datetime
from typing import Any

from pydantic import AwareDatetime

from shared.assistants.desks.bookable import price_of
from shared.assistants.desks.contacts import clean_name
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import as_data
from shared.assistants.tools import Row
from shared.assistants.untrusted import clean_line
from shared.models import Dependent

_TEXT_LIMIT = 300


class _Visit(Row):
    service: str
    starts_at: AwareDatetime
    status: str
    price_cents: int | None
    paid_cents: int | None
    dependent: str | None


class _Totals(Row):
    completed: int
    cancelled: int
    no_show: int
    revenue_cents: int | None


class _Messages(Row):
    received: int
    sent: int
    last_received_at: AwareDatetime | None
    last_sent_at: AwareDatetime | None


class _Question(Row):
    number: int
    question: str
    state: str
    answer: str | None


class _Reached(Row):
    text: str
    state: str
    at: AwareDatetime


class ContactHistory(Row):
    """What `api.contact_history` answers."""

    name: str | None
    phone: str | None
    birth_date: datetime.date | None
    since: AwareDatetime
    opted_out: bool
    marketing: bool
    handed_over: bool
    dependents: tuple[Dependent, ...]
    upcoming: tuple[_Visit, ...]
    past: tuple[_Visit, ...]
    totals: _Totals
    messages: _Messages
    waiting: tuple[str, ...]
    questions: tuple[_Question, ...]
    outreach: tuple[_Reached, ...]


def describe_history(history: ContactHistory, desk: Desk) -> dict[str, Any]:
    """Return a contact's history as the model is told of it: local dates, money in words, people's words cleaned."""

    def date(moment: datetime.datetime | None) -> str | None:
        return None if moment is None else desk.turn.local(moment).date().isoformat()

    totals, messages = history.totals, history.messages
    return {
        "name": clean_name(history.name),
        "phone": history.phone,
        "birthday": history.birth_date.isoformat() if history.birth_date else None,
        "client_since": date(history.since),
        "opted_out": history.opted_out,
        "allowed_advertising": history.marketing,
        "a_person_answers": history.handed_over,
        "dependents": [_describe_dependent(each) for each in history.dependents],
        "upcoming": [_describe_visit(each, desk) for each in history.upcoming],
        "past": [_describe_visit(each, desk) for each in history.past],
        "totals": {
            "completed": totals.completed,
            "cancelled": totals.cancelled,
            "no_show": totals.no_show,
            "revenue": price_of(desk, totals.revenue_cents),
        },
        "messages": {
            "received": messages.received,
            "sent": messages.sent,
            "last_received": date(messages.last_received_at),
            "last_sent": date(messages.last_sent_at),
        },
        "waiting_for": [clean_name(service) for service in history.waiting],
        "questions": [_describe_question(each) for each in history.questions],
        "messages_from_the_business": [
            {"text": clean_line(each.text, limit=_TEXT_LIMIT), "state": each.state, "date": date(each.at)}
            for each in history.outreach
        ],
    }


def _describe_dependent(dependent: Dependent) -> dict[str, Any]:
    return {
        "kind": dependent.kind,
        "name": clean_name(dependent.name),
        "birthday": dependent.birth_date.isoformat() if dependent.birth_date else None,
        "details": clean_line(dependent.details, limit=_TEXT_LIMIT) if dependent.details else None,
    }


def _describe_visit(visit: _Visit, desk: Desk) -> dict[str, Any]:
    return {
        **as_data(desk.turn.local(visit.starts_at), desk.texts),
        "service": clean_name(visit.service),
        "for": clean_name(visit.dependent),
        "status": visit.status,
        "price": price_of(desk, visit.price_cents),
        "paid": price_of(desk, visit.paid_cents),
    }


def _describe_question(question: _Question) -> dict[str, Any]:
    return {
        "number": question.number,
        "question": clean_line(question.question, limit=_TEXT_LIMIT),
        "state": question.state,
        "answer": clean_line(question.answer, limit=_TEXT_LIMIT) if question.answer else None,
    }
