"""Results as sentences."""

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.llm.focus import Focus
from infra.local.llm.language import Language
from infra.local.llm.rendering import Renderer
from tests.unit.llm.conftest import RESULTS

TUESDAY = date(2026, 11, 24)
SERVICES, HOURS, SUMMARY = RESULTS["list_services"], RESULTS["business_hours"], RESULTS["figures"]
CONTACTS = RESULTS["find_contact"]


def render(value: Any, question: str = "", language: Language = "pt") -> str:
    return Renderer(language, Focus(question, TUESDAY)).result(value)


@pytest.mark.parametrize(
    ("question", "value", "text"),
    [
        ("quanto custa o banho?", SERVICES, "*Banho*: R$ 60,00 · 60 min\n  Com secagem"),
        ("e o banho e tosa?", SERVICES, "*Banho e tosa*: preço e duração: não tenho esse dado"),
        ("abre domingo?", HOURS, "*Domingo*: fechado"),
        ("que horas abre amanhã?", HOURS, "*Amanhã (quarta-feira)*: 09:00–12:00 e 13:00–18:00"),
        ("abre dia 28/11?", HOURS, "*Sábado*: 09:00–13:00"),
        ("está aberto?", HOURS, "Estamos abertos agora.\n*Hoje (terça-feira)*: 09:00–12:00 e 13:00–18:00"),
        ("quanto faturei?", SUMMARY, "*Faturamento:* R$ 120,00"),
        ("quantas faltas?", SUMMARY, "*Faltas:* 0"),
        ("quem vem agora?", SUMMARY, "*Próximos:*\n*15:00*: Banho · Ana"),
        (
            "quem é a Ana?",
            CONTACTS,
            "*Ana Paula*: +55 11 91234-5678 · último contato: 20/11/2026 · 1 agendamento"
            " · próximo agendamento: 25/11/2026 às 15:00",
        ),
    ],
)
def test_only_what_was_asked_is_told(question: str, value: Any, text: str) -> None:
    """The rows and keys that the question names are picked from the result."""
    assert render(value, question) == text


def test_a_whole_summary_has_one_line_a_key() -> None:
    """Counts are named in the right number, lists keep their order."""
    assert render(SUMMARY, "como foi hoje?") == (
        "*24/11/2026*\n"
        "*Agendamentos:* 5 no total, 2 concluídos, 1 cancelado, 0 faltas e 2 por vir\n"
        "*Faturamento:* R$ 120,00\n"
        "*Novos contatos:* 3\n"
        "*Conversas:* 10 respondidas, 1 passada à equipe e 0 aguardando\n"
        "*Próximos:*\n*15:00*: Banho · Ana"
    )


def test_english_has_its_own_names_of_keys_days_and_dates() -> None:
    """The result stays the same, the words around it change."""
    assert render(HOURS, "are you open on sunday?", "en") == "*Sunday*: closed"
    assert render(SUMMARY, "revenue and appointments", "en") == (
        "*Appointments:* 5 in total, 2 done, 1 cancelled, 0 no-shows and 2 upcoming\n*Revenue:* R$ 120,00"
    )
    assert "next booking: Nov 25, 2026 at 15:00" in render(CONTACTS, "", "en")


def test_a_whole_week_lists_every_day_once() -> None:
    """Today's entry repeats one of the week's and is left out; the present state leads."""
    lines = render(HOURS, "qual o horário de funcionamento?").split("\n")
    assert lines[0] == "Estamos abertos agora."
    assert len(lines) == 8
    assert lines[-1] == "• *Domingo*: fechado"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "Não tenho esse dado."),
        ({}, "Não tenho esse dado."),
        ([], "Não tenho esse dado."),
        ({"revenue": None}, "*Faturamento:* não tenho esse dado"),
        ({"next": [], "new_contacts": 0}, "*Próximos:* nenhum\n*Novos contatos:* 0"),
        ({"week": [{"weekday": "sábado", "intervals": None}]}, "*Sábado*: intervals: não tenho esse dado"),
        ({"some_key": "valor", "other": True}, "*Some key:* valor\n*Other:* sim"),
        ("texto puro", "texto puro"),
        (["a", "b", "c"], "a, b e c"),
    ],
)
def test_nothing_and_the_unknown_are_said_plainly(value: Any, text: str) -> None:
    """No data is no data, zero is zero, an empty list is none, an unknown key is its own words."""
    assert render(value) == text


_NAMES = st.text(alphabet="abcdefghij_", min_size=1, max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers(0, 10**6) | st.text(max_size=20)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(_JSON, st.sampled_from(["pt", "en"]))
def test_every_figure_comes_from_the_result(value: Any, language: Language) -> None:
    """Any JSON can be rendered, and no digits appear that the result does not hold."""
    text = render(value, "quanto custa?", language)
    assert text
    assert set(re.findall(r"\d", text)) <= set(re.findall(r"\d", json.dumps(value, ensure_ascii=False)))
