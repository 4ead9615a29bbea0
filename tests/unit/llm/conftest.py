"""Tools as the assistants offer them, and a conversation that runs until the model answers with text."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from infra.local.llm.conversation import read
from infra.local.llm.decision import decide
from infra.local.llm.protocol import completion, parse

Json = dict[str, Any]
#: Runs a conversation; see `converse`.
Converse = Callable[..., tuple[list[tuple[str, Json]], str]]

WEEKDAYS = ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo")
OPEN, SATURDAY = ["09:00-12:00", "13:00-18:00"], ["09:00-13:00"]

RESULTS: Json = {
    "list_services": {
        "services": [
            {"name": "Banho", "description": "Com secagem", "price": "R$ 60,00", "duration_minutes": 60},
            {"name": "Tosa", "description": None, "price": "R$ 80,00", "duration_minutes": 90},
            {"name": "Banho e tosa", "description": None, "price": None, "duration_minutes": None},
        ]
    },
    "business_hours": {
        "timezone": "America/Sao_Paulo",
        "now": "2026-11-24T10:35",
        "open_now": True,
        "today": {"weekday": "terça-feira", "intervals": OPEN},
        "week": [
            {"weekday": name, "intervals": OPEN if index < 5 else SATURDAY if index == 5 else []}
            for index, name in enumerate(WEEKDAYS)
        ],
    },
    "hand_over_to_human": {"handed_over": True},
    "today_summary": {
        "date": "2026-11-24",
        "appointments": {"total": 5, "done": 2, "cancelled": 1, "no_show": 0, "upcoming": 2},
        "revenue": "R$ 120,00",
        "new_contacts": 3,
        "conversations": {"answered": 10, "handed_over": 1, "waiting": 0},
        "next": [{"time": "15:00", "service": "Banho", "contact": "Ana"}],
    },
    "find_contact": {
        "contacts": [
            {
                "name": "Ana Paula",
                "phone": "+55 11 91234-5678",
                "last_seen": "2026-11-20",
                "bookings": 1,
                "next_booking": "2026-11-25 15:00",
            }
        ]
    },
}


def function(name: str, description: str, properties: Json | None = None) -> Json:
    """Return a tool as a request holds it; all its properties are required."""
    schema = {"type": "object", "properties": properties or {}, "required": list(properties or {})}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


CLIENT_TOOLS = [
    function("list_services", "Lista os serviços do negócio com preço e duração."),
    function("business_hours", "Informa o horário de funcionamento e se o negócio está aberto agora."),
    function("hand_over_to_human", "Passa a conversa a uma pessoa da equipe.", {"reason": {"type": "string"}}),
]
OWNER_TOOLS = [
    function(
        "today_summary", "Traz os números de hoje: agendamentos, faturamento, contatos novos e próximos horários."
    ),
    function("find_contact", "Procura clientes por parte do nome ou do telefone.", {"query": {"type": "string"}}),
]


@pytest.fixture
def client_tools() -> list[Json]:
    return CLIENT_TOOLS


@pytest.fixture
def owner_tools() -> list[Json]:
    return OWNER_TOOLS


@pytest.fixture
def results() -> Json:
    return RESULTS


@pytest.fixture
def converse() -> Converse:
    return _converse


def _converse(
    said: Sequence[str | Json], tools: list[Json], *, results: Json = RESULTS, system: str = "", **options: Any
) -> tuple[list[tuple[str, Json]], str]:
    """Return the calls that were made, each with its arguments, and the final text.

    `said` are user messages, or whole messages; every call is answered from `results`.
    """
    messages = [{"role": "system", "content": system or "Você é o assistente. Agora: terça-feira, 2026-11-24 10:35."}]
    messages += [{"role": "user", "content": turn} if isinstance(turn, str) else turn for turn in said]
    calls: list[tuple[str, Json]] = []
    for _ in range(5):
        body = {"model": "any", "messages": messages, "tools": tools, **options}
        request = parse(json.dumps(body).encode())
        reply = decide(read(request.turns()), request.offered(), request.choice())
        message = completion(request, reply, created=0)["choices"][0]["message"]
        if not message.get("tool_calls"):
            return calls, message["content"]
        messages.append(message)
        for call in message["tool_calls"]:
            name = call["function"]["name"]
            calls.append((name, json.loads(call["function"]["arguments"])))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(results[name])})
    raise AssertionError(f"the model still calls tools after five rounds: {calls}")
