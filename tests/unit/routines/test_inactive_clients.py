"""Inactive clients: the list, the draft, and what the last message brought."""

from typing import Any

import pytest

from shared.routines.inactive_clients import InactiveFacts, composed
from tests.unit.routines.conftest import MakeRun, contact_id


def client(number: int, name: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "contact_id": contact_id(number),
        "name": name,
        "phone": f"+551191111000{number}",
        "last_seen": "2026-10-03",
        "service": None,
        "spent_cents": None,
        "allows_marketing": True,
        **changes,
    }


def facts_of(*clients: dict[str, Any], last: dict[str, Any] | None = None, total: int | None = None) -> InactiveFacts:
    return InactiveFacts.model_validate(
        {
            "currency": "BRL",
            "total": len(clients) if total is None else total,
            "clients": clients,
            "template": None,
            "last": last,
        }
    )


LAST = {"sent_on": "2026-11-16", "recipients": 8, "returned": 2, "revenue_cents": 18000}


def test_the_owner_reads_who_stays_away_and_is_asked(make_run: MakeRun) -> None:
    """The list by value, what the last message brought, and a draft that is written to each by name."""
    facts = facts_of(
        client(1, "Ana Souza", service="Banho", spent_cents=30000), client(2, None, spent_cents=0), last=LAST, total=14
    )
    (message,) = composed(facts, make_run("inactive_clients", days=45)).messages
    assert message.text == (
        "🔔 *Clientes sem escrever nem vir há 45 dias ou mais*\n"
        "• *Ana Souza (+5511911110001)* – último contato: sábado, 3 de outubro, costuma fazer Banho,"
        " já trouxe R$ 300,00\n"
        "• *cliente sem nome (+5511911110002)* – último contato: sábado, 3 de outubro\n"
        "Estes são 2 de 14, primeiro quem autorizou divulgação e mais trouxe.\n"
        "\n"
        "📈 Última mensagem (segunda-feira, 16 de novembro) – voltaram: 2 de 8, com R$ 180,00 em agendamentos."
    )
    assert message.proposal is not None
    assert message.proposal.preview == (
        "✉️ Mensagem para quem acima autorizou divulgação – recebem: *2*\n"
        "\n"
        "Oi, Ana! Faz um tempo que não nos vemos na Pet da Praça. Que tal marcar um horário?\n"
        "\n"
        "(Assim chega a Ana Souza.)"
    )
    action = message.proposal.action
    assert (action["kind"], action["marketing"]) == ("reactivation", True)
    assert action["marketing_to"] == action["contact_ids"] == [str(contact_id(1)), str(contact_id(2))]
    assert set(action["expiries"].values()) == {"2026-11-26T21:00:00+00:00"}
    texts = action["texts"]
    assert texts[str(contact_id(2))] == "Oi! Faz um tempo que não nos vemos na Pet da Praça. Que tal marcar um horário?"
    assert "{code}" in message.proposal.how_to_agree_with_code


@pytest.mark.parametrize(
    ("facts", "told", "asked"),
    [
        (facts_of(), None, False),
        (facts_of(last=LAST), "voltaram: 2 de 8, com R$ 180,00 em agendamentos.", False),
        (facts_of(last={**LAST, "returned": 0, "revenue_cents": None}), "voltaram: 0 de 8.", False),
        (facts_of(client(1, "Ana")), "Ana", True),
    ],
)
def test_what_is_not_there_is_not_told(
    make_run: MakeRun, facts: InactiveFacts, told: str | None, *, asked: bool
) -> None:
    """Without clients nobody is asked, and without anything nobody is told; an unknown amount is no zero."""
    messages = composed(facts, make_run("inactive_clients")).messages
    assert bool(messages) is (told is not None)
    for message in messages:
        assert told is not None
        assert told in message.text
        assert (message.proposal is not None) is asked


def test_who_allowed_no_advertising_is_told_of_and_not_written_to(make_run: MakeRun) -> None:
    """The owner may write by hand; the example is somebody with a name."""
    facts = facts_of(client(1, None), client(2, "Bia"), client(3, "Caio", allows_marketing=False))
    done = composed(facts, make_run("inactive_clients"))
    (message,) = done.messages
    assert (
        "*Caio (+5511911110003)* – último contato: sábado, 3 de outubro\n   (não autorizou divulgação" in message.text
    )
    assert message.proposal is not None
    assert message.proposal.action["contact_ids"] == [str(contact_id(1)), str(contact_id(2))]
    assert "Oi, Bia!" in message.proposal.preview
    assert "(Assim chega a Bia.)" in message.proposal.preview
    assert done.detail["proposed"] == 2


def test_of_people_without_names_none_is_an_example(make_run: MakeRun) -> None:
    """The text alone says how it arrives."""
    (message,) = composed(facts_of(client(1, None), client(2, None)), make_run("inactive_clients")).messages
    assert message.proposal is not None
    assert message.proposal.preview.splitlines()[-1].startswith("Oi! ")


def test_without_anybody_who_allowed_it_nothing_is_asked(make_run: MakeRun) -> None:
    """The list alone is told."""
    (message,) = composed(facts_of(client(1, "Ana", allows_marketing=False)), make_run("inactive_clients")).messages
    assert message.proposal is None


@pytest.mark.parametrize(
    ("options", "days"),
    [
        ({}, 30),
        ({"days": 60}, 60),
        ({"days": 3}, 30),
        ({"days": "9"}, 30),
        ({"days": True}, 30),
    ],
)
def test_the_days_are_the_business_s_or_thirty(make_run: MakeRun, options: dict[str, Any], days: int) -> None:
    """An option that is no number of days between a week and two years does not stop the routine."""
    assert make_run("inactive_clients", **options).option("days") == days
