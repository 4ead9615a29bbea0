"""Messages that are routed to a person without asking a model: emergencies, and the explicit wish for a person.

Pure; Portuguese and English. A missed one still reaches the model, whose own tool hands over; so what is only talk
about an emergency or about the staff (a question about the service, a denial, praise) is left to it.
"""

import re
from enum import StrEnum

from shared.whatsapp.phrases import phrases, whole_message


class Urgency(StrEnum):
    """Why a message needs a person at once."""

    EMERGENCY = "emergency"
    PERSON_WANTED = "person_wanted"


_NOW = r"(?:ta|esta|estao|tao|to|estou|comecou a|continua|ficou|fica|is|are|am|im|keeps|started|its|hes|shes)"
_EMERGENCIES = re.compile(
    "|".join(
        rf"\b(?:{pattern})\b"
        for pattern in (
            r"sangr(?:ando|amento|ou) ?(?:muito|demais|sem parar)?|hemorragia|perdendo (?:muito )?sangue",
            r"convuls(?:ao|oes|ionando|ionou|iona)|tendo (?:uma )?crise epileptica|ataque epileptico",
            r"envenen(?:ad[oa]s?|amento|ou)|intoxic(?:ad[oa]s?|acao|ou)|(?:comeu|bebeu|engoliu|ingeriu|tomou) (?:\w+ "
            r"){0,3}(?:veneno|chumbinho|raticida|soda caustica|agua sanitaria|agrotoxico|bateria|pilha)",
            r"nao (?:esta |ta |consegue |estou conseguindo |consigo |esta conseguindo |ta conseguindo )?respira(?:r|"
            r"ndo)?",
            r"par(?:ou|ando) de respirar|sem respirar|falta de ar(?! condicionado)|dificuldade (?:para|pra|de|em) "
            r"respirar|respirando (?:mal|com dificuldade)|engasg(?:ad[oa]|ando|ou)|sufoc(?:ando|ad[oa])|asfixi\w+",
            r"desmai(?:ou|ad[oa]|ando)|inconsciente|desacordad[oa]|perdeu (?:a consciencia|os sentidos)|nao (?:acorda|"
            r"reage)",
            r"atropel(?:ad[oa]s?|ou|aram)|foi atropelad[oa]|(?:sofri|sofreu|teve|houve) (?:um )?acidente (?:grave|feio|"
            r"de \w+)",
            r"dor(?:es)? (?:forte |muito forte |aguda )?no peito|aperto no peito|infart\w*|enfart\w*|avc|t(?:eve|endo) "
            r"(?:um )?derrame|parada cardiaca",
            r"(?:passando|passou|passo|passei) (?:muito |super |bem )?mal",
            r"overdose|choque anafilatico|reacao alergica grave|anafila\w+|garganta (?:esta |ta )?fechando",
            r"(?:quero|vou|penso em|pensando em) (?:me matar|morrer|suicid\w*|tirar (?:a )?minha vida)|suicidio",
            r"(?:esta|ta) morrendo(?! de)|fratura exposta|queimadura grave|pegando fogo|incendio",
            # English
            r"bleeding (?:a lot|badly|heavily|out|non ?stop)|(?:wont|not|doesnt|does not) stop bleeding|"
            + _NOW
            + r" bleeding",
            r"(?:having|had|has) (?:a |another )?seizures?|convuls(?:ing|ions?)|poisoned|poisoning|"
            r"(?:ate|drank|swallowed) (?:\w+ ){0,3}(?:poison|bleach|battery|antifreeze)",
            r"(?:cant|cannot|can not|isnt|not|stopped|trouble|difficulty) breath(?:e|ing)|choking|suffocating",
            r"fainted|passed out|unconscious|unresponsive|collapsed|(?:hit|run over) by a (?:car|truck|bus|motorcycle)|"
            r"run over",
            r"chest pains?|pain in (?:my|his|her|the) chest|heart attack|(?:having|had) a stroke|overdosed?|"
            r"anaphyla\w+|(?:want to|going to) (?:die|kill myself)|suicid(?:e|al)|(?:he|she|dog|cat|baby) is dying",
        )
    )
)
# The word alone says it; in a sentence it is as often a question about the service.
_CALLS = re.compile(
    r"(?:e |eh |isso e |socorro )?(?:uma )?(?:emergencia|urgencia|urgente socorro)(?: (?:aqui|agora|urgente|medica|"
    r"veterinaria))?|"
    r"(?:e|eh|tenho|temos|estou com|to com|estamos com|e um caso de) (?:uma )?(?:emergencia|urgencia)\b.*|"
    r"(?:its |this is |it is |i have |we have )?(?:an |a )?(?:medical |real )?emergency(?: here| now)?|"
    r"socorro|socorro me ajud(?:a|em|e)|(?:me )?ajud(?:a|em|e) (?:pelo amor de deus|e urgente|e uma emergencia)"
)
# Before it: denied, asked about in general, or only feared. Behind it such words are about something else.
_NOT_SO = re.compile(
    r"\b(?:nao (?:e|eh|era|foi|ha|tem|tenho|tive|teve|esta|ta|houve|chegou a|sangr\w*|desmai\w*|convuls\w*)\b"
    r"(?! (?:respira|conseguindo))"
    r"|nunca|sem (?:sangramento|emergencia|febre|convuls)|historico de|curso|palestra|"
    r"contra (?:envenen|intoxic|incendio)|"
    r"(?:voces|vcs?) (?:atend|trat|fazem|faz|cuid|tem|aceit|receb)\w*|atendem|tratam|"
    r"(?:se|caso) (?:ele|ela|eu|o|a|meu|minha|alguem|der|houver|tiver|acontecer|acontece|ocorrer)|"
    r"(?:pode|costuma|causa|causar|medo de|risco de|evitar|prevenir)|como saber|"
    r"not (?:an? )?(?:emergency|bleeding)|isnt (?:an? )?(?:emergency|bleeding)|no (?:bleeding|emergency)|"
    r"do you (?:treat|handle|take|do|offer|see|have)|if (?:he|she|it|i|my|the)|"
    r"history of|never|in case of|what happens|can (?:it|this|that) cause|risk of|afraid of)"
)
# Anywhere: over, and known to be.
_OVER = re.compile(
    r"\b(?:(?:parou|deixou) de (?:sangrar|convuls\w*)|(?:ano|mes|semana) passad[oa]|ja (?:passou|parou|melhorou)|"
    r"ha (?:anos|meses)|quando era|antigamente|last (?:year|month|week)|(?:years|months) ago|stopped bleeding)\b"
)

_SOMEBODY = (
    r"(?:(?:um |uma |o |a |algum |alguma |com )?(?:atendente|humano|humana|pessoa(?: de verdade| real| humana)?|"
    r"ser humano|gente de verdade|alguem(?: de verdade| da equipe| da loja| da clinica| ai| real)?|responsavel|gerente|"
    r"don[oa](?! d[oa] (?:cachorr|gat|pet|animal|carr))|proprietari[oa]|equipe|recepcao|recepcionista|vendedora?|"
    r"funcionari[oa]|secretaria|medic[oa]|veterinari[oa]|doutora?))"
)
_TALK = r"(?:falar|conversar|tratar|falo|converso|ser atendid[oa]|atendimento)"
_WISH = (
    r"(?:quero|queria|quero muito|gostaria de|preciso|prefiro|posso|poderia|tem como|da pra|da para|consigo|quero e|"
    r"so quero)"
)
_PERSON_WANTED = re.compile(
    "|".join(
        rf"\b(?:{pattern})\b"
        for pattern in (
            rf"{_WISH} (?:de )?{_TALK} (?:diretamente |direto |logo |agora )?(?:com|por) {_SOMEBODY}",
            r"(?:quero|queria|preciso de|preciso|gostaria de|prefiro|exijo) (?:um |uma |o |a )?(?:atendimento )?"
            r"(?:atendente|humano|pessoa de verdade|pessoa real|ser humano)",
            rf"(?:me )?(?:passa|passe|passar|transfere|transfira|transferir|encaminha|encaminhe|coloca|coloque|conecta|"
            rf"conecte|chama|chame|chamar|liga|ligue) (?:eu |ai |la )?(?:(?:com|para|pra|pro|por|ao?) )?{_SOMEBODY}",
            rf"(?:deixa|deixe) eu {_TALK} com {_SOMEBODY}",
            r"nao quero (?:mais )?(?:falar|conversar) com (?:um |uma |o |a |esse |essa )?(?:robo|bot|maquina|ia|"
            r"assistente)",
            r"(?:quero|queria|preciso de) (?:um )?atendimento (?:humano|humanizado|pessoal)",
            # English
            r"(?:talk|speak|chat) (?:to|with) (?:a |an |the |some )?(?:real |actual |live )?(?:human(?: being)?|person|"
            r"agent|someone|somebody|representative|owner|manager|staff|operator)",
            r"(?:want|need|get me|give me|prefer|connect me (?:to|with)|transfer me to|put me through to) (?:a |an |"
            r"the )?(?:real |actual |live )?(?:human(?: being)?|real person|live person|agent|representative|operator|"
            r"manager)",
            r"(?:dont|do not) want to (?:talk|speak|chat) (?:to|with) (?:a |the |this )?(?:bot|robot|machine|ai)",
        )
    )
)
_PERSON_WORDS = re.compile(
    r"(?:um |uma |o |a )?(?:atendente|humano|ser humano|pessoa de verdade|falar com (?:um |uma |o |a )?(?:atendente|"
    r"humano|pessoa|alguem|don[oa]|gerente|responsavel)|atendimento humano|human|agent|real person|operator|"
    r"representative|talk to (?:a )?human|human please)"
)
_NO_PERSON_WANTED = re.compile(
    r"\bnao (?:quero|precisa|preciso|queria|e preciso|e necessario|vou|gostaria de)(?: mais)?(?: de)? "
    r"(?:falar|conversar|chamar|passar|transferir|ser atendid[oa]|atendente|humano|que)"
    r"(?! com (?:um |uma |o |a |esse |essa )?(?:robo|bot|maquina|ia|assistente))"
    r"|\b(?:dont|do not) (?:want|need) (?:to (?:talk|speak|chat) (?:to|with) )?(?:a |an |the )?"
    r"(?:real |live )?(?:human|person|agent|manager|owner)"
    r"|\b(?:ja|acabei de|consegui|ontem) (?:falei|falar|conversei|conversar)|\bfalei com|\bcomo (?:se )?chama|\bi "
    r"(?:talked|spoke)"
)


def urgency_of(text: str) -> Urgency | None:
    """Return why `text`, one message, must be answered by a person at once; None when it need not. Emergencies win."""
    whole = whole_message(text)
    parts = phrases(text)
    if _CALLS.fullmatch(whole) or any(_is_emergency(part) for part in parts):
        return Urgency.EMERGENCY
    if _PERSON_WORDS.fullmatch(whole) or any(_wants_person(part) for part in parts):
        return Urgency.PERSON_WANTED
    return None


def _is_emergency(phrase: str) -> bool:
    stated = _EMERGENCIES.search(phrase) or _CALLS.fullmatch(phrase)
    return stated is not None and not _NOT_SO.search(phrase[: stated.end()]) and not _OVER.search(phrase)


def _wants_person(phrase: str) -> bool:
    return _PERSON_WANTED.search(phrase) is not None and not _NO_PERSON_WANTED.search(phrase)
