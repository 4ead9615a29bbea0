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
    "nothing listed": ("Nenhum por enquanto.", "None for now."),
    "which day": ("Para qual dia?", "For which day?"),
    "please check": ("Confira, por favor:", "Please check:"),
    "noted": ("Anotado, obrigado!", "Noted, thank you!"),
    "question asked": (
        "Isso eu não sei, então perguntei à equipe. Assim que responderem, eu te aviso por aqui.",
        "I do not know that, so I asked the team. I will write here as soon as they answer.",
    ),
    "which one": ("Qual deles?", "Which one?"),
    "several": ("Encontrei mais de um:", "I found more than one:"),
    "unknown": ("Não encontrei isso.", "I could not find that."),
    "nobody": ("Não encontrei esse cliente.", "I could not find that customer."),
    "free times": ("Horários livres", "Free times"),
    "free times for": ("Horários livres para *{service}*", "Free times for *{service}*"),
    "none free": ("Não há horário livre", "There is no free time"),
    "none free for": ("Não há horário livre para *{service}*", "There is no free time for *{service}*"),
    "next free": ("O próximo horário livre é {when}.", "The next free time is {when}."),
    "which time": ("Qual prefere?", "Which one do you prefer?"),
    "not free": ("Esse horário não dá", "That time does not work"),
    "alternatives": ("Tenho livre: {times}.", "I have these free: {times}."),
    "compared": ("antes: {before}", "before: {before}"),
    "before": ("Período anterior", "Period before"),
    "your appointments": ("Seus horários marcados:", "What you have booked:"),
}

#: Why something cannot be, as results say it in one word.
REASONS: dict[str, Pair] = {
    "ambiguous": ("há mais de uma possibilidade", "there is more than one"),
    "beyond_horizon": ("é longe demais para marcar", "it is too far ahead"),
    "blocked": ("o período está fechado", "that time is closed"),
    "closed": ("estamos fechados nesse horário", "we are closed then"),
    "forbidden": ("você não tem permissão para isso", "you may not do that"),
    "full": ("está tudo ocupado", "everything is taken"),
    "gone": ("não encontrei mais isso", "it is no longer there"),
    "no_hours": ("o horário de funcionamento não está informado", "the opening hours are not stated"),
    "not_stated": ("o horário de funcionamento não está informado", "the opening hours are not stated"),
    "not_yet": ("ainda não começou", "it has not begun yet"),
    "past": ("já passou", "it is over"),
    "taken": ("já está ocupado", "it is taken"),
    "too_far": ("é longe demais para marcar", "it is too far ahead"),
    "too_late": ("está muito em cima da hora", "it is too late for that"),
    "too_many": ("são pessoas demais para uma vez só", "those are too many people at once"),
    "too_soon": ("é em cima da hora", "it is too soon from now"),
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
}


def say(name: str, language: Language, **values: str) -> str:
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
