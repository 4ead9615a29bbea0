"""Finding people and animals: the customer an owner speaks of, whom a visit is for, who writes."""

import re

from infra.local.llm.spans import COVER, folded_of, in_own_spelling, quoted_in, without_when
from infra.local.llm.subjects import is_known_word, phone_named
from infra.local.llm.words import STOP_WORDS, fold, word_set

_CAPITALISED = re.compile(r"[A-ZÀ-Ý][\wÀ-ÿ'-]+(?:\s+(?:d[aeo]s?\s+)?[A-ZÀ-Ý][\wÀ-ÿ'-]+)*")
#: What stands before a name: "a Ana", "da Ana", "book Ana".
_BEFORE_NAME = re.compile(
    r"\b(?:a|o|d[ao]|ao|pra|pro|com|clientes?|contato|for|of|from|tell|book|cancel|move|return|remind|message"
    r"|over|to|dona"
    r"|seu|senhor|senhora)\s+$"
)
_VERBS = (
    r"(?:marc|agend|remarc|desmarc|cancel|reserv|pass|mud|mov|troc|assum|devolv|avis|lembr|cham|coloc|encaix"
    r"|bot|tir)\w*"
)
_LOWER = (
    re.compile(
        r"^(?:oi |ola )?(?:a |o )?(?P<who>[a-z][a-z'-]*(?: [a-z][a-z'-]*){0,2}?) (?:ja )?(?:nao (?:veio"
        r"|apareceu|compareceu)|faltou"
        r"|deu|pagou|acertou|paid|has paid|didn't|did not|never|missed|was a)\b"
    ),
    re.compile(r"\b(?P<who>[a-z]+(?: [a-z]+)??)'s\b"),
    re.compile(r"\b(?:para (?:a|o)|pra(?: a)?|pro|com (?:a|o)|ao|d[ao]) (?P<who>[a-z][a-z'-]*(?: [a-z][a-z'-]*){0,2})"),
    re.compile(rf"\b{_VERBS} (?:a|o) (?P<who>[a-z][a-z'-]*(?: [a-z][a-z'-]*){{0,2}})"),
    re.compile(
        r"\b(?:book|cancel|move|return|tell|remind|message|from|for|of|to|over"
        r"|with) (?P<who>[a-z][a-z'-]*(?: [a-z][a-z'-]*)?)"
    ),
)
#: Words beside a name that are no part of it.
_GENERIC = word_set(
    """
    agendamento agendamentos horario horarios atendimento atendimentos banho tosa consulta conversa conversas cliente
    clientes contato historico visita visitas reais real dinheiro pix cartao pagamento mensagem recado resposta lista
    espera ultima ultimo proximo proxima hora vez servico appointment appointments booking bookings conversation visit
    message customer client history cash card dollars today's time service dia semana mes equipe dono dona pessoal loja
    salao veio faltou pagou paid nao not didn't did her his their my yesterday ontem hoje de das dos manha tarde noite
    texto mensagem text wording book cancel move tell send take give return remind reschedule mark find show block let
    marca marque agenda cancela desmarca remarca passa muda avisa manda envia assume devolve busca procura para
    pra pro com que por ja seu sua haircut bath cut this last next mudar outro outra numero pergunta question
    """
)
_KIN_WORDS = (
    r"cachorr[oa]|cao|cadel\w+|gat[oa]|gatinh[oa]|pet|cachorrinh[oa]|filh[oa]|filhinh[oa]|bebe|carro|moto"
    r"|veiculo|coelho"
    r"|passarinho|dog|cat|puppy|kitten|son|daughter|kid|child|baby|car|truck|bike|rabbit|parrot"
)
_NAMED = r"(?P<who>[\wÀ-ÿ'-]+(?: (?:d[aeo]s? )?[\wÀ-ÿ'-]+){0,3})"
_FOR_WHOM = re.compile(
    r"\b(?:para|pra|pro|for|d[ao]|(?:encaix|marc|agend|traz|lev)\w*|bring)(?: (?:o|a|os|as|meu|minha|nosso"
    r"|nossa|my|our))*"
    rf"(?: (?:{_KIN_WORDS}),?)? "
)
_FOR_WHOM_LOWER = re.compile(
    rf"\b(?:pro|pra|para (?:o|a)|for)(?: (?:meu|minha|my))?(?: (?:{_KIN_WORDS}),?)? (?P<who>[a-z]{{2,20}})\b"
)
_FOR_KIN = re.compile(rf"\b(?:para|pra|pro|for|d[ao])(?: (?:o|a))? (?:meu|minha|my)(?: (?:{_KIN_WORDS}))\b")
_OWN_NAME = re.compile(
    r"(?:me chamo|meu nome (?:completo )?e|me chamar? de|me chame de|aqui (?:e|quem fala e) (?:o|a)|\bsou (?:o|a)"
    rf"|my name is|call me|i'm|i am|this is)\s+{_NAMED}"
)
_DEPENDENTS = (
    re.compile(
        r"(?:chamad[oa]|se chama|chama-se|called|named|nome d(?:ele|ela) e|name is|\bchama)\s+(?:o |a |de )?" + _NAMED
    ),
    re.compile(rf"\b(?:{_KIN_WORDS}),? (?:e (?:o|a) )?(?P<who>[a-z][a-z'-]+)"),
    re.compile(rf"\b(?P<who>[a-z][a-z'-]+),? (?:e |is )?(?:o |a )?(?:meu|minha|my) (?:{_KIN_WORDS})"),
)
_NAME_ENDS = word_set(
    """
    e and mas but quero queria gostaria nasci nasceu tenho moro sou faco que who he she ele ela from de da do preciso
    tem has is i eu was born a o um uma the para pra por favor please voces vcs gostei vim com tudo aqui in em no na se
    chama chamada chamado would want need and
    """
)
_LONGEST_NAME = 4


def customer_named(text: str) -> str | None:
    """Return the name or phone of the customer that an owner's text speaks of, in the owner's spelling."""
    phone = phone_named(text)
    if phone:
        return phone
    plain = without_when(text)
    return quoted_in(plain) or _capitalised(plain) or _lower_case(plain)


def for_whom(text: str, service: str | None) -> str | None:
    """Return the name of the one a visit is for; a name in lower case only beside a service that is known."""
    plain = without_when(text)
    folded = folded_of(plain)
    for match in _FOR_WHOM.finditer(folded):
        name = _CAPITALISED.match(plain, match.end())
        if name and not _is_no_name(name[0]):
            return name[0]
    words = set(fold(service).split()) if service else set()
    for match in _FOR_WHOM_LOWER.finditer(folded) if service else ():
        if match["who"] not in words and not _is_no_name(match["who"]):
            return in_own_spelling(plain, folded, match.start("who"), match.end("who"))
    return None


def own_name(text: str) -> str | None:
    """Return the name that the writer gives as the writer's own."""
    return _after(_OWN_NAME, text)


def dependent_named(text: str) -> str | None:
    """Return the name of the animal, child or thing that the writer says to have."""
    plain = without_when(text)
    return next((name for pattern in _DEPENDENTS if (name := _after(pattern, plain))), None)


def name_spans(text: str, name: str) -> list[tuple[int, int]]:
    """Return where a text holds a name, with the preposition before it."""
    pattern = (
        rf"\b(?:(?:para|pra|pro|com|d[ao]|for|of|ao)\s+)?(?:(?:o|a|meu|minha"
        rf"|my)\s+)?(?:(?:{_KIN_WORDS}),?\s+)?{re.escape(fold(name))}\b(?:'s)?"
    )
    return [match.span() for match in re.finditer(pattern, folded_of(text))]


def kin_spans(text: str) -> list[tuple[int, int]]:
    """Return where a text says for whom without a name: "para minha filha"."""
    return [match.span() for match in _FOR_KIN.finditer(folded_of(text))]


def _capitalised(text: str) -> str | None:
    """Return the capitalised name that looks most like a person's."""
    folded = folded_of(text)
    found: list[tuple[bool, bool, int, str]] = []
    for place, match in enumerate(_CAPITALISED.finditer(text)):
        name = _without_verb(match[0])
        if name and not _is_no_name(name):
            found.append((not _BEFORE_NAME.search(folded[: match.start()]), match.start() == 0, place, name))
    return min(found)[-1] if found else None


def _without_verb(name: str) -> str:
    """Return a name without the capitalised verb that starts the sentence: "Book Ana"."""
    first, _, rest = name.partition(" ")
    return name.removesuffix("'s") if not _is_no_name(first) else rest.removesuffix("'s")


def _lower_case(text: str) -> str | None:
    folded = folded_of(text)
    for pattern in _LOWER:
        for match in pattern.finditer(folded):
            kept = _leading_name(match["who"].split())
            if kept:
                start = match.start("who")
                return in_own_spelling(text, folded, start, start + len(kept))
    return None


def _leading_name(words: list[str]) -> str:
    kept: list[str] = []
    for word in words:
        if _is_no_name(word) or COVER in word:
            break
        kept.append(word)
    return " ".join(kept)


def _is_no_name(name: str) -> bool:
    words = fold(name).split()
    return all(word in STOP_WORDS or word in _GENERIC or is_known_word(word) for word in words)


def _after(pattern: re.Pattern[str], text: str) -> str | None:
    folded = folded_of(text)
    match = pattern.search(folded)
    if match is None:
        return None
    words = in_own_spelling(text, folded, match.start("who"), match.end("who")).split()
    kept: list[str] = []
    for word in words[:_LONGEST_NAME]:
        joins = fold(word) in {"da", "de", "do", "dos", "das"} and kept and word != words[-1]
        if (fold(word) in _NAME_ENDS and not joins) or COVER in word or word[0].isdigit():
            break
        kept.append(word)
    while kept and fold(kept[-1]) in _NAME_ENDS:
        kept.pop()
    return " ".join(kept) or None
