"""What people ask to be done."""

import re

from infra.local.llm.lexicon.concept import DAY, Concept, said

#: What the words of an action seem to ask for besides it.
_LESS = frozenset({"hours", "availability", "services", "summary", "agenda", "contact", "appointments", "booking"})

#: Somebody asks who did it, or whether, and has nothing done.
_ASKED_ABOUT = re.compile(
    r"^(?:e |and )?(?:quem|quant\w+|quais|quando|que|clientes|sera que|how|who|which|when|did|has|have"
    r"|customers|clients)\b"
)
_SEND = (
    r"(?:mand[ae]r?|envi[ae]r?|escrev[ae]r?|avis[ae]r?|dig[ae]|diz|fal[ae]|lembr[ae]r?|respond[ae]r?"
    r"|send|tell|write(?: to)?|message|remind|let|answer|reply)"
)
_SEGMENT = (
    r"(?:inativos|sumid\w+|lista de espera|aniversariantes|frequentes|fie(?:is|l)|faltosos|faltaram|todos|todo mundo"
    r"|todas|clientes|inactive|lost|waiting list|waitlist|birthdays?|frequent|regulars?|no.shows?|everyone|everybody"
    r"|all|customers|clients)"
)

RESCHEDULE = Concept(
    name="reschedule",
    said=said(
        r"remarc\w+",
        r"reagend\w+",
        r"(?:mud|troc|pass|adi|antecip|mov)(?:ar|a|e|er)? (?:de )?(?:o |a |meu |minha )*"
        r"(?:horario|agendamento|consulta|banho|atendimento|visita)?(?: d[aeo] \w+(?: \w+)?)?"
        rf" ?(?:d[aeo]s? \w+ )?(?:para|pra|pro|pras) (?:a |o |as )?(?:{DAY}|\d|meio)",
        rf"(?:mud|troc|pass|adi|antecip|mov)(?:ar|a|e|er) (?:a|o) \w+(?: \w+)?(?: de {DAY})? (?:para|pra"
        rf"|pro) (?:{DAY}|as|a|o|\d)",
        r"(?:mudar|trocar|alterar) (?:o |meu |de )*(?:horario|dia|data|agendamento)",
        r"reschedul\w+",
        r"(?:move|change|push|shift|postpone)(?: (?:my|the|it|her|his))?(?: \w+(?:'s)?){0,3}"
        rf" (?:from|to|for) (?:the )?(?:{DAY}|next|\d|noon)",
        r"move (?:my|the)",
        r"(?:change|move) (?:my|the) (?:appointment|booking|time)",
    ),
    served_by=("reschedul", "remarc", "reagend", "move", "mover"),
    offer=("remarcar um horário", "reschedule an appointment"),
    over=_LESS | {"message"},
    acts=True,
    topic="move",
)
CANCEL = Concept(
    name="cancel",
    said=said(
        r"cancel(?:ar|a|e|o)",
        r"desmarc\w+",
        r"nao (?:vou poder|poderei|vou conseguir|consigo) (?:ir|comparecer|mais ir)",
        r"cancel (?:my|the|an|\w+'s|it|\w+)",
        r"can't (?:come|make it)",
    ),
    served_by=("cancel", "desmarc"),
    but_not=("proposal", "proposta"),
    offer=("cancelar um horário", "cancel an appointment"),
    over=_LESS,
    acts=True,
    topic="cancel",
)
BOOKING = Concept(
    name="booking",
    said=said(
        r"agend(?:ar|e|amos|o)",
        r"agenda (?:o|a|um|uma|para (?:o|a)|pra (?:o|a)|para mim|pra mim) ",
        r"(?<!tem )marc(?:ar|a|amos)(?! (?:de|da|do)\b)",
        r"reserv(?:ar|a|e)",
        r"book",
        r"schedule (?:a|an|my)",
        r"(?:make|need|want|get|like)(?: to have| to get)? (?:a|an) (?:appointment|booking|reservation)",
    ),
    served_by=("book", "agendar", "marcar", "reserv", "schedule"),
    but_not=("cancel", "move", "mover", "reschedul", "remarc", "my", "confirm", "desmarc"),
    offer=("marcar um horário", "book an appointment"),
    over=frozenset({"hours", "availability", "contact", "agenda"}),
    acts=True,
    topic="visit",
)
PRESENCE = Concept(
    name="presence",
    said=said(
        r"confirm\w+(?: que)?(?: a| o| minha| meu| nossa| nosso| eu)* (?:presenca|horario|agendamento|consulta"
        r"|banho|vou|ida"
        r"|atendimento|comparecimento|visita)",
        r"(?:estarei|vou estar) (?:la|ai)",
        r"pode(?:m)? contar comigo",
        r"(?:presenca|comparecimento) confirmad[oa]",
        r"confirm(?:ing)? (?:my|that|i'll|i will|the) ?(?:\w+ )?(?:appointment|booking|attendance|presence"
        r"|visit|come|be there)?",
        r"i(?:'ll| will) be there",
    ),
    served_by=("confirm", "presen", "attend"),
    but_not=("proposal", "proposta"),
    offer=("confirmar a sua presença", "confirm that you will come"),
    over=_LESS,
    acts=True,
)
LEAVE_LIST = Concept(
    name="leave list",
    said=said(
        r"(?:sair|tir\w+|remov\w+|sai)(?: \w+){0,3} (?:lista|fila)(?: de espera)?",
        r"(?:leave|remove|take)(?: \w+){0,4} (?:waiting list|waitlist)",
    ),
    served_by=("leave", "sair"),
    over=_LESS | {"waiting"},
    acts=True,
)
WAITING = Concept(
    name="waiting",
    said=said(
        r"(?:lista|fila) de espera",
        r"(?:me )?avis\w+ (?:se|quando|caso)(?: \w+){0,3} (?:vagar|abrir|surgir|desist\w+|cancel\w+|aparecer"
        r"|liberar|vaga)",
        r"waiting list",
        r"wait ?list",
        r"(?:let me know|tell me|call me) (?:if|when)(?: \w+){0,4} (?:opens?|frees?|cancels?|free|available)",
    ),
    served_by=("wait", "espera", "fila"),
    but_not=("leave", "sair"),
    offer=("colocar na lista de espera", "put on the waiting list"),
    over=_LESS | {"message", "cancel", "conversations"},
    topic="visit",
)
BLOCK = Concept(
    name="block",
    said=said(
        r"bloque\w+",
        rf"(?:fech(?:a|ar|e|amos|aremos|arei)|nao (?:vou |vamos )?(?:abr\w+|trabalh\w+|atend\w+))"
        rf"(?: (?:a|o|na|no|as|toda|tudo|loja|agenda|de|da|do|dia|em|so))* ?(?:{DAY}|\d)",
        r"(?:tir\w+|quero|estou de|vou tirar) folga",
        r"block(?: off)?",
        rf"(?:close|closed|closing|not open|won't open)(?: (?:the|shop|on|for|all|day))* {DAY}",
        r"day off",
    ),
    served_by=("block", "bloque"),
    offer=("bloquear um período", "block some time"),
    over=_LESS,
    acts=True,
)
NO_SHOW = Concept(
    name="no show",
    said=said(
        r"(?<!quem )(?<!clientes )nao (?:veio|apareceu|compareceu)",
        r"(?<!quem )faltou",
        r"deu (?:o )?(?:bolo|cano)",
        r"(?:didn't|did not|never|not) (?:come|show(?: up)?|came|showed)",
        r"(?:was )?(?:a )?no.show",
        r"missed (?:her|his|the|their)",
    ),
    served_by=("show", "falt", "absen"),
    offer=("anotar uma falta", "note a no-show"),
    over=_LESS | {"inactive"},
    unless=_ASKED_ABOUT,
    acts=True,
    past=True,
)
PAID = Concept(
    name="paid",
    said=said(
        r"(?<!quem )(?<!quanto )pag(?:ou|aram)",
        r"recebi(?: o)?(?: pagamento)?(?: \S+){0,3} d[aeo] ",
        r"acert(?:ou|aram)",
        r"(?<!who )paid",
        r"(?:got|received)(?: \S+){0,3} from",
    ),
    served_by=("paid", "pay", "pag", "receb"),
    offer=("anotar um pagamento", "note a payment"),
    over=_LESS,
    unless=_ASKED_ABOUT,
    acts=True,
    past=True,
)
TAKE_OVER = Concept(
    name="take over",
    said=said(
        r"assum(?:ir|o|e|a|indo)",
        r"(?:deixa|deixe)(?: (?:a|o) \w+)? comigo",
        r"eu (?:falo|respondo|atendo|converso|cuido)",
        r"tak(?:e|ing) over",
        r"i(?:'ll| will) (?:answer|talk|handle|take)",
    ),
    served_by=("take", "assum"),
    offer=("passar uma conversa para você", "let you take over a conversation"),
    over=_LESS | {"conversations", "human", "message"},
    acts=True,
)
RETURN = Concept(
    name="return",
    said=said(
        r"devolv\w+",
        r"(?:volt\w+|pode\w* voltar|continu\w+) a (?:responder|atender|falar com) (?:a|o) \w+",
        r"(?:return|give back|hand back)(?! to (?:the|work))",
    ),
    served_by=("return", "devolv"),
    offer=("voltar a atender uma conversa", "go on with a conversation"),
    over=_LESS | {"conversations", "human", "resume", "take over"},
    acts=True,
)
PAUSE = Concept(
    name="pause",
    said=said(
        r"paus(?:ar|a|e|o)(?: \w+)*",
        r"par[ae]r? de (?:responder|atender)",
        r"deslig(?:ar|a|ue)",
        r"(?:stop|don't) (?:answer\w*|reply\w*)",
        r"pause",
        r"(?:switch|turn) (?:yourself |it )?off",
    ),
    served_by=("pause", "paus"),
    over=_LESS | {"resume"},
    acts=True,
)
RESUME = Concept(
    name="resume",
    said=said(
        r"retom\w+",
        r"(?:volt\w+|pode\w* voltar) a (?:responder|atender)(?! (?:a|o) \w)",
        r"(?:re|des)?lig(?:ar|a|ue) (?:de novo|o assistente|novamente)",
        r"(?:despaus|reativ)\w+",
        r"resume",
        r"unpause",
        r"start (?:answering|replying)(?: again)?",
        r"(?:switch|turn) (?:yourself |it )?(?:back )?on",
    ),
    served_by=("resume", "retom", "reativ"),
    over=_LESS,
    acts=True,
)
CAMPAIGN = Concept(
    name="campaign",
    said=said(
        rf"{_SEND}(?: \w+){{0,3}} (?:para|pra|pro|a|aos?|as|to)?(?: \w+){{0,3}} ?{_SEGMENT}",
        r"campanha",
        r"campaign",
    ),
    served_by=("campaign", "campanha", "segment", "broadcast"),
    offer=("escrever para um grupo de clientes", "write to a group of customers"),
    over=_LESS | {"message", "inactive", "birthdays", "waiting", "no show", "answer", "agree"},
    acts=True,
    topic="campaign",
)
MESSAGE = Concept(
    name="message",
    said=said(
        rf"{_SEND} (?:uma? )?(?:mensagem |recado |aviso |message |note )?(?:para|pra|pro|a|ao|o|to)(?: (?:a|o))? ?\w+",
        r"(?:send|tell|message|remind|write(?: to)?) [a-z]+",
        r"let \w+(?: \w+)? know",
    ),
    served_by=("message", "mensagem", "draft", "recado"),
    but_not=("campaign", "campanha"),
    offer=("escrever para um cliente", "write to a customer"),
    over=_LESS,
    acts=True,
    topic="message",
)
ANSWER = Concept(
    name="answer",
    said=said(
        r"(?:respond\w+|resposta)(?: (?:a|para|pra|da|pergunta|numero|n))* ?(?:#|nº|n\.? ?)?\d+",
        r"(?:answer|reply)(?: (?:to|question|number|no))* ?#?\d+",
    ),
    served_by=("answer", "respond", "respost"),
    offer=("responder a uma pergunta", "answer a question"),
    over=_LESS | {"message", "campaign", "questions"},
    acts=True,
)
ACTING = (
    *(RESCHEDULE, CANCEL, BOOKING, PRESENCE, LEAVE_LIST, WAITING, BLOCK, NO_SHOW, PAID, TAKE_OVER, RETURN, PAUSE),
    *(RESUME, CAMPAIGN, MESSAGE, ANSWER),
)
