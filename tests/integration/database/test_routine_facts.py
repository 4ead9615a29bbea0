"""What the routines look at: the facts of a business's own day, and what came of the messages that it sent."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from shared.routines.birthdays import BirthdayFacts
from shared.routines.daily_summary import DailyFacts
from shared.routines.inactive_clients import InactiveFacts
from shared.routines.opportunities import OpportunityFacts
from shared.routines.routine import ROUTINES
from tests.integration.conftest import ANA, NOW, Api, Business, DatabaseClock
from tests.integration.database.conftest import BRUNO, Talk, booking_of, new_contact, service_of

TODAY = date(2026, 1, 20)
LONG_AGO = NOW - timedelta(days=90)


def facts_of(kind: str, business: Business, day: date = TODAY, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = business.api.call(
        f"routine_facts_{kind}", organization_id=business.organization_id, local_date=day, **arguments
    )
    return found


def a_client(business: Business, name: str, phone: str, *, seen: datetime = LONG_AGO, **fields: Any) -> str:
    return new_contact(business, name, phone, created_at=seen, last_inbound_at=seen, **fields)


def test_a_new_business_has_facts_of_every_kind_and_no_figures(business: Business) -> None:
    """Without anything on record nothing is invented: figures are null, lists empty."""
    summary = DailyFacts.model_validate(facts_of("daily_summary", business))
    assert (summary.now.done, summary.now.revenue_cents, summary.now.reply_seconds) == (None, None, None)
    assert (summary.until, summary.over, summary.agenda.first) == (NOW, False, TODAY + timedelta(days=1))
    assert BirthdayFacts.model_validate(facts_of("birthdays", business)).people == ()
    sleeping = InactiveFacts.model_validate(facts_of("inactive_clients", business))
    assert (sleeping.clients, sleeping.last) == ((), None)
    found = OpportunityFacts.model_validate(facts_of("opportunities", business))
    assert (found.waiting, found.due, found.no_shows, found.requests) == ((), (), (), ())


def test_a_summary_tells_its_own_day_beside_the_same_weekday(business: Business, clock: DatabaseClock) -> None:
    """An appointment of a week ago is before, tomorrow's is on the agenda; the reply took as long as it took."""
    receipt = business.receive(name="Ana")
    clock.advance(seconds=40)
    business.send(business.answer(receipt)["unsent"][0]["message_id"])
    ana = business.api.value("select contact_id::text from app.conversations where audience = 'client'")
    booking_of(business, ana, days=-7, hour=-1, status="completed")
    booking_of(business, ana, days=0, hour=-1, status="completed")
    booking_of(business, ana, days=1)
    facts = DailyFacts.model_validate(facts_of("daily_summary", business))
    assert (facts.now.done, facts.before.done, facts.now.revenue_cents) == (1, 1, 5000)
    assert (facts.now.reply_seconds, facts.before.reply_seconds, facts.now.replies) == (40, None, 1)
    assert (facts.compared_with, len(facts.agenda.appointments)) == (date(2026, 1, 13), 1)


def test_a_day_that_is_over_is_told_whole(make_business: Any, clock: DatabaseClock) -> None:
    """A summary that is caught up after midnight is of the day that it is for; a day with 23 hours has 23."""
    business = make_business(timezone="America/New_York")
    clock.set(datetime.fromisoformat("2026-03-09T04:30:00+00:00"))  # 00:30 on the Monday after the clocks changed
    facts = DailyFacts.model_validate(facts_of("daily_summary", business, date(2026, 3, 8)))
    assert (facts.over, facts.until) == (True, datetime.fromisoformat("2026-03-09T04:00:00+00:00"))
    part = business.api.rows(
        "select starts_at, ends_at from app.day_until('America/New_York', '2026-03-08', %s)", clock.now
    )
    assert part[0][1] - part[0][0] == timedelta(hours=23)


@pytest.mark.parametrize(
    ("day", "names"),
    [
        ("2026-02-28", ["Bia", "Leo"]),  # a common year keeps 29 February on the 28th
        ("2028-02-28", ["Bia"]),
        ("2028-02-29", ["Leo"]),
        ("2026-03-01", ["Mel"]),
    ],
)
def test_birthdays_are_kept_on_their_day(business: Business, day: str, names: list[str]) -> None:
    """Of clients and of whom they care for; not of owners, of who was erased, nor of anybody else's clients."""
    a_client(business, "Bia", "+5511911110001", birth_date="1990-02-28")
    leo = a_client(business, "Leo", "+5511911110002", birth_date="1904-02-29")
    mel = a_client(business, "Mel", "+5511911110003")
    a_client(business, "Apagada", "+5511911110004", birth_date="1990-02-28", erased_at=NOW)
    a_client(business, "Carla", business.owner, birth_date="1990-02-28")
    for contact_id, born in ((mel, "2020-03-01"), (leo, "2015-06-01")):
        business.api.rows(
            "insert into app.dependents (organization_id, contact_id, kind, name, birth_date)"
            " values (%s, %s, 'pet', 'Rex', %s)",
            business.organization_id,
            contact_id,
            born,
        )
    facts = BirthdayFacts.model_validate(facts_of("birthdays", business, date.fromisoformat(day)))
    assert [person.name for person in facts.people] == names
    told = {person.name: (person.age, person.born, person.unreachable) for person in facts.people}
    if "Leo" in told:
        assert told["Leo"] == (None, True, "no_consent")
    if "Mel" in told:
        (rex,) = facts.people[0].dependents
        assert (told["Mel"], rex.name, rex.age) == ((None, False, "no_consent"), "Rex", 6)


def test_greetings_leave_between_the_business_s_quiet_hours(business: Business) -> None:
    """On that date, by its wall clock; not at all where it sends nothing of its own accord."""
    business.api.rows("update app.organizations set timezone = 'America/New_York', quiet_from = '24:00'")
    leaving = BirthdayFacts.model_validate(facts_of("birthdays", business, date(2026, 3, 8))).leaving
    assert leaving is not None
    assert (leaving.opens_at.isoformat(), leaving.closes_at.isoformat()) == (
        "2026-03-08T12:00:00+00:00",  # the clocks were changed in this night
        "2026-03-09T04:00:00+00:00",
    )
    business.api.rows("update app.organizations set proactive_cap = 0")
    assert BirthdayFacts.model_validate(facts_of("birthdays", business)).leaving is None


def test_other_tenants_have_none_of_it(business: Business, other_business: Business) -> None:
    """A birthday and a client who stays away are told to their own business alone."""
    a_client(business, "Bia", "+5511911110001", birth_date="1990-01-20")
    assert facts_of("birthdays", other_business)["people"] == []
    assert facts_of("inactive_clients", other_business)["total"] == 0
    assert (facts_of("birthdays", business)["total"], facts_of("inactive_clients", business)["total"]) == (1, 1)


def test_birthdays_are_found_by_their_index(business: Business) -> None:
    """However many contacts there are, a day's birthdays are read from the index of days."""
    business.api.rows(
        "insert into app.contacts (organization_id, name, birth_date) select %s, 'x', date '1970-01-01' + day"
        " from generate_series(0, 4999) as day",
        business.organization_id,
    )
    business.api.rows("analyze app.contacts")
    plan = business.api.rows(
        "explain select id from app.contacts where organization_id = %s and birth_date is not null"
        " and app.month_day(birth_date) = any(app.birthdays_on('2026-02-28'))",
        business.organization_id,
    )
    assert any("contacts_by_birthday" in line for (line,) in plan)


def test_who_stays_away_is_listed_by_what_they_brought(business: Business) -> None:
    """Who may be written to first; nobody who wrote or came lately, will come, opted out, owns it or has no number."""
    rich = a_client(business, "Rica", "+5511911110001")
    booking_of(business, rich, days=-60, status="completed")
    a_client(business, "Nova", "+5511911110002")
    a_client(business, "Autorizou", "+5511911110007", marketing_consent_at=NOW)
    a_client(business, "Recente", "+5511911110003", seen=NOW - timedelta(days=5))
    booking_of(business, a_client(business, "Marcada", "+5511911110004"), days=2)
    booking_of(business, a_client(business, "Veio", "+5511911110005"), days=-10, status="completed")
    a_client(business, "Saiu", "+5511911110006", opted_out_at=NOW)
    a_client(business, "Dona", business.owner)
    new_contact(business, "Sem número", created_at=LONG_AGO, last_inbound_at=LONG_AGO)
    facts = InactiveFacts.model_validate(facts_of("inactive_clients", business))
    listed = [(each.name, each.spent_cents, each.allows_marketing) for each in facts.clients]
    assert listed == [("Autorizou", None, True), ("Rica", 5000, False), ("Nova", None, False)]
    assert facts_of("inactive_clients", business, days=120)["total"] == 0
    business.api.rows("update app.organizations set proactive_cap = 0")
    assert facts_of("inactive_clients", business)["total"] == 0


def agreed(carla: Talk, *contact_ids: str, **changes: Any) -> dict[str, Any]:
    """Let the owner agree to a routine's message to these contacts."""
    action = {"contact_ids": list(contact_ids), "text": "Oi!", "once_key": "inactive_clients.2026-01-20", **changes}
    proposed = carla.was_asked("message", action)
    turn = carla.says("1")
    decided = carla.decides(turn, code=proposed["code"])
    carla.business.send(carla.answers(turn, "✅"))
    return decided


def test_a_message_that_several_owners_may_agree_to_goes_out_once(carla: Talk, api: Api) -> None:
    """Each reads the text that is for this client; the second agreement is told that it is done."""
    ana, bruno = (a_client(carla.business, name, phone) for name, phone in (("Ana", ANA), ("Bruno", BRUNO)))
    texts = {ana: "Parabéns, Ana!"}
    assert agreed(carla, ana, bruno, texts=texts)["outcome"] == "done"
    sent = {text for (text,) in api.rows("select text from app.messages where purpose = 'proactive'")}
    assert sent == {"Parabéns, Ana!", "Oi!"}
    assert agreed(carla, ana, bruno, texts=texts)["outcome"] == "already_done"
    assert api.value("select count(*) from app.outreach_recipients") == 2
    # Who was written to is not listed again.
    assert facts_of("inactive_clients", carla.business)["total"] == 0


def test_what_a_message_brought_is_told(carla: Talk, api: Api, clock: DatabaseClock) -> None:
    """One booked, one wrote, one wrote too late, one wrote to be left alone; what the first booked is counted."""
    business = carla.business
    clients = [a_client(business, name, f"+551191111000{place}") for place, name in enumerate("ABCD", 1)]
    assert agreed(carla, *clients)["outcome"] == "done"
    api.rows(
        "update app.messages set state = 'sent', accepted_at = %s, provider_message_id = 'P' || seq || id"
        " where purpose = 'proactive'",
        clock.now,
    )
    clock.advance(days=2)
    booking_of(business, clients[0])
    for place in (2, 4):
        business.receive("Oi!", phone=f"+551191111000{place}", sent_at=clock.now)
    api.rows("update app.contacts set opted_out_at = app.now() where id = %s", clients[3])
    clock.advance(days=13)
    business.receive("Oi!", phone="+5511911110003", sent_at=clock.now)
    last = InactiveFacts.model_validate(facts_of("inactive_clients", business, date(2026, 2, 4))).last
    assert last is not None
    assert (last.sent_on, last.recipients, last.returned, last.revenue_cents) == (TODAY, 4, 2, 5000)


def test_telling_the_facts_changes_nothing(api: Api) -> None:
    """What a preview reads is declared so that the database refuses a write in it."""
    read = api.rows(
        "select proname from pg_proc where provolatile <> 'v'"
        " and (proname like 'routine_facts_%' or proname = 'routine_inputs')"
    )
    expected = {"routine_inputs", *(f"routine_facts_{kind}" for kind in ROUTINES)}
    assert {name for (name,) in read} == expected


def test_forgotten_money_is_found(business: Business, clock: DatabaseClock) -> None:
    """Who asked for a price and fell silent is told until they book; who was just answered is not yet forgotten."""
    receipt = business.receive("Quanto custa?", name="Ana")
    business.send(business.answer(receipt)["unsent"][0]["message_id"])
    assert facts_of("opportunities", business)["requests"] == []
    clock.advance(days=2)
    (found,) = OpportunityFacts.model_validate(facts_of("opportunities", business, date(2026, 1, 22))).requests
    assert (found.name, found.why, found.asked_on) == ("Ana", "quote", TODAY)
    booking_of(business, str(found.contact_id))
    assert facts_of("opportunities", business, date(2026, 1, 22))["requests"] == []


def test_a_question_that_nobody_answered_is_found(business: Business, clock: DatabaseClock) -> None:
    """The customer's message was left to a person, and no person answered."""
    business.answer(business.receive("Quero falar com alguém", name="Ana"), reason="quer uma pessoa")
    business.receive("Alguém aí?")
    clock.advance(days=2)
    (found,) = facts_of("opportunities", business, date(2026, 1, 22))["requests"]
    assert (found["name"], found["why"]) == ("Ana", "question")


def test_who_often_does_not_come_is_found(business: Business) -> None:
    """Two of the last five were missed and the next is near; a single miss is no pattern."""
    often, once = a_client(business, "Ana", ANA), a_client(business, "Bruno", BRUNO)
    for days, status in ((-40, "no_show"), (-30, "completed"), (-20, "no_show")):
        booking_of(business, often, days=days, status=status)
        booking_of(business, once, days=days - 1, status="completed" if days == -40 else status)
    business.api.rows("update app.bookings set status = 'completed' where contact_id = %s and status = 'no_show'", once)
    booking_of(business, once, days=-5, status="no_show")
    booking_of(business, often, days=2)
    (found,) = OpportunityFacts.model_validate(facts_of("opportunities", business)).no_shows
    assert (found.name, found.missed, found.of) == ("Ana", 2, 3)
    assert found.next is not None
    assert found.next.price_cents == 5000


def test_who_waits_and_who_is_due_comes_with_the_calendar(business: Business) -> None:
    """One call brings all that is matched: free time, the waiting list, rhythms and prices."""
    business.api.rows("update app.organizations set business_hours = %s", Jsonb({"wed": [["09:00", "18:00"]]}))
    due = a_client(business, "Ana", ANA, marketing_consent_at=NOW)
    for days in (-60, -30):
        booking_of(business, due, days=days, status="completed")
    waiting = a_client(business, "Bruno", BRUNO)
    business.api.rows(
        "insert into app.waiting_list (organization_id, contact_id, service_id) values (%s, %s, %s)",
        business.organization_id,
        waiting,
        service_of(business),
    )
    facts = OpportunityFacts.model_validate(facts_of("opportunities", business))
    assert [(each.name, each.allows_marketing) for each in facts.due] == [("Ana", True)]
    assert [each.name for each in facts.waiting] == ["Bruno"]
    assert (facts.typical_price_cents, [service.name for service in facts.calendar.services]) == (5000, ["Corte"])
