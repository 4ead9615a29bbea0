"""What customers write, and the calls that a desk with appointments gets from it."""

from collections.abc import Callable

import pytest

from tests.unit.llm.conftest import DESK_TOOLS, PROPOSAL_TOOLS, Json

Called = Callable[..., list[tuple[str, Json]]]
#: A call of this turn, its arguments, and what it returned.
Found = tuple[str, Json, Json]
#: The conversation takes place on Tuesday, 2026-11-24.
FRIDAY, TOMORROW = "2026-11-27", "2026-11-25"


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("tem horário amanhã de manhã para banho?", {"service": "banho", "date": TOMORROW, "part_of_day": "morning"}),
        ("Tem vaga pra tosa na sexta?", {"service": "tosa", "date": FRIDAY}),
        (
            "quais horários livres para corte de cabelo na sexta à tarde?",
            {"service": "corte de cabelo", "date": FRIDAY, "part_of_day": "afternoon"},
        ),
        ("can I come tomorrow at 10 for a bath?", {"service": "bath", "date": TOMORROW}),
        ("what's free on friday for a bath?", {"service": "bath", "date": FRIDAY}),
        (
            "do you have any openings tomorrow afternoon for a haircut?",
            {"service": "haircut", "date": TOMORROW, "part_of_day": "afternoon"},
        ),
        ("tem horário para banho e tosa dia 5?", {"service": "banho e tosa", "date": "2026-12-05"}),
        ("Oi! Tem horário hoje pro banho?", {"service": "banho", "date": "2026-11-24"}),
        ("quando vocês têm vaga para escova?", {"service": "escova"}),
    ],
)
def test_free_times_are_looked_up(called: Called, text: str, arguments: Json) -> None:
    """The service in the customer's words, the day as a date, the part of the day when it is named."""
    assert called(text, DESK_TOOLS) == [("free_slots", arguments)]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("quero marcar um banho amanhã às 15h", {"service": "banho", "date": TOMORROW, "time": "15:00"}),
        (
            "Quero agendar banho e tosa para o Thor na sexta às 10h",
            {"service": "banho e tosa", "date": FRIDAY, "time": "10:00", "for_whom": "Thor"},
        ),
        (
            "marca um banho pro thor amanha as 15h por favor",
            {"service": "banho", "date": TOMORROW, "time": "15:00", "for_whom": "thor"},
        ),
        (
            "gostaria de agendar um horário para corte de cabelo dia 25/12 às 9h30",
            {"service": "corte de cabelo", "date": "2026-12-25", "time": "09:30"},
        ),
        (
            "Can I book a bath tomorrow at 3pm for my dog Rex?",
            {"service": "bath", "date": TOMORROW, "time": "15:00", "for_whom": "Rex"},
        ),
        ("I'd like to book a haircut next friday at 10:30", {"service": "haircut", "date": FRIDAY, "time": "10:30"}),
        ("Quero marcar uma tosa. Pode ser sexta, meio-dia?", {"service": "tosa", "date": FRIDAY, "time": "12:00"}),
    ],
)
def test_a_visit_is_booked_from_one_message(called: Called, text: str, arguments: Json) -> None:
    """Service, day, time and whom it is for, whatever their order."""
    assert called(text, DESK_TOOLS) == [("book_appointment", arguments)]


SLOTS = "Horários livres para *Banho*:\n• *sexta-feira, 27/11*: 09:00, 10:00 e 15:00\nQual prefere?"
NEED_WHEN = "Para isso eu preciso saber: o dia e o horário."


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        (
            ("quero marcar um banho", NEED_WHEN, "amanhã às 15h"),
            "book_appointment",
            {"service": "banho", "date": TOMORROW, "time": "15:00"},
        ),
        (
            (
                "quero marcar um banho pro Thor",
                NEED_WHEN,
                "amanhã",
                "Para isso eu preciso saber: o horário.",
                "às 3 da tarde",
            ),
            "book_appointment",
            {"service": "banho", "date": TOMORROW, "time": "15:00", "for_whom": "Thor"},
        ),
        (
            ("quero marcar amanhã às 10h", "Para isso eu preciso saber: qual serviço.", "banho e tosa"),
            "book_appointment",
            {"service": "banho e tosa", "date": TOMORROW, "time": "10:00"},
        ),
        (
            ("tem horário sexta para banho?", SLOTS, "pode ser às 10h"),
            "book_appointment",
            {"service": "banho", "date": FRIDAY, "time": "10:00"},
        ),
        (
            ("tem horário sexta para banho?", SLOTS, "quero o das 15h para o Thor"),
            "book_appointment",
            {"service": "banho", "date": FRIDAY, "time": "15:00", "for_whom": "Thor"},
        ),
        (
            ("tem horário sexta para banho?", SLOTS, "e no sábado?"),
            "free_slots",
            {"service": "banho", "date": "2026-11-28"},
        ),
        (
            ("tem horário sexta para banho?", SLOTS, "e à tarde?"),
            "free_slots",
            {"service": "banho", "date": FRIDAY, "part_of_day": "afternoon"},
        ),
        (
            ("quanto custa o banho?", "*Banho*: R$ 60,00", "tem horário amanhã?"),
            "free_slots",
            {"service": "banho", "date": TOMORROW},
        ),
        (
            ("is there anything free on friday for a bath?", SLOTS, "10am please"),
            "book_appointment",
            {"service": "bath", "date": FRIDAY, "time": "10:00"},
        ),
        (("quero remarcar", NEED_WHEN, "sexta às 10h"), "reschedule_appointment", {"date": FRIDAY, "time": "10:00"}),
        (("quero cancelar", "Encontrei mais de um. Qual deles?", "o 2"), "cancel_appointment", {"appointment": 2}),
        (("qual o preço da tosa?", "*Tosa*: R$ 80,00", "e do banho?"), "list_services", {}),
    ],
)
def test_a_few_words_find_what_they_belong_to(
    called: Called, said: tuple[str, ...], tool: str, arguments: Json
) -> None:
    """What was said before in the same topic completes the call."""
    assert called(said, DESK_TOOLS) == [(tool, arguments)]


def test_a_settled_topic_lends_nothing_to_the_next(called: Called) -> None:
    """After a yes, a new wish starts anew: its day and time are asked for."""
    said = ("quero marcar um banho amanhã às 15h", "Posso confirmar?", "sim", "✅ Agendado.", "quero marcar uma tosa")
    assert called(said, DESK_TOOLS) == [("", {"text": NEED_WHEN})]


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("remarcar para sexta às 10h", "reschedule_appointment", {"date": FRIDAY, "time": "10:00"}),
        (
            "preciso mudar meu horário de amanhã para sexta às 10h",
            "reschedule_appointment",
            {"date": FRIDAY, "time": "10:00"},
        ),
        ("can you move my appointment to friday at 4pm?", "reschedule_appointment", {"date": FRIDAY, "time": "16:00"}),
        ("quero cancelar meu horário", "cancel_appointment", {}),
        ("Preciso desmarcar, não vou poder ir", "cancel_appointment", {}),
        ("please cancel my appointment", "cancel_appointment", {}),
        ("quais são meus agendamentos?", "my_appointments", {}),
        ("que dia eu tenho horário marcado?", "my_appointments", {}),
        ("when is my appointment?", "my_appointments", {}),
        ("confirmo minha presença", "confirm_appointment", {}),
        ("I confirm my appointment", "confirm_appointment", {}),
        ("me coloca na lista de espera do banho na sexta", "join_waiting_list", {"service": "banho", "date": FRIDAY}),
        ("put me on the waiting list for a bath", "join_waiting_list", {"service": "bath"}),
        ("quero sair da lista de espera", "leave_waiting_list", {}),
        ("me chamo Ana Paula", "remember_customer", {"name": "Ana Paula"}),
        ("meu nome é joão da silva e tenho uma dúvida", "remember_customer", {"name": "joão da silva"}),
        ("My name is John Smith", "remember_customer", {"name": "John Smith"}),
        ("meu aniversário é dia 14/03", "remember_customer", {"birthday": "03-14"}),
        ("faço aniversário em 14/03/1991", "remember_customer", {"birthday": "1991-03-14"}),
        (
            "tenho um cachorro chamado Thor, nasceu em 2/5/2020",
            "remember_dependent",
            {"name": "Thor", "kind": "pet", "birthday": "2020-05-02"},
        ),
        ("minha filha se chama Lia", "remember_dependent", {"name": "Lia", "kind": "child"}),
        ("I have a cat named Mia", "remember_dependent", {"name": "Mia", "kind": "pet"}),
        ("vocês aceitam pix?", "search_knowledge", {"query": "vocês aceitam pix?"}),
        ("qual o endereço de vocês?", "search_knowledge", {"query": "qual o endereço de vocês?"}),
        ("do I need to bring a towel?", "search_knowledge", {"query": "do I need to bring a towel?"}),
        ("Quanto custa o banho?", "list_services", {}),
        ("Que horas vocês fecham no sábado?", "business_hours", {}),
        ("vocês abrem no domingo?", "business_hours", {}),
        ("quero falar com uma pessoa", "hand_over_to_human", {"reason": "quero falar com uma pessoa"}),
    ],
)
def test_each_wish_has_its_tool(called: Called, text: str, tool: str, arguments: Json) -> None:
    """One message, one call, with what the message holds."""
    assert called(text, DESK_TOOLS) == [(tool, arguments)]


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("pode marcar então, obrigado!", "confirm_proposal"),
        ("sim", "confirm_proposal"),
        ("pode confirmar pra mim por gentileza", "confirm_proposal"),
        ("yes please go ahead with that", "confirm_proposal"),
        ("ah não quero mais não", "drop_proposal"),
        ("deixa pra lá, obrigada", "drop_proposal"),
        ("actually never mind", "drop_proposal"),
    ],
)
def test_an_open_proposal_is_agreed_to_or_dropped(called: Called, text: str, tool: str) -> None:
    """Only while the tools for it are offered."""
    said = ("quero marcar um banho amanhã às 15h", "Posso confirmar? Responda *sim* ou *não*.", text)
    assert called(said, [*DESK_TOOLS, *PROPOSAL_TOOLS]) == [(tool, {})]


def test_another_time_is_another_proposal(called: Called) -> None:
    """A yes with a change agrees to nothing."""
    said = ("quero marcar um banho amanhã às 15h", "Posso confirmar?", "pode ser, mas às 16h")
    expected = ("book_appointment", {"service": "banho", "date": TOMORROW, "time": "16:00"})
    assert called(said, [*DESK_TOOLS, *PROPOSAL_TOOLS]) == [expected]


def test_an_introduction_goes_along_with_a_wish(called: Called) -> None:
    """The name is noted and the visit booked in the same round."""
    calls = called("Oi, me chamo Ana, quero marcar um banho amanhã às 15h", DESK_TOOLS)
    assert ("remember_customer", {"name": "Ana"}) in calls
    assert ("book_appointment", {"service": "banho", "date": TOMORROW, "time": "15:00"}) in calls


def test_without_a_service_the_services_are_looked_up(called: Called) -> None:
    """The list tells which one was meant, or what to choose from."""
    listed: Found = ("list_services", {}, {"services": [{"name": "Banho"}, {"name": "Tosa"}]})
    wish = "preciso deixar o Thor cheiroso, marca um horário amanhã às 15h"
    assert called(wish, DESK_TOOLS) == [("list_services", {})]
    [(name, told)] = called(wish, DESK_TOOLS, results=[listed])
    assert name == ""
    assert "qual serviço" in told["text"]
    assert "Banho e Tosa" in told["text"]


def test_a_refused_name_is_tried_again_with_the_choice_that_fits(called: Called) -> None:
    """The customer's words meet the names that the tool knows."""
    arguments = {"service": "banho completo", "date": TOMORROW}
    refused: Found = ("free_slots", arguments, {"error": "unknown_service", "choices": ["Banho", "Tosa"]})
    said = "tem horário amanhã para banho completo?"
    assert called(said, DESK_TOOLS) == [("free_slots", arguments)]
    assert called(said, DESK_TOOLS, results=[refused]) == [("free_slots", {"service": "Banho", "date": TOMORROW})]


def test_what_is_written_nowhere_is_asked_the_team(called: Called) -> None:
    """An empty search is followed by the question, and told as such."""
    said = "vocês atendem gatos bravos?"
    searched: Found = ("search_knowledge", {"query": said}, {"entries": []})
    assert called(said, DESK_TOOLS, results=[searched]) == [("ask_team", {"question": said})]


@pytest.mark.parametrize("text", ["ok, obrigado!", "legal", "vou pensar", "kkkk", "👍", "tchau!"])
def test_courtesies_call_nothing(called: Called, text: str) -> None:
    """They are neither searched for nor taken to the team."""
    [(name, _)] = called(text, DESK_TOOLS)
    assert name == ""
