"""Finding what a question is about: a person's name, a phone number, a service."""

import re
from functools import lru_cache

from infra.local.llm.days import weekday_of
from infra.local.llm.lexicon import CONCEPTS
from infra.local.llm.words import STOP_WORDS, fold, stem, subjects_of, word_set, words_of

_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{6,}\d")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_QUOTED = re.compile(r"[\"“'«]([^\"”'»]{2,60})[\"”'»]")
_NAME = re.compile(r"[A-ZÀ-Ý][\wÀ-ÿ'-]+(?:\s+(?:d[aeo]s?\s+)?[A-ZÀ-Ý][\wÀ-ÿ'-]+)*")
_ARTICLES = r"(?:o |a |os |as |um |uma |do |da |de |dos |das |the |an |of |for |called |chamad[oa] |cliente |contato )*"
_ASKED_FOR = re.compile(
    r"(?:quem e|sobre|clientes?|contatos?|telefone|numero|whatsapp|celular|cadastro|ficha|dados|ultima vez"
    r"|(?:procur|busc|ach|encontr|localiz)\w*"
    r"|find|look ?up|search|who is|who's|about|customer|client|phone|number|contact)"
    rf" {_ARTICLES}(?P<subject>[a-z0-9][^?.!,;:]*)"
)
_THING = re.compile(
    r"(?:(?:quanto (?:que )?(?:e|custa|custam|fica|sai|ta|esta|seria|ficaria)|precos?|valor(?:es)?"
    r"|fazem|faz|oferecem|trabalham com"
    r"|how much (?:is|are|does|for)|prices?|costs?|do you (?:do|offer|have))"
    rf" {_ARTICLES})(?P<subject>[a-z][^?.!,;:]*)"
)
_TAIL = re.compile(
    r"\b(?:custa|custam|cost|costs|e|and|quando|when|para|pra|por favor|please|hoje|today|amanha|ai)\b.*$"
)
_MAX_WORDS = 5
#: "Ana Paula" alone is a name although it starts the sentence.
_NAME_ALONE = 2


def person_named(question: str) -> str | None:
    """Return the name or phone that a question asks about, in the user's spelling where it can be told."""
    phone = phone_named(question)
    if phone:
        return phone
    quoted = _QUOTED.search(question)
    if quoted:
        return quoted[1].strip()
    return _capitalised(question) or _asked_for(question, _ASKED_FOR) or _left_over(question)


def phone_named(question: str) -> str | None:
    """Return the phone number that a question holds."""
    phone = _PHONE.search(question)
    # "2026-11-24 10:35" and "14/03/1991" are no phone numbers.
    return phone[0].strip() if phone and not _ISO_DATE.search(phone[0]) else None


def is_bare_name(question: str) -> bool:
    """Whether a question is nothing but a name, written as names are."""
    match = _NAME.fullmatch(question.strip(" .?!"))
    return match is not None and not any(is_known_word(word) or fold(word) in STOP_WORDS for word in match[0].split())


def thing_named(question: str) -> str | None:
    """Return the thing whose price or existence a question asks about."""
    return _asked_for(question, _THING)


def _capitalised(question: str) -> str | None:
    """Return the longest run of capitalised words that does not merely start the sentence."""
    names = []
    for match in _NAME.finditer(question):
        name = match[0]
        if match.start() == 0:
            first, _, name = name.partition(" ")
            if fold(first) not in STOP_WORDS and not is_known_word(first) and len(words_of(question)) <= _NAME_ALONE:
                name = match[0]
        if name and not is_known_word(name) and fold(name) not in STOP_WORDS:
            names.append(name)
    return max(names, key=len, default=None)


def _asked_for(question: str, pattern: re.Pattern[str]) -> str | None:
    folded = fold(question)
    match = pattern.search(folded)
    if match is None:
        return None
    # The folded text has the same length as the original except for rare letters; then the folded form must do.
    source = question if len(question) == len(folded) else folded
    subject = _TAIL.sub("", folded[match.start("subject") : match.end("subject")]).strip()
    start = match.start("subject")
    words = source[start : start + len(subject)].split()
    kept = " ".join(words[:_MAX_WORDS])
    return kept if subjects_of(kept) else None


def _left_over(question: str) -> str | None:
    kept = [
        word
        for word in question.replace("?", " ").split()
        if fold(word).strip(".,!") not in STOP_WORDS and not is_known_word(word.strip(".,!"))
    ]
    return " ".join(kept[:_MAX_WORDS]).strip(" .,!") or None


@lru_cache(maxsize=4096)
def is_known_word(word: str) -> bool:
    """Whether a word belongs to the lexicon or the calendar, so that it names nobody."""
    folded = fold(word)
    if weekday_of(folded) is not None:
        return True
    return stem(folded) in _LEXICON_STEMS or any(concept.said.fullmatch(folded) for concept in CONCEPTS)


_LEXICON_STEMS = frozenset(
    stem(word)
    for word in word_set(
        """
        cliente contato telefone numero whatsapp celular cadastro ficha dados ultima vez procure procura busque busca
        ache acha encontre encontra localize customer client contact phone number find look search details last time
        mostre mostra veja ver show me quem quando
        """
    )
)
