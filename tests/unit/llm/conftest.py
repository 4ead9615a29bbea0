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
    "figures": {
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


def function(name: str, description: str, properties: Json | None = None, *, optional: Json | None = None) -> Json:
    """Return a tool as a request holds it."""
    schema = {
        "type": "object",
        "properties": {**(properties or {}), **(optional or {})},
        "required": list(properties or {}),
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


CLIENT_TOOLS = [
    function("list_services", "Lista os serviços do negócio com preço e duração."),
    function("business_hours", "Informa o horário de funcionamento e se o negócio está aberto agora."),
    function("hand_over_to_human", "Passa a conversa a uma pessoa da equipe.", {"reason": {"type": "string"}}),
]
OWNER_TOOLS = [
    function("figures", "Traz os números de hoje: agendamentos, faturamento, contatos novos e próximos horários."),
    function("find_contact", "Procura clientes por parte do nome ou do telefone.", {"query": {"type": "string"}}),
]
TEXT: Json = {"type": "string"}
DATE: Json = {"type": "string", "format": "date"}
TIME: Json = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}
MAYBE_DATE: Json = {"anyOf": [DATE, {"type": "null"}], "default": None}
MAYBE_TIME: Json = {"anyOf": [TIME, {"type": "null"}], "default": None}
MAYBE_TEXT: Json = {"anyOf": [TEXT, {"type": "null"}], "default": None}
MAYBE_NUMBER: Json = {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
PART: Json = {"type": "string", "enum": ["any", "morning", "afternoon", "evening"], "default": "any"}
KIND: Json = {"type": "string", "enum": ["pet", "child", "vehicle", "other"]}
PERIOD: Json = {"type": "string", "enum": ["today", "week", "month"]}
SEGMENT: Json = {
    "type": "string",
    "enum": ["inactive", "waiting_list", "birthdays", "frequent", "no_shows", "consented"],
}
#: The tools of an assistant that looks after the customers of a business with appointments.
DESK_TOOLS = [
    *CLIENT_TOOLS,
    function(
        "free_slots",
        "Mostra os horários livres de um serviço.",
        {"service": TEXT},
        optional={"date": MAYBE_DATE, "part_of_day": PART},
    ),
    function(
        "book_appointment",
        "Propõe um agendamento; o cliente confirma depois.",
        {"service": TEXT, "date": DATE, "time": TIME},
        optional={"for_whom": MAYBE_TEXT},
    ),
    function("my_appointments", "Lista os próximos agendamentos do cliente."),
    function(
        "reschedule_appointment",
        "Propõe mudar um agendamento para outro dia e horário.",
        {"date": DATE, "time": TIME},
        optional={"appointment": MAYBE_NUMBER},
    ),
    function("cancel_appointment", "Propõe cancelar um agendamento.", optional={"appointment": MAYBE_NUMBER}),
    function("confirm_appointment", "Anota que o cliente virá.", optional={"appointment": MAYBE_NUMBER}),
    function(
        "join_waiting_list",
        "Põe o cliente na lista de espera de um serviço.",
        {"service": TEXT},
        optional={"date": MAYBE_DATE, "part_of_day": PART},
    ),
    function("leave_waiting_list", "Tira o cliente da lista de espera.", optional={"service": MAYBE_TEXT}),
    function(
        "remember_customer", "Guarda o nome ou o aniversário.", optional={"name": MAYBE_TEXT, "birthday": MAYBE_TEXT}
    ),
    function(
        "remember_dependent",
        "Guarda um animal, uma criança ou um veículo do cliente.",
        {"name": TEXT, "kind": KIND},
        optional={"birthday": MAYBE_DATE, "details": MAYBE_TEXT},
    ),
    function("search_knowledge", "Procura no que o negócio escreveu sobre si.", {"query": TEXT}),
    function("ask_team", "Leva uma pergunta à equipe.", {"question": TEXT}),
]
#: Offered only while something is proposed.
PROPOSAL_TOOLS = [
    function("confirm_proposal", "Faz o que foi proposto."),
    function("drop_proposal", "Desiste do que foi proposto."),
]
_WHEN: Json = {"date": MAYBE_DATE, "time": MAYBE_TIME}
#: The tools of an assistant that works for the owner.
OFFICE_TOOLS = [
    function("figures", "Os números do período.", {"period": PERIOD}),
    function("agenda", "Os agendamentos de um ou mais dias.", optional={"date": MAYBE_DATE, "days": MAYBE_NUMBER}),
    function(
        "open_slots",
        "Os horários livres e quem poderia ocupá-los.",
        optional={"date": MAYBE_DATE, "service": MAYBE_TEXT},
    ),
    function("inactive_clients", "Quem não vem há tempo.", optional={"days": MAYBE_NUMBER}),
    function("birthdays", "Quem faz aniversário.", optional={"days": MAYBE_NUMBER}),
    function("find_contact", "Procura um cliente.", {"query": TEXT}),
    function("contact_history", "O histórico de um cliente.", {"contact": TEXT}),
    function("waiting_list", "Quem espera por um horário."),
    function(
        "book_for_client",
        "Propõe um agendamento para um cliente.",
        {"contact": TEXT, "service": TEXT, "date": DATE, "time": TIME},
    ),
    function(
        "move_booking",
        "Propõe mudar o agendamento de um cliente.",
        {"contact": TEXT, "new_date": DATE, "new_time": TIME},
        optional=_WHEN,
    ),
    function("cancel_booking", "Propõe cancelar o agendamento de um cliente.", {"contact": TEXT}, optional=_WHEN),
    function(
        "block_time",
        "Propõe bloquear um período da agenda.",
        {"date": DATE},
        optional={"start": MAYBE_TIME, "end": MAYBE_TIME, "reason": MAYBE_TEXT},
    ),
    function("mark_no_show", "Propõe anotar que um cliente faltou.", {"contact": TEXT}, optional=_WHEN),
    function("mark_paid", "Propõe anotar um pagamento.", {"contact": TEXT}, optional={"amount": MAYBE_TEXT, **_WHEN}),
    function("take_over", "Passa a conversa com um cliente ao dono.", {"contact": TEXT}),
    function("return_conversation", "Devolve a conversa ao assistente.", {"contact": TEXT}),
    function("pause_assistant", "Pausa o assistente dos clientes."),
    function("resume_assistant", "Liga de novo o assistente dos clientes."),
    function("draft_message", "Propõe uma mensagem a um cliente.", {"contact": TEXT, "text": TEXT}),
    function("draft_campaign", "Propõe uma mensagem a um grupo.", {"segment": SEGMENT, "text": TEXT}),
    function("open_questions", "As perguntas que esperam resposta."),
    function("answer_question", "Responde a uma pergunta.", {"number": {"type": "integer"}, "answer": TEXT}),
    function("handed_over_conversations", "As conversas que estão com a equipe."),
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


@pytest.fixture
def called() -> Callable[..., list[tuple[str, Json]]]:
    """Return what is called first: `called(said, tools, results=(), system="")`."""
    return _called


#: Somebody's earlier words and the text that answered them, turn by turn, then what is said now.
Said = str | Sequence[str]


def _called(
    said: Said, tools: list[Json], *, results: Sequence[tuple[str, Json, Any]] = (), system: str = ""
) -> list[tuple[str, Json]]:
    """`said` alternates between the user and the assistant and ends with the user; `results` are of this turn."""
    turns = [said] if isinstance(said, str) else list(said)
    roles = ["user" if (len(turns) - place) % 2 else "assistant" for place in range(len(turns))]
    messages: list[Json] = [{"role": "system", "content": system or "Agora: terça-feira, 2026-11-24 10:35."}]
    messages += [{"role": role, "content": text} for role, text in zip(roles, turns, strict=True)]
    for place, (name, arguments, value) in enumerate(results):
        call = {
            "id": f"call_{place}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(value)})
    request = parse(json.dumps({"model": "any", "messages": messages, "tools": tools}).encode())
    reply = decide(read(request.turns()), request.offered(), request.choice())
    return [(call.name, call.arguments) for call in reply.calls] or [("", {"text": reply.text})]


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
