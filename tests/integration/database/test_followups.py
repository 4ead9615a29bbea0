"""Follow-ups are planned and called off by what happens, in its own transaction, and reach the outbox once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.conftest import ANA, NOW, Business, DatabaseClock
from tests.integration.database.conftest import Talk, booking_of, contact_of, new_contact, service_of

HOURS = timedelta(hours=1)


def followups(business: Business, kind: str | None = None) -> list[tuple[str, str, datetime, str, str | None]]:
    """Kind, variant, moment, state and reason of all follow-ups, those due first first."""
    found = business.api.rows(
        "select kind, variant, due_at, state, reason from app.followups where organization_id = %s"
        " order by due_at, kind, created_at",
        business.organization_id,
    )
    return [(k, v, due, state, reason) for k, v, due, state, reason in found if kind in (None, k)]


def states(business: Business, kind: str | None = None) -> list[tuple[str, str | None]]:
    return [(state, reason) for _, _, _, state, reason in followups(business, kind)]


def options(business: Business, **changes: Any) -> dict[str, Any]:
    chosen: dict[str, Any] = business.api.call(
        "followup_options", organization_id=business.organization_id, changes=changes
    )
    return chosen


def change(business: Business, booking_id: str, *, status: str) -> None:
    business.api.rows("update app.bookings set status = %s where id = %s", status, booking_id)


def move(business: Business, booking_id: str, *, days: int) -> None:
    business.api.rows(
        "update app.bookings set period = tstzrange(lower(period) + %s, upper(period) + %s) where id = %s",
        timedelta(days=days),
        timedelta(days=days),
        booking_id,
    )


def period_of(starts_at: datetime) -> dict[str, str]:
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + HOURS).isoformat()}


def dispatched(business: Business, text: str | None = "Oi!") -> list[dict[str, Any]]:
    """Claim what is due and queue it with a text; return what is to be published."""
    due = business.api.call("claim_followups", limit=50)["followups"]
    return queued(business, [each["id"] for each in due], text)


def queued(business: Business, ids: list[str], text: str | None = "Oi!") -> list[dict[str, Any]]:
    texts = Jsonb([{"id": each, "text": text} for each in ids])
    unsent: list[dict[str, Any]] = business.api.call("queue_followups", texts=texts)
    return unsent


@pytest.fixture
def ana(business: Business) -> Talk:
    """Ana has written and was answered."""
    talk = Talk(business, ANA)
    business.send(talk.answers(talk.says("Oi"), text="Olá!"))
    return talk


@pytest.fixture
def booking(business: Business, ana: Talk) -> str:
    """Ana's appointment in three days."""
    return booking_of(business, contact_of(business, ANA))


def test_a_booking_is_reminded_of_while_there_is_time(business: Business, ana: Talk) -> None:
    """24 h and 2 h before it begins, except for moments that have passed."""
    for hours in (72, 23, 1):
        booking_of(business, contact_of(business, ANA), days=0, hour=hours)
    assert followups(business) == [
        ("appointment_reminder", "2h", NOW + 21 * HOURS, "waiting", None),
        ("appointment_reminder", "24h", NOW + 48 * HOURS, "waiting", None),
        ("appointment_reminder", "2h", NOW + 70 * HOURS, "waiting", None),
    ]


def test_a_moved_booking_is_reminded_of_at_its_new_time(business: Business, booking: str) -> None:
    """The old reminders are called off; moved back, they are planned again."""
    move(business, booking, days=1)
    moved = [(variant, due, state, reason) for _, variant, due, state, reason in followups(business)]
    assert moved == [
        ("24h", NOW + 48 * HOURS, "cancelled", "booking_moved"),
        ("2h", NOW + 70 * HOURS, "cancelled", "booking_moved"),
        ("24h", NOW + 72 * HOURS, "waiting", None),
        ("2h", NOW + 94 * HOURS, "waiting", None),
    ]
    move(business, booking, days=-1)
    assert [state for state, _ in states(business)] == ["waiting", "waiting", "cancelled", "cancelled"]


def test_a_booking_that_is_over_is_not_reminded_of(business: Business, ana: Talk) -> None:
    """Cancelled, missed or done: nobody is told to come."""
    statuses = ("cancelled", "no_show", "completed")
    for days, status in enumerate(statuses, start=2):
        change(business, booking_of(business, contact_of(business, ANA), days=days), status=status)
    assert states(business, "appointment_reminder") == [
        ("cancelled", f"booking_{status}") for status in statuses for _ in range(2)
    ]


def test_after_a_visit_feedback_is_asked_for_and_the_bill_where_that_is_wanted(
    business: Business, ana: Talk, clock: DatabaseClock
) -> None:
    """The next local day at 10:00, one request a day; the payment two days later, until it is paid."""
    options(business, payment_reminder=True)
    contact = contact_of(business, ANA)
    first, second = booking_of(business, contact, days=0, hour=1), booking_of(business, contact, days=0, hour=3)
    clock.advance(hours=5)
    change(business, first, status="completed")
    change(business, second, status="completed")
    ten = datetime.fromisoformat("2026-01-21T10:00-03:00")
    assert followups(business, "feedback_request") == [("feedback_request", "", ten, "waiting", None)]
    assert (
        followups(business, "payment_reminder")
        == [("payment_reminder", "", ten + timedelta(days=1), "waiting", None)] * 2
    )
    business.api.rows("update app.bookings set paid_at = app.now(), paid_cents = 1 where id = %s", first)
    change(business, second, status="no_show")
    assert sorted(states(business, "payment_reminder")) == [("cancelled", "booking_no_show"), ("cancelled", "paid")]


def test_what_an_organization_does_not_want_is_not_planned(business: Business, ana: Talk) -> None:
    """Switched off kinds, payments by default, and visits that were written down late."""
    options(business, appointment_reminder=False, feedback_request=False, silence=False)
    contact = contact_of(business, ANA)
    change(business, booking_of(business, contact), status="completed")
    ana.answers(ana.says("Quero marcar"), text="Que dia?")
    assert followups(business) == []
    assert options(business, feedback_request=None, silence=None)["feedback_request"] is True
    booking_of(business, contact, days=-5, status="completed")
    assert followups(business) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"feedback_request": "banana"}, "feedback_request must be true or false"),
        ({"review_link": "g.example/patas"}, "review_link must be a link that begins with https://"),
        ({"review_link": True}, "review_link must be a link"),
        ({"birthday_greeting": True}, "follow-ups have no option birthday_greeting"),
        ([True], "the changes must be an object"),
    ],
)
def test_what_cannot_be_chosen_is_refused_by_name(business: Business, changes: Any, problem: str) -> None:
    """What a trigger would meet only when a visit is over."""
    with pytest.raises(psycopg.Error, match=problem) as refused:
        business.api.call("followup_options", organization_id=business.organization_id, changes=Jsonb(changes))
    assert refused.value.sqlstate == "PT422"
    assert options(business)["feedback_request"] is True


ASKED = [
    # NOW is Tuesday, 20 January, 09:20 in São Paulo.
    ({}, None, "2026-01-21"),
    ({"tue": [["09:00", "18:00"]]}, None, "2026-01-27"),
    ({"wed": [["09:00", "18:00"]], "thu": []}, "2026-01-21", "2026-01-28"),
    ({"wed": []}, None, "2026-01-21"),
]


@pytest.mark.parametrize(("hours", "blocked", "day"), ASKED)
def test_silence_after_a_question_is_followed_up_on_the_next_open_day(
    business: Business, ana: Talk, hours: dict[str, Any], blocked: str | None, day: str
) -> None:
    """At 10:00 local; a reply that asks nothing is not."""
    business.api.rows("update app.organizations set business_hours = %s", Jsonb(hours))
    if blocked:
        business.api.rows(
            "insert into app.blocks (organization_id, period) values (%s, tstzrange(%s::date, %s::date + 1))",
            business.organization_id,
            blocked,
            blocked,
        )
    ana.answers(ana.says("Obrigada"), text="De nada!")
    assert followups(business) == []
    ana.answers(ana.says("Quero marcar"), text="Que dia prefere?")
    due = datetime.fromisoformat(f"{day}T10:00-03:00")
    assert followups(business) == [("silence", "", due, "waiting", None)]


def test_silence_is_followed_up_once(business: Business, ana: Talk, clock: DatabaseClock) -> None:
    """The person's word ends it; once it was sent, there is no second one for a month."""
    business.send(ana.answers(ana.says("Quero marcar"), text="Que dia?"))
    business.receive("Amanhã")
    assert states(business) == [("cancelled", "contact_wrote")]
    business.send(ana.answers(ana.says("De manhã"), text="Às 9h?"))
    clock.advance(hours=25)
    (unsent,) = dispatched(business)
    business.send(unsent["message_id"])
    business.answer(business.receive("Pode ser", sent_at=clock.now), text="Posso confirmar?")
    assert [state for state, _ in states(business)] == ["cancelled", "queued"]


def test_a_question_that_never_left_is_not_followed_up(business: Business, ana: Talk, clock: DatabaseClock) -> None:
    """Who was not asked is not silent."""
    ana.answers(ana.says("Quero marcar"), text="Que dia?")
    clock.advance(hours=25)
    assert dispatched(business) == []
    assert states(business) == [("skipped", "not_asked")]


def test_a_handover_leaves_the_customer_to_the_team(business: Business, ana: Talk) -> None:
    """What asks something is called off; the reminders of appointments stay."""
    contact = contact_of(business, ANA)
    booking_of(business, contact, days=0, hour=-2, status="completed")
    turn = ana.says("Quero falar com alguém")
    business.complete(turn, turn, text="Já chamo. Pode esperar?", reason="pediu")
    assert states(business, "feedback_request") == [("cancelled", "handed_over")]
    assert states(business, "silence") == [("cancelled", "handed_over")]
    booking_of(business, contact)
    business.api.rows("update app.conversations set handed_over_at = null")
    business.api.rows("update app.conversations set handed_over_at = app.now()")
    assert states(business, "appointment_reminder") == [("waiting", None)] * 2


def test_who_confirms_gets_no_second_reminder(business: Business, ana: Talk, clock: DatabaseClock) -> None:
    """The one a day before comes. Moved, the appointment is to be confirmed anew."""
    contact = contact_of(business, ANA)
    booking = booking_of(business, contact)
    clock.advance(minutes=5)
    business.api.call(
        "confirm_presence",
        organization_id=business.organization_id,
        conversation_id=business.receive("Confirmo", phone=ANA)["conversation_id"],
        booking_id=booking,
    )
    assert states(business) == [("waiting", None), ("cancelled", "confirmed")]
    business.api.rows("update app.contacts set opted_out_at = app.now() where id = %s", contact)
    business.api.rows("update app.contacts set opted_out_at = null where id = %s", contact)
    assert states(business) == [("waiting", None), ("cancelled", "confirmed")]
    business.api.rows(
        "update app.bookings set confirmed_at = null, period = tstzrange(lower(period) + interval '1 d',"
        " upper(period) + interval '1 d')"
    )
    assert [state for state, _ in states(business)] == ["cancelled", "cancelled", "waiting", "waiting"]


OWED = [
    ("Que dia prefere?", True),
    ("Veja https://g.example/busca?q=banho e www.patas.example/?dia=1.", False),
    ("O menu: patas.example/menu?hoje=1", False),
    ("Já viu https://patas.example?", True),
    ("*Pode ser às 10h?* Nosso site: patas.example/?a=b", True),
    ("De nada!", False),
]


def test_only_a_question_waits_for_an_answer(business: Business) -> None:
    """A question mark in a link asks nothing."""
    asked = [(text, business.api.value("select app.asks(%s)", text)) for text, _ in OWED]
    assert asked == OWED


def test_who_owes_nothing_is_not_reminded_of_a_question(business: Business, ana: Talk, clock: DatabaseClock) -> None:
    """Who has decided, who was asked by a follow-up, and who has an appointment to come."""

    def answered(said: str, text: str) -> None:
        receipt = business.receive(said, phone=ANA, sent_at=clock.now)
        business.send(ana.answers({**receipt, **business.claim(receipt)}, text))

    ana.was_asked("book", {"service_id": service_of(business), **period_of(NOW + 24 * HOURS)})
    turn = ana.says("não")
    ana.decides(turn, "drop")
    business.send(ana.answers(turn, "Tudo bem. Mais alguma coisa?"))
    assert states(business, "silence") == [("cancelled", "contact_wrote")]

    booking_of(business, contact_of(business, ANA), days=0, hour=-2, status="completed")
    clock.set(followups(business, "feedback_request")[0][2])
    business.send(dispatched(business)[0]["message_id"])
    clock.advance(minutes=5)
    answered("5", "Obrigado! Mais alguma coisa?")
    assert states(business, "silence") == [("cancelled", "contact_wrote")]

    booking_of(business, contact_of(business, ANA))
    answered("Oi", "Olá! Posso ajudar?")
    assert states(business, "silence") == [("cancelled", "contact_wrote")]
    business.api.rows("update app.bookings set status = 'cancelled' where status = 'confirmed'")
    answered("Oi", "Olá! Posso ajudar?")
    assert states(business, "silence") == [("cancelled", "contact_wrote"), ("waiting", None)]


def test_who_opts_out_receives_nothing_and_who_returns_is_reminded(
    business: Business, booking: str, clock: DatabaseClock
) -> None:
    """Also what waits in the outbox is withdrawn. Whoever comes back is reminded of what is to come."""
    clock.advance(hours=48)
    (unsent,) = dispatched(business)
    contact = contact_of(business, ANA)
    note = "select app.note_consent(%s, %s, %s, 'message')"
    business.api.rows(note, business.organization_id, contact, "opted_out")
    booking_of(business, contact, days=9)
    assert business.api.value("select state from app.messages where id = %s", unsent["message_id"]) == "withdrawn"
    assert states(business) == [("queued", None), ("cancelled", "opted_out")]
    business.api.rows(note, business.organization_id, contact, "opted_in")
    assert [(variant, state) for _, variant, _, state, _ in followups(business)] == [
        ("24h", "queued"),
        ("2h", "waiting"),
        ("24h", "waiting"),
        ("2h", "waiting"),
    ]


def changeable(business: Business, ana: Talk) -> bool:
    """Whether Ana may still change her only appointment."""
    conversation_id = business.receive("Oi", phone=ANA)["conversation_id"]
    own = business.api.call(
        "appointments_of", organization_id=business.organization_id, conversation_id=conversation_id
    )
    (appointment,) = own["appointments"]
    answer: bool = appointment["changeable"]
    return answer


def test_who_is_asked_at_short_notice_may_answer(
    business: Business, ana: Talk, booking: str, clock: DatabaseClock
) -> None:
    """The reminder two hours before opens what the notice had closed, for the time that it spoke of."""
    clock.advance(hours=48)
    business.send(dispatched(business)[0]["message_id"])
    clock.advance(hours=21)
    assert not changeable(business, ana), "the reminder of the day before asked in time"
    clock.advance(hours=2)
    (reminder,) = dispatched(business)
    assert not changeable(business, ana), "it has not left"
    business.send(reminder["message_id"])
    assert changeable(business, ana)
    business.api.rows(
        "update app.bookings set period = tstzrange(lower(period) + interval '1 h', upper(period) + interval '1 h')"
    )
    assert not changeable(business, ana), "the reminder was of another time"


def test_a_queued_reminder_of_a_cancelled_booking_does_not_leave(
    business: Business, booking: str, clock: DatabaseClock
) -> None:
    """Its message is withdrawn in the cancellation's own transaction."""
    clock.advance(hours=48)
    (unsent,) = dispatched(business)
    change(business, booking, status="cancelled")
    assert business.claim_send(unsent["message_id"])["state"] == "withdrawn"


def test_erasing_a_person_leaves_nothing_planned(business: Business, ana: Talk) -> None:
    """Neither the follow-up nor the words that the owner wrote for it."""
    added = business.api.call(
        "add_followup",
        organization_id=business.organization_id,
        followup={
            "kind": "custom",
            "phone": ANA,
            "text": "Oi Ana, sobre o seu exame",
            "local_time": "2026-02-01T10:00",
        },
    )
    assert (added["state"], added["phone"]) == ("waiting", ANA)
    business.api.call("erase_contact", organization_id=business.organization_id, phone=ANA, phone_hash="a" * 64)
    assert business.api.rows("select state, reason, text from app.followups") == [("cancelled", "erased", None)]


def test_each_follow_up_becomes_one_message(business: Business, booking: str, clock: DatabaseClock) -> None:
    """Two runs at once, a run that ends before publishing, a late one: one message, named until it has left."""
    clock.advance(hours=48)
    first = business.api.call("claim_followups", limit=50)["followups"]
    second = business.api.call("claim_followups", limit=50)["followups"]
    assert [each["id"] for each in first] == [each["id"] for each in second]
    ids = [each["id"] for each in first]
    once, again = queued(business, ids), queued(business, ids, "Outro texto")
    assert once == again
    assert business.api.rows("select text from app.messages where purpose = 'proactive'") == [("Oi!",)]
    business.send(once[0]["message_id"])
    assert queued(business, ids) == []


OBSTACLES: list[tuple[str, str]] = [
    ("update app.organizations set is_active = false", "organization_off"),
    ("update app.organizations set paused_at = app.now()", "waiting"),
    ("update app.contacts set opted_out_at = null", "queued"),
    ("delete from app.contact_identities; delete from app.messages; delete from app.conversations", "no_number"),
    ("update app.owner_numbers set phone = '+5511912345678'", "owner_number"),
    ("update app.followups set expires_at = due_at + interval '1 second'", "expired"),
]


@pytest.mark.parametrize(("statement", "outcome"), OBSTACLES)
def test_what_cannot_be_sent_is_skipped_for_a_reason(
    business: Business, booking: str, clock: DatabaseClock, statement: str, outcome: str
) -> None:
    """Or put off, while the owner has switched the assistant off."""
    business.api.rows(statement)
    clock.advance(hours=48, minutes=1)
    dispatched(business)
    state, reason = states(business)[0]
    assert outcome == (reason or state)
    assert business.api.value("select app.due_followups()") == 0


def test_only_what_the_owner_may_plan_can_be_added(business: Business, ana: Talk) -> None:
    """Adding is safe to repeat; each refusal has a name. Advertising takes consent."""
    wish = {"kind": "custom", "phone": ANA, "text": "Oi {name}!", "local_time": "2026-01-22T15:00"}

    def add(**changes: Any) -> Any:
        return business.api.call("add_followup", organization_id=business.organization_id, followup={**wish, **changes})

    assert add()["id"] == add()["id"]
    assert add()["due_at"] == "2026-01-22T18:00:00+00:00"
    refusals = [
        ({"phone": "+5511900000000"}, "unknown_contact"),
        ({"kind": "silence"}, "unknown_kind"),
        ({"text": ""}, "no_text"),
        ({"local_time": "2026-01-19T15:00"}, "past"),
        ({"kind": "reactivation"}, "no_consent"),
    ]
    for changes, hint in refusals:
        with pytest.raises(Exception, match=hint):
            add(**changes)
    cancelled = business.api.call("cancel_followup", organization_id=business.organization_id, followup_id=add()["id"])
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "operator")


def test_a_contact_without_a_conversation_gets_one(business: Business, clock: DatabaseClock) -> None:
    """Whom only the phone is known of is written to on the business's number."""
    booking_of(business, new_contact(business, "Bia", "+5511955554444"))
    clock.advance(hours=48)
    (unsent,) = dispatched(business)
    assert business.claim_send(unsent["message_id"])["address"] == "5511955554444"


def test_merged_contacts_keep_their_follow_ups(
    business: Business, booking: str, make_business: Callable[..., Business]
) -> None:
    """They are for whom the two turned out to be."""
    other = new_contact(business, "Ana", "+5511933332222")
    business.api.rows(
        "select app.merge_contact(%s, %s, %s)", business.organization_id, contact_of(business, ANA), other
    )
    assert {str(contact) for (contact,) in business.api.rows("select contact_id from app.followups")} == {other}
