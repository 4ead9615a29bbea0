"""Results of the shapes that a desk with appointments gives, in plain words."""

from datetime import date
from typing import Any

import pytest

from infra.local.llm.focus import Focus
from infra.local.llm.language import Language
from infra.local.llm.rendering import Renderer

FRIDAY = {"date": "2026-11-27", "weekday": "sexta-feira"}
SATURDAY_AT_NINE = {"date": "2026-11-28", "weekday": "sábado", "time": "09:00"}


def tell(value: Any, language: Language = "pt", question: str = "") -> str:
    return Renderer(language, Focus(question, date(2026, 11, 24))).result(value)


FREE = {
    "service": "Banho",
    "price": "R$ 60,00",
    "days": [{**FRIDAY, "times": ["09:00", "10:00"]}],
    "next_free": {**FRIDAY, "time": "09:00"},
}
NOTHING_FREE: dict[str, Any] = {
    "service": "Banho",
    "price": None,
    "days": [],
    "next_free": SATURDAY_AT_NINE,
    "reason": "closed",
}
FIGURES = {
    "period": "week",
    "from": "2026-11-23",
    "compared_with": {"from": "2026-11-16", "through": "2026-11-17"},
    "appointments": {"done": {"now": 3, "before": 0, "change": "+3"}},
    "revenue": {"now": "R$ 120,00", "before": None, "change": None},
}
AGENDA = {
    "days": [
        {
            **FRIDAY,
            "appointments": [{"time": "15:00", "service": "Banho", "client": "Ana", "status": "confirmed"}],
            "blocked": [{"from": "12:00", "until": "13:00", "reason": "almoço"}],
        },
        {"date": "2026-11-28", "weekday": "sábado", "appointments": [], "blocked": []},
    ]
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (FREE, "Horários livres para *Banho* (R$ 60,00):\n• *sexta-feira, 27/11*: 09:00 e 10:00\nQual prefere?"),
        (
            NOTHING_FREE,
            "Não há horário livre (fechado). O próximo horário livre é sábado, 28/11 às 09:00."
            " Se quiser, posso pôr você na lista de espera.",
        ),
        (
            {"unavailable": "taken", "alternatives": [{**FRIDAY, "time": "16:00"}]},
            "Esse horário não dá: está ocupado. Tenho livre: sexta-feira, 27/11 às 16:00. Qual prefere?",
        ),
        (
            {"error": "ambiguous", "choices": [{"name": "Ana", "phone": "+5511"}, {"name": None, "phone": "+5512"}]},
            "Encontrei mais de um.\n1. Ana (+5511)\n2. sem nome (+5512)\nQual deles?",
        ),
        (
            {"error": "unknown_service", "choices": ["Banho", "Tosa"]},
            "Não encontrei esse serviço.\nTemos: Banho e Tosa. Qual deles?",
        ),
        ({"error": "connection refused"}, "Não consegui consultar isso agora."),
        ({"proposed": "Banho, 15:00", "done": False, "note": "…"}, "Confira, por favor:"),
        ({"entries": [{"question": "Aceita pix?", "answer": "Sim."}]}, "Sim."),
        (
            {"appointments": [{"number": 1, "service": "Banho", **SATURDAY_AT_NINE}], "waiting_list": []},
            "Seus próximos horários:\n1. *sábado, 28/11 às 09:00* · Banho",
        ),
        ({"appointments": [], "waiting_list": []}, "Você não tem nenhum horário por vir."),
        (
            AGENDA,
            "*sexta-feira, 27/11*\n• *15:00*: Ana · Banho\n• bloqueado das 12:00 às 13:00 · almoço\n"
            "*sábado, 28/11*\n• nada marcado",
        ),
        (
            FIGURES,
            "*Agendamentos:*\n• concluídos: 3 (antes: 0)\n*Faturamento:* R$ 120,00 (antes: sem dados)",
        ),
        ({"days": 30, "total": None, "contacts": None}, "Não tenho esse dado."),
    ],
)
def test_a_result_is_told_as_people_would(value: Any, text: str) -> None:
    """Days with their times, choices, reasons and figures; a proposal is not told twice; null is no data."""
    assert tell(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            FREE,
            "Free times for *Banho* (R$ 60,00):\n• *Friday, Nov 27, 2026*: 09:00 and 10:00\nWhich one do you prefer?",
        ),
        ({"assistant_paused": True, "was_so_already": False}, "The customers' assistant is paused."),
        ({"name": "Ana", "phone": "+5511", "answers_now": "a_person"}, "The conversation with Ana is yours now."),
        ({"error": "forbidden"}, "Your number may not do that."),
        ({"revenue": {"now": None, "before": 0}, "compared_with": {}}, "*Revenue:* no data (before: 0)"),
    ],
)
def test_a_result_is_told_in_english(value: Any, text: str) -> None:
    """The same facts in other words."""
    assert tell(value, "en") == text
