"""What the owners read in the evening."""

from typing import Any

import pytest

from shared.assistants.desks.figures import PartFigures
from shared.routines.daily_summary import DailyFacts, summary_text
from shared.routines.wording import Wording
from tests.unit.routines.conftest import NOW, MakeRun, calendar_of

FIGURES = (*PartFigures.model_fields, "reply_seconds")
NO_DATA: dict[str, Any] = {**dict.fromkeys(FIGURES), "replies": 0}
NOTHING: dict[str, Any] = {**dict.fromkeys(FIGURES, 0), "replies": 0, "reply_seconds": None}


def booked(time: str, client: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "contact": client,
        "phone": None,
        "service": "Banho",
        "resource": "main",
        "starts_at": f"2026-11-25T{time}:00-03:00",
        "ends_at": f"2026-11-25T{time[:2]}:59:00-03:00",
        "status": "confirmed",
        "price_cents": 6000,
        "dependent": None,
        "confirmed_at": None,
        "paid_at": None,
        **changes,
    }


def row_of(now: dict[str, Any], before: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return what `api.routine_facts_daily_summary` answers."""
    return {
        "currency": "BRL",
        "compared_with": "2026-11-17",
        "until": NOW,
        "over": False,
        "now": now,
        "before": NO_DATA if before is None else before,
        "agenda": {"from": "2026-11-25", "appointments": [], "blocks": []},
        "calendar": calendar_of(),
        "spend": {"spent": 0, "limit": None, "warned": False},
        "conversation_id": None,
        **changes,
    }


def facts_of(now: dict[str, Any], before: dict[str, Any] | None = None, **changes: Any) -> DailyFacts:
    return DailyFacts.model_validate(row_of(now, before, **changes))


BUSY = {**NOTHING, "done": 5, "revenue_cents": 35000, "answered": 8, "reply_seconds": 42, "spend_micros": 120_000}
LAST_WEEK = {**NOTHING, "done": 4, "revenue_cents": 30000, "answered": 8, "reply_seconds": None}


def test_a_day_is_told_whole(make_run: MakeRun) -> None:
    """Every figure beside the week before, then tomorrow with its gaps."""
    agenda = {
        "from": "2026-11-25",
        "appointments": [booked("10:00", "Ana", dependent="Rex"), booked("14:00", None)],
        "blocks": [],
    }
    taken = [
        {
            "resource": "main",
            "starts_at": f"2026-11-25T{hour}:00:00-03:00",
            "ends_at": f"2026-11-25T{hour + 1}:00:00-03:00",
        }
        for hour in (10, 14)
    ]
    facts = facts_of(BUSY, LAST_WEEK, agenda=agenda, calendar=calendar_of(bookings=taken))
    wording = Wording.of(make_run("daily_summary"), spend_currency="USD")
    assert summary_text(facts, wording, suggestion="Ofereça a tarde livre.") == (
        "📊 *Resumo de terça-feira, 24 de novembro*, até 18:00\n"
        "\n"
        "*Agendamentos*\n"
        "• Concluídos: 5 (antes: 4, +1 (+25%))\n"
        "• Cancelados: 0 (antes: 0)\n"
        "• Faltas: 0 (antes: 0)\n"
        "• Ainda por vir: 0 (antes: 0)\n"
        "• Faturamento: R$ 350,00 (antes: R$ 300,00, +R$ 50,00 (+17%))\n"
        "\n"
        "*Conversas*\n"
        "• Respondidas: 8 (antes: 8)\n"
        "• Passadas para a equipe: 0 (antes: 0)\n"
        "• Sem resposta: 0 (antes: 0)\n"
        "• Tempo de resposta (mediana): 42 s (antes: sem dados)\n"
        "• Contatos novos: 0 (antes: 0)\n"
        "• Gasto com o modelo de IA: US$ 0,12 (antes: US$ 0,00, +US$ 0,12)\n"
        "\n"
        "Antes: terça-feira, 17 de novembro.\n"
        "\n"
        "*Amanhã, quarta-feira, 25 de novembro* – agendamentos: 2\n"
        "• 10:00 Banho – Ana (para Rex)\n"
        "• 14:00 Banho – cliente sem nome\n"
        "Livre: 09:00–10:00, 11:00–14:00, 15:00–18:00\n"
        "\n"
        "💡 Ofereça a tarde livre."
    )


CLOSED = calendar_of(hours={"tue": [], "wed": []})


@pytest.mark.parametrize(
    ("facts", "holds", "lacks"),
    [
        (facts_of(NO_DATA), ["Ainda sem dados"], ["Concluídos", "R$"]),
        (facts_of(NOTHING), ["Sem movimento"], ["Ainda sem dados"]),
        # A figure without data is not zero, in a day with others.
        (
            facts_of({**NO_DATA, "answered": 1, "spend_micros": 0}),
            ["• Faturamento: sem dados\n", "De terça-feira, 17 de novembro, para comparar, não há dados."],
            ["(antes"],
        ),
        (facts_of({**BUSY, "unpriced": 2}), ["• Concluídos sem valor, fora do faturamento: 2\n"], []),
        (facts_of({**BUSY, "reply_seconds": 3600}), ["(mediana): 1 hora\n"], []),
        (facts_of(BUSY, over=True), ["*Resumo de terça-feira, 24 de novembro*\n"], ["até 18:00"]),
        (facts_of(BUSY, calendar=CLOSED), ["*Amanhã, quarta-feira, 25 de novembro*: fechado."], ["Livre"]),
        (facts_of(BUSY, calendar=calendar_of(hours={})), ["Horário livre: sem dados"], ["fechado"]),
        # What every business has is not called by the database's word for it.
        (
            facts_of(BUSY, calendar=calendar_of(resources=[{"name": "main"}, {"name": "Sala 2"}])),
            ["Livre (agenda principal): 09:00", "Livre (Sala 2): 09:00"],
            ["main"],
        ),
        (
            facts_of(
                BUSY,
                agenda={"from": "2026-11-25", "appointments": [booked("10:00", "A\nb *x*")] * 25, "blocks": []},
            ),
            ["agendamentos: 25\n", "• … e mais 5\n"],
            ["A\n"],
        ),
    ],
)
def test_what_a_summary_holds(make_run: MakeRun, facts: DailyFacts, holds: list[str], lacks: list[str]) -> None:
    """No data is said as such, what is closed as closed, and no list is without end."""
    text = summary_text(facts, Wording.of(make_run("daily_summary")))
    assert [part for part in holds if part not in text] == []
    assert [part for part in lacks if part in text] == []


def test_a_day_off_is_one_line(make_run: MakeRun) -> None:
    """The owner sees that Aurora is alive, and no more."""
    text = summary_text(facts_of(NOTHING, calendar=CLOSED), Wording.of(make_run("daily_summary")))
    assert text == "📊 *Terça-feira, 24 de novembro*: dia fechado e sem movimento. Estou por aqui. 👋"
    english = summary_text(facts_of(NO_DATA), Wording.of(make_run("daily_summary", locale="en")))
    assert "No data yet" in english
