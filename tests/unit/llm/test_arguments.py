"""Arguments from the user's words, by the schema."""

from datetime import date
from typing import Any

import pytest

from infra.local.llm.arguments import fill
from infra.local.llm.tools import Tool

TUESDAY = date(2026, 11, 24)


def filled(schema: dict[str, Any], question: str, *, required: bool = True, name: str = "value") -> Any:
    parameters = {"type": "object", "properties": {name: schema}, "required": [name] if required else []}
    return fill(Tool("any", "", parameters), question, TUESDAY).arguments.get(name)


DATE, TIME = {"type": "string", "format": "date"}, {"type": "string", "format": "time"}
SHIFT = {"type": "string", "enum": ["manhã", "tarde"]}


@pytest.mark.parametrize(
    ("schema", "question", "value"),
    [
        (DATE, "tem vaga hoje?", "2026-11-24"),
        (DATE, "tem vaga amanhã?", "2026-11-25"),
        (DATE, "depois de amanhã", "2026-11-26"),
        (DATE, "na terça", "2026-12-01"),
        (DATE, "on Friday", "2026-11-27"),
        (DATE, "dia 03/12", "2026-12-03"),
        (DATE, "dia 03/01", "2027-01-03"),
        (DATE, "dia 31/02", None),
        (DATE, "em 2026-12-24", "2026-12-24"),
        (TIME, "às 15h", "15:00"),
        (TIME, "às 9h30", "09:30"),
        (TIME, "at 3 pm", "15:00"),
        (TIME, "at 12 am", "00:00"),
        (TIME, "às 99h", None),
        (SHIFT, "prefiro de manhã", "manhã"),
        (SHIFT, "tanto faz", None),
        ({"type": "integer"}, "para 3 pessoas", 3),
        ({"type": "integer"}, "para duas pessoas", 2),
        ({"type": "number"}, "uns 12,5 kg", 12.5),
        ({"type": "boolean"}, "sim, quero", True),
        ({"type": "boolean"}, "não quero", False),
        ({"type": ["string", "null"], "description": "Nome do cliente"}, "quem é a Bia Reis?", "Bia Reis"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "para 3 pessoas", 3),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "amanhã", "2026-11-25"),
        ({}, "qualquer coisa", None),
        ({"type": "array", "items": {"type": "integer"}}, "o 4", [4]),
        ({"type": "string", "description": "Nome"}, 'procura "Zé do Bar"', "Zé do Bar"),
    ],
)
def test_the_schema_says_what_to_look_for(schema: dict[str, Any], question: str, value: Any) -> None:
    """Dates, times, choices, numbers, yes and no, and names are read from the text; what is not there is left out."""
    assert filled(schema, question) == value


def test_a_reason_is_the_users_own_words() -> None:
    """A free text that explains is what was said, cut to a decent length."""
    assert filled({"type": "string"}, "quero reclamar do banho", name="reason") == "quero reclamar do banho"
    assert len(filled({"type": "string"}, "x" * 5000, name="motivo")) == 300


def test_an_optional_free_text_is_not_guessed() -> None:
    """Any text would do for it, so only a required one is filled."""
    assert filled({"type": "string", "description": "Name"}, "quem é a Ana?", required=False) is None
    assert filled(DATE, "amanhã", required=False) == "2026-11-25"


def test_a_required_argument_that_the_text_lacks_is_reported() -> None:
    """The caller learns what to ask for."""
    parameters = {"type": "object", "properties": {"day": DATE, "query": {"type": "string"}}, "required": ["day"]}
    assert fill(Tool("any", "", parameters), "quero marcar", TUESDAY).missing == ("day",)


def test_without_a_date_in_the_conversation_tomorrow_is_unknown() -> None:
    """The machine's clock is not asked: the conversation is all there is."""
    tool = Tool("any", "", {"type": "object", "properties": {"day": DATE}, "required": ["day"]})
    assert fill(tool, "amanhã", None).missing == ("day",)
