"""What people ask to be told."""

import re

from infra.local.llm.lexicon.concept import DAY, UNSAID, WEEKDAY, Concept, said

HUMAN = Concept(
    name="human",
    said=said(
        r"atendentes?",
        r"humanos?",
        r"(?:falar|conversar) com (?:o |a |um |uma )?(?:alguem|gerente|dono|dona|pessoa|voces|equipe|responsavel)",
        r"alguem (?:ai|de verdade|da equipe|me atende)",
        r"pessoa (?:de verdade|real)",
        r"reclama\w*",
        r"emergencia",
        r"urgen(?:te|cia)",
        r"pass(?:ou|ando) mal",
        r"(?:talk|speak) (?:to|with) (?:a |an |the )?"
        r"(?:someone|somebody|human|person|manager|owner|agent|people|staff)",
        r"human",
        r"real person",
        r"representative",
        r"complain\w*",
        r"emergency",
        r"urgent(?:ly)?",
    ),
    served_by=("human", "handoff", "hand", "atendente", "pessoa", "person", "staff", "escalat", "transfer"),
    but_not=("handed", "conversation", "conversa"),
    offer=("chamar alguém da equipe", "call someone from the team"),
    unless=re.compile(
        r"\b(?:voces?|vcs?|fazem|tem|do you|is there)(?: \w+){0,3} (?:emergenc\w*|urgenc\w*|urgente)"
        r"|^(?:e )?(?:qual|quanto|what|how)\b"
    ),
    decisive=True,
)
AVAILABILITY = Concept(
    name="availability",
    said=said(
        rf"(?:tem|teria|ha|sobrou|temos)(?: algum| um| algo)? (?:horarios?|hora|espaco|encaixe)(?: livres?"
        rf"| disponive\w+)?"
        rf"(?= (?:de |para |pra |pro |na |no |as |a )*(?:\w+ )?(?:para |pra |pro |na |no )*(?:{DAY}|\d))",
        r"(?:tem|teria|ha|sobrou)(?: algum| um)? (?:horarios?|hora|espaco) (?:para|pra|pro|de)",
        rf"(?:quais|que|quando|q)(?: sao)?(?: os)? (?:horarios?|dias?)(?: \w+)? (?:tem|livres?|vagos?|para|pra"
        rf"|na|no|{DAY})",
        r"(?:tem|teria|ha)(?: algum| um| mais)? (?:horarios?|hora)(?=\W*$)",
        r"vag[ao]s?",
        r"disponive\w+",
        r"disponibilidade",
        r"horarios? (?:livres?|vagos?)",
        r"buracos?",
        r"encaix\w+",
        r"quando (?:voces |vcs |voce )?(?:tem|teria|pode)",
        r"primeiro horario",
        r"(?:what|anything|something|what's|whats) (?:is |do you have )?(?:free|open)",
        r"(?:availab\w+|free (?:slots?|times?)|openings?|gaps?)",
        r"any (?:slots?|openings|times?)",
        r"(?:what|which) (?:times?|slots?)(?: \w+){0,3} (?:free|available|open|left)",
        r"(?:can|could) i come",
        r"when (?:can|could) (?:i|you) (?:come|bring|fit|take|get)",
    ),
    served_by=("slot", "availab", "disponi", "vaga", "livre"),
    offer=("ver horários livres", "look for free times"),
    over=frozenset({"hours", "services", "appointments", "agenda"}),
    topic="visit",
)
SERVICES = Concept(
    name="services",
    said=said(
        r"precos?",
        r"valor(?:es)?",
        r"tabela",
        r"servicos?",
        r"quanto (?:que )?(?:e|custa|custam|fica|sai|cobra|cobram|ta|esta|seria|ficaria|tempo demora|tempo leva)",
        r"(?:quais|que) (?:tipos? de )?(?:trabalhos?|procedimentos?|tratamentos?)",
        r"(?:voces?|vcs?) (?:fazem|faz|trabalham|oferecem)",
        r"o que (?:voces?|vcs?) (?:fazem|oferecem)",
        r"fazem",
        r"prices?",
        r"pric(?:ing|e list)",
        r"costs?",
        r"how much (?:is|are|do you charge|does|for)",
        r"services?",
        r"do you (?:do|offer|have)",
        r"what do you (?:do|offer)",
        r"how long does",
    ),
    served_by=("service", "servic", "price", "preco", "catalog", "menu"),
    offer=("passar serviços e preços", "list services and prices"),
)
HOURS = Concept(
    name="hours",
    said=said(
        r"horarios?(?: de (?:funcionamento|atendimento))?",
        r"funcionamento",
        r"(?:ate )?(?:que|q) horas?",
        r"abr(?:e|em|ir|indo)",
        r"fecha(?:m|r|do|dos|da)?",
        r"abert[oa]s?",
        rf"(?:atende|atendem|funciona|funcionam|trabalham)(?: \w+)? (?:hoje|amanha|agora|{WEEKDAY})",
        r"funciona[m]?",
        r"hours?",
        r"open(?:s|ing)?",
        r"clos(?:e|es|ed|ing)",
        r"what time",
    ),
    served_by=("hour", "open", "horario", "funcionamento", "expediente"),
    but_not=("slot", "question"),
    offer=("dizer o horário de funcionamento", "tell the opening hours"),
)
APPOINTMENTS = Concept(
    name="appointments",
    said=said(
        r"meus? (?:proximos? )?(?:agendamentos?|horarios?|atendimentos?|compromissos?)",
        r"minhas? (?:proximas? )?(?:consultas?|visitas?|sessao|sessoes|reservas?|marcac\w+)",
        r"(?:tenho|tinha|estou com)(?: \w+){0,3} (?:marcad|agendad)[oa]s?",
        r"quando (?:e|eu|que e|vai ser)(?: o| a)? (?:meu|minha|venho|vou)",
        r"my (?:next )?(?:appointments?|bookings?|visits?)",
        r"when (?:is|are) my",
        r"do i have (?:an?|any)(?: \w+)? (?:appointments?|bookings?|scheduled|booked)",
    ),
    served_by=("my", "meus", "minhas"),
    offer=("dizer o que você tem marcado", "tell what you have booked"),
    over=frozenset({"hours", "booking", "availability", "summary", "agenda"}),
)
SUMMARY = Concept(
    name="summary",
    said=said(
        r"resum\w+",
        r"numeros",
        r"(?:como|o que) (?:foi|foram|esta|ta|anda|vai|rolou)(?: o| a| os| as| pra| para| essa| esta| esse"
        r"| este| nossa)*"
        r" (?:dia|hoje|movimento|agenda|semana|mes|negocio|coisas|vendas)",
        r"quanto (?:entrou|ganhei|vendi|recebi|fizemos|faturamos|ganhamos|vendemos)",
        r"fatur\w+",
        r"receita",
        r"movimento",
        r"como (?:estamos|vamos|andam as coisas)",
        r"how are we doing",
        r"quant[oa]s (?:clientes|atendimentos|agendamentos|contatos|conversas|mensagens|faltas|cancelamentos)",
        r"novos contatos",
        r"summar\w+",
        r"numbers",
        r"figures",
        r"report",
        r"revenue",
        r"how (?:was|is|did|are|were)(?: \w+){0,2} (?:today|day|week|month|business|things)",
        r"how many (?:customers|clients|appointments|bookings|contacts|conversations|no.shows)",
        r"how much did (?:i|we) (?:make|sell|earn)",
        r"new contacts",
    ),
    served_by=(
        *("figure", "summary", "resumo", "report", "relatorio", "number", "numero", "revenue", "faturamento"),
        "statistic",
    ),
    offer=("mostrar os números", "show the figures"),
)
AGENDA = Concept(
    name="agenda",
    said=said(
        r"agenda(?! (?:o|a|um|uma|para (?:o|a)|pra (?:o|a)|para mim|pra mim) )",
        r"(?:o que|que)(?: e que)? (?:temos|tem|tenho)(?: pra| para| de| na| no| em| marcado| agendado)*"
        rf" (?:{DAY}|essa semana|nesta semana|esta semana)",
        r"(?:quem|quais)(?: sao)?(?: os| as)? (?:clientes|atendimentos|agendamentos|horarios|proximos)",
        r"quem vem",
        r"quem (?:e|sao) (?:o|a|os|as) proxim[oa]s?",
        r"(?:proximos|proximas) (?:clientes|atendimentos|agendamentos|horarios)",
        rf"(?:atendimentos|agendamentos|horarios|clientes) (?:de|da|do|para|pra|na|no) {DAY}",
        r"(?:next|upcoming) (?:appointments?|bookings?|clients?|customers?)",
        rf"(?:appointments?|bookings?) (?:for|on|do i have)?(?: the)? ?{DAY}",
        rf"(?:what's|whats|what is|what do (?:i|we) have|who(?:'s| is)? com\w+)(?: on| in)?(?: for)? {DAY}",
        r"(?:my|the|our|today's|tomorrow's) (?:schedule|agenda|calendar)",
        r"schedule (?:for|on)",
        r"who(?:'s| is) (?:next|coming)",
    ),
    served_by=("agenda", "schedule", "calendar"),
    but_not=("agendar", "agendament"),
    offer=("mostrar a agenda", "show the agenda"),
    over=frozenset({"hours", "summary", "booking", "contact"}),
)
CONTACT = Concept(
    name="contact",
    said=said(
        r"contatos? (?:d[aeo]s? )",
        r"(?:telefone|numero|whatsapp|celular|cadastro|ficha|dados) d[aeo]s?",
        r"quem e(?! voce| (?:o|a) proxim)",
        r"(?:procur|busc|ach|encontr|localiz)\w*",
        r"cliente (?!novo|que)(?=\w)",
        r"\d{4,5}[ -]?\d{4}",
        r"ultima vez",
        r"quando (?:foi que )?(?:a|o) \w+ (?:veio|vem|volta)",
        r"find",
        r"look ?up",
        r"search(?: for)?",
        r"who is(?! next| coming)",
        r"who's(?! next| coming)",
        r"(?:phone|number|contact|details) (?:of|for)",
        r"'s (?:phone|number|contact|booking)",
        r"last (?:time|visit|seen)",
        r"when (?:did|will|is) \w+ (?:come|coming|visit)",
    ),
    served_by=("find", "contact", "contato", "search", "busca", "lookup", "procur"),
    but_not=("history", "historico", "knowledge", "conhecimento"),
    offer=("encontrar um contato", "find a contact"),
)
HISTORY = Concept(
    name="history",
    said=said(
        r"historico",
        r"(?:ultim[oa]s|todas as|todos os) (?:visitas|atendimentos|agendamentos|servicos) d[aeo]",
        r"(?:o que|quantas vezes)(?: e que)? (?:a|o) \w+(?: \w+)? (?:ja )?(?:fez|veio|faz|costuma)",
        r"history",
        r"(?:past|previous|all) (?:visits|appointments|bookings) (?:of|by|from|for)",
        r"how (?:often|many times) (?:did|has|does) \w+",
        r"what did \w+ (?:have|get|book)",
    ),
    served_by=("history", "historico"),
    offer=("contar o histórico de um cliente", "tell a customer's history"),
    over=frozenset({"contact", "summary", "agenda"}),
)
BIRTHDAYS = Concept(
    name="birthdays",
    said=said(r"aniversari\w+", r"birthdays?"),
    served_by=("birthday", "aniversari"),
    offer=("dizer quem faz aniversário", "tell whose birthday it is"),
    over=frozenset({"contact"}),
)
INACTIVE = Concept(
    name="inactive",
    said=said(
        r"inativ\w+",
        r"sumi(?:ram|u|d\w+)",
        r"nao (?:voltou|voltaram|vem|vieram|aparece\w*)",
        r"inactive",
        r"lost (?:clients|customers)",
        r"(?:not|haven't|hasn't|stopped) (?:been|come|coming)",
    ),
    served_by=("inactive", "inativ", "winback", "sumid", "lapsed"),
    offer=("mostrar quem sumiu", "show who stopped coming"),
    over=frozenset({"contact", "summary", "agenda"}),
)
QUESTIONS = Concept(
    name="questions",
    said=said(
        r"(?:perguntas?|duvidas?)(?: dos clientes| que)? (?:em aberto|abertas?|pendentes?|sem resposta|faltam"
        r"|tenho|ficaram)",
        r"(?:quais|tem|que)(?: sao)?(?: as| alguma)? (?:perguntas?|duvidas?)",
        r"(?:open|pending|unanswered) questions?",
        r"(?:what|any|which) questions?",
    ),
    served_by=("question", "pergunta", "duvida"),
    but_not=("answer", "respond"),
    offer=("mostrar perguntas sem resposta", "show unanswered questions"),
    over=frozenset({"hours"}),
)
CONVERSATIONS = Concept(
    name="conversations",
    said=said(
        r"conversas? (?:passad|pendente|comigo|aguardando|esperando|abert|assumid|que (?:eu )?(?:assumi|estao"
        r"|preciso))\w*",
        r"(?:quais|que|tem)(?: sao)?(?: as| alguma)? conversas?",
        r"quem (?:esta|ta|estao) (?:me )?(?:esperando|aguardando)",
        r"quem (?:pediu|precisa|quer)(?: \w+){0,3} (?:pessoa|equipe|humano|atendente)",
        r"(?:handed.over|open|pending|waiting|my) conversations?",
        r"who(?:'s| is) waiting(?: for me)?(?! list)",
        r"which conversations",
    ),
    served_by=("handed", "conversation", "conversa"),
    but_not=("return", "devolv", "take"),
    offer=("mostrar as conversas que esperam por você", "show the conversations that wait for you"),
    over=frozenset({"hours", "human", "contact", "summary"}),
    decisive=False,
)
#: What no other tool serves, as long as somebody may know it.
KNOWLEDGE = Concept(
    name="knowledge",
    said=UNSAID,
    served_by=("knowledge", "conheciment", "faq", "duvida"),
    but_not=("team", "equipe"),
)
TEAM = Concept(
    name="team",
    said=said(
        r"pergunt\w+ (?:para|pra|pro|a|ao|a)(?: a| o)? (?:equipe|dono|dona|pessoal|gerente|responsavel)",
        r"ask (?:the |your )?(?:team|owner|staff|boss|manager)",
    ),
    served_by=("ask", "pergunt", "team", "equipe"),
    but_not=("hand", "search", "answer"),
    acts=True,
    over=frozenset({"human"}),
)
ASKING = (
    *(HUMAN, AVAILABILITY, SERVICES, HOURS, APPOINTMENTS, SUMMARY, AGENDA, CONTACT, HISTORY, BIRTHDAYS, INACTIVE),
    *(QUESTIONS, CONVERSATIONS, KNOWLEDGE, TEAM),
)
