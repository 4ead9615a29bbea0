"""What a business knows: kept once, found by the words people use, never another's."""

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.conftest import Business

ENTRIES = {
    "Quais são as formas de pagamento?": "Aceitamos Pix, cartão de crédito e dinheiro.",
    "Tem estacionamento?": "Sim, temos duas vagas na frente da loja.",
    "O animal precisa estar com as vacinas em dia?": "Sim: antirrábica e V10, com a carteirinha.",
    "Vocês atendem gatos?": "Atendemos, com hora marcada, numa sala separada dos cachorros.",
    "Vocês têm táxi dog?": "Temos! Buscamos e levamos em casa num raio de cinco quilômetros.",
}
PAYMENT, PARKING, VACCINES, CATS, TAXI = ENTRIES


def keep(business: Business, entries: dict[str, str]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = business.api.call(
        "add_knowledge",
        organization_id=business.organization_id,
        entries=Jsonb([{"question": question, "answer": answer} for question, answer in entries.items()]),
    )
    return kept


def found(business: Business, query: str) -> list[str]:
    entries = business.api.call("search_knowledge", organization_id=business.organization_id, query=query)
    return [entry["question"] for entry in entries]


def test_a_question_finds_its_entry_in_the_words_people_use(business: Business) -> None:
    """Accents, endings, greetings and small words do not matter; the best entry comes first."""
    keep(business, ENTRIES)
    asked = {
        "vocês aceitam pix?": PAYMENT,
        "Pix": PAYMENT,
        "posso pagar com cartao": PAYMENT,
        "qual a forma de pagamento": PAYMENT,
        "Oi, tudo bem? Queria saber se vocês têm estacionamento aí, por favor": PARKING,
        "tem vaga pra estacionar o carro": PARKING,
        "precisa de vacina?": VACCINES,
        "meu cachorro tem que estar vacinado, com a vacina em dia?": VACCINES,
        "atende gato?": CATS,
        "voces tem taxi dog": TAXI,
        "vocês buscam em casa?": TAXI,
    }
    assert {query: found(business, query)[:1] for query in asked} == {query: [entry] for query, entry in asked.items()}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "?!",
        "o que é que você tem",
        "oi, tudo bem?",
        "bom dia, queria saber uma coisa",
        "qual o preço da consulta com o cardiologista?",
        "' | 'a' & !'b",
        "pagamento':* & (",
        "\\",
        "x" * 5000,
    ],
)
def test_what_is_not_known_finds_nothing(business: Business, query: str) -> None:
    """Greetings, small words, operators and questions about other things: an empty list, and no error."""
    keep(business, ENTRIES)
    expected = [PAYMENT] if "pagamento" in query else []
    assert found(business, query) == expected


def test_a_word_of_every_entry_is_not_enough(business: Business) -> None:
    """Beside words that nobody knows, a word that all entries share finds none of them; a rare one finds its own."""
    keep(business, {f"O banho do {animal} demora?": "Uma hora." for animal in ("gato", "coelho", "hamster", "furão")})
    assert found(business, "quanto custa o banho de ofurô relaxante?") == []
    assert found(business, "banho do coelho demora muito?")[0] == "O banho do coelho demora?"


def test_at_most_three_entries_are_found_questions_before_answers(business: Business) -> None:
    """What was asked before weighs more than what was answered."""
    keep(business, {"Aceitam cheque?": "Não."} | {f"Assunto {n}?": f"Cheque não, por causa de {n}." for n in "abcd"})
    questions = found(business, "cheque")
    assert questions[0] == "Aceitam cheque?"
    assert len(questions) <= 3


def test_english_businesses_are_searched_in_english(business: Business) -> None:
    """The organization's language decides which endings and small words count."""
    business.api.rows("update app.organizations set locale = 'en'")
    keep(business, {"Do you have parking?": "Yes, two spaces.", "Do you take cats?": "Yes, on Mondays."})
    assert found(business, "Hi! Could I bring my cat?") == ["Do you take cats?"]
    assert found(business, "where can I park") == ["Do you have parking?"]
    assert found(business, "do you have it") == []


def test_the_same_question_is_one_entry(business: Business) -> None:
    """Case, accents and spaces aside; the newer answer stands and is found by its words."""
    keep(business, {"Têm estacionamento?": "Sim."})
    keep(business, {" tem  ESTACIONAMENTO? ": "Não mais; há um valet na esquina."})
    listed = business.api.call("list_knowledge", organization_id=business.organization_id)
    assert [(entry["question"], entry["answer"]) for entry in listed] == [
        ("tem  ESTACIONAMENTO?", "Não mais; há um valet na esquina.")
    ]
    assert found(business, "valet") == ["tem  ESTACIONAMENTO?"]


def test_entries_are_kept_all_or_none(business: Business) -> None:
    """One that cannot be keeps the others out, so that a corrected file can be given again."""
    with pytest.raises(psycopg.Error) as refused:
        keep(business, {"Tem wifi?": "Sim.", "Tem café?": " "})
    assert refused.value.sqlstate == "23514"
    assert business.api.call("list_knowledge", organization_id=business.organization_id) == []


def test_knowledge_is_its_own_business(business: Business, other_business: Business) -> None:
    """Another tenant neither finds nor lists nor removes it."""
    ((entry),) = keep(business, {PARKING: ENTRIES[PARKING]})
    keep(other_business, {PAYMENT: ENTRIES[PAYMENT]})
    assert found(other_business, "estacionamento") == []
    with pytest.raises(psycopg.Error) as refused:
        other_business.api.call(
            "remove_knowledge", organization_id=other_business.organization_id, knowledge_id=entry["id"]
        )
    assert refused.value.sqlstate == "PT404"
    removed = business.api.call("remove_knowledge", organization_id=business.organization_id, knowledge_id=entry["id"])
    assert removed["question"] == PARKING
    assert found(business, "estacionamento") == []


def test_a_search_reads_its_own_tenants_index_only(business: Business) -> None:
    """Among many tenants' entries the plan reads the index by organization and word, not the table."""
    business.api.rows("""
        with other as (
            insert into app.organizations (name, timezone) select 'O' || n, 'America/Sao_Paulo'
            from generate_series(1, 60) as n returning id
        )
        insert into app.knowledge (organization_id, question, answer, source)
        select id, 'Assunto ' || n || '?', 'Resposta ' || n, 'operator'
        from other, generate_series(1, 50) as n
    """)
    keep(business, ENTRIES | {f"Assunto {n}?": f"Resposta {n}." for n in range(200)})
    business.api.rows("vacuum analyze app.knowledge")
    plans: list[str] = []
    with psycopg.connect(business.api.dsn, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        connection.execute("load 'auto_explain'")
        connection.execute("set auto_explain.log_min_duration = 0")
        connection.execute("set auto_explain.log_nested_statements = on")
        connection.execute("set client_min_messages = log")
        connection.execute("select api.search_knowledge(%s, 'tem estacionamento?')", [business.organization_id])
    (plan,) = [plan for plan in plans if "any_word_of" in plan]
    assert "Index Scan on knowledge_search" in plan
    assert "Seq Scan on knowledge" not in plan
