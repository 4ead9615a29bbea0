"""Courtesies, small talk, and orders that are not obeyed. All in folded form (see `words.fold`)."""

import re

from infra.local.llm.lexicon.concept import said

GREETING = re.compile(
    r"^(?P<hello>oi+e?|ola|opa|e ai|hello|hi|hey|bom dia|boa tarde|boa noite|good (?:morning|afternoon|evening))\b"
    r"[\s,!.]*"
)
THANKS = said(r"obrigad[oa]s?", r"valeu", r"brigad[oa]", r"agradec\w+", r"thanks?(?: you)?", r"thx")
GOODBYE = said(r"tchau", r"ate (?:mais|logo|amanha|breve)", r"(?:good)?bye", r"see you")
YES = re.compile(
    r"^(?:sim|s|pode(?: ser| sim)?|quero(?: sim)?|claro|por favor|isso|ok|okay|blz|beleza|yes|yeah|sure"
    r"|please(?: do)?|yep)"
    r"[\s.!,]*$"
)
NO = re.compile(
    r"^(?:nao|n|nao precisa|deixa|no|nope|not now|no need)[\s.!,]*(?:obrigad[oa]|thanks?|thank you)?[\s.!]*$"
)
ROBOT = said(
    r"(?:e|es|voce e)(?: um| uma)? (?:robo|bot|maquina|ia)",
    r"are you (?:a |an )?(?:robot|bot|machine|ai|human)",
    r"quem e voce",
    r"who are you",
)
#: Says who writes; needs no answer of its own.
INTRODUCTION = re.compile(r"^(?:meu nome e|me chamo|aqui (?:e|quem fala)|sou (?:o|a)|my name is|i am|i'm|this is)\b")
HELP = said(r"o que (?:voce|vc)s? (?:sabe|pode|consegue)\w*", r"ajuda", r"menu", r"help", r"what can you do")
#: Says that something was understood; needs no answer of its own.
ACKNOWLEDGED = re.compile(
    r"^(?:(?:ah|entao|muito|que|ta|esta|vou|depois eu|deixa eu|let me|i'll|i will|all|oh|very|it's|that's) )*"
    r"(?:legal|show(?: de bola)?|otimo|perfeito|entendi|certo|bom|maravilha|joia|top|massa|pensar|vejo|ver|combinado"
    r"|fechado|k{2,}|(?:ha){2,}|rs+|estou (?:chegando|a caminho|indo)|cheguei|on my way|great|nice|perfect|cool"
    r"|good|got it|i see|think(?: about it)?|right|awesome)"
    r"(?: (?:entao|ai|demais|mesmo|a respeito|nisso|e te aviso|then))*[\s.!,]*$"
)
#: A message that is no text, as its reader marks it: "[imagem]".
UNREADABLE = re.compile(r"^\[[^\]]+\]$")
#: Starts a question that leans on the one before.
FOLLOW_UP = re.compile(
    r"^(?:(?:e|mas|and) (?:o|a|os|as|no|na|nos|nas|de|do|da|em|para|pra|se for|on|in|the|for|hoje|amanha|today)"
    r"|what about|how about)\b"
)

#: Attempts to give the assistant orders; such text is not a question.
ORDERS = said(
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

#: Starts a question.
INTERROGATIVE = re.compile(
    r"^(?:e )?(?:voces?|vcs?|qual|quais|quanto\w*|quem|onde|como|por ?que|tem|ha|da pra|posso|pode\w*|sera"
    r"|aceita\w*|what"
    r"|which|who|where|how|why|do|does|is|are|can|could|may|will)\b"
)
