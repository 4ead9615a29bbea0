"""Birthdays: the list, the greetings, and who gets one."""

from typing import Any

import pytest

from shared.assistants.wording import LONGEST_ANSWER
from shared.routines.birthdays import BirthdayFacts, composed
from shared.routines.templates import LONGEST_TEMPLATE
from tests.unit.routines.conftest import MakeRun, contact_id


def person(number: int, name: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "contact_id": contact_id(number),
        "name": name,
        "phone": f"+551191111000{number}",
        "born": True,
        "age": None,
        "dependents": [],
        "unreachable": None,
        **changes,
    }


def dependents(*names: str) -> list[dict[str, Any]]:
    return [{"kind": "pet", "name": name, "age": 3} for name in names]


#: From eight in the morning to eight in the evening in São Paulo; the runs are of 18:00.
LEAVING = {"from": "2026-11-24T11:00:00Z", "until": "2026-11-24T23:00:00Z"}


def facts_of(
    *people: dict[str, Any],
    template: str | None = None,
    total: int | None = None,
    leaving: dict[str, str] | None = LEAVING,
) -> BirthdayFacts:
    return BirthdayFacts.model_validate(
        {
            "template": template,
            "leaving": leaving,
            "total": len(people) if total is None else total,
            "people": people,
        }
    )


PEOPLE = facts_of(
    person(1, "Ana Souza", age=30),
    person(2, "Bruno", born=False, dependents=dependents("Luna", "Rex"), unreachable="no_consent"),
)


def test_the_owner_reads_a_list_and_is_asked(make_run: MakeRun) -> None:
    """Everybody is listed with a greeting; only who allowed advertising is in what is asked."""
    (message,) = composed(PEOPLE, make_run("birthdays")).messages
    assert message.text == (
        "🎂 *Aniversários de terça-feira, 24 de novembro*\n"
        "• *Ana Souza (+5511911110001)* – completa 30\n"
        "   “Feliz aniversário, Ana! 🎉 Um abraço de toda a equipe da Pet da Praça.”\n"
        "• *Luna*, de Bruno (+5511911110002) – completa 3\n"
        "• *Rex*, de Bruno (+5511911110002) – completa 3\n"
        "   “Oi, Bruno! Hoje é o aniversário de Luna e Rex. 🎉 Um abraço da equipe da Pet da Praça.”\n"
        "   (não autorizou divulgação: envie você, se quiser)"
    )
    assert message.proposal is not None
    assert message.proposal.preview == ("✉️ Enviar os parabéns acima – pessoas que recebem: *1* (Ana Souza)")
    action = message.proposal.action
    assert (action["contact_ids"], action["marketing"]) == ([str(contact_id(1))], True)
    assert (action["kind"], action["marketing_to"]) == ("birthday_greeting", action["contact_ids"])
    # Agreed to at night it would be withdrawn; so the owner is told that it is too late.
    assert action["expiries"] == {str(contact_id(1)): "2026-11-24T23:00:00+00:00"}
    assert (action["once_key"], list(action["texts"])) == ("birthdays.2026-11-24", [str(contact_id(1))])


def test_greetings_are_planned_when_the_owner_wants_that(make_run: MakeRun) -> None:
    """Nobody is asked; each greeting is due now, ends with the day, and is planned once."""
    done = composed(PEOPLE, make_run("birthdays", send_to_clients=True))
    (followup,) = done.followups
    assert (followup.contact_id, followup.text) == (contact_id(1), None)
    assert followup.expires_at.isoformat() == "2026-11-25T03:00:00+00:00"
    assert followup.idempotency_key == f"birthday_greeting:{contact_id(1)}:2026-11-24"
    (message,) = done.messages
    assert message.proposal is None
    assert message.text.endswith("Recebem os parabéns hoje, sem você precisar confirmar: 1.")


@pytest.mark.parametrize(
    ("facts", "greeting"),
    [
        (facts_of(person(1, None)), "“Feliz aniversário! 🎉"),
        (facts_of(person(1, "Ana", dependents=dependents("Rex"))), "da Pet da Praça. Parabéns também para Rex! 🎉”"),
        (facts_of(person(1, "{business} x", dependents=dependents("{name}"))), "Feliz aniversário, business!"),
        (facts_of(person(1, "Ana"), template="Viva, {name}! {business}"), "“Viva, Ana! Pet da Praça”"),
        (facts_of(person(1, "Ana"), template="Viva, {nome}!"), "“Feliz aniversário, Ana!"),  # unusable
    ],
)
def test_a_greeting_is_the_business_s_own_and_leaves_no_gap(
    make_run: MakeRun, facts: BirthdayFacts, greeting: str
) -> None:
    """Names are people's own words: they fill no place, and one that is missing is not missed."""
    (message,) = composed(facts, make_run("birthdays")).messages
    assert greeting in message.text


#: When messages of the day leave, of three people, and how many of them are greeted unasked or may be agreed to.
HOURS: tuple[tuple[dict[str, str] | None, int, int], ...] = (
    (LEAVING, 3, 3),
    ({**LEAVING, "until": "2026-11-24T21:08:00Z"}, 2, 3),
    ({**LEAVING, "until": "2026-11-24T21:05:00Z"}, 0, 0),
    ({**LEAVING, "until": "2026-11-24T12:00:00Z"}, 0, 0),
    ({"from": "2026-11-24T22:00:00Z", "until": "2026-11-24T22:02:00Z"}, 1, 3),
    (None, 0, 0),
)


@pytest.mark.parametrize(("leaving", "planned", "asked"), HOURS)
def test_only_greetings_that_still_leave_are_promised(
    make_run: MakeRun, leaving: dict[str, str] | None, planned: int, asked: int
) -> None:
    """The night begins, or the business sends nothing: the owner reads how many are left out, and why."""
    facts = facts_of(*(person(number, "Ana") for number in range(1, 4)), leaving=leaving)
    done = composed(facts, make_run("birthdays", send_to_clients=True))
    (text,) = (message.text for message in done.messages)
    assert len(done.followups) == planned
    assert ("Recebem os parabéns hoje" in text) is (planned > 0)
    assert text.endswith(f"{3 - planned}.") is (planned < 3)
    assert ("vão só até" in text, "limite" in text) == (planned < 3 and leaving is not None, leaving is None)
    (message,) = composed(facts, make_run("birthdays")).messages
    assert (len(message.proposal.action["contact_ids"]) if message.proposal else 0) == asked


def test_a_long_greeting_and_many_dependents_end_no_routine(make_run: MakeRun) -> None:
    """What would be too long is left out: the dependents from a client's own greeting, the eleventh from theirs."""
    own = "Viva! " * 333
    many = dependents(*(f"Rex{number}" + "x" * 70 for number in range(30)))
    facts = facts_of(
        person(1, "Ana", dependents=dependents("Luna")),
        person(2, "Bia", born=False, dependents=many),
        person(3, "Caio"),
        template=own,
    )
    done = composed(facts, make_run("birthdays", send_to_clients=True))
    texts = [followup.text for followup in done.followups]
    assert (texts[0], texts[2]) == (own, None)
    assert texts[1] is not None
    assert (texts[1].count("Rex"), len(texts[1]) < LONGEST_TEMPLATE) == (10, True)


def test_a_day_without_birthdays_is_silent(make_run: MakeRun) -> None:
    """Nobody is told that there is nothing; the record says so."""
    done = composed(facts_of(), make_run("birthdays"))
    assert (done.messages, done.followups, done.detail) == ((), (), {"people": 0})


def test_a_long_list_is_cut_and_nobody_unseen_is_greeted(make_run: MakeRun) -> None:
    """What is proposed is what is shown, and all of it fits into one message."""
    facts = facts_of(*(person(number, "Ana" * 20) for number in range(1, 31)), total=45)
    (message,) = composed(facts, make_run("birthdays")).messages
    assert message.proposal is not None
    shown = message.text.count("“")
    assert (len(message.proposal.action["contact_ids"]), 10 <= shown <= 20) == (shown, True)
    assert message.text.endswith(f"• … e mais {45 - shown}")
    assert len(message.text) + len(message.proposal.preview) < LONGEST_ANSWER - 150
