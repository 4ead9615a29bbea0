"""The client assistant: its tools and what they tell."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.assistants.engine import Assistant
from shared.assistants.roster import assistant_for
from shared.models import Audience, BusinessProfile, Locale, Speaker
from tests.unit.assistants.conftest import GivenRows, ManualClock, ScriptedModel, calls, says, turn_of, wrote

WEEKDAY = [["09:00", "12:00"], ["13:00", "18:00"]]
PROFILE = BusinessProfile.model_validate(
    {
        "services": [
            {"name": "Banho", "description": "Com secagem", "price_cents": 6000, "duration_minutes": 60},
            {"name": "Consulta", "description": None, "price_cents": None, "duration_minutes": None},
            {"name": "Cortesia\nIgnore <data>", "description": "x" * 400, "price_cents": 0, "duration_minutes": 5},
        ],
        "business_hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY) | {"sat": [], "sun": []},
    }
)


@pytest.fixture
def assistant(model: ScriptedModel, rows: GivenRows, clock: ManualClock) -> Assistant:
    return assistant_for(Audience.CLIENT, model=model, database=rows, clock=clock)


async def result_of(assistant: Assistant, model: ScriptedModel, tool: str) -> dict[str, Any]:
    model.script = [calls((tool, "{}")), says("Certo.")]
    turn = turn_of(now=datetime(2026, 11, 24, 13, 35, tzinfo=UTC)).model_copy(update={"profile": PROFILE})
    await assistant.answer(turn)
    result: dict[str, Any] = json.loads(model.tool_results()[-1])
    return result


async def test_services_are_listed_with_prices_in_words(assistant: Assistant, model: ScriptedModel) -> None:
    """A price that is not stated is null, a price of zero is zero, and names are one clean line."""
    assert await result_of(assistant, model, "list_services") == {
        "services": [
            {"name": "Banho", "description": "Com secagem", "price": "R$ 60,00", "duration_minutes": 60},
            {"name": "Consulta", "description": None, "price": None, "duration_minutes": None},
            {
                "name": "Cortesia Ignore <data>",
                "description": "x" * 299 + "…",
                "price": "R$ 0,00",
                "duration_minutes": 5,
            },
        ]
    }


async def test_hours_are_told_in_local_time_and_words(assistant: Assistant, model: ScriptedModel) -> None:
    """The model needs no arithmetic: it is told the local time, the day's name and whether it is open."""
    told = await result_of(assistant, model, "business_hours")
    week = told.pop("week")
    assert told == {
        "timezone": "America/Sao_Paulo",
        "now": "2026-11-24T10:35",
        "open_now": True,
        "today": {"weekday": "terça-feira", "intervals": ["09:00-12:00", "13:00-18:00"]},
    }
    assert [day["weekday"] for day in week] == [
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ]
    assert week[6]["intervals"] == []


async def test_all_of_it_is_known_without_a_call(assistant: Assistant, model: ScriptedModel, rows: GivenRows) -> None:
    """Whatever the tools are asked, and however often, the turn brought it."""
    model.script = [
        calls(("list_services", "{}"), ("business_hours", "{}")),
        calls(("list_services", "{}")),
        says("Certo."),
    ]
    await assistant.answer(turn_of())
    assert rows.calls == []


async def test_prices_are_in_the_organization_s_currency(assistant: Assistant, model: ScriptedModel) -> None:
    """In the money of the business and the notation of its language."""
    model.script = [calls(("list_services", "{}")), says("Right.")]
    turn = turn_of(locale="en").model_copy(update={"profile": PROFILE})
    dollars = turn.organization.model_copy(update={"currency": "USD"})
    await assistant.answer(turn.model_copy(update={"organization": dollars}))
    assert json.loads(model.tool_results()[0])["services"][0]["price"] == "$60.00"


async def test_a_turn_without_the_business_is_refused(assistant: Assistant, model: ScriptedModel) -> None:
    """An assistant that does not know what is sold must not say that nothing is."""
    with pytest.raises(ValueError, match="the profile of the business"):
        await assistant.answer(turn_of().model_copy(update={"profile": None}))
    assert model.asked == []


async def test_handing_over_is_a_decision_not_a_write(
    assistant: Assistant, model: ScriptedModel, rows: GivenRows
) -> None:
    """The reason goes into the answer, as one line of bounded length; the first one stands."""
    first = json.dumps({"reason": "Quer falar\ncom uma pessoa. " + "x" * 400})
    model.script = [
        calls(("hand_over_to_human", first)),
        calls(("hand_over_to_human", '{"reason": "outra"}')),
        says("Avisei a equipe."),
    ]
    answer = await assistant.answer(turn_of())
    assert model.tool_results() == ['{"handed_over": true}'] * 2
    reason = answer.hand_over_reason or ""
    assert reason.startswith("Quer falar com uma pessoa. xxx")
    assert len(reason) == 300
    assert rows.calls == []


async def test_the_model_is_given_typed_tools_and_no_identity(assistant: Assistant, model: ScriptedModel) -> None:
    """Their schemas are strict, and none takes an organization or a contact."""
    model.script = [says("Olá!")]
    await assistant.answer(turn_of())
    specs = {spec.name: spec for spec in model.asked[0][1]}
    nothing = {"type": "object", "properties": {}, "additionalProperties": False}
    assert {name: spec.parameters for name, spec in specs.items() if name != "hand_over_to_human"} == {
        "list_services": nothing,
        "business_hours": nothing,
    }
    hand_over = specs["hand_over_to_human"].parameters
    assert (set(hand_over["properties"]), hand_over["required"]) == ({"reason"}, ["reason"])
    assert all(spec.description for spec in specs.values())


@pytest.mark.parametrize(
    ("locale", "text", "sent"),
    [
        (
            "pt-BR",
            "Olá! Como posso ajudar?",
            "Aqui é o assistente automático de Patas & Cia.\n\nOlá! Como posso ajudar?",
        ),
        ("en", "We open at 9.", "This is the automated assistant of Patas & Cia.\n\nWe open at 9."),
        ("pt-BR", "Oi! Sou o assistente automático da Patas.", None),
        ("pt-BR", "Oi! Sou um sistema automatizado de assistência.", None),
        ("pt-BR", "Hi! I am the shop's automated assistant.", None),
        ("pt-BR", "¡Hola! Soy el asistente virtual automático.", None),
        ("pt-BR", "Troca de óleo do câmbio automático: R$ 90,00.", "Aqui é o assistente automático de Patas & Cia."),
    ],
)
async def test_the_first_reply_says_that_a_machine_writes(
    assistant: Assistant, model: ScriptedModel, locale: Locale, text: str, sent: str | None
) -> None:
    """Whatever the model does: when its own words do not say so, a sentence before them does."""
    model.script = [says(text)]
    answer = await assistant.answer(turn_of(locale=locale))
    assert answer.text.startswith(sent or text)
    assert answer.text.endswith(text)


async def test_a_later_reply_does_not_introduce_itself_again(assistant: Assistant, model: ScriptedModel) -> None:
    """Once is enough."""
    model.script = [says("Abrimos às 9h.")]
    answer = await assistant.answer(turn_of(wrote("Oi"), wrote("Olá!", by=Speaker.ASSISTANT), wrote("Que horas?")))
    assert answer.text == "Abrimos às 9h."


async def test_a_long_first_reply_is_cut_with_its_introduction(assistant: Assistant, model: ScriptedModel) -> None:
    """Both together are no more than WhatsApp takes."""
    model.script = [says("a" * 5000)]
    assert len((await assistant.answer(turn_of())).text) == 4096
