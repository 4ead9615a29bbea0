"""Numbers, as people write them: counts, amounts of money, choices from a list."""

import re
from datetime import date

from infra.local.llm.spans import without_when
from infra.local.llm.words import fold, stem, words_of

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_NUMBER_WORDS = (
    *(("one",), ("two", "dois", "duas"), ("three", "tres"), ("four", "quatro"), ("five", "cinco"), ("six", "seis")),
    *(("seven", "sete"), ("eight", "oito"), ("nine", "nove"), ("ten", "dez")),
)
_AMOUNT = r"\d{1,3}(?:\.\d{3})+(?:,\d\d?)?|\d+(?:[.,]\d{1,2})?"
_MONEY = re.compile(
    rf"(?:r\$|us\$|\$|€)\s?({_AMOUNT})|\b({_AMOUNT})\s?(?:reais|real|pila|contos?|dollars?|bucks|euros?)\b"
)
_BARE_AMOUNT = re.compile(rf"(?<![\d#])({_AMOUNT})(?![\d])")
_DAYS = re.compile(r"\b(\d{1,3}) (dia|semana|mes|day|week|month)")
_DAYS_IN = {"dia": 1, "day": 1, "semana": 7, "week": 7, "mes": 30, "month": 30}
_CHOICE = re.compile(
    r"(?:^\W*|\b(?:numero|opcao|agendamento|horario|o|a|number|option|appointment"
    r"|the)\s#?)(\d{1,2})\b(?!\s*(?:reais|dias|h\b))"
)
_ORDINALS = (
    re.compile(r"\b(?:primeir[oa]|first)\b"),
    re.compile(r"\b(?:segundo|segunda (?:opcao|pessoa)|second)\b"),
    re.compile(r"\b(?:terceir[oa](?!-)|third)\b"),
)


def number_in(text: str, *, whole: bool) -> int | float | None:
    """Return the first number of a text, in digits or as a word from one to ten."""
    digits = _NUMBER.search(text)
    if digits:
        value = float(digits[0].replace(",", "."))
        return int(value) if whole else value
    said = words_of(text)
    return next((n for n, names in enumerate(_NUMBER_WORDS, start=1) if any(name in said for name in names)), None)


def amount_in(text: str) -> str | None:
    """Return the amount of money that a text names, with a point before the cents: "95", "1250.50"."""
    folded = fold(without_when(text))
    match = _MONEY.search(folded) or _BARE_AMOUNT.search(folded)
    if match is None:
        return None
    written = next(group for group in match.groups() if group)
    return written.replace(".", "").replace(",", ".") if _has_thousands(written) else written.replace(",", ".")


def days_in(text: str) -> int | None:
    """Return for how many days a text asks: "60 dias", "duas semanas", "this month"."""
    folded = fold(text)
    counted = _DAYS.search(folded)
    if counted:
        return int(counted[1]) * _DAYS_IN[counted[2]]
    said = set(words_of(folded))
    if said & {"semana", "week", "semanas", "weeks"}:
        return _DAYS_IN["week"]
    return _DAYS_IN["month"] if said & {"mes", "month"} else None


def choice_in(text: str, today: date | None) -> int | None:
    """Return which entry of a list a text chooses, counted from 1."""
    folded = fold(without_when(text))
    ordinal = next((place for place, pattern in enumerate(_ORDINALS, start=1) if pattern.search(folded)), None)
    match = _CHOICE.search(folded)
    return ordinal or (int(match[1]) if match else None)


#: Beginnings of the words by which people name the values of a schema's `enum`.
_SAID_FOR = {
    "today": ("hoje", "today", "dia"),
    "week": ("semana", "week"),
    "month": ("mes", "month"),
    "pet": ("cachorr", "cao", "caes", "cadel", "gat", "pet", "coelh", "passar", "dog", "cat", "pupp", "kitt", "rabbit"),
    "child": ("filh", "bebe", "crianca", "son", "daughter", "kid", "child", "baby"),
    "vehicle": ("carro", "moto", "veicul", "car", "truck", "bike", "caminh"),
    "inactive": ("inativ", "sumi", "inactiv", "lost"),
    "waiting_list": ("espera", "fila", "waiting", "waitlist"),
    "birthdays": ("aniversari", "birthday"),
    "frequent": ("frequent", "fiel", "fieis", "regular", "loyal"),
    "no_shows": ("falt", "show", "no-show"),
    "consented": ("todo", "toda", "autoriz", "aceit", "all", "everyone", "everybody", "consent", "client", "customer"),
}


def option_in(options: list[object], text: str) -> object | None:
    """Return the one of the options that a text names, by its own word or by one that stands for it."""
    said = words_of(text)
    stems = {stem(word) for word in said}
    for option in options:
        if {stem(word) for word in words_of(str(option))} <= stems:
            return option
    for option in options:
        if any(_stands_for(word, start) for word in said for start in _SAID_FOR.get(str(option), ())):
            return option
    return options[0] if len(options) == 1 else None


def _stands_for(word: str, start: str) -> bool:
    # "car" must not be found in "carinho", nor "cat" in "catarina".
    return (
        word.startswith(start) if len(start) > 3 else word in {start, f"{start}s"} or word in {f"{start}o", f"{start}a"}
    )


def _has_thousands(written: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d\d?)?", written) is not None
