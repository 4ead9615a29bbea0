"""What the business says of its own accord, at the moment at which it would leave: sent, put off, or withdrawn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.integration.conftest import ANA, NOW, Api, Business, DatabaseClock
from tests.integration.database.conftest import BRUNO, agreed_message, booking_of, new_contact

WEEK = timedelta(days=7)


def waiting(business: Business, contact_id: str, *, kind: str | None = None, expires: timedelta = 2 * WEEK) -> str:
    """Put a proactive message into the outbox, of a follow-up when there is a `kind`; return its id."""
    message_id = str(
        business.api.value(
            "select (app.put_outbound(app.outreach_conversation(instance, contact), 'Oi', 'proactive', null, null)).id"
            " from app.instances as instance, app.contacts as contact where instance.id = %s and contact.id = %s",
            business.instance_id,
            contact_id,
        )
    )
    if kind is not None:
        business.api.rows(
            "insert into app.followups (organization_id, contact_id, kind, idempotency_key, due_at, expires_at, state,"
            " message_id) values (%s, %s, %s, %s, app.now() - interval '1 minute', app.now() + %s, 'queued', %s)",
            business.organization_id,
            contact_id,
            kind,
            message_id,
            expires,
            message_id,
        )
    return message_id


def organization(business: Business, **columns: Any) -> None:
    for name, value in columns.items():
        business.api.rows(
            f"update app.organizations set {name} = %s where id = %s",  # noqa: S608 - the test's own names
            value,
            business.organization_id,
        )


def put_off(business: Business, message_id: str) -> tuple[datetime, str]:
    """Claim a message that is put off; return until when and why."""
    claim = business.claim_send(message_id)
    assert claim["outcome"] == "postponed", claim
    reason: str = business.api.value("select last_error from app.messages where id = %s", message_id)
    return datetime.fromisoformat(claim["until"]), reason.removeprefix("postponed: ")


def withdrawn(business: Business, message_id: str) -> str:
    """Claim a message that is withdrawn; return why."""
    assert business.claim_send(message_id)["state"] == "withdrawn"
    reason: str = business.api.value("select last_error from app.messages where id = %s", message_id)
    return reason


@pytest.fixture
def ana(business: Business) -> str:
    return new_contact(business, "Ana", ANA)


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("custom", "update app.contacts set opted_out_at = app.now()", "opted_out"),
        ("custom", "update app.contacts set erased_at = app.now()", "erased"),
        ("birthday_greeting", "select 1", "no_consent"),
        ("reactivation", "select 1", "no_consent"),
        ("custom", "update app.organizations set assistant_enabled = false", "organization_off"),
        ("custom", "update app.organizations set proactive_cap = 0", "frequency_cap"),
        ("custom", "update app.instances set reply_window_hours = 24", "window_closed"),
        ("feedback_request", "update app.conversations set handed_over_at = app.now()", "handed_over"),
        ("payment_reminder", "update app.conversations set paused_until = app.now() + interval '1 h'", "handed_over"),
        ("custom", "update app.followups set expires_at = app.now()", "expired"),
    ],
)
def test_what_must_not_leave_any_more_is_withdrawn(
    business: Business, ana: str, kind: str, change: str, reason: str
) -> None:
    """With the reason on record."""
    message_id = waiting(business, ana, kind=kind)
    business.api.rows(change)
    assert withdrawn(business, message_id) == reason


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("birthday_greeting", "update app.contacts set marketing_consent_at = app.now()"),
        ("appointment_reminder", "update app.conversations set handed_over_at = app.now()"),
        ("custom", "update app.conversations set paused_until = app.now() + interval '1 h'"),
        ("feedback_request", "update app.conversations set paused_until = app.now() - interval '1 s'"),
    ],
)
def test_what_may_leave_leaves(business: Business, ana: str, kind: str, change: str) -> None:
    """With consent, and what a person of the team need not keep back."""
    message_id = waiting(business, ana, kind=kind)
    business.api.rows(change)
    assert business.claim_send(message_id)["outcome"] == "claimed"


#: What happens after a message was proposed and before it leaves; the reason for which each kind is withdrawn.
MEANWHILE: tuple[tuple[str, dict[str, str | None]], ...] = (
    (
        "wrote",
        {
            "outreach": None,
            "birthday_greeting": None,
            "reactivation": "contact_wrote",
            "opportunity": "contact_wrote",
        },
    ),
    ("booked", {"outreach": None, "birthday_greeting": None, "reactivation": "booked", "opportunity": "booked"}),
    (
        "taken over",
        {"outreach": None, "birthday_greeting": None, "reactivation": "handed_over", "opportunity": "handed_over"},
    ),
    ("too late", dict.fromkeys(("outreach", "birthday_greeting", "reactivation", "opportunity"), "expired")),
    ("switched off", dict.fromkeys(("outreach", "birthday_greeting", "reactivation", "opportunity"))),
)


@pytest.mark.parametrize(("what", "kinds"), MEANWHILE, ids=[what for what, _ in MEANWHILE])
def test_what_an_owner_agreed_to_is_called_off_when_it_is_not_wanted_any_more(
    business: Business, ana: str, clock: DatabaseClock, what: str, kinds: dict[str, str | None]
) -> None:
    """As a follow-up of its kind would be; what the owner had written and a greeting come all the same."""
    organization(business, proactive_cap=9)
    receipt = business.receive("Oi", phone=ANA)
    business.send(business.answer(receipt)["unsent"][0]["message_id"])
    clock.advance(minutes=5)
    expiries = {ana: (NOW + timedelta(hours=2)).isoformat()}
    messages = {kind: agreed_message(business, ana, kind=kind, expiries=expiries) for kind in kinds}
    clock.advance(minutes=5)
    match what:
        case "wrote":
            business.send(business.answer(business.receive("Oi", phone=ANA))["unsent"][0]["message_id"])
        case "booked":
            booking_of(business, ana)
        case "taken over":
            business.api.rows("update app.conversations set handed_over_at = app.now() where contact_id = %s", ana)
        case "too late":
            clock.advance(hours=2)
        case "switched off":
            business.api.rows("update app.organizations set paused_at = app.now()")
    became = {}
    for kind, message_id in messages.items():
        claim = business.claim_send(message_id)
        if claim["outcome"] == "claimed":
            business.complete_send(message_id, claim["token"], state="sent", provider_message_id=kind)
        clock.advance(minutes=2)
        became[kind] = business.api.value("select last_error from app.messages where id = %s", message_id)
    assert became == kinds


def test_what_the_owner_wrote_is_good_for_a_week(business: Business, ana: str, clock: DatabaseClock) -> None:
    """So that 200 people can be written to from a new number."""
    message_id = agreed_message(business, ana)
    clock.advance(days=7)
    assert withdrawn(business, message_id) == "expired"


def test_advertising_takes_consent_person_by_person(business: Business, ana: str) -> None:
    """Of one message to several, only for those for whom it is advertising."""
    bruno = new_contact(business, "Bruno", BRUNO, marketing_consent_at=NOW)
    message_id = agreed_message(business, bruno, kind="opportunity", marketing=True, marketing_to=[bruno])
    business.api.rows("update app.contacts set marketing_consent_at = null")
    assert withdrawn(business, message_id) == "no_consent"
    asked_for = agreed_message(business, ana, kind="opportunity", marketing=True, marketing_to=[bruno])
    assert business.claim_send(asked_for)["outcome"] == "claimed"


def test_the_word_of_who_turned_out_to_be_somebody_known_counts(business: Business, ana: str) -> None:
    """The contact that is left of two opted out."""
    left = new_contact(business, "Ana", BRUNO, opted_out_at=NOW)
    message_id = waiting(business, ana)
    business.api.rows("update app.contacts set merged_into = %s where id = %s", left, ana)
    assert withdrawn(business, message_id) == "opted_out"


def test_the_provider_takes_text_while_its_window_is_open(business: Business) -> None:
    """Twenty-four hours from the person's last message, and not one second more."""
    business.api.rows("update app.instances set reply_window_hours = 24")
    receipt = business.receive("Oi", phone=ANA)
    business.send(business.answer(receipt)["unsent"][0]["message_id"])
    contact_id = business.api.value("select id from app.contacts where name is null or name <> 'Carla' limit 1")
    message_id = waiting(business, str(contact_id), kind="custom")
    business.api.rows("update app.messages set written_at = app.now() - interval '24 h' + interval '1 s'")
    assert business.claim_send(message_id)["outcome"] == "claimed"
    business.complete_send(message_id, _token(business, message_id), state="pending", error="not now")
    business.api.rows("update app.messages set written_at = app.now() - interval '24 h'")
    assert withdrawn(business, message_id) == "window_closed"


def _token(business: Business, message_id: str) -> str:
    return str(business.api.value("select claim_token from app.messages where id = %s", message_id))


#: A zone, a moment there, and when the night ends in which it lies; None by day.
NIGHTS = (
    # 20:00 is night already, 19:59:59 is not.
    ("America/Sao_Paulo", "2026-01-20T22:59:59Z", None),
    ("America/Sao_Paulo", "2026-01-20T23:00:00Z", "2026-01-21T11:00:00Z"),
    # After midnight it is the same day's morning.
    ("America/Sao_Paulo", "2026-01-21T03:30:00Z", "2026-01-21T11:00:00Z"),
    ("America/Sao_Paulo", "2026-01-21T10:59:59Z", "2026-01-21T11:00:00Z"),
    ("America/Sao_Paulo", "2026-01-21T11:00:00Z", None),
    # The night of 8 March is an hour shorter in New York, that of 1 November an hour longer.
    ("America/New_York", "2026-03-08T01:00:00Z", "2026-03-08T12:00:00Z"),
    ("America/New_York", "2026-11-01T00:00:00Z", "2026-11-01T13:00:00Z"),
    ("Europe/Lisbon", "2026-03-28T22:00:00Z", "2026-03-29T07:00:00Z"),
    ("Europe/Lisbon", "2026-10-24T22:00:00Z", "2026-10-25T08:00:00Z"),
    ("Pacific/Auckland", "2026-04-04T08:00:00Z", "2026-04-04T20:00:00Z"),
    ("Asia/Kolkata", "2026-01-20T14:30:00Z", "2026-01-21T02:30:00Z"),
)


def test_nothing_leaves_at_night(business: Business) -> None:
    """By the wall clock of the business, also in the nights in which it is changed."""
    for zone, at, until in NIGHTS:
        organization(business, timezone=zone)
        opens = business.api.value(
            "select app.next_waking_moment(organization, %s) from app.organizations as organization where id = %s",
            datetime.fromisoformat(at),
            business.organization_id,
        )
        assert (zone, at, opens) == (zone, at, datetime.fromisoformat(until or at))


def test_what_would_leave_at_night_is_put_off_until_the_morning(
    business: Business, ana: str, clock: DatabaseClock
) -> None:
    """It leaves as soon as the night is over."""
    clock.set(datetime(2026, 1, 20, 23, 0, tzinfo=UTC))
    message_id = waiting(business, ana)
    until, reason = put_off(business, message_id)
    assert (until, reason) == (datetime(2026, 1, 21, 11, 0, tzinfo=UTC), "quiet_hours")
    clock.set(until)
    assert business.claim_send(message_id)["outcome"] == "claimed"


def test_hours_that_a_changed_clock_jumps_over_are_those_of_the_next_day(
    business: Business, clock: DatabaseClock
) -> None:
    """Between 02:10 and 02:40 there is nothing on 8 March in New York."""
    organization(business, timezone="America/New_York", quiet_until="02:10", quiet_from="02:40")
    clock.set(datetime(2026, 3, 8, 6, 0, tzinfo=UTC))
    until, _ = put_off(business, waiting(business, new_contact(business, "Ana", ANA)))
    assert until == datetime(2026, 3, 9, 6, 10, tzinfo=UTC)


def test_a_reply_leaves_at_night_and_over_the_cap(business: Business, clock: DatabaseClock) -> None:
    """The gates are for what nobody asked for."""
    organization(business, proactive_cap=0)
    clock.set(datetime(2026, 1, 21, 3, 0, tzinfo=UTC))
    reply = business.answer(business.receive("Oi", sent_at=clock.now))["unsent"][0]["message_id"]
    assert business.claim_send(reply)["outcome"] == "claimed"


def test_a_person_gets_no_more_than_the_cap_in_seven_days(business: Business, ana: str, clock: DatabaseClock) -> None:
    """The third waits until the first is seven days old; one in doubt counts, one that never left does not."""
    first, second, third = (waiting(business, ana, kind="custom") for _ in range(3))
    business.send(first)
    clock.advance(hours=1)
    business.complete_send(second, business.claim_send(second)["token"], state="unknown", error="no answer")
    clock.advance(minutes=5)
    business.settle_send(second, missing=True)
    assert put_off(business, third) == (NOW + WEEK, "frequency_cap")
    clock.set(NOW + WEEK)
    claim = business.claim_send(third)
    assert claim["outcome"] == "claimed"
    business.complete_send(third, claim["token"], state="failed", error="refused")
    assert business.claim_send(waiting(business, ana, kind="custom"))["outcome"] == "claimed"


def test_what_the_cap_puts_off_for_too_long_is_withdrawn(business: Business, ana: str) -> None:
    """A follow-up that would come when it is pointless."""
    organization(business, proactive_cap=1)
    business.send(waiting(business, ana))
    assert withdrawn(business, waiting(business, ana, kind="custom", expires=timedelta(days=6))) == "frequency_cap"


def test_advertising_leaves_room_for_reminders(business: Business, ana: str, clock: DatabaseClock) -> None:
    """A reminder that is due in the week has its place before it is sent; nothing else gives way to it."""
    organization(business, proactive_cap=1)
    business.api.rows("update app.contacts set marketing_consent_at = app.now()")
    business.api.rows(
        "insert into app.followups (organization_id, contact_id, kind, idempotency_key, due_at, expires_at)"
        " values (%s, %s, 'appointment_reminder', 'r', app.now() + interval '2 d', app.now() + interval '3 d')",
        business.organization_id,
        ana,
    )
    greeting = waiting(business, ana, kind="birthday_greeting", expires=timedelta(hours=10))
    assert withdrawn(business, greeting) == "frequency_cap"
    assert business.claim_send(waiting(business, ana, kind="custom"))["outcome"] == "claimed"


def test_messages_of_a_number_leave_at_a_pace(business: Business, clock: DatabaseClock) -> None:
    """At least 30 seconds apart; a crowd that comes at once is given moments of its own, and needs no third claim."""
    messages = [waiting(business, new_contact(business, None, f"+55119000000{n:02d}"), kind="custom") for n in range(9)]
    business.send(messages[0])
    moments = [put_off(business, each) for each in messages[1:]]
    assert {reason for _, reason in moments} == {"pacing"}
    left = [NOW]
    for (until, _), message_id in sorted(zip(moments, messages[1:], strict=True)):
        clock.set(until)
        business.send(message_id)
        left.append(until)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(left)]
    assert min(gaps) >= 30
    assert max(gaps) <= 75
    assert len(set(gaps)) > 1, "not like clockwork"


def test_two_claims_at_once_do_not_leave_together(business: Business) -> None:
    """Of messages to many that are claimed at the same moment, one leaves."""
    messages = [waiting(business, new_contact(business, None, f"+55119000000{n:02d}"), kind="custom") for n in range(6)]

    def claim(message_id: str) -> str:
        api = Api(business.api.dsn)
        outcome: str = Business(api, business.organization_id, business.instance_id, "loja-a").claim_send(message_id)[
            "outcome"
        ]
        api.close()
        return outcome

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(claim, messages))
    assert outcomes == ["claimed", *["postponed"] * 5]


def test_a_number_warms_up(business: Business) -> None:
    """So many a local day, by its age since the first one."""
    limits = {0: 20, 3: 20, 4: 50, 7: 50, 8: 100, 14: 100, 15: 200, 30: 200, 31: None, 400: None}
    assert {age: business.api.value("select app.warm_up_limit(%s)", age) for age in limits} == limits


def test_what_a_new_number_has_no_room_for_waits_for_the_next_days(business: Business, clock: DatabaseClock) -> None:
    """Twenty left today, twenty have tomorrow: the next one waits until the day after. A reminder leaves at once."""
    organization(business, quiet_until="00:00", quiet_from="24:00")
    people = [new_contact(business, None, f"+5511900000{n:03d}") for n in range(42)]
    for person in people[:20]:
        business.send(waiting(business, person, kind="custom"))
        clock.advance(minutes=2)
    assert business.api.value("select proactive_since::text from app.instances") == "2026-01-20"
    moments = [put_off(business, waiting(business, person, kind="custom")) for person in people[20:41]]
    days = [(until - timedelta(hours=3)).day for until, _ in moments]
    assert days == [21] * 20 + [22]
    business.send(waiting(business, people[41], kind="appointment_reminder"))


def test_replies_go_first(business: Business, ana: str, clock: DatabaseClock) -> None:
    """While a customer waits for an answer, nothing else is said to the customer."""
    receipt = business.receive("Vocês abrem hoje?")
    message_id = waiting(business, ana, kind="custom")
    assert put_off(business, message_id) == (NOW + timedelta(seconds=60), "answer_first")
    business.send(business.answer(receipt)["unsent"][0]["message_id"])
    clock.advance(seconds=60)
    assert business.claim_send(message_id)["outcome"] == "claimed"


def test_what_is_put_off_holds_up_nothing_behind_it(business: Business, ana: str) -> None:
    """A reminder does not wait behind advertising that the cap keeps back; its claim names what waited."""
    organization(business, proactive_cap=1)
    business.send(waiting(business, ana))
    organization(business, proactive_cap=2)
    business.api.rows("update app.messages set accepted_at = app.now() - interval '1 h' where purpose = 'proactive'")
    business.api.rows("update app.contacts set marketing_consent_at = app.now()")
    greeting = waiting(business, ana, kind="birthday_greeting", expires=3 * WEEK)
    reminder = waiting(business, ana, kind="appointment_reminder")
    assert business.claim_send(reminder) == {"outcome": "waiting"}
    claim = business.claim_send(greeting)
    assert (claim["outcome"], claim["next"]["message_id"]) == ("postponed", reminder)
    assert business.claim_send(reminder)["outcome"] == "claimed"


def test_what_is_put_off_is_not_swept_before_its_moment(business: Business, ana: str, clock: DatabaseClock) -> None:
    """The sweep finds it a while after, should its publication be lost."""
    clock.set(datetime(2026, 1, 20, 23, 30, tzinfo=UTC))
    message_id = waiting(business, ana)
    until, _ = put_off(business, message_id)
    for at, found in ((until + timedelta(seconds=60), []), (until + timedelta(seconds=90), [message_id])):
        clock.set(at)
        sends = business.api.value("select app.forgotten_sends(90, 10)")
        assert [each["message_id"] for each in sends] == found
