"""The tools that answer customers from what the business knows, remember them, and ask the team."""

from typing import Any

import pytest

from shared.assistants.desks.contact_facts import contact_fact_tools
from shared.assistants.desks.desk import Desk
from shared.assistants.desks.knowledge import knowledge_tools
from shared.assistants.tools import Deed, Tool, ToolRefusedError
from tests.unit.assistants.conftest import ORGANIZATION_ID, GivenRows, turn_of


def tool(wanted: str, rows: GivenRows, **turn: Any) -> Tool[Any]:
    desk = Desk(turn=turn_of(**turn), database=rows)
    (found,) = [each for each in (*knowledge_tools(desk), *contact_fact_tools(desk)) if each.name == wanted]
    return found


async def test_knowledge_is_told_as_data(rows: GivenRows) -> None:
    """The turn's business is searched, and what is found is made harmless."""
    rows.rows["search_knowledge"] = [{"question": "Aceitam\n Pix?", "answer": "Sim.\u202e\nE cartão."}]
    result = await tool("search_knowledge", rows).call('{"query": " formas de\\npagamento "}')
    assert rows.calls == [("search_knowledge", {"organization_id": ORGANIZATION_ID, "query": "formas de pagamento"})]
    assert result.data == {"entries": [{"question": "Aceitam Pix?", "answer": "Sim.\nE cartão."}]}


async def test_asking_the_team_is_written_with_the_answer(rows: GivenRows) -> None:
    """Nothing is asked before the customer is told so: the question goes with the reply."""
    result = await tool("ask_team", rows, name="Ana {number}").call('{"question": "Vocês aceitam cheque?"}')
    assert rows.calls == []
    (effect,) = result.effects
    assert (effect["kind"], effect["question"]) == ("question", "Vocês aceitam cheque?")
    assert "responder {number}: …" in effect["notice"]
    assert "{question}" in effect["notice"]
    assert result.deeds == {Deed.ASKED_TEAM}


@pytest.mark.parametrize(("name", "called"), [("Ana", "Ana"), (None, "+5511912345678")])
async def test_the_owners_are_told_who_asks(rows: GivenRows, name: str | None, called: str) -> None:
    """By name, else by phone."""
    result = await tool("ask_team", rows, name=name, locale="en").call('{"question": "Do you take checks?"}')
    assert f"from {called}:" in result.effects[0]["notice"]


async def test_a_customer_is_remembered(rows: GivenRows) -> None:
    """The conversation's own contact, whoever that is."""
    rows.rows["remember_contact"] = {"name": "Ana", "birth_date": "1904-02-29"}
    result = await tool("remember_customer", rows).call('{"name": " Ana\\u202e ", "birthday": "02-29"}')
    ((_, arguments),) = rows.calls
    assert arguments["facts"] == {"name": "Ana", "birth_date": "1904-02-29"}
    assert set(arguments) == {"organization_id", "conversation_id", "facts"}
    assert result.data == {"remembered": {"name": "Ana", "birthday": "02-29"}}
    assert result.deeds == {Deed.NOTED}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("remember_customer", "{}"),
        ("remember_customer", '{"name": " "}'),
        ("remember_customer", '{"birthday": "2999-01-01"}'),
        ("remember_customer", '{"birthday": "amanhã"}'),
        ("remember_customer", '{"name": "Ana", "contact": "Bruno"}'),
        ("remember_dependent", '{"name": "Rex", "kind": "dinosaur"}'),
        ("remember_dependent", '{"name": "", "kind": "pet"}'),
        ("remember_dependent", '{"name": "Rex", "kind": "pet", "birthday": "2023-02-29"}'),
        ("search_knowledge", '{"query": ""}'),
        ("ask_team", '{"question": "?"}'),
    ],
)
async def test_what_cannot_be_is_refused(rows: GivenRows, name: str, arguments: str) -> None:
    """The model is told why, and nothing is asked of the database."""
    with pytest.raises(ToolRefusedError):
        await tool(name, rows).call(arguments)
    assert rows.calls == []


async def test_a_dependent_is_remembered(rows: GivenRows) -> None:
    """With what was said of it."""
    kept = {"name": "Rex", "kind": "pet", "birth_date": "2020-05-01", "details": "poodle"}
    rows.rows["remember_dependent"] = {"outcome": "remembered", "dependent": kept}
    result = await tool("remember_dependent", rows).call(
        '{"name": "Rex", "kind": "pet", "birthday": "2020-05-01", "details": "poodle"}'
    )
    assert rows.calls[0][1]["dependent"] == kept
    assert result.data == {"remembered": {"name": "Rex", "kind": "pet", "birthday": "2020-05-01", "details": "poodle"}}


async def test_too_many_dependents_are_not_claimed_to_be_remembered(rows: GivenRows) -> None:
    """The model hears that nothing was kept."""
    rows.rows["remember_dependent"] = {"outcome": "too_many"}
    result = await tool("remember_dependent", rows).call('{"name": "Rex", "kind": "pet"}')
    assert result.data == {"error": "too_many_dependents"}
    assert result.deeds == frozenset()
