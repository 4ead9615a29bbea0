"""Wishes about being written to: to be left alone, to hear from the business again.

Only whole-message keywords and explicit phrases about *messages* count. Anything that could as well be about an
appointment is `UNCLEAR`: whoever asks the person decides nothing for them. Pure; Portuguese and English.

Sources of the keywords: what WhatsApp businesses in Brazil announce ("responda PARAR ou SAIR"), and the CTIA's
Messaging Principles (STOP, UNSUBSCRIBE, QUIT; its CANCEL collides with appointments and is asked about instead).
"""

import re
from enum import StrEnum

from shared.whatsapp.phrases import phrases, whole_message


class MessagingWish(StrEnum):
    """What a person wants of the business's own messages."""

    STOP = "stop"
    RESUME = "resume"
    UNCLEAR = "unclear"  #: may mean STOP, may mean an appointment


_STOP_WORDS = re.compile(
    r"(?:(?:eu )?quero )?(?:(?:me )?descadastr(?:ar|e|a|o)|sair)|parar|pare|pare tudo|parar tudo|stop|stop all|stopall|"
    r"remover|unsubscribe(?: me)?|opt ?out|opt me out|quit|(?:quero )?cancelar (?:a |minha )?(?:inscricao|assinatura)"
)
_UNCLEAR_WORDS = re.compile(
    r"(?:eu )?(?:quero |queria |gostaria de |vou )?(?:cancelar|cancela|cancele|cancelamento|cancelar tudo)|para|chega|"
    r"(?:eu )?nao quero mais(?: nada| isso)?|(?:quero )?parar|parem|me deix[ae]m? em paz|"
    r"(?:me )?(?:remove|remova|retira|retire|tira|tire|exclui|exclua|excluir)|"
    r"me (?:tira|tire|remove|remova) (?:dai|disso)|"
    r"(?:i want to |id like to |want to )?cancel|remove|remove me|leave me alone|no more|end|"
    r"i dont want (?:this|it) any ?more"
)
_RESUME_WORDS = re.compile(
    r"start|unstop|resume|subscribe|resubscribe|opt in|opt me in|voltar|reativar|"
    r"(?:eu )?(?:quero |queria |gostaria de |pode )?(?:voltar a receber|receber)"
    r"(?: (?:as |suas )?(?:mensage(?:m|ns)|msgs?|novidades|promocoes))?(?: (?:de novo|novamente|de voces|outra vez))*|"
    r"(?:voces )?(?:pode|podem|quero que) (?:voltar|voltem?) a (?:me )?(?:mandar|enviar|escrever)"
    r"(?: (?:mensage(?:m|ns)|msgs?|novidades|promocoes))?(?: (?:de novo|novamente))?|"
    r"(?:i want to |id like to )?(?:receive|get) (?:your )?(?:messages|texts|updates)(?: again)?|"
    r"(?:you can |please )?(?:send|message|text) me (?:messages )?again"
)

_MESSAGES = (
    r"(?:mensage(?:m|ns)|msgs?|promocoes|propagandas?|anuncios?|ofertas|publicidades?|divulgac(?:ao|oes)|campanhas?|"
    r"newsletter|spam|marketing)"
)
_SEND = r"(?:mand(?:e|em|a|ar|ando)|envi(?:e|em|a|ar|ando)|encaminh(?:e|em|a|ar)|escrev(?:a|am|er|endo))"
_FILL = (
    r"(?:mais|receber|ficar|recebendo|continuar|ser|que|voce|voces|vcs?|me|nos|nunca|essas?|esses?|estas?|estes?|"
    r"suas?|seus?|as|os|a|o|de|das?|dos?|desse|deste|nenhuma?|nada|tantas?|tipo|qualquer|por|aqui|whatsapp|"
    rf"{_SEND})"
)
_UNSUBSCRIBE = r"(?:tir(?:a|e|em|ar)|remov(?:a|e|am|er)|retir(?:a|e|em|ar)|exclu(?:i|a|am|ir)|apag(?:a|ue|uem|ar))"
_MINE = r"(?:meu (?:numero|contato|telefone|nome|whatsapp|celular)|me|eu)"
_STOP_PHRASES = re.compile(
    "|".join(
        rf"\b(?:{pattern})"
        for pattern in (
            # não quero (mais) (receber) (essas) mensagens
            rf"nao (?:quero|queremos|desejo|gostaria de|queria|aceito|autorizo)(?: {_FILL})*? {_MESSAGES}\b",
            r"nao (?:quero|desejo|gostaria de) (?:mais )?(?:receber|ser contatad[oa])"
            r"(?: mais)?(?: nada)?(?: de voces| de vcs)?$",
            # pare de me mandar (mensagem), quero parar de receber
            rf"(?:pare|parem|para|parar|deixem?|deixar|cessem?) de (?:ficar )?(?:me |nos )?{_SEND}\b",
            rf"(?:parar|deixar) de (?:receber|ser contatad[oa])(?:$|(?: {_FILL})*? {_MESSAGES}\b)",
            # não me mande mais (mensagens), nunca mais me escreva
            rf"(?:nao|nunca mais) (?:me |nos )?{_SEND}(?: me)? mais(?:$| nada| isso|(?: {_FILL})*? {_MESSAGES}\b)",
            r"nao (?:me )?(?:contat(?:e|em)|entr(?:e|em) em contato) mais|nao entr(?:e|em) mais em contato",
            rf"(?:chega|basta) de (?:{_FILL} )*?{_MESSAGES}\b",
            rf"(?:cancelar|cancela|cancele|desativar|bloquear) (?:o recebimento|(?:as |essas |suas )?{_MESSAGES})\b",
            # me tira da lista (but not of the waiting list), quero sair da lista
            rf"(?:{_MINE} {_UNSUBSCRIBE}|{_UNSUBSCRIBE} (?:o )?{_MINE}|(?:quero|queria|gostaria de|vou) sair|sair)"
            r" (?:da|desta|dessa|do|deste|desse) (?:su[ao] )?(?:lista|cadastro|transmissao|mailing|grupo|base)\b"
            r"(?! de (?:espera|horarios?|agendamentos?))",
            r"(?:me descadastr\w+|descadastr\w+ (?:o )?(?:me|meu)|quero (?:o )?descadastr\w+)\b",
            # English
            r"stop (?:sending|texting|messaging|writing|contacting|spamming)(?: me| us)?\b",
            r"(?:dont|do not|no longer) want (?:to (?:receive|get|see) )?(?:any |more |these |those |your |anymore )*"
            r"(?:messages?|texts?|spam|promotions|ads|marketing)\b",
            r"(?:dont|do not|never) (?:text|message|write|contact|write to) me(?: any ?more| again| ever again)?$",
            r"no more (?:messages|texts|spam|promotions|marketing)\b",
            r"(?:take|remove|get) (?:me|my number) (?:off|from|out of) (?:the|your|this|that) "
            r"(?:list|mailing list|contacts|database)\b",
            r"(?:unsubscribe me|want to unsubscribe|opt me out|want to opt out)\b",
        )
    )
)
# "não pare de me mandar", "não quero parar de receber", "don't stop sending": no wish to stop.
_DENIED = re.compile(
    r"\b(?:nao (?:(?:quero|precisam?|vai|vao|queria|e para|e pra) )?(?:me )?(?:par|deix|tir|remov|descadastr|sair)"
    r"|(?:dont|do not|please dont) (?:stop|remove|take|unsubscribe)|por que|porque (?:nao|voces)|why (?:do|did|dont))"
)


def messaging_wish(text: str) -> MessagingWish | None:
    """Return what `text`, one message, says of being written to; None when it says nothing of that."""
    whole = whole_message(text)
    if _STOP_WORDS.fullmatch(whole):
        return MessagingWish.STOP
    if _RESUME_WORDS.fullmatch(whole):
        return MessagingWish.RESUME
    if any(_STOP_PHRASES.search(phrase) and not _DENIED.search(phrase) for phrase in phrases(text)):
        return MessagingWish.STOP
    return MessagingWish.UNCLEAR if _UNCLEAR_WORDS.fullmatch(whole) else None


_ABOUT_ANYTHING = re.compile(r".*\b(?:cancel\w*|nao quero mais.*|dont want.*|no more|end)")


def answers_a_question(text: str) -> bool:
    """Tell whether an unclear `text` may as well refuse or cancel something else that was just asked or offered."""
    return _ABOUT_ANYTHING.fullmatch(whole_message(text)) is not None


_STOPPING = r"(?:pode |quero |e (?:para |pra )?)?(?:parar|pare|stop)(?: de receber| receiving)?"
_OUR_MESSAGES = r"(?:as |the )?(?:mensage(?:m|ns)|msgs?|messages)"
_CONFIRMED = re.compile(
    rf"1|(?:1 )?(?:sim|yes|yep|yeah)|(?:1 )?(?:(?:sim|isso|isso mesmo|yes|yep|yeah) )?"
    rf"(?:{_STOPPING} {_OUR_MESSAGES}|{_STOPPING}|{_OUR_MESSAGES})"
)


def confirms_stop(text: str) -> bool:
    """Tell whether `text` answers "1: messages shall stop; 2: it is about an appointment" with the first."""
    return _CONFIRMED.fullmatch(whole_message(text)) is not None or messaging_wish(text) is MessagingWish.STOP
