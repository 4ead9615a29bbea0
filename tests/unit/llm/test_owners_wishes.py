"""What owners write, and the calls that their assistant gets from it."""

from collections.abc import Callable

import pytest

from tests.unit.llm.conftest import OFFICE_TOOLS, Json

Called = Callable[..., list[tuple[str, Json]]]
#: The conversation takes place on Tuesday, 2026-11-24.
TODAY, TOMORROW, FRIDAY, MONDAY = "2026-11-24", "2026-11-25", "2026-11-27", "2026-11-30"


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("Como foi hoje?", "figures", {"period": "today"}),
        ("oi, como estamos?", "figures", {"period": "today"}),
        ("resumo da semana", "figures", {"period": "week"}),
        ("quanto faturei este mês?", "figures", {"period": "month"}),
        ("how was this week?", "figures", {"period": "week"}),
        ("How much did we make this month?", "figures", {"period": "month"}),
        ("quantas faltas tivemos esta semana?", "figures", {"period": "week"}),
        ("agenda de amanhã", "agenda", {"date": TOMORROW}),
        ("o que tenho na sexta?", "agenda", {"date": FRIDAY}),
        ("minha agenda da semana", "agenda", {"days": 7}),
        ("quem vem hoje?", "agenda", {"date": TODAY}),
        ("quem são os próximos clientes?", "agenda", {}),
        ("what's on tomorrow?", "agenda", {"date": TOMORROW}),
        ("show me the schedule for friday", "agenda", {"date": FRIDAY}),
        ("tenho horários livres amanhã?", "open_slots", {"date": TOMORROW}),
        ("quais buracos tem na agenda de sexta?", "open_slots", {"date": FRIDAY}),
        ("any openings tomorrow?", "open_slots", {"date": TOMORROW}),
        ("horários livres para banho na sexta", "open_slots", {"date": FRIDAY, "service": "banho"}),
        ("quais clientes sumiram?", "inactive_clients", {}),
        ("clientes que não vêm há mais de 60 dias", "inactive_clients", {"days": 60}),
        ("show inactive customers", "inactive_clients", {}),
        ("quem faz aniversário esta semana?", "birthdays", {"days": 7}),
        ("aniversariantes do mês", "birthdays", {"days": 30}),
        ("any birthdays this week?", "birthdays", {"days": 7}),
        ("quem é a Ana Paula?", "find_contact", {"query": "Ana Paula"}),
        ("me passa o telefone da ana", "find_contact", {"query": "ana"}),
        ("histórico da Ana Paula", "contact_history", {"contact": "Ana Paula"}),
        ("show me Ana's history", "contact_history", {"contact": "Ana"}),
        ("quem está na lista de espera?", "waiting_list", {}),
        ("who is on the waiting list?", "waiting_list", {}),
        ("quais perguntas estão sem resposta?", "open_questions", {}),
        ("any open questions?", "open_questions", {}),
        ("quais conversas estão comigo?", "handed_over_conversations", {}),
        ("who is waiting for me?", "handed_over_conversations", {}),
    ],
)
def test_the_owner_is_told(called: Called, text: str, tool: str, arguments: Json) -> None:
    """Figures, agenda, customers: one question, one call."""
    assert called(text, OFFICE_TOOLS) == [(tool, arguments)]


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        (
            "marca a Ana Paula para banho amanhã às 15h",
            "book_for_client",
            {"contact": "Ana Paula", "service": "banho", "date": TOMORROW, "time": "15:00"},
        ),
        (
            "agenda um banho pra ana sexta às 10h",
            "book_for_client",
            {"contact": "ana", "service": "banho", "date": FRIDAY, "time": "10:00"},
        ),
        (
            "marcar banho e tosa para o Bruno Lima dia 25/12 às 9h30",
            "book_for_client",
            {"contact": "Bruno Lima", "service": "banho e tosa", "date": "2026-12-25", "time": "09:30"},
        ),
        (
            "Book Ana for a bath tomorrow at 3pm",
            "book_for_client",
            {"contact": "Ana", "service": "bath", "date": TOMORROW, "time": "15:00"},
        ),
        (
            "book a haircut for John Smith on friday at noon",
            "book_for_client",
            {"contact": "John Smith", "service": "haircut", "date": FRIDAY, "time": "12:00"},
        ),
        ("passa a Ana para sexta às 10h", "move_booking", {"contact": "Ana", "new_date": FRIDAY, "new_time": "10:00"}),
        (
            "remarca o Bruno de amanhã para segunda às 14h",
            "move_booking",
            {"contact": "Bruno", "new_date": MONDAY, "new_time": "14:00", "date": TOMORROW},
        ),
        (
            "move Ana's appointment to friday at 4pm",
            "move_booking",
            {"contact": "Ana", "new_date": FRIDAY, "new_time": "16:00"},
        ),
        ("cancela o horário da Ana amanhã", "cancel_booking", {"contact": "Ana", "date": TOMORROW}),
        ("desmarca a ana", "cancel_booking", {"contact": "ana"}),
        ("cancel Bruno's appointment on friday", "cancel_booking", {"contact": "Bruno", "date": FRIDAY}),
        ("bloqueia sexta à tarde", "block_time", {"date": FRIDAY, "start": "12:00", "end": "18:00"}),
        ("fecha dia 25/12", "block_time", {"date": "2026-12-25"}),
        ("bloqueia amanhã das 14h às 16h", "block_time", {"date": TOMORROW, "start": "14:00", "end": "16:00"}),
        ("block friday from 2pm to 4pm", "block_time", {"date": FRIDAY, "start": "14:00", "end": "16:00"}),
        ("não vou abrir na segunda", "block_time", {"date": MONDAY}),
        ("a Ana não veio", "mark_no_show", {"contact": "Ana"}),
        ("a ana paula faltou ontem", "mark_no_show", {"contact": "ana paula", "date": "2026-11-23"}),
        ("Bruno didn't show up on monday", "mark_no_show", {"contact": "Bruno", "date": "2026-11-23"}),
        ("o Bruno pagou 95 reais", "mark_paid", {"contact": "Bruno", "amount": "95"}),
        ("Bruno paid", "mark_paid", {"contact": "Bruno"}),
        ("a Ana pagou R$ 1.250,50 hoje", "mark_paid", {"contact": "Ana", "amount": "1250.50", "date": TODAY}),
        ("assumir a conversa da Ana", "take_over", {"contact": "Ana"}),
        ("deixa a Ana comigo", "take_over", {"contact": "Ana"}),
        ("take over Ana's conversation", "take_over", {"contact": "Ana"}),
        ("devolver a Ana", "return_conversation", {"contact": "Ana"}),
        ("pode voltar a responder a Ana", "return_conversation", {"contact": "Ana"}),
        ("give back Ana", "return_conversation", {"contact": "Ana"}),
        ("pausa o assistente", "pause_assistant", {}),
        ("para de responder os clientes", "pause_assistant", {}),
        ("pause the assistant", "pause_assistant", {}),
        ("pode voltar a responder os clientes", "resume_assistant", {}),
        ("resume", "resume_assistant", {}),
        (
            "manda para a Ana: seu pedido chegou. Pode vir buscar hoje às 15h!",
            "draft_message",
            {"contact": "Ana", "text": "seu pedido chegou. Pode vir buscar hoje às 15h!"},
        ),
        (
            "avisa a Ana Paula que o Thor está pronto",
            "draft_message",
            {"contact": "Ana Paula", "text": "o Thor está pronto"},
        ),
        ("tell Ana that her order is ready", "draft_message", {"contact": "Ana", "text": "her order is ready"}),
        ('manda "já pode vir" para o Bruno', "draft_message", {"contact": "Bruno", "text": "já pode vir"}),
        (
            "manda para os inativos: saudades! 10% no banho",
            "draft_campaign",
            {"segment": "inactive", "text": "saudades! 10% no banho"},
        ),
        (
            "avisa a lista de espera que abriu vaga amanhã",
            "draft_campaign",
            {"segment": "waiting_list", "text": "abriu vaga amanhã"},
        ),
        (
            "manda mensagem para todos os clientes: feliz natal",
            "draft_campaign",
            {"segment": "consented", "text": "feliz natal"},
        ),
        (
            "send to everyone: we are closed on monday",
            "draft_campaign",
            {"segment": "consented", "text": "we are closed on monday"},
        ),
        (
            "responder 3: sim, aceitamos pix. Sem taxa!",
            "answer_question",
            {"number": 3, "answer": "sim, aceitamos pix. Sem taxa!"},
        ),
        ("answer question 12: yes, until 6pm", "answer_question", {"number": 12, "answer": "yes, until 6pm"}),
    ],
)
def test_the_owner_has_things_done(called: Called, text: str, tool: str, arguments: Json) -> None:
    """The customer as the owner wrote the name, days and times as dates, dictated texts word for word."""
    assert called(text, OFFICE_TOOLS) == [(tool, arguments)]


SEVERAL = "Encontrei mais de um: Ana Paula (+55 11 91234-5678) e Ana Souza (+55 11 95555-1234). Qual deles?"


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        (
            ("cancela o horário da Ana amanhã", SEVERAL, "Ana Souza"),
            "cancel_booking",
            {"contact": "Ana Souza", "date": TOMORROW},
        ),
        (
            ("manda para a Ana: já chegou", SEVERAL, "Ana Souza"),
            "draft_message",
            {"contact": "Ana Souza", "text": "já chegou"},
        ),
        (
            ("marca a Ana para banho", "Para isso eu preciso saber: o dia e o horário.", "amanhã às 15h"),
            "book_for_client",
            {"contact": "Ana", "service": "banho", "date": TOMORROW, "time": "15:00"},
        ),
        (("agenda de amanhã", "*15:00*: Banho · Ana", "e na sexta?"), "agenda", {"date": FRIDAY}),
        (("como foi hoje?", "*Faturamento:* R$ 120,00", "e na semana?"), "figures", {"period": "week"}),
        (
            ("manda para a Ana", "Para isso eu preciso saber: o texto da mensagem.", "seu pedido chegou"),
            "draft_message",
            {"contact": "Ana", "text": "seu pedido chegou"},
        ),
        (
            (
                "manda para a Ana: já chegou",
                "Responda *1*, *2* ou *3*.",
                "2",
                "O que você quer mudar?",
                "troca o texto para: seu pedido chegou",
            ),
            "draft_message",
            {"contact": "Ana", "text": "seu pedido chegou"},
        ),
        (
            (
                "marca a Ana para banho amanhã às 15h",
                "Responda *1*, *2* ou *3*.",
                "2",
                "O que você quer mudar?",
                "às 16h",
            ),
            "book_for_client",
            {"contact": "Ana", "service": "banho", "date": TOMORROW, "time": "16:00"},
        ),
        (
            ("o Bruno pagou", "Para isso eu preciso saber: o valor pago.", "80 reais"),
            "mark_paid",
            {"contact": "Bruno", "amount": "80"},
        ),
    ],
)
def test_a_few_words_find_what_they_belong_to(
    called: Called, said: tuple[str, ...], tool: str, arguments: Json
) -> None:
    """Choices, missing details and changes complete what was asked for before."""
    assert called(said, OFFICE_TOOLS) == [(tool, arguments)]


@pytest.mark.parametrize(
    "text", ["quem não veio hoje?", "clientes que não vieram este mês", "quanto o Bruno pagou?", "quem pagou hoje?"]
)
def test_questions_about_deeds_do_nothing(called: Called, text: str) -> None:
    """Who asks who did not come has nobody marked."""
    calls = {name for name, _ in called(text, OFFICE_TOOLS)}
    assert not calls & {"mark_no_show", "mark_paid"}
