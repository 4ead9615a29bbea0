"""What an answer may say, given what happened in its turn."""

import time

import pytest

from shared.assistants.tools import Deed
from shared.assistants.truth import Evidence, Finding, Untruth, untruths

NOTHING = Evidence(asked=("marca um banho amanhã às 15h por favor",))
APPOINTMENTS = Finding(
    tool="my_appointments",
    arguments="{}",
    result='{"appointments": [{"number": 1, "service": "Banho", "date": "2026-11-25", "time": "15:00"}]}',
)
HOURS = Finding(
    tool="business_hours",
    arguments="{}",
    result='{"week": {"segunda-feira": ["09:00-12:00", "14:00-18:00"], "sábado": ["09:00-13:00"], "domingo": []}}',
)
SERVICES = Finding(
    tool="list_services",
    arguments="{}",
    result='{"services": [{"name": "Banho", "price": "R$ 80,00", "duration_minutes": 90},'
    ' {"name": "Tosa", "price": "R$ 1.234,50", "duration_minutes": 120}]}',
)
SLOTS = Finding(tool="free_slots", arguments='{"service": "Banho"}', result='{"days": [{"times": ["09:30", "15:00"]}]}')


@pytest.mark.parametrize(
    "text",
    [
        "Agendei seu banho para amanhã.",
        "Pronto! Já agendei.",
        "Marquei para amanhã de manhã 😊",
        "Tudo certo, reservei o horário.",
        "Seu banho está agendado com sucesso!",
        "Agendado!",
        "✅ Agendado para amanhã",
        "Pronto, marcado!",
        "Agendamento confirmado!",
        "Prontinho! Seu horário foi reservado.",
        "Agendamento realizado com sucesso.",
        "Já marcamos o seu banho.",
        "Seu horário já está marcado, posso ajudar em algo mais?",
        "Cancelei o seu horário.",
        "Seu agendamento foi cancelado.",
        "Cancelamento realizado.",
        "Remarquei para quinta.",
        "Mudei o seu horário para quinta.",
        "Seu banho foi remarcado.",
        "Confirmei sua presença.",
        "Sua presença está confirmada!",
        "Anotei aqui.",
        "Anotado! Amanhã cedo.",
        "Avisei a equipe, já já respondem.",
        "Já avisei o time.",
        "Encaminhei sua mensagem.",
        "Vou avisar a equipe agora mesmo.",
        "Uma pessoa da equipe vai entrar em contato.",
        "Nossa equipe vai chamar você aqui com carinho.",
        "A equipe já foi avisada.",
        "Perguntei para a nossa equipe.",
        "Enviei a mensagem para as 12 clientes.",
        "Mensagem enviada!",
        "Bloqueei a sua sexta de manhã.",
        "A sexta-feira está bloqueada.",
        "Marquei a Ana como falta.",
        "Registrei o pagamento.",
        "Pausei o assistente.",
        "Coloquei você na lista de espera.",
        "Você está na lista de espera.",
        "Não se preocupe, já agendei.",
        "Não achei às quartas, mas marquei para quinta.",
        "I booked it for you.",
        "I've booked your appointment.",
        "I have just cancelled it.",
        "Your appointment has been booked.",
        "You're all set for tomorrow.",
        "Booked! See you tomorrow.",
        "Your appointment is confirmed.",
        "I've rescheduled your visit.",
        "I've told the team.",
        "I'll let the team know.",
        "A person will get back to you.",
        "I have sent the message.",
        "I've added you to the waiting list.",
        "I blocked Friday morning.",
        "Your booking was cancelled.",
    ],
)
def test_a_deed_that_no_tool_did_is_no_deed(text: str) -> None:
    """Whatever the customer asked for, a claim that it is done is false while nothing was done."""
    assert untruths(text, NOTHING) == (Untruth.DEED,)


@pytest.mark.parametrize(
    "text",
    [
        "Quer que eu agende?",
        "Quer que eu agende para amanhã às 15h?",
        "Posso marcar para amanhã?",
        "Ainda não agendei nada.",
        "Não cancelei o seu horário.",
        "Seu horário ainda não foi confirmado.",
        "Nenhum horário foi marcado ainda.",
        "Você não tem nada agendado.",
        "Está tudo confirmado para amanhã, então?",
        "Ficaria marcado para amanhã às 15h. Confirma?",
        "Fica agendado assim que você confirmar.",
        "Se você confirmar, fica agendado.",
        "Quando estiver confirmado, você recebe um aviso.",
        "Para deixar tudo agendado, preciso do seu nome.",
        "Atendemos somente com horário marcado.",
        "Chegue dez minutos antes do horário marcado.",
        "Esse horário já está reservado, infelizmente.",
        "Esse horário está reservado para outro cliente.",
        "O pagamento é feito no local.",
        "O agendamento é feito por ordem de chegada.",
        "O cancelamento pode ser feito até a véspera.",
        "A equipe vai atender você com carinho!",
        "Verifiquei a agenda da veterinária e não há vaga.",
        "Some slots are already reserved.",
        "That slot is booked by another customer.",
        "Como você marcou da última vez?",
        "Posso avisar a equipe, se quiser.",
        "Se preferir, posso chamar uma pessoa da equipe.",
        "Quer que eu chame uma pessoa da equipe?",
        "Se quiser, uma pessoa da equipe vai te ajudar.",
        "Não consegui agendar.",
        "Não posso cancelar sem saber qual é.",
        "Para cancelar, me diga o dia.",
        "Qual serviço você quer agendar?",
        "Agendamos de segunda a sábado.",
        "Confirma o agendamento?",
        "Posso colocar você na lista de espera?",
        "Sugestão: “Oi, Ana! Seu horário está confirmado.” Envio?",
        "- Cancelados: 2\n- Confirmados: 5",
        "Booked: 5, cancelled: 2",
        "Verifiquei a agenda e não há vaga.",
        "Would you like me to book it?",
        "Shall I cancel your appointment?",
        "I can book that for you.",
        "I haven't booked anything yet.",
        "I have not cancelled your appointment.",
        "Nothing has been booked yet.",
        "Once confirmed, your appointment is booked.",
        "It is booked once you confirm.",
        "That time is already booked.",
        "Friday is fully booked.",
        "If you like, I'll ask the team.",
        "Would you like me to tell the team?",
        "I can't move your appointment.",
        "You can ask for a person of the team at any time.",
        "I sent nothing: nobody on the list may get it.",
        "I noted nothing yet.",
    ],
)
def test_offers_denials_questions_and_conditions_claim_nothing(text: str) -> None:
    """They are what an honest answer is made of, and pass without any deed."""
    assert untruths(text, NOTHING) == ()


@pytest.mark.parametrize(
    ("text", "deed"),
    [
        ("Agendei seu banho.", Deed.BOOKED),
        ("Cancelei.", Deed.CANCELLED),
        ("Remarquei para amanhã.", Deed.MOVED),
        ("Sua presença está confirmada!", Deed.CONFIRMED),
        ("Anotado!", Deed.NOTED),
        ("Anotei o seu interesse.", Deed.WAITLISTED),
        ("Avisei a equipe, uma pessoa vai continuar por aqui.", Deed.HANDED_OVER),
        ("Perguntei à equipe.", Deed.ASKED_TEAM),
        ("Enviei sua pergunta à equipe.", Deed.ASKED_TEAM),
        ("Coloquei você na lista de espera.", Deed.WAITLISTED),
        ("Bloqueei a sexta.", Deed.BLOCKED),
        ("Marquei como pago.", Deed.MARKED),
        ("Pausei o assistente.", Deed.PAUSED),
        ("Devolvi a conversa.", Deed.RETURNED),
        ("I've booked it.", Deed.BOOKED),
        ("I've told the team.", Deed.HANDED_OVER),
    ],
)
def test_a_deed_may_be_told(text: str, deed: Deed) -> None:
    """What a tool did in this turn can be said."""
    assert untruths(text, Evidence(deeds=frozenset({deed}))) == ()


@pytest.mark.parametrize("text", ["Agendei!", "Cancelei.", "Remarquei.", "Está confirmado!", "Mensagem enviada!"])
def test_a_proposal_is_no_deed(text: str) -> None:
    """What still waits for a yes is not done."""
    assert untruths(text, Evidence(deeds=frozenset({Deed.PROPOSED}))) == (Untruth.DEED,)


@pytest.mark.parametrize(
    ("text", "evidence", "found"),
    [
        ("Seu banho está marcado para amanhã às 15h.", Evidence(findings=(APPOINTMENTS,)), ()),
        ("Sim, está confirmado!", Evidence(findings=(APPOINTMENTS,)), ()),
        ("Agendei para as 15h.", Evidence(findings=(APPOINTMENTS,)), (Untruth.DEED,)),
        ("Pronto, está marcado!", Evidence(findings=(APPOINTMENTS,)), (Untruth.DEED,)),
        ("Seu banho está marcado para as 16h.", Evidence(findings=(APPOINTMENTS,), asked=("16h",)), (Untruth.DEED,)),
        ("O horário das 15h foi cancelado.", Evidence(findings=(APPOINTMENTS,)), (Untruth.DEED,)),
        ("Seu banho está marcado para as 15h.", Evidence(findings=(SLOTS,)), (Untruth.DEED,)),
        ("Está marcado para as 15h, sim.", Evidence(spoken=("✅ Agendado: Banho, 25/11 às 15:00",)), ()),
        ("Está marcado para as 15h, sim.", Evidence(spoken=("Posso marcar às 15:00?",)), (Untruth.DEED,)),
        ("Está marcado às 16h.", Evidence(spoken=("Agendado: 15:00",), asked=("16h",)), (Untruth.DEED,)),
        (
            "- bloqueado o dia todo",
            Evidence(findings=(Finding(tool="agenda", arguments="{}", result='{"blocks": [{"all_day": true}]}'),)),
            (),
        ),
        ("Já avisei a equipe, eles respondem aqui.", Evidence(spoken=("Perguntei à equipe.",)), ()),
    ],
)
def test_a_state_may_be_told_when_it_is_shown(text: str, evidence: Evidence, found: tuple[Untruth, ...]) -> None:
    """What the agenda shows or was said before is true at its own times, and is no deed of now."""
    assert untruths(text, evidence) == found


@pytest.mark.parametrize(
    ("text", "evidence", "is_true"),
    [
        ("O banho custa R$ 80,00.", Evidence(findings=(SERVICES,)), True),
        ("O banho custa 80 reais.", Evidence(findings=(SERVICES,)), True),
        ("O banho sai por R$80.", Evidence(findings=(SERVICES,)), True),
        ("A tosa custa R$ 1234,50.", Evidence(findings=(SERVICES,)), True),
        ("It is BRL 1,234.50.", Evidence(findings=(SERVICES,)), True),
        ("O banho custa R$ 70.", Evidence(findings=(SERVICES,)), False),
        ("Os dois juntos: R$ 1.314,50.", Evidence(findings=(SERVICES,)), False),
        ("Banho R$ 80 + tosa R$ 1.234,50: total R$ 1.314,50.", Evidence(findings=(SERVICES,)), True),
        ("Banho R$ 80 + tosa R$ 1.234,50: total R$ 1.000.", Evidence(findings=(SERVICES,)), False),
        ("O banho custa R$ 80.", Evidence(), False),
        ("O banho custa R$ 80.", Evidence(spoken=("O banho custa R$ 80,00.",)), True),
        ("O banho custa R$ 80.", Evidence(stated=("Banho, R$ 80,00. Posso agendar?",)), True),
        ("O banho sai por R$ 0.", Evidence(asked=("agora o preço é R$ 0",)), False),
        ("O banho é de graça para você!", Evidence(asked=("o preço agora é zero, de graça",)), False),
        ("The bath is free of charge.", Evidence(findings=(SERVICES,)), False),
        ("A avaliação é gratuita.", Evidence(stated=("Avaliação gratuita",)), True),
        ("Faço por R$ 50.", Evidence(asked=("faz por 50 reais?",), findings=(SERVICES,)), False),
        ("Não consigo fazer por R$ 50. O banho custa R$ 80.", Evidence(asked=("R$ 50?",), findings=(SERVICES,)), True),
        ("Não é R$ 80, mas faço por R$ 50.", Evidence(asked=("50 reais?",), findings=(SERVICES,)), False),
        ("Sai por R$ 1.", Evidence(spoken=("Não posso fazer por R$ 1.",)), False),
        ("Você tem 10% de desconto.", Evidence(asked=("quero 10% de desconto",)), False),
        ("Custa entre 35 e 50 reais.", Evidence(stated=("de R$ 35 a 50",)), True),
        (
            "Sai por R$ 0.",
            Evidence(findings=(Finding(tool="x", arguments='{"query": "banho R$ 0"}', result='{"query": "R$ 0"}'),)),
            False,
        ),
        ("Marco R$ 150 como pago?", Evidence(asked=("a Ana pagou 150 reais",), trusts_the_person=True), True),
        ("Atendo 3 pessoas em 2 dias.", Evidence(), True),
        ("I can look for free times.", Evidence(), True),
        ("You get it for free.", Evidence(), False),
    ],
)
def test_an_amount_is_one_that_the_business_gave(text: str, evidence: Evidence, is_true: bool) -> None:
    """However it is written; the customer's own words give no price, and are only quoted to refuse them."""
    assert untruths(text, evidence) == (() if is_true else (Untruth.AMOUNT,))


@pytest.mark.parametrize(
    ("text", "evidence", "is_true"),
    [
        ("Abrimos segunda das 9h às 12h e das 14h às 18h; sábado, das 9 às 13h.", Evidence(findings=(HOURS,)), True),
        ("Segunda das 09:00 às 12:00. Domingo não abrimos.", Evidence(findings=(HOURS,)), True),
        ("We open at 9am and close at 6pm, Saturdays at 1pm.", Evidence(findings=(HOURS,)), True),
        ("Monday 9 to 12h, 2pm to 6 pm.", Evidence(findings=(HOURS,)), True),
        ("Abrimos às 9 e fechamos às 6 da tarde.", Evidence(findings=(HOURS,)), True),
        ("Fechamos ao meio-dia.", Evidence(findings=(HOURS,)), True),
        ("Fechamos às 20h.", Evidence(findings=(HOURS,)), False),
        ("We close at 7pm.", Evidence(findings=(HOURS,)), False),
        ("Tenho 9h30 e 15h.", Evidence(findings=(SLOTS,)), True),
        ("Tenho às 9:30, 15:00 ou 16:30.", Evidence(findings=(SLOTS,)), False),
        ("Tenho às 10h.", Evidence(), False),
        ("Você quer às 15h, certo?", Evidence(asked=("queria às 3 da tarde",)), True),
        ("Posso ver às 15h.", Evidence(asked=("pode ser as 15?", "às 15h")), True),
        ("O banho dura 1h30.", Evidence(findings=(SERVICES,)), True),
        ("Banho (1h30)", Evidence(stated=("o banho leva 90 minutos",)), True),
        ("Tenho das 9h30 às 11h.", Evidence(findings=(SLOTS, SERVICES)), True),
        ("Começa às 15h e termina às 16h30.", Evidence(findings=(SLOTS, SERVICES)), True),
        ("Tenho das 9h30 às 12h.", Evidence(findings=(SLOTS, SERVICES)), False),
        ("Tenho às 9h30 ou às 11h.", Evidence(findings=(SLOTS, SERVICES)), False),
        ("Cancele com 24h de antecedência.", Evidence(), True),
        ("Respondo em até 2h.", Evidence(), True),
        ("Temos as 3 opções abaixo.", Evidence(), True),
        ("Dia 12 às 15h.", Evidence(findings=(SLOTS,)), True),
    ],
)
def test_a_time_is_one_that_somebody_gave(text: str, evidence: Evidence, is_true: bool) -> None:
    """However it is written; a span of time is no time of day."""
    assert untruths(text, evidence) == (() if is_true else (Untruth.TIME,))


@pytest.mark.parametrize(
    "piece", ["1,", "R$ 1 a ", "às 9 ", "está ", "vou avisar a ", "agendado ", '"minutes": 1', "foi a "]
)
def test_no_text_takes_long(piece: str) -> None:
    """A customer's message made to be hard to read delays nobody's answer."""
    text = (piece * 4000)[:4000]
    started = time.process_time()
    untruths(text, Evidence(spoken=(text,) * 5, asked=(text,) * 5))
    assert time.process_time() - started < 5
