"""What the stand-in says by itself. It holds no figures: those come from results only."""

from infra.local.llm.language import Language
from infra.local.llm.lexicon.concept import Pair

TEXTS: dict[str, Pair] = {
    "hello": ("Olá!", "Hello!"),
    "bom dia": ("Bom dia!", "Good morning!"),
    "boa tarde": ("Boa tarde!", "Good afternoon!"),
    "boa noite": ("Boa noite!", "Good evening!"),
    "help": ("Como posso ajudar?", "How can I help?"),
    "can": ("Posso {offers}.", "I can {offers}."),
    "welcome": ("De nada! Se precisar, é só chamar.", "You're welcome! Just write if you need anything."),
    "bye": ("Até mais!", "See you!"),
    "robot": ("Sou o assistente virtual daqui.", "I am the virtual assistant here."),
    "unclear": ("Não entendi bem o que você precisa.", "I am not sure I understood what you need."),
    "unserved": ("Isso eu não consigo ver por aqui.", "That is something I cannot do here."),
    "about": ("Sobre “{question}”: não tenho esse dado.", "About “{question}”: I have no data for that."),
    "offer human": ("Quer que eu chame alguém da equipe?", "Shall I call someone from the team?"),
    "unreadable": (
        "Não consigo abrir isso por aqui. Pode escrever, por favor?",
        "I cannot open that here. Could you write it, please?",
    ),
    "alright": ("Tudo bem! Se precisar, é só chamar.", "Alright! Just write if you need anything."),
    "missing": ("Para isso eu preciso saber: {names}.", "For that I need to know: {names}."),
    "no data": ("não tenho esse dado", "I have no data for that"),
    "No data": ("Não tenho esse dado.", "I have no data for that."),
    "failed": ("Não consegui consultar isso agora.", "I could not look that up just now."),
    "not found": ("Não encontrei “{subject}”.", "I found no “{subject}”."),
    "we have": ("O que temos:", "What we have:"),
    "closed": ("fechado", "closed"),
    "yes": ("sim", "yes"),
    "no": ("não", "no"),
    "and": (" e ", " and "),
    "at": (" às ", " at "),
    "today": ("Hoje", "Today"),
    "tomorrow": ("Amanhã", "Tomorrow"),
    "minutes": ("{number} min", "{number} min"),
    "none": ("nenhum", "none"),
    "please check": ("Confira, por favor:", "Please check:"),
    "certainly": ("Certo.", "All right."),
    "noted": ("Anotado!", "Noted!"),
    "noted for": ("Anotado, {name}!", "Noted, {name}!"),
    "question asked": (
        "Isso eu não sei. Perguntei à equipe e aviso por aqui quando responderem.",
        "I do not know that. I asked the team and will write here when they answer.",
    ),
    "which one": ("Qual deles?", "Which one?"),
    "which": ("Temos: {names}. Qual deles?", "We have: {names}. Which one?"),
    "free times": ("Horários livres:", "Free times:"),
    "free times for": ("Horários livres para *{service}*{price}:", "Free times for *{service}*{price}:"),
    "none free": ("Não há horário livre{why}.", "There is no free time{why}."),
    "next free": ("O próximo horário livre é {when}.", "The next free time is {when}."),
    "which time": ("Qual prefere?", "Which one do you prefer?"),
    "waiting list": (
        "Se quiser, posso pôr você na lista de espera.",
        "I can put you on the waiting list, if you like.",
    ),
    "not free": ("Esse horário não dá: {why}.", "That time does not work: {why}."),
    "alternatives": ("Tenho livre: {times}. Qual prefere?", "I have these free: {times}. Which one do you prefer?"),
    "could come": ("poderiam vir", "could come"),
    "before": ("antes: {before}", "before: {before}"),
    "no figure": ("sem dados", "no data"),
    "nothing booked": ("nada marcado", "nothing booked"),
    "blocked": ("bloqueado das {start} às {end}", "blocked from {start} to {end}"),
    "your appointments": ("Seus próximos horários:", "Your next appointments:"),
    "no appointments": ("Você não tem nenhum horário por vir.", "You have nothing coming up."),
    "presence": ("Presença confirmada para *{service}*, {when}.", "Your visit is confirmed: *{service}*, {when}."),
    "waiting for": (
        "Você está na lista de espera de *{service}*.",
        "You are on the waiting list for *{service}*.",
    ),
    "waiting no longer": ("Você não está mais na lista de espera.", "You are no longer on the waiting list."),
    "paused": ("O assistente dos clientes está pausado.", "The customers' assistant is paused."),
    "resumed": ("O assistente dos clientes está ligado.", "The customers' assistant is on."),
    "a_person": ("Agora a conversa com {name} é sua.", "The conversation with {name} is yours now."),
    "the_assistant": ("Voltei a atender {name}.", "I am answering {name} again."),
    "upcoming": ("Por vir:", "Upcoming:"),
    "past": ("Anteriores:", "Past:"),
    "totals": ("Totais: {totals}", "Totals: {totals}"),
    "never came": ("Nenhum atendimento ainda.", "No visits yet."),
    "nobody": ("sem nome", "no name"),
}

#: How an argument is asked for, by what it is (see `arguments.role_of`).
ASKS: dict[str, Pair] = {
    "amount": ("o valor pago", "the amount paid"),
    "answer": ("a resposta", "the answer"),
    "appointment": ("qual agendamento", "which appointment"),
    "birthday": ("a data de nascimento, com o ano", "the date of birth, with its year"),
    "contact": ("qual cliente", "which customer"),
    "date": ("o dia", "the day"),
    "number": ("o número da pergunta", "the number of the question"),
    "segment": ("qual grupo de clientes", "which group of customers"),
    "service": ("qual serviço", "which service"),
    "text": ("o texto da mensagem", "the text of the message"),
    "time": ("o horário", "the time"),
}

#: A true or false of these keys is a sentence of its own: (true, false).
OUTCOMES: dict[str, tuple[Pair, Pair]] = {
    "handed_over": (
        (
            "Pronto, chamei uma pessoa da equipe. Ela continua a conversa por aqui.",
            "Done, I called someone from the team. They will go on from here.",
        ),
        ("Não consegui chamar alguém da equipe agora.", "I could not reach anyone from the team just now."),
    ),
    "open_now": (("Estamos abertos agora.", "We are open now."), ("Agora estamos fechados.", "We are closed now.")),
}

#: How a key of a result is called: one, or "one|several".
LABELS: dict[str, Pair] = {
    "a_person_answers": ("com a equipe", "with the team"),
    "allowed_advertising": ("aceita divulgação", "allows advertising"),
    "asked": ("em", "on"),
    "birthday": ("aniversário", "birthday"),
    "birthdays": ("Aniversários", "Birthdays"),
    "client_since": ("cliente desde", "customer since"),
    "completed": ("concluído|concluídos", "completed"),
    "completed_without_price": ("Concluídos sem preço", "Completed without a price"),
    "customer": ("cliente", "customer"),
    "dependents": ("Dependentes", "Dependents"),
    "every_days": ("dias entre visitas", "days between visits"),
    "inactive": ("Clientes que sumiram", "Customers who stopped coming"),
    "last_visit": ("última visita", "last visit"),
    "messages": ("Mensagens", "Messages"),
    "messages_from_the_business": ("Mensagens enviadas", "Messages sent"),
    "model_spend": ("Gasto com o modelo", "Spent on the model"),
    "opted_out": ("não quer mensagens", "wants no messages"),
    "paid": ("pago", "paid"),
    "part_of_day": ("período", "part of the day"),
    "past": ("Anteriores", "Past"),
    "questions": ("Perguntas", "Questions"),
    "received": ("recebida|recebidas", "received"),
    "sent": ("enviada|enviadas", "sent"),
    "since": ("desde", "since"),
    "totals": ("Totais", "Totals"),
    "unanswered_messages": ("mensagem sem resposta|mensagens sem resposta", "unanswered message|unanswered messages"),
    "visits": ("visita|visitas", "visit|visits"),
    "waiting_for": ("espera por", "waiting for"),
    "appointments": ("Agendamentos", "Appointments"),
    "answered": ("respondida|respondidas", "answered"),
    "booking": ("agendamento|agendamentos", "booking|bookings"),
    "bookings": ("agendamento|agendamentos", "booking|bookings"),
    "cancelled": ("cancelado|cancelados", "cancelled"),
    "contact": ("contato", "contact"),
    "contacts": ("Contatos", "Contacts"),
    "conversations": ("Conversas", "Conversations"),
    "date": ("Data", "Date"),
    "description": ("descrição", "description"),
    "done": ("concluído|concluídos", "done"),
    "duration_minutes": ("duração", "duration"),
    "email": ("e-mail", "e-mail"),
    "handed_over": ("passada à equipe|passadas à equipe", "handed over"),
    "last_seen": ("último contato", "last seen"),
    "last_wrote": ("última mensagem", "last message"),
    "name": ("nome", "name"),
    "new_contacts": ("Novos contatos", "New contacts"),
    "next": ("Próximos", "Next"),
    "next_booking": ("próximo agendamento", "next booking"),
    "no_show": ("falta|faltas", "no-show|no-shows"),
    "open_now": ("Aberto agora", "Open now"),
    "phone": ("telefone", "phone"),
    "price": ("preço", "price"),
    "query": ("nome ou telefone", "name or phone"),
    "reason": ("motivo", "reason"),
    "revenue": ("Faturamento", "Revenue"),
    "service": ("serviço", "service"),
    "services": ("Serviços", "Services"),
    "slots": ("Horários livres", "Free times"),
    "status": ("situação", "status"),
    "time": ("horário", "time"),
    "total": ("no total", "in total"),
    "upcoming": ("por vir", "upcoming"),
    "waiting": ("aguardando", "waiting"),
    "week": ("Semana", "Week"),
    "usual_service": ("serviço de costume", "usual service"),
}


def say(name: str, language: Language, /, **values: str) -> str:
    """Return a sentence of `TEXTS`."""
    return TEXTS[name][language == "en"].format(**values)


def label(key: str, language: Language, *, count: int = 2) -> str:
    """Return what a key of a result is called, in the number of `count`; an unknown one is its own words."""
    known = LABELS.get(key)
    singular, _, plural = (known[language == "en"] if known else key.replace("_", " ")).partition("|")
    return plural if plural and count != 1 else singular


def joined(parts: list[str], language: Language) -> str:
    """Return parts as an enumeration: "a, b e c"."""
    if len(parts) <= 1:
        return "".join(parts)
    return ", ".join(parts[:-1]) + say("and", language) + parts[-1]
