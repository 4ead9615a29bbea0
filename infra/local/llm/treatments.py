"""Finding the service that a customer wants, in the customer's own words; which ones there are is not known here."""

import re
from datetime import date

from infra.local.llm.people import kin_spans, name_spans
from infra.local.llm.spans import covered, folded_of, in_own_spelling, without_when
from infra.local.llm.subjects import thing_named
from infra.local.llm.words import STOP_WORDS, word_set

_ARTICLES = r"(?:(?:um|uma|o|a|os|as|meu|minha|outro|outra|mais|de|an|the|my|another|some|to|in|him|her|me)\s+)*"
#: "preciso deixar" is not followed by a service, "preciso de um banho" is.
_NO_VERB = r"(?![a-z]+[aei]r\b)"
_BEFORE = (
    re.compile(rf"\b(?:marc|agend|reserv|remarc|encaix)\w*\s+{_ARTICLES}"),
    re.compile(rf"\b(?:book|schedule)\s+{_ARTICLES}"),
    re.compile(
        r"\b(?:horarios?|hora|vag[ao]s?|espaco|encaixe|disponibilidade|disponive\w+|lista|livres?|slots?|times?"
        r"|openings?"
        r"|appointment|booking|availab\w+|free|open|gaps?|list)\b[^,;.?!:]*?"
        rf"\b(?:para|pra|pro|de|do|da|for)\s+{_ARTICLES}(?!espera)"
    ),
    re.compile(rf"\b(?:fazer|dar|tomar|have|get|need|want|like)\s+{_ARTICLES}"),
    re.compile(rf"\b(?:quero|queria|gostaria|preciso|precisava)\s+(?:de\s+)?{_ARTICLES}{_NO_VERB}"),
    re.compile(r"\b(?:para|pra|pro|for|no|na)\s+(?:(?:um|uma|o|a|an|the)\s+)*" + _NO_VERB),
)
_PHRASE = re.compile(r"[a-z][^|,;:.?!\n]*")
_END = re.compile(
    r"\s+(?:para|pra|pro|com|as|at|on|no|na|nos|nas|em|this|se|que|tem|teria|quando|por|please|with|in|mas|ao?|por"
    r"|next|today|this|around|cedo|depois|antes|before|after|from|to|if|for|and|can|could|quero|queria|obrigad[oa]"
    r"|(?:e (?:quanto|que|qual|tem|se|o|a|quero|para)))\b.*$"
)
#: Words that name a visit and not what is done in it.
_GENERIC = word_set(
    """
    horario horarios hora horas vaga vagas vago atendimento agendamento encaixe espaco dia data visita algo alguma coisa
    livre livres disponivel disponiveis marcar agendar reservar cedo mais tarde voce mim ele ela semana proxima que vem
    lista espera falar saber ver remarcar cancelar confirmar desmarcar mudar comigo presenca servico servicos
    preco precos
    fazer favor appointment appointments slot slots time times visit booking opening free open available know see talk
    cancel reschedule move change book schedule get something anything next earlier later list waiting service price
    agenda sair entrar ficar outro outra mesmo hours hour day this week fit come any quero queria gostaria urgente
    inativos todos
    """
)
_LONGEST_ANSWER = 7


def service_named(text: str, today: date | None, *, but_not: tuple[str, ...] = ()) -> str | None:
    """Return the service that a text asks for, None when it names none; `but_not` are names of people in it."""
    plain = _plain(text, today, but_not)
    folded = folded_of(plain)
    for before in _BEFORE:
        for match in before.finditer(folded):
            found = _phrase(plain, folded, match.end())
            # "encaixar a Mel" is about somebody.
            is_name = plain[match.end() : match.end() + 1].isupper() and match[0].endswith((" a ", " o "))
            if found and not is_name:
                return found
    thing = thing_named(plain)
    return thing if thing and not _is_generic(folded_of(thing).split()) else None


def service_answered(text: str, today: date | None, *, but_not: tuple[str, ...] = ()) -> str | None:
    """Return the service that a short answer to "which one?" names."""
    plain = _plain(text, today, but_not)
    if len(plain.split()) > _LONGEST_ANSWER:
        return None
    folded = folded_of(plain)
    found = (_phrase(plain, folded, match.start()) for match in _PHRASE.finditer(folded))
    return next((phrase for phrase in found if phrase), None)


def _plain(text: str, today: date | None, names: tuple[str, ...]) -> str:
    plain = without_when(text)
    return covered(plain, [*kin_spans(plain), *(span for name in names for span in name_spans(plain, name))])


def _phrase(text: str, folded: str, start: int) -> str | None:
    match = _PHRASE.match(folded, start)
    if match is None:
        return None
    phrase = _END.sub("", match[0]).rstrip()
    words = in_own_spelling(text, folded, start, start + len(phrase)).split()
    while words and _says_nothing(folded_of(words[0])):
        words = words[1:]
    while words and _says_nothing(folded_of(words[-1])):
        words = words[:-1]
    return " ".join(words) if words and not _is_generic(folded_of(" ".join(words)).split()) else None


def _says_nothing(word: str) -> bool:
    return word in STOP_WORDS or word in _GENERIC


def _is_generic(words: list[str]) -> bool:
    return all(_says_nothing(word) for word in words)
