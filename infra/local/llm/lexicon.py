"""What people say, and by which words a tool shows that it serves it. All in folded form (see `words.fold`)."""

import re
from dataclasses import dataclass

#: Portuguese, English.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Concept:
    """One thing people ask for."""

    name: str
    #: A pattern over folded text.
    said: re.Pattern[str]
    #: Beginnings of words in the name or description of a tool that serves it.
    served_by: tuple[str, ...]
    #: How the assistant offers it.
    offer: Pair
    #: When it is said, nothing else in the same question counts.
    decisive: bool = False


def _said(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


_WEEKDAY = r"(?:segunda|terca|quarta|quinta|sexta|sabado|domingo|feriado|\w+day|weekends?|holidays?|fim de semana)s?"

CONCEPTS = (
    Concept(
        name="human",
        said=_said(
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
        offer=("chamar alguém da equipe", "call someone from the team"),
        decisive=True,
    ),
    Concept(
        name="cancel",
        said=_said(r"cancelar", r"cancela", r"desmarcar", r"desmarca", r"cancel (?:my|the|an) \w+"),
        served_by=("cancel", "desmarc"),
        offer=("cancelar um horário", "cancel an appointment"),
    ),
    Concept(
        name="reschedule",
        said=_said(r"remarcar", r"remarca", r"reagendar", r"mudar (?:o |meu )?horario", r"reschedul\w+", r"move my"),
        served_by=("reschedul", "remarc", "reagend"),
        offer=("remarcar um horário", "reschedule an appointment"),
    ),
    Concept(
        name="availability",
        said=_said(
            r"(?:tem|teria|ha|sobrou)(?: algum| um)? horarios?(?: livres?)?"
            rf"(?= (?:para |pra |na |no |as )*(?:hoje|amanha|depois|{_WEEKDAY}|\d))",
            r"vagas?",
            r"disponive\w+",
            r"disponibilidade",
            r"horarios? (?:livres?|vagos?)",
            r"availab\w+",
            r"free (?:slots?|times?)",
            r"openings",
            r"any (?:slots?|openings)",
        ),
        served_by=("slot", "availab", "disponi", "vaga", "livre"),
        offer=("ver horários livres", "look for free times"),
    ),
    Concept(
        name="booking",
        said=_said(r"agendar", r"agenda (?:pra|para) mim", r"marcar", r"reservar", r"book", r"schedule (?:a|an|my)"),
        served_by=("book", "agendar", "marcar", "reserv"),
        offer=("marcar um horário", "book an appointment"),
    ),
    Concept(
        name="services",
        said=_said(
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
    ),
    Concept(
        name="hours",
        said=_said(
            r"horarios?(?: de (?:funcionamento|atendimento))?",
            r"funcionamento",
            r"(?:ate )?(?:que|q) horas?",
            r"abr(?:e|em|ir|indo)",
            r"fecha(?:m|r|do|dos|da)?",
            r"abert[oa]s?",
            rf"(?:atende|atendem|funciona|funcionam|trabalham)(?: \w+)? (?:hoje|amanha|agora|{_WEEKDAY})",
            r"funciona[m]?",
            r"hours?",
            r"open(?:s|ing)?",
            r"clos(?:e|es|ed|ing)",
            r"what time",
        ),
        served_by=("hour", "open", "horario", "funcionamento", "expediente"),
        offer=("dizer o horário de funcionamento", "tell the opening hours"),
    ),
    Concept(
        name="summary",
        said=_said(
            r"resum\w+",
            r"numeros",
            r"(?:como|o que) (?:foi|esta|ta|anda|temos|tem|rolou)(?: o| a| pra| para)* (?:dia|hoje|movimento|agenda)",
            r"(?:quem|quais)(?: sao)?(?: os| as)? (?:clientes|atendimentos|agendamentos|horarios)",
            r"quem vem",
            r"quanto (?:entrou|ganhei|vendi|recebi|fizemos)",
            r"fatur\w+",
            r"receita",
            r"movimento",
            r"agenda (?:de |do |da )?(?:hoje|dia)",
            r"quant[oa]s (?:clientes|atendimentos|agendamentos|contatos|conversas|mensagens|faltas|cancelamentos)",
            r"(?:proximos|proximas) (?:\w+)",
            r"novos contatos",
            r"summar\w+",
            r"numbers",
            r"report",
            r"revenue",
            r"how (?:was|is|did|are)(?: \w+)? (?:today|day|business|things)",
            r"how many (?:customers|clients|appointments|bookings|contacts|conversations|no.shows)",
            r"how much did (?:i|we) (?:make|sell|earn)",
            r"(?:next|upcoming) (?:appointments?|bookings?|clients?|customers?)",
            r"new contacts",
        ),
        served_by=("summary", "resumo", "report", "relatorio", "number", "numero", "revenue", "faturamento"),
        offer=("mostrar o resumo do dia", "show today's summary"),
    ),
    Concept(
        name="contact",
        said=_said(
            r"contatos? (?:d[aeo]s? )",
            r"(?:telefone|numero|whatsapp|celular|cadastro|ficha|dados) d[aeo]s?",
            r"quem e(?! voce)",
            r"(?:procur|busc|ach|encontr|localiz)\w*",
            r"cliente (?!novo)(?=\w)",
            r"\d{4,5}[ -]?\d{4}",
            r"ultima vez",
            r"quando (?:foi que )?(?:a|o) \w+ (?:veio|vem|volta)",
            r"find",
            r"look ?up",
            r"search(?: for)?",
            r"who is(?! next)",
            r"who's",
            r"(?:phone|number|contact|details) (?:of|for)",
            r"'s (?:phone|number|contact|booking)",
            r"last (?:time|visit|seen)",
            r"when (?:did|will|is) \w+ (?:come|coming|visit)",
        ),
        served_by=("find", "contact", "contato", "search", "busca", "lookup", "procur"),
        offer=("encontrar um contato", "find a contact"),
    ),
    Concept(
        name="birthdays",
        said=_said(r"aniversari\w+", r"birthdays?"),
        served_by=("birthday", "aniversari"),
        offer=("dizer quem faz aniversário", "tell whose birthday it is"),
    ),
    Concept(
        name="inactive",
        said=_said(
            r"inativ\w+",
            r"sumi(?:ram|u|d\w+)",
            r"nao (?:voltou|voltaram|vem|veio|vieram)",
            r"inactive",
            r"lost clients",
        ),
        served_by=("inactive", "inativ", "winback", "sumid", "lapsed"),
        offer=("mostrar quem sumiu", "show who stopped coming"),
    ),
)

GREETING = re.compile(
    r"^(?P<hello>oi+e?|ola|opa|e ai|hello|hi|hey|bom dia|boa tarde|boa noite|good (?:morning|afternoon|evening))\b"
    r"[\s,!.]*"
)
THANKS = _said(r"obrigad[oa]s?", r"valeu", r"brigad[oa]", r"agradec\w+", r"thanks?(?: you)?", r"thx")
GOODBYE = _said(r"tchau", r"ate (?:mais|logo|amanha|breve)", r"(?:good)?bye", r"see you")
YES = re.compile(
    r"^(?:sim|s|pode(?: ser| sim)?|quero|claro|por favor|isso|ok|okay|blz|beleza|yes|yeah|sure|please(?: do)?|yep)"
    r"[\s.!,]*$"
)
NO = re.compile(
    r"^(?:nao|n|nao precisa|deixa|no|nope|not now|no need)[\s.!,]*(?:obrigad[oa]|thanks?|thank you)?[\s.!]*$"
)
ROBOT = _said(
    r"(?:e|es|voce e)(?: um| uma)? (?:robo|bot|maquina|ia)",
    r"are you (?:a |an )?(?:robot|bot|machine|ai|human)",
    r"quem e voce",
    r"who are you",
)
#: Says who writes; needs no answer of its own.
INTRODUCTION = re.compile(r"^(?:meu nome e|me chamo|aqui (?:e|quem fala)|sou (?:o|a)|my name is|i am|i'm|this is)\b")
HELP = _said(r"o que (?:voce|vc)s? (?:sabe|pode|consegue)\w*", r"ajuda", r"menu", r"help", r"what can you do")
#: A message that is no text, as its reader marks it: "[imagem]".
UNREADABLE = re.compile(r"^\[[^\]]+\]$")
#: Starts a question that leans on the one before.
FOLLOW_UP = re.compile(
    r"^(?:(?:e|mas|and) (?:o|a|os|as|no|na|nos|nas|de|do|da|em|para|pra|se for|on|in|the|for|hoje|amanha|today)"
    r"|what about|how about)\b"
)

#: Attempts to give the assistant orders; such text is not a question.
ORDERS = _said(
    r"(?:ignor\w+|desconsider\w+|esquec\w+)[^.?!]{0,40} (?:instruc\w+|regras?|orden\w*|ordens|prompt|anterior\w*|tudo)",
    r"(?:ignore|disregard|forget|override)[^.?!]{0,40}"
    r" (?:instructions?|rules?|prompts?|orders|previous|above|everything)",
    r"system prompt",
    r"prompt d[eo] sistema",
    r"(?:mostr\w+|revel\w+|repit\w+|show|reveal|repeat|print)[^.?!]{0,30} (?:prompt|instruc\w+|instructions?)",
    r"(?:aja|finja|atue|act|pretend)(?: as| como| que| to| you)\b",
    r"you are now",
    r"voce agora e",
    r"(?:developer|dan|jailbreak) mode",
    r"modo (?:desenvolvedor|desenvolvimento)",
)
