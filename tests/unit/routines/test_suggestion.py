"""The suggestion of a model: one line, from figures alone, that never costs the summary."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import ModelError
from shared.models import Spend
from shared.ports import Completion
from shared.routines.daily_summary import compose
from shared.routines.suggestion import checked, suggest
from shared.services import Services
from tests.unit.assistants.conftest import GivenRows, ManualClock, ScriptedModel
from tests.unit.routines.conftest import MakeRun, contact_id
from tests.unit.routines.test_daily_summary import BUSY, row_of

FIGURES = "• Concluídos: 5 (antes: 4)\n• Faturamento: R$ 350,00 (antes: R$ 300,00)\nLivre: 14:00–18:00"
FREE = Spend(spent=0, limit=None, warned=False)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ofereça o horário das 14:00 a quem espera.", True),
        ("Foram 5 concluídos:\nmantenha o ritmo.", True),
        ("Dê 10% de desconto.", False),
        ("Venda por R$ 99,00.", False),
        ("O faturamento passou de R$ 300,00 para R$ 350,00.", True),
        ("Abra às 8h.", False),
        ("Já enviei a mensagem aos clientes.", False),
        ("", False),
        ("Bom " * 100, False),
    ],
)
def test_a_suggestion_is_held_to_the_figures(text: str, *, kept: bool) -> None:
    """It names no figure that it was not given, claims nothing to be done, and is one short line."""
    line = checked(text, figures=FIGURES)
    assert (line is not None) is kept
    assert "\n" not in (line or "")


def said(text: str) -> Completion:
    return Completion(content=text, tool_calls=(), model="gpt-test", prompt_tokens=100, completion_tokens=20)


@pytest.mark.parametrize(
    ("step", "told", "outcome"),
    [
        (said("Confirme os 5 de amanhã."), "Confirme os 5 de amanhã.", "answered"),
        (said("Fature R$ 1.000,00."), None, "refused"),
        (ModelError("no answer"), None, "failed"),
    ],
)
async def test_every_call_is_recorded(
    services: Services, make_run: MakeRun, step: Any, told: str | None, outcome: str
) -> None:
    """Told or not, the call was paid for; the model is given the figures and no more."""
    clock, database = ManualClock(), GivenRows()
    database.rows = {"record_interactions": None}
    model = ScriptedModel(clock)
    model.script = [step]
    at_work = replace(services, clock=clock, make_database=lambda: database, make_model=lambda: model)
    run = make_run("daily_summary", suggestion=True)
    suggestion = await suggest(FIGURES, run=run, services=at_work, spend=FREE, conversation_id=contact_id(1))
    assert suggestion == told
    ((function, arguments),) = database.calls
    recorded: Any = arguments["interactions"]
    (call,) = recorded
    assert (function, call["purpose"], call["outcome"]) == ("record_interactions", "suggestion", outcome)
    assert [message.content for message in model.asked[0][0]][1:] == [FIGURES]


@pytest.mark.parametrize(
    ("spend", "conversation"),
    [(Spend(spent=10, limit=10, warned=True), 1), (FREE, None)],
)
async def test_no_model_is_asked_when_it_may_not_be(
    services: Services, make_run: MakeRun, spend: Spend, conversation: int | None
) -> None:
    """With the month's money spent, or nowhere to record the call, the services' model is not touched."""
    suggestion = await suggest(
        FIGURES,
        run=make_run("daily_summary"),
        services=services,
        spend=spend,
        conversation_id=None if conversation is None else contact_id(conversation),
    )
    assert suggestion is None


@pytest.mark.parametrize(("options", "asked"), [({}, 0), ({"suggestion": False}, 0), ({"suggestion": True}, 1)])
async def test_a_model_is_asked_only_where_the_business_set_it(
    services: Services, make_run: MakeRun, options: dict[str, Any], asked: int
) -> None:
    """The summary goes out all the same; with the option on, it ends with the suggestion."""
    clock, database = ManualClock(), GivenRows()
    row = row_of(BUSY, conversation_id=str(contact_id(1)))
    database.rows = {"record_interactions": None, "routine_facts_daily_summary": row}
    model = ScriptedModel(clock)
    model.script = [said("Confirme os de amanhã.")]
    at_work = replace(services, clock=clock, make_database=lambda: database, make_model=lambda: model)
    (message,) = (await compose(make_run("daily_summary", **options), at_work)).messages
    assert len(model.asked) == asked
    assert message.text.endswith("Confirme os de amanhã.") is bool(asked)
