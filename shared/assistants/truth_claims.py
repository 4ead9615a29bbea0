"""What a text claims to have been done, in Portuguese and English.

Two kinds: an act ("agendei", "I booked", "vou avisar a equipe") and a state ("está agendado", "Agendado!", "has been
booked"). Neither counts when it is denied, asked, offered, or made to depend on something.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.assistants.tools import Deed
from shared.words import fold

_ANY = frozenset(Deed)
_BOOKINGS = frozenset({Deed.BOOKED, Deed.MOVED, Deed.CONFIRMED})
_TOLD = frozenset({Deed.ASKED_TEAM, Deed.HANDED_OVER})


def _few(count: int) -> str:
    return rf"(?: [^\s,]+){{0,{count}}}"


_TEAM = (
    r"(?:equipe|time|pessoal|pessoa|atendente|responsavel|dona|dono|gerente|recepcao|colega|profissional|veterinari[oa]"
    r"|medic[oa]|team|owner|staff|colleague|manager|someone|person|human)\b"
)
_I = r"\b(?:i|we)(?:'ve| have)?(?: just| already| now| also| successfully)*"
_READY = (
    r"^\W*(?:(?:pronto|prontinho|feito|certo|ok|okay|perfeito|maravilha|otimo|show|oba|beleza|legal|sim|claro"
    r"|done|great|perfect|all right|alright|sure|yes|good news)\W+)*"
)
_WORD = r"(?: (?!ser|para|pra|ou|nao|sendo|e|not|to|be|being|fully|or)[^\s,]+)"
_IS = r"\b(?:esta|ta|estao|ficou|ficaram|foi|foram|fica|segue|is|are|was|were|been)|(?<=\w)'(?:s|re|m)"
#: Between a thing and what became of it: how things are always done is no news ("o pagamento é feito no local").
_BECAME = r"(?: (?!(?:e|sao|era|eram|pode|podem|deve|devem|ser|sera|serao|can|may|must|should|will|be)\b)[^\s,]+){0,2}"
_REPORT = r"(?!\(?s?\)?\s*:\s*\d+(?![\dh:]))"  # "Booked: 5" is a figure


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A kind of claim, and what makes it true."""

    deeds: frozenset[Deed]  #: any of them
    act: re.Pattern[str]
    state: re.Pattern[str]
    shown: re.Pattern[str]  #: what data holds that shows such a state
    stays_true: bool = False  #: said truly once, the act may be said again


@dataclass(frozen=True)
class Assertion:
    """A claim in a sentence."""

    claim: Claim
    sentence: str  #: in lower case, with its accents
    is_act: bool
    is_news: bool  #: it is told as something just done: "Agendado!", "com sucesso"


def _claim(
    deeds: frozenset[Deed],
    *,
    acts: str,
    we: str = "(?!)",
    english: str = "(?!)",
    states: str = "(?!)",
    nouns: str = "(?!)",
    more: str = "(?!)",
    shown: str = "(?!)",
    stays_true: bool = False,
) -> Claim:
    """`acts` are in the first person, `we` in its plural, `states` participles, `more` whole states."""
    us = rf"\bja (?:{we})\b|\b(?:{we}) (?:o |a |para |pra )?(?:seu|sua|voce|voces)\b"
    result = rf"(?:{states}|feit[oa]|realizad[oa]|efetuad[oa]|concluid[oa]|completed?|done)"
    return Claim(
        deeds=deeds,
        act=re.compile(rf"\b(?:{acts})\b|{us}|{_I} (?:{english})\b"),
        state=re.compile(
            rf"(?:{_IS}){_WORD}{{0,3}} (?:{states})\b|{_READY}(?:ja )?(?:{states})\b{_REPORT}"
            rf"|{_READY}(?:o |a |seu |sua |your |the )?(?:{nouns}){_BECAME} {result}\b{_REPORT}"
            rf"|(?:{_IS}|\b(?:o|a|seu|sua|your|the)) (?:{nouns}){_few(1)} (?:foi |esta |was |is |has been ){result}\b"
            rf"|\b(?:{states}) com sucesso\b|{more}"
        ),
        shown=re.compile(shown),
        stays_true=stays_true,
    )


_TELL = (
    r"avisar|chamar|encaminhar|repassar|notificar|comunicar|acionar|perguntar|transferir|passar|consultar|falar|pedir"
)
_TELLING = r"avisando|chamando|encaminhando|repassando|notificando|acionando|perguntando|transferindo|passando"
_TELL_EN = r"tell|notify|inform|alert|ask|contact|forward|pass|call|let|get|hand"
#: Serving somebody who is there promises no call.
_IN_PERSON = r"(?![^.!?]*\b(?:carinho|no dia|pessoalmente|na sua chegada|on the day|in person|on arrival)\b)"
_PERSON_WILL = (
    rf"\b(?:uma? |a |o |nossa |nosso )?{_TEAM}{_few(3)} (?:vai|ira|vao|logo|ja) (?:\w+ )?"
    r"(?:(?:continuar|responder|falar|entrar|chamar|assumir|retornar|continua|responde|retorna)\b"
    rf"|(?:atender|ajudar)\b{_IN_PERSON})"
    rf"|\b(?:a |an |some|our |the )?{_TEAM}{_few(3)} (?:will|is going to) (?:\w+ )?"
    r"(?:continue|contact|get back|reply|answer|be in touch|take over|help|follow up|reach out)\b"
)

CLAIMS: tuple[Claim, ...] = (
    _claim(
        _BOOKINGS,
        acts=r"agendei|reservei|(?:marquei|pre-?agendei)(?!" + _few(5) + r" (?:como|pag[oa]|pagamento|falta|no-show))",
        we="agendamos|marcamos|reservamos",
        english=r"booked|scheduled|reserved|made (?:you )?(?:an?|the|your) (?:appointment|booking|reservation)",
        states=r"agendad[oa]s?|marcad[oa]s?(?! como| com falta)|reservad[oa]s?|booked|scheduled|reserved",
        nouns="agendamento|horario|reserva|consulta|visita|booking|appointment|reservation",
        shown=r"\d:\d\d|\dh",
    ),
    _claim(
        frozenset({Deed.MOVED}),
        acts=r"remarquei|reagendei|(?:mudei|alterei|troquei|movi|adiei|adiantei)"
        + _few(4)
        + r" (?:horario|agendamento|consulta|reserva|data|banho|sessao|visita)",
        we="remarcamos|reagendamos",
        english=r"rescheduled|moved (?:your|the|it)|changed your (?:appointment|booking)",
        states=r"remarcad[oa]s?|reagendad[oa]s?|rescheduled|moved to",
        nouns="remarcacao|reagendamento|mudanca|alteracao|rescheduling",
        shown=r"\d:\d\d|\dh",
    ),
    _claim(
        frozenset({Deed.CANCELLED}),
        acts="cancelei|desmarquei",
        we="cancelamos|desmarcamos",
        english="cancell?ed",
        states=r"cancelad[oa]s?|desmarcad[oa]s?|cancell?ed",
        nouns="cancelamento|cancellation",
        shown=r"cancel",
    ),
    _claim(
        _ANY - {Deed.PROPOSED},
        acts=r"confirmei(?! (?:aqui|na agenda|no sistema|que|com))",
        we="confirmamos",
        english="confirmed",
        states=r"confirmad[oa]s?|confirmed|all set",
        nouns="confirmacao|presenca|agendamento|horario|reserva|confirmation|attendance|booking|appointment",
        shown=r"\d:\d\d|confirm",
    ),
    _claim(
        _TOLD,
        acts=rf"avisei|encaminhei|repassei|notifiquei|comuniquei|acionei"
        rf"|(?:chamei|passei|perguntei|falei|conversei|transferi|enviei|mandei|pedi|levei){_few(6)} {_TEAM}"
        rf"|(?:consultei|verifiquei)(?! (?:a agenda|os horarios|a disponibilidade)){_few(6)} {_TEAM}"
        rf"|(?:vou|irei)(?: ja)? (?:{_TELL}){_few(6)} {_TEAM}|(?:estou|to|ja estou) (?:{_TELLING}){_few(6)} {_TEAM}",
        we="avisamos|encaminhamos",
        english=rf"(?:told|notified|informed|alerted|asked|contacted|forwarded|passed|called|let"
        rf"|handed){_few(7)} {_TEAM}"
        rf"|(?:will|am going to) (?:{_TELL_EN}){_few(7)} {_TEAM}",
        states=r"(?!)",
        more=rf"{_TEAM} (?:ja )?(?:foi|esta|was|has been|is)(?: ja| already| now)? (?:avisad|notificad|informad"
        rf"|acionad|cientes?"
        rf"|notified|informed|aware|told)|\b(?:i|we)'ll (?:{_TELL_EN}){_few(7)} {_TEAM}"
        rf"|\bi'm (?:telling|asking|calling|handing|forwarding|passing){_few(7)} {_TEAM}|{_PERSON_WILL}",
        shown=r"handed|hand_over|human|person|team|asked|waiting_answer|question",
        stays_true=True,
    ),
    _claim(
        frozenset({Deed.SENT}) | _TOLD,
        acts="enviei|mandei|disparei|reenviei",
        we="enviamos|mandamos",
        english="sent|texted|messaged",
        states=r"enviad[oa]s?|disparad[oa]s?|sent|delivered",
        nouns="mensagem|mensagens|campanha|envio|message|messages|campaign",
        shown=r"sent|enviad|delivered",
    ),
    _claim(
        frozenset({Deed.WAITLISTED}),
        acts=r"(?:coloquei|inclui|adicionei|inseri|pus|botei|cadastrei|deixei|anotei|tirei|removi|retirei)"
        + _few(6)
        + r" (?:lista|fila)",
        english=r"(?:added|put|placed|removed|took)" + _few(6) + r" (?:waiting ?list|waitlist|list|queue)",
        more=r"\b(?:esta|entrou|ficou|you're|you are|is)"
        + _few(3)
        + r" (?:na|on the) (?:lista|fila|waiting ?list|waitlist)",
        shown=r"waiting|espera",
    ),
    _claim(
        frozenset({Deed.BLOCKED}),
        acts="bloqueei|fechei a agenda",
        we="bloqueamos",
        english=r"blocked|closed your (?:agenda|calendar)",
        states=r"bloquead[oa]s?|blocked(?: off)?",
        nouns="bloqueio",
        shown=r"block|bloque",
    ),
    _claim(
        frozenset({Deed.MARKED}),
        acts=r"dei baixa|(?:marquei|registrei|lancei)"
        + _few(6)
        + r" (?:pag[oa]|pagamento|falta|no-show|nao compareceu)",
        english=r"(?:marked|recorded|registered)" + _few(6) + r" (?:paid|payment|no-show)",
        states=r"marcad[oa]s? (?:como|com falta)|marked as",
        nouns="pagamento|falta|payment",
        shown=r"paid|pag[oa]|no_show|falta",
    ),
    _claim(
        frozenset({Deed.PAUSED, Deed.RESUMED}),
        acts="pausei|desativei|desliguei|reativei|retomei",
        english=r"paused|resumed|switched (?:off|on)|turned (?:off|on)|disabled|reactivated|enabled",
        states=r"pausad[oa]|desativad[oa]|reativad[oa]|paused|resumed",
        shown=r"paus|paused|active",
    ),
    _claim(
        frozenset({Deed.HANDED_OVER, Deed.RETURNED}),
        acts=r"(?:assumi|devolvi)" + _few(2) + r" (?:conversa|atendimento)",
        english=r"(?:took over|taken over|returned|handed back)" + _few(2) + r" conversation",
        nouns="conversa",
        shown=r"handed",
    ),
    _claim(
        _ANY,
        acts="anotei|salvei|guardei|gravei|registrei|cadastrei|atualizei|memorizei",
        english=r"noted|saved|recorded|updated|(?:made|taken) a note",
        more=_READY + r"(?:ja )?(?:esta |ta )?(?:anotad[oa]|noted)\b",
        shown=r"(?!)",
    ),
)

_SENTENCES = re.compile(r"(?<=[.!?;…])\s+|\n+")
_QUOTED = re.compile(r'"[^"\n]*"|“[^”\n]*”|«[^»\n]*»')
_CLAUSES = re.compile(r",|;|:|\b(?:mas|porem|but|however)\b")
_NO = re.compile(
    r"\b(?:nao|nunca|jamais|nada|nenhuma?|ninguem|nem|sem|not|never|no|nothing|none|cannot|without)\b|n't\b"
)
_NOTHING = re.compile(r" (?:nothing|no|none|nobody|nada|nenhuma?|ninguem)\b")  # "I sent nothing"
_IF = re.compile(
    r"\b(?:se|caso|quando|assim que|depois que|apos|ate que|if|once|when|after|until|unless|as soon as|quer que"
    r"|quer|prefere)\b"
)
_ONCE = re.compile(r"\b(?:se|caso|quando|assim que|depois que|if|once|when|after|as soon as)\b")
_AS_SAID = re.compile(r"\b(?:como|conforme|se|caso|if|as|que nem|have i|did i)\s*(?:eu |ja |te |lhe )*$")
_OFFER = re.compile(
    r"\s*(?:posso|quer|deseja|precisa|gostaria|algo|mais|em que|como posso|can|could|would|do|is there|anything"
    r"|shall|may)\b"
)
_SUCCESS = re.compile(r"\b(?:com sucesso|successfully|pronto|prontinho)\b")
_ITEM = re.compile(r"[-•*–] ")  # of a list: "- bloqueado o dia todo"
_OCCUPIED = re.compile(
    r"(?<!seu )\bhorarios?(?: \S+){0,4} ja (?:esta|foi|estao|foram) \w+"
    r"|^(?!.*\byou).*\b(?:slots?|times?|that|this)\b.* (?:already|been) (?:booked|reserved|taken)"
    r"|\b(?:reservad|agendad|marcad)[oa]s? (?:para|por|com|pra) outr[oa]s? (?:client|pessoa|pacient)"
    r"|\b(?:booked|reserved|taken) (?:for|by) (?:another|someone else|somebody else|other)"
)
_IDIOM = re.compile(r"\b(?:com|sem|o|do|no|ao|de) (?:horario|hora|dia) marcad[oa]\b")
_NEAR = 4  #: words between a denial and what it denies


def assertions(text: str) -> Iterator[Assertion]:
    """Yield what `text` claims to have been done; what it quotes is not its own."""
    for sentence in sentences(_QUOTED.sub(" ", text)):
        folded = fold(sentence)
        for claim in CLAIMS:
            if any(_counts_as_act(match) for match in claim.act.finditer(folded)):
                yield Assertion(claim, sentence, is_act=True, is_news=True)
            elif (found := _first_state(claim, folded)) is not None:
                news = (found.start() == 0 and not _ITEM.match(folded)) or _SUCCESS.search(folded) is not None
                yield Assertion(claim, sentence, is_act=False, is_news=news)


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of `text`."""
    return _SENTENCES.split(text)


def affirmed(text: str) -> str:
    """Return `text` without the clauses that deny or refuse something."""
    return "\n".join(clause for clause in _clauses(text) if not _NO.search(fold(clause)))


def _clauses(text: str) -> Iterator[str]:
    for sentence in sentences(text):
        yield from re.split(r"(?<!\d),|,(?!\d)|\b(?:mas|porém|but|however)\b", sentence)


def _counts_as_act(match: re.Match[str]) -> bool:
    before = match.string[: match.start()]
    if re.match(r"(?:vou|irei|estou|to)\b", match[0]) and (_is_question(match.string) or _IF.search(before)):
        return False
    return not (_is_denied(before) or _AS_SAID.search(before) or _NOTHING.match(match.string, match.end()))


def _first_state(claim: Claim, sentence: str) -> re.Match[str] | None:
    return next((match for match in claim.state.finditer(sentence) if _counts_as_state(match)), None)


def _counts_as_state(match: re.Match[str]) -> bool:
    sentence, before = match.string, match.string[: match.start()]
    same_clause = _CLAUSES.split(sentence[match.end() :])[0]
    if _is_denied(before) or _IF.search(before) or _ONCE.search(same_clause):
        return False
    if _OCCUPIED.search(sentence) or _IDIOM.search(sentence):
        return False
    return not _is_question(sentence) or _is_said_before_an_offer(match)


def _is_question(sentence: str) -> bool:
    return sentence.rstrip(" )*_\"'").endswith("?")


def _is_said_before_an_offer(match: re.Match[str]) -> bool:
    """Tell "Está marcado, posso ajudar em mais algo?" from "Está tudo confirmado, então?"."""
    said, comma, offered = match.string.rpartition(",")
    return bool(comma) and match.end() <= len(said) and _OFFER.match(offered) is not None


def _is_denied(before: str) -> bool:
    words = _CLAUSES.split(before)[-1].split()
    return _NO.search(" ".join(words[-_NEAR:])) is not None
