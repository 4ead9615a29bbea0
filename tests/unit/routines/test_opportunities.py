"""Opportunities: who fits which free slot, what it may be worth, and which one is proposed."""

from typing import Any

import pytest

from shared.assistants.wording import LONGEST_ANSWER
from shared.routines.opportunities import OpportunityFacts, composed
from tests.unit.routines.conftest import MakeRun, calendar_of, contact_id

BATH, TRIM = str(contact_id(100)), str(contact_id(101))


def waiting(number: int, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "contact_id": contact_id(number),
        "name": name,
        "phone": None,
        "service_id": BATH,
        "service": "Banho",
        "earliest": None,
        "latest": None,
        "part_of_day": "any",
        "since": "2026-11-20T12:00:00Z",
        "opted_out": False,
        "has_booking": False,
        **changes,
    }


def due(number: int, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "contact_id": contact_id(number),
        "name": name,
        "phone": None,
        "service_id": BATH,
        "service": "Banho",
        "visits": 3,
        "every_days": 30,
        "last_visit": "2026-10-20",
        "due_on": "2026-11-19",
        "allows_marketing": True,
        **changes,
    }


def request(number: int, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "contact_id": contact_id(number),
        "name": name,
        "phone": None,
        "why": "quote",
        "asked_on": "2026-11-21",
        "service": None,
        "price_cents": None,
        **changes,
    }


def facts_of(**changes: Any) -> OpportunityFacts:
    return OpportunityFacts.model_validate(
        {
            "currency": "BRL",
            "calendar": calendar_of(),
            "waiting": [],
            "due": [],
            "nudged": [],
            "no_shows": [],
            "requests": [],
            "typical_price_cents": 5000,
            **changes,
        }
    )


#: Wednesday to Friday are taken but for Thursday from 14:00 to 16:00.
NEARLY_FULL = calendar_of(
    bookings=[
        {"resource": "main", "starts_at": f"2026-11-{day}T{start}:00-03:00", "ends_at": f"2026-11-{day}T{end}:00-03:00"}
        for day, start, end in (
            (25, "09:00", "18:00"),
            (26, "09:00", "14:00"),
            (26, "16:00", "18:00"),
            (27, "09:00", "18:00"),
        )
    ]
)


def test_everybody_who_is_listed_can_be_written_to_by_one_answer(make_run: MakeRun) -> None:
    """Who waits comes first, no slot is offered twice, every value says how it is reckoned, every draft is shown."""
    pattern = {
        "contact_id": contact_id(5),
        "name": "Edu",
        "phone": None,
        "missed": 2,
        "of": 5,
        "next": {"starts_at": "2026-11-26T12:00:00Z", "service": "Banho", "price_cents": 6000},
    }
    facts = facts_of(
        calendar=NEARLY_FULL,
        waiting=[waiting(1, "Ana", part_of_day="afternoon")],
        due=[due(1, "Ana"), due(2, "Bia"), due(3, "Caio")],
        requests=[request(4, "Duda")],
        no_shows=[pattern],
    )
    (message,) = composed(facts, make_run("opportunities")).messages
    assert message.text == (
        "💰 *Oportunidades das próximas 72 horas*\n"
        "• *Ana* espera uma vaga de Banho: quinta-feira, 26 de novembro, às 14:00 está livre.\n"
        "   R$ 60,00 × 60% de chance = R$ 36,00\n"
        "• *Bia* faz Banho a cada 30 dias (última vez: terça-feira, 20 de outubro);"
        " quinta-feira, 26 de novembro, às 15:00 está livre.\n"
        "   R$ 60,00 × 30% de chance = R$ 18,00\n"
        "• *Duda* perguntou preço ou horário (sábado, 21 de novembro) e não marcou.\n"
        "   R$ 50,00 (preço médio) × 20% de chance = R$ 10,00\n"
        "⚠️ *Edu* faltou a 2 dos últimos 5 agendamentos. O próximo é Banho, quinta-feira, 26 de novembro, às 09:00:"
        " vale confirmar antes.\n"
        "   Em risco: R$ 60,00 × 40% de chance = R$ 24,00"
    )
    assert message.proposal is not None
    texts = [
        "Oi, Ana! Abriu um horário para Banho: quinta-feira, 26 de novembro, às 14:00."
        " Quer que a gente reserve para você?",
        "Oi, Bia! Que tal já deixar Banho marcado? Temos livre quinta-feira, 26 de novembro, às 15:00."
        " Quer que a gente reserve?",
        "Oi, Duda! Você perguntou sobre os nossos serviços e horários. Ainda quer marcar? Diga o melhor dia.",
    ]
    assert message.proposal.preview == (
        f"✉️ Mensagens para *3* pessoas:\n\n• *Ana*: “{texts[0]}”\n• *Bia*: “{texts[1]}”\n• *Duda*: “{texts[2]}”"
    )
    action, people = message.proposal.action, [str(contact_id(number)) for number in (1, 2, 4)]
    assert (action["contact_ids"], action["texts"]) == (people, dict(zip(people, texts, strict=True)))
    assert action["marketing_to"] == [people[1]]
    # An offered slot is of no use once it has begun.
    assert action["expiries"][people[0]] == "2026-11-26T14:00:00-03:00"


@pytest.mark.parametrize(
    ("found", "asked", "marketing"),
    [
        ({"due": [due(1, "Ana", allows_marketing=False)]}, [1], []),  # a word to one person
        ({"due": [due(1, "Ana", allows_marketing=False), due(2, "Bia")]}, [2], []),
        ({"due": [due(1, "Ana"), due(2, "Bia")]}, [1, 2], [1, 2]),
        ({"due": [due(1, "Ana", allows_marketing=False)], "waiting": [waiting(2, "Bia")]}, [2], []),
        ({"due": [due(number, "Ana", allows_marketing=False) for number in (1, 2)]}, [], []),
    ],
)
def test_an_unasked_for_word_to_several_is_for_those_who_allow_it(
    make_run: MakeRun, found: dict[str, Any], asked: list[int], marketing: list[int]
) -> None:
    """The others are listed with a draft that the owner may send; who can be written to gets the slots first."""
    (message,) = composed(facts_of(**found), make_run("opportunities")).messages
    action = message.proposal.action if message.proposal else {"contact_ids": [], "marketing_to": []}
    ids = {
        kind: [str(contact_id(number)) for number in numbers]
        for kind, numbers in (("asked", asked), ("marketing", marketing))
    }
    assert (action["contact_ids"], action["marketing_to"]) == (ids["asked"], ids["marketing"])
    listed = len([*found.get("due", []), *found.get("waiting", [])])
    assert message.text.count("Rascunho") == message.text.count("não autorizou divulgação") == listed - len(asked)


def test_who_waits_for_what_has_no_price_is_worth_the_usual(make_run: MakeRun) -> None:
    """Or the first in line would count for nothing; without any price it is said that there is none."""
    facts = facts_of(waiting=[waiting(1, "Ana", service_id=TRIM)])
    done = composed(facts, make_run("opportunities"))
    assert "R$ 50,00 (preço médio) × 60% de chance = R$ 30,00" in done.messages[0].text
    assert done.detail["expected_cents"] == 3000


@pytest.mark.parametrize(
    ("changes", "holds", "lacks"),
    [
        ({}, "📉 Agenda 0% ocupada: 0 min de 27 horas.", "Rascunho"),
        (
            {"waiting": [waiting(1, "Ana", service_id=TRIM)], "typical_price_cents": None},
            "Chance de 60%, valor sem dados",
            "R$",
        ),
        ({"waiting": [waiting(1, "Ana", earliest="2026-11-27")]}, "sexta-feira, 27 de novembro, às 09:00", "R$ 0"),
        ({"waiting": [waiting(1, "Ana", latest="2026-11-24")], "due": [due(2, "Bia")]}, "Bia", "Ana"),
        ({"waiting": [waiting(1, "Ana", opted_out=True), waiting(2, "Bia")]}, "Bia", "Ana"),
        ({"waiting": [waiting(1, "Ana")], "nudged": [contact_id(1)]}, "Agenda", "Ana"),
        ({"due": [due(1, "Ana", due_on="2026-11-26")]}, "quinta-feira, 26 de novembro, às 09:00", "25"),
        ({"due": [due(1, "Ana")], "requests": [request(1, "Ana")]}, "*Ana* faz Banho", "perguntou"),
        ({"requests": [request(1, "Ana", why="question")]}, "ficou sem resposta desde", "perguntou"),
        ({"calendar": calendar_of(hours={}), "requests": [request(1, "Ana")]}, "Ocupação: sem dados", "0% ocupada"),
    ],
)
def test_what_is_told(make_run: MakeRun, changes: dict[str, Any], holds: str, lacks: str) -> None:
    """Wishes, rhythms and what people want are kept to; what is not known is said to be."""
    (message,) = composed(facts_of(**changes), make_run("opportunities")).messages
    assert holds in message.text
    assert lacks not in message.text


@pytest.mark.parametrize("calendar", [NEARLY_FULL, calendar_of(hours={})])
def test_nothing_found_is_silence(make_run: MakeRun, calendar: dict[str, Any]) -> None:
    """A full agenda, or one that nobody knows, without anybody to write to is no news; the record says why."""
    done = composed(facts_of(calendar=calendar), make_run("opportunities"))
    assert (done.messages, done.detail["reason"]) == ((), "nothing_found")


def test_the_longest_list_fits_into_one_message(make_run: MakeRun) -> None:
    """However long the names are; how many are left out is said."""
    name = "Ana " * 20
    facts = facts_of(
        waiting=[waiting(number, name) for number in range(1, 9)],
        requests=[request(number, name) for number in range(11, 19)],
    )
    (message,) = composed(facts, make_run("opportunities")).messages
    assert message.proposal is not None
    assert len(message.text) + len(message.proposal.preview) < LONGEST_ANSWER - 150
    assert "… e mais" in message.text
    # What is asked for is in full before the owner's eyes.
    drafts = message.proposal.action["texts"].values()
    assert len(drafts) > 1
    assert all(draft in message.proposal.preview for draft in drafts)
