"""Messages from the business to its customers: who gets one, when, and how far each got."""

from datetime import timedelta
from typing import Any

import pytest

from shared.assistants.texts import texts_for
from shared.routines.wording import addressed
from tests.integration.conftest import ANA, CARLA, NOW, Api, Business, DatabaseClock
from tests.integration.database.conftest import (
    BRUNO,
    Talk,
    booking_of,
    message_to,
    new_contact,
    service_of,
)


def test_a_message_reaches_who_may_get_it_one_at_a_time(carla: Talk, api: Api, clock: DatabaseClock) -> None:
    """Each gets a conversation on the owner's number, a first name and a moment of its own; the others a reason."""
    business = carla.business
    ana = new_contact(business, "Ana Souza", ANA, marketing_consent_at=NOW)
    nameless = new_contact(business, None, BRUNO, marketing_consent_at=NOW)
    left_out = {
        "opted_out": new_contact(business, "Olga", "+5511911110001", opted_out_at=NOW, marketing_consent_at=NOW),
        "no_consent": new_contact(business, "Nina", "+5511911110002"),
        "no_number": new_contact(business, "Lia", marketing_consent_at=NOW),
        "erased": new_contact(business, None, "+5511911110003", erased_at=NOW),
    }
    proposed = carla.was_asked("message", message_to(ana, nameless, *left_out.values(), marketing=True))
    turn = carla.says("1")
    decided = carla.decides(turn, code=proposed["code"])
    assert (decided["outcome"], decided["result"]["recipients"]) == ("done", 2)
    assert decided["result"]["skipped"] == dict.fromkeys(left_out, 1)
    assert [each["delay_seconds"] for each in decided["unsent"]] == [0, 30]
    assert carla.decides(turn) == decided
    sent = api.rows(
        "select message.text, conversation.address, conversation.instance_id::text from app.messages as message"
        " inner join app.conversations as conversation on conversation.id = message.conversation_id"
        " where purpose = 'proactive' order by not_before"
    )
    assert sent == [
        ("Oi Ana, tudo bem?", ANA.lstrip("+"), business.instance_id),
        ("Oi, tudo bem?", BRUNO.lstrip("+"), business.instance_id),
    ]

    first, second = (each["message_id"] for each in decided["unsent"])
    assert business.claim_send(second)["outcome"] == "postponed"
    business.send(first)
    # Whoever wants no messages any more by the time that it would leave gets none.
    api.rows("update app.contacts set opted_out_at = %s where id = %s", NOW, nameless)
    clock.advance(seconds=30)
    assert business.claim_send(second)["state"] == "withdrawn"
    (told,) = api.call("outreach_states", organization_id=business.organization_id)
    assert told["states"] == {"sent": 1, "withdrawn": 1, **dict.fromkeys(left_out, 1)}
    assert [each["name"] for each in told["recipients"][:2]] == ["Ana Souza", None]


def test_an_answer_does_not_wait_behind_a_message_whose_moment_has_not_come(carla: Talk) -> None:
    """A customer who writes meanwhile is answered at once."""
    business = carla.business
    first, second = new_contact(business, "Bruno", BRUNO), new_contact(business, "Ana", ANA)
    proposed = carla.was_asked("message", message_to(first, second))
    carla.decides(carla.says("1"), code=proposed["code"])
    reply = business.answer(business.receive("Vocês abrem hoje?", phone=ANA))["unsent"]
    assert len(reply) == 1
    assert business.claim_send(reply[0]["message_id"])["outcome"] == "claimed"


def test_who_needs_it_no_more_when_the_owner_agrees_is_left_out(carla: Talk, api: Api, clock: DatabaseClock) -> None:
    """Time passes until the owner's yes: who wrote, booked or is talked to meanwhile is not written to."""
    business = carla.business
    people = {
        reason: new_contact(business, reason, f"+551191111000{number}")
        for number, reason in enumerate(("contact_wrote", "booked", "handed_over", "expired", "reached"))
    }
    later, over = (NOW + timedelta(minutes=minutes) for minutes in (30, 9))
    expiries = {person: later.isoformat() for person in people.values()} | {people["expired"]: over.isoformat()}
    action = {**message_to(*people.values()), "kind": "opportunity", "expiries": expiries}
    taken_over = business.receive("Oi", phone="+5511911110002")
    proposed = carla.was_asked("message", action)
    clock.advance(minutes=9)
    business.answer(business.receive("Oi", phone="+5511911110000"))
    booking_of(business, people["booked"])
    api.rows("update app.conversations set handed_over_at = app.now() where id = %s", taken_over["conversation_id"])
    decided = carla.decides(carla.says("1"), code=proposed["code"])
    assert (decided["outcome"], decided["result"]["recipients"]) == ("done", 1)
    assert decided["result"]["skipped"] == {reason: 1 for reason in people if reason != "reached"}
    assert set(decided["result"]["skipped"]) < set(texts_for("pt-BR").proposals.left_out_because)


def test_nobody_reached_is_said(carla: Talk) -> None:
    """The one recipient does not want messages: nothing was sent."""
    contact_id = new_contact(carla.business, "Ana", ANA)
    carla.was_asked("message", message_to(contact_id))
    carla.business.api.rows("update app.contacts set opted_out_at = %s where id = %s", NOW, contact_id)
    decided = carla.decides(carla.says("1"))
    assert (decided["outcome"], decided["result"]["skipped"]) == ("nobody", {"opted_out": 1})
    assert carla.business.api.value("select state from app.proposals") == "failed"


def test_a_segment_holds_who_belongs_to_it(business: Business, other_business: Business) -> None:
    """Each segment, with those at its edges; other tenants, owners and erased people are in none."""
    long_ago, lately = NOW - timedelta(days=31), NOW - timedelta(days=29)
    consented: dict[str, Any] = {"marketing_consent_at": NOW, "created_at": long_ago}

    def person(name: str, number: int, **fields: Any) -> str:
        return new_contact(business, name, f"+55119000000{number:02d}", **{**consented, **fields})

    away = person("away", 1, last_inbound_at=long_ago)
    wrote = person("wrote", 2, last_inbound_at=lately)
    comes = person("comes", 3, last_inbound_at=long_ago)
    booking_of(business, comes, days=5)
    missed = person("missed", 4, last_inbound_at=long_ago)
    booking_of(business, missed, days=-2, status="no_show")
    loyal = person("loyal", 5, last_inbound_at=lately, birth_date="1990-01-27")
    for day in range(5):
        booking_of(business, loyal, days=-100 - day, status="completed")
    parent = person("parent", 6, last_inbound_at=lately, birth_date="1990-01-28")
    business.api.rows(
        "insert into app.dependents (organization_id, contact_id, kind, name, birth_date)"
        " values (%s, %s, 'child', 'Bia', '2020-01-20')",
        business.organization_id,
        parent,
    )
    waits = person("waits", 7, last_inbound_at=lately, marketing_consent_at=None)
    business.api.rows(
        "insert into app.waiting_list (organization_id, contact_id, service_id) values (%s, %s, %s)",
        business.organization_id,
        waits,
        service_of(business),
    )
    person("erased", 8, erased_at=NOW)
    new_contact(business, "Carla", CARLA, **consented)
    new_contact(other_business, "elsewhere", ANA, **consented)

    everybody = {away, wrote, comes, missed, loyal, parent}
    expected: tuple[tuple[str, set[str]], ...] = (
        ("inactive", {away, missed}),
        ("waiting_list", {waits}),
        ("birthdays", {loyal, parent}),
        ("frequent", {loyal}),
        ("no_shows", {missed}),
        ("consented", everybody),
    )
    for segment, members in expected:
        found = business.api.call("segment", organization_id=business.organization_id, segment=segment)
        assert (segment, set(found["contact_ids"]), found["skipped"]) == (segment, members, {})
        assert (found["total"], found["cut"]) == (len(members), 0)


def test_a_segment_counts_whom_it_leaves_out_and_cuts(business: Business) -> None:
    """At most 200 people, those who wrote last; the text is shown as it arrives at the first of them."""
    business.api.rows(
        """
        with people as (
            insert into app.contacts (organization_id, name, marketing_consent_at, last_inbound_at, created_at)
            select %(organization_id)s, 'Pessoa ' || number, %(now)s, %(now)s - number * interval '1 minute', %(now)s
            from generate_series(1, 203) as number
            returning id, name
        )
        insert into app.contact_identities (organization_id, kind, value, contact_id)
        select %(organization_id)s, 'phone', '+55119' || lpad(split_part(name, ' ', 2), 8, '0'), id from people
        """,
        {"organization_id": business.organization_id, "now": NOW},
    )
    business.api.rows("update app.contacts set opted_out_at = %s where name = 'Pessoa 1'", NOW)
    found = business.api.call(
        "segment", organization_id=business.organization_id, segment="consented", text="Olá {name}!"
    )
    assert (found["total"], len(found["contact_ids"]), found["cut"]) == (203, 200, 2)
    assert found["skipped"] == {"opted_out": 1}
    assert (found["example"], found["example_name"]) == ("Olá Pessoa!", "Pessoa 2")


@pytest.mark.parametrize(
    ("born", "today", "birthday"),
    [
        ("1990-01-20", "2026-01-20", "2026-01-20"),
        ("1990-01-19", "2026-01-20", "2027-01-19"),
        ("1990-01-02", "2026-12-29", "2027-01-02"),
        ("2000-02-29", "2026-02-27", "2026-02-28"),
        ("2000-02-29", "2026-03-01", "2027-02-28"),
        ("2000-02-29", "2028-02-28", "2028-02-29"),
        (None, "2026-01-20", None),
    ],
)
def test_a_birthday_comes_every_year(api: Api, born: str | None, today: str, birthday: str | None) -> None:
    """Also over the turn of the year; 29 February is the 28th in common years."""
    assert api.value("select app.next_birthday(%s::date, %s::date)::text", born, today) == birthday


ADDRESSED = [
    ("Oi, {name}!", "Oi!"),
    ("Oi {name}! Tudo bem?", "Oi! Tudo bem?"),
    ("Oi {name}, tudo bem?", "Oi, tudo bem?"),
    ("{name}, tudo bem?", "Tudo bem?"),
    ("{name}, é hoje!\n\n{name}", "É hoje!\n\n"),
    ("Lembrete: {name}, é hoje.", "Lembrete: é hoje."),
    ("Bom dia!\n{name}: temos vaga.\nAté já, {name}.", "Bom dia!\nTemos vaga.\nAté já."),
    ("Hi , {name} {name}, it's us ...", "Hi, it's us ..."),
    ("Sem nome nenhum, não é?", "Sem nome nenhum, não é?"),
]


def test_who_has_no_name_reads_no_gap(api: Api) -> None:
    """A draft for many reads well for each of them, in the database as in the texts of routines."""
    for draft, text in ADDRESSED:
        read = [api.value("select app.addressed(%s, %s)", draft, name) for name in (None, "", " \n")]
        assert [*read, addressed(draft, None)] == [text] * 4
    assert api.value("select app.addressed('Oi, {name}!', ' Ana Maria ')") == "Oi, Ana!"
