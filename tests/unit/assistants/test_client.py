"""The client assistant: what it is given and what it says of itself."""

import json

import pytest

from shared.assistants.engine import Assistant
from shared.assistants.roster import assistant_for
from shared.models import Audience, Locale, Speaker
from tests.unit.assistants.conftest import GivenRows, ManualClock, ScriptedModel, calls, says, turn_of, wrote

TOOLS = {
    *("list_services", "business_hours"),
    *("free_slots", "book_appointment", "my_appointments", "reschedule_appointment", "cancel_appointment"),
    *("confirm_appointment", "join_waiting_list", "leave_waiting_list"),
    *("remember_customer", "remember_dependent", "search_knowledge", "ask_team"),
    "hand_over_to_human",
}


@pytest.fixture
def assistant(model: ScriptedModel, rows: GivenRows, clock: ManualClock) -> Assistant:
    return assistant_for(Audience.CLIENT, model=model, database=rows, clock=clock)


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
    assert set(specs) == TOOLS
    identities = {"organization", "contact", "conversation", "phone", "booking", "id"}
    for spec in specs.values():
        assert spec.parameters["additionalProperties"] is False
        assert not {part for name in spec.parameters["properties"] for part in name.split("_")} & identities
    assert all(spec.description for spec in specs.values())


@pytest.mark.parametrize(
    ("locale", "text", "sent"),
    [
        (
            "pt-BR",
            "Olá! Como posso ajudar?",
            "Aqui é o assistente automático de Patas & Cia.\n\nOlá! Como posso ajudar?",
        ),
        ("en", "Happy to help.", "This is the automated assistant of Patas & Cia.\n\nHappy to help."),
        ("pt-BR", "Oi! Sou o assistente automático da Patas.", None),
        ("pt-BR", "Oi! Sou um sistema automatizado de assistência.", None),
        ("pt-BR", "Hi! I am the shop's automated assistant.", None),
        ("pt-BR", "¡Hola! Soy el asistente virtual automático.", None),
        ("pt-BR", "Sobre o câmbio automático, o que deseja saber?", "Aqui é o assistente automático de Patas & Cia."),
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
    model.script = [says("Às ordens!")]
    answer = await assistant.answer(turn_of(wrote("Oi"), wrote("Olá!", by=Speaker.ASSISTANT), wrote("Que horas?")))
    assert answer.text == "Às ordens!"


async def test_a_long_first_reply_is_cut_with_its_introduction(assistant: Assistant, model: ScriptedModel) -> None:
    """Both together are no more than WhatsApp takes."""
    model.script = [says("a" * 5000)]
    assert len((await assistant.answer(turn_of())).text) == 4096
